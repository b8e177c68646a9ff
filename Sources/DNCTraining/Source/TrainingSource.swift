// The kinds of what a model can be trained on.
public import DNCCore
public import DNCTasks

/// How episodes of a file are read.
public struct EpisodeReading: Hashable, Sendable, Codable {
    /// How many steps, or symbols of a line, an episode may have; nil for any number.
    public var maximumLength: Int?
    /// What is done with those that have more.
    public var overlong: EpisodeFile.Overlong
    /// What the steps of the inputs hold; nil to be found out, as for lines.
    public var inputs: EpisodeEncoding.InputKind?
    /// What the steps of the targets hold; nil to be found out, as for lines.
    public var outputs: ModelOutput.Kind?
    /// The numbers of bAbI's tasks that are read; nil for all that there are, as of everything else.
    public var tasks: Set<Int>?
    /// Whether bAbI's task 16 is without what misleads in it, see `BabiStories.init`; nil for not.
    public var augmented: Bool?

    /// As a file has them, unless something is given.
    public init(
        maximumLength: Int? = nil, overlong: EpisodeFile.Overlong = .refuse, inputs: EpisodeEncoding.InputKind? = nil,
        outputs: ModelOutput.Kind? = nil, tasks: Set<Int>? = nil, augmented: Bool? = nil
    ) {
        (self.maximumLength, self.overlong, self.inputs, self.outputs) = (maximumLength, overlong, inputs, outputs)
        (self.tasks, self.augmented) = (tasks, augmented)
    }
}

/// What a model is trained on. JSON: `{"kind": "text"}`, or with a task `{"kind": "task", "task": {"name": "copy", ...}}`, and of files
/// `{"kind": "lines", "episodes" or "babi", "reading": {...}}`.
public enum TrainingSource: Hashable, Sendable {
    /// A text, from its beginning to its end.
    case text
    /// The lines of a text, each a sequence of its own.
    case lines(EpisodeReading)
    /// A file of episodes.
    case episodes(EpisodeReading)
    /// Stories of a folder of bAbI's files.
    case babi(EpisodeReading)
    /// Episodes that a task makes up.
    case task(TaskDescription)

    /// In a word.
    public var kind: String {
        switch self {
        case .text: "text"
        case .lines: "lines"
        case .episodes: "episodes"
        case .babi: "babi"
        case .task: "task"
        }
    }

    /// What there are several of.
    public var unit: String { if case .babi = self { "stories" } else { kind } }

    /// In words.
    public var summary: String { if case .task(let task) = self { "task \(task.name)" } else { kind } }

    /// The task; nil for what is none.
    public var task: TaskDescription? { if case .task(let task) = self { task } else { nil } }

    /// The task with its options as JSON, in which equal ones are equal.
    var taskJSON: String? { task.flatMap { try? json($0) } }

    /// How a file is read; nil for what is none.
    public var reading: EpisodeReading? {
        switch self {
        case .lines(let reading), .episodes(let reading), .babi(let reading): reading
        case .text, .task: nil
        }
    }

    /// Whether it is a text, whole or line by line.
    public var isText: Bool {
        switch self {
        case .text, .lines: true
        case .episodes, .babi, .task: false
        }
    }
}

extension TrainingSource: Codable {
    private enum CodingKeys: String, CodingKey { case kind, task, reading }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func reading() throws -> EpisodeReading { try container.decode(EpisodeReading.self, forKey: .reading) }
        switch try container.decode(String.self, forKey: .kind) {
        case "text": self = .text
        case "lines": self = .lines(try reading())
        case "episodes": self = .episodes(try reading())
        case "babi": self = .babi(try reading())
        case "task": self = .task(try container.decode(TaskDescription.self, forKey: .task))
        case let kind:
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container, debugDescription: "there is nothing of the kind \(kind) to train on")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encodeIfPresent(task, forKey: .task)
        try container.encodeIfPresent(reading, forKey: .reading)
    }
}
