// What a paper's tables are made of. Each paper is a file beside this one, and a line of `all`.
import ArgumentParser
import DNC

/// Tables of a paper that one command makes.
struct Paper: Sendable {
    /// What it is called on the command line.
    let name: String
    /// What is compared, in a line without a full stop.
    let summary: String
    /// The flags that it needs, as an example has them.
    var example = ""
    /// What its picture shows.
    var plot = Plot.points
    /// The tables, as the options want them.
    let tables: @Sendable (PaperOptions) throws -> [PaperTable]

    /// What a picture of tables shows.
    enum Plot: Sendable {
        /// For each table a panel, in which each trial is a point.
        case points
        /// For each table a panel, in which each trial is a curve over the steps of its training.
        case learning
        /// For each table a panel, in which each model is a curve over the table's parts, which are so many of these.
        case parts(String)
    }

    /// All there are.
    static let all = [
        variants, text, copyCurves, keyValue, repeatCopy, chomsky, recall, nGrams, arithmetic, babi,
    ]

    /// The paper that is called so.
    static func named(_ name: String) throws(ValidationError) -> Self {
        if let paper = all.first(where: { $0.name == name }) { return paper }
        let hint = Names.question(about: name, among: all.map(\.name), otherwise: "dnc paper lists them.")
        throw ValidationError("There is no paper \(name). \(hint)")
    }
}

/// One table: something to be learned, and models that learn it in the same way.
struct PaperTable {
    /// A model.
    struct Row {
        /// What it is called.
        let name: String
        /// The model that this is another training of, of which the best counts; nil of one that stands for itself.
        var countsAs: String?
        /// The settings of `dnc train` that it has besides those of the table.
        private(set) var settings: [String: SettingValue]
        let parameters: Int
        /// The table and the row from whose first trial it begins, when that has ended; nil where it begins from nothing.
        var start: (table: String, row: String)?

        /// The same, begun from what the row of that name in another table has come to, which says what the model is.
        func begun(from table: String) -> Self {
            var begun = self
            begun.start = (table, name)
            if let name = begun.settings.removeValue(forKey: "preset")?.description, let preset = try? ModelPreset.named(name) {
                begun.settings["bypass-dropout"] = settings["bypass-dropout"] ?? .real(preset.dropout.bypass)
            }
            return begun
        }
    }

    /// Episodes of other lengths than were trained on.
    struct Longer {
        let lengths: ClosedRange<Int>
        /// Of so many slots a DNC's memory is then; nil for as many as in training.
        var slots: Int?
    }

    /// What others have published of it.
    struct Published: Encodable {
        let name: String
        /// As ours is told, of longer episodes where the table has them; nil where parts alone are known.
        @OrNull var error: Double?
        /// Of each part that is known of.
        var parts: [String: Double] = [:]
        /// Who has, where, and by what it came about.
        let source: String
    }

    /// What it is called, as a folder is.
    let name: String
    /// What a reader may look for in it, in a sentence or two.
    let claim: String
    /// The settings of `dnc train` that all rows have.
    let settings: [String: SettingValue]
    let figure: PaperFigure
    /// What the models answer besides.
    var longer: Longer?
    /// By a number that tells them apart, episodes of which models are asked as well.
    var parts: [Int: any EpisodeTask] = [:]
    var published: [Published] = []
    /// Steps of episodes, or symbols of a text, for each prediction.
    let symbolsPerPrediction: Double
    /// How long a trial takes beside those of other tables, in any unit.
    let work: Double
    var rows: [Row]
    /// The models that cannot be beside the others, each with the reason.
    let leftOut: [String: String]
}

/// In what a table's figures are told. What is kept is an error, of which less is better.
enum PaperFigure: String, Encodable {
    /// The answers that are wrong, of all.
    case wrongAnswers = "answers wrong"
    /// The episodes in which one is.
    case wrongEpisodes = "episodes wrong"
    /// The answers that are right.
    case accuracy = "accuracy"
    /// The information that is missing in all answers of an episode.
    case bitsPerEpisode = "bits an episode"
    /// A text's.
    case bitsPerCharacter = "bits per character"
    /// Of bAbI's questions those of which a word is wrong, in the mean of all tasks.
    case wrongQuestions = "questions wrong"

    /// Whether errors are parts of all there are.
    private var isShare: Bool { self != .bitsPerEpisode && self != .bitsPerCharacter }

    /// What a picture of errors shows: parts of all there are begin at none, others where the best is.
    func range(of errors: [Double]) -> ClosedRange<Double> {
        let least = isShare ? 0 : errors.min() ?? 0
        return least...max(least + 1e-9, errors.max() ?? 1)
    }

    func shown(_ error: Double) -> String {
        switch self {
        case .wrongAnswers, .wrongEpisodes, .wrongQuestions: error.asPercent
        case .accuracy: (1 - error).asPercent
        case .bitsPerEpisode: error.rounded(to: 1)
        case .bitsPerCharacter: error.rounded(to: 3)
        }
    }
}

extension TrainingConfiguration {
    /// The settings of a trial that is trained as this is, whatever a preset was published with, but for what is dropped: for so many steps
    /// to their end, and it shows nothing meanwhile.
    func trial(steps: Int) -> [String: SettingValue] {
        let settings: [String: SettingValue] = [
            "batch-size": .integer(batchSize), "optimizer": .text(optimizer.kind.rawValue),
            "learning-rate": .real(optimizer.learningRate), "clip-norm": .real(optimizer.clipNorm),
            "clip-value": .real(optimizer.clipValue), "weight-decay": .real(optimizer.weightDecay),
            "epsilon": .real(optimizer.epsilon), "schedule": .text(schedule.kind.rawValue),
            "symbol-range": .real(symbolRange ?? 0), "patience": 1000, "sample-every": 0, "threads": 1,
        ]
        return settings.merging(PaperTable.length(steps)) { $1 }
    }
}

extension PaperTable {
    /// The settings of a trial that go by its steps.
    static func length(_ steps: Int) -> [String: SettingValue] {
        ["max-steps": .integer(steps), "plateau-every": .integer(max(1, steps / 10))]
    }
}

/// What can be asked of any paper.
struct PaperOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Updates of each model. (default: as the paper has them for each table)")
    var steps: Int?
    @Option(parsing: .unconditional, help: "Seeds, from 1.")
    var seeds = 3
    @Option(help: ArgumentHelp("Only these models, with commas between. (default: all)", valueName: "names"))
    var only: String?
    @Option(
        help: ArgumentHelp("Only these tables, with commas between. (default: all that there is data for)", valueName: "names"))
    var tasks: String?
    @Option(
        help: ArgumentHelp("A text, or a folder of bAbI's files, for the tables that need one.", valueName: "file"),
        completion: .file())
    var data: String?

    func validate() throws {
        try check("--steps", steps, "at least 1, and at most 2^40", LearningRateSchedule.allowedSteps.contains)
        try check("--seeds", seeds, "1 ... 1000") { (1...1000).contains($0) }
    }

    /// Those of `known` that a list names, in their own order; all where there is no list.
    static func chosen(_ flag: String, _ list: String?, of known: [String]) throws -> Set<String> {
        guard let list else { return Set(known) }
        let names = list.split(separator: ",").map(String.init)
        for name in names where !known.contains(name) {
            let hint = Names.question(
                about: name, among: known, otherwise: "There are \(known.joined(separator: ", ")).")
            throw ValidationError("\(flag) has \(printable(name)). \(hint)")
        }
        return Set(names)
    }
}

extension [String] {
    /// Each of them once, where it is first.
    var eachOnce: Self { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
