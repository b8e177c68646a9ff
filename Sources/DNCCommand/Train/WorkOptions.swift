// What `dnc train` can train on: a text, its lines, a task, a file of episodes, or stories.
public import ArgumentParser
public import DNC
import SystemFiles

extension EpisodeEncoding.InputKind: ExpressibleByArgument {}
extension ModelOutput.Kind: ExpressibleByArgument {}
extension EpisodeFile.Overlong: ExpressibleByArgument {}

struct WorkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A text: a file, which gzip may have packed, a pipe, a folder, or several of them with commas between, each of which "
                + "begins anew.", valueName: "file"), completion: .file())
    var data = ""
    @OptionGroup var reading: ReadingOptions
    @Flag(help: "Each line of --data is a sequence of its own.")
    var lines = false
    @Option(help: ArgumentHelp("A task, of those that dnc tasks lists.", valueName: "name"))
    var task: String?
    @Option(
        help: ArgumentHelp(
            #"What is otherwise than usual in the task: length=1...10,bits=4 or as JSON {"length": [1, 10], "bits": 4}."#,
            valueName: "options"))
    var taskOptions: String?
    @Option(
        help: ArgumentHelp(
            #"Lessons of the task, a file or the JSON itself: {"lessons": [{"options": {"length": [1, 3]}, "success": 0.9}, {}]}. "#
                + #"(default: the task's own, of those that have some; {"lessons": [{}]} for none)"#,
            valueName: "lessons"), completion: .file(extensions: ["json"]))
    var curriculum: String?
    @Option(
        help: ArgumentHelp(#"A file of episodes: {"inputs": [...], "targets": [...]} on each line."#, valueName: "file"),
        completion: .file(extensions: ["jsonl"]))
    var episodes: String?
    @Option(
        help: ArgumentHelp("Episodes to be measured by. (default: --valid-fraction of --episodes)", valueName: "file"),
        completion: .file(extensions: ["jsonl"]))
    var valid: String?
    @Option(
        help: ArgumentHelp("A folder of bAbI's files: qa1_..._train.txt and so on.", valueName: "folder"),
        completion: .directory)
    var babi: String?
    @Option(
        help: ArgumentHelp("Which of bAbI's tasks: 1,2,15 or 1...5. (default: all that the folder has)", valueName: "numbers"))
    var babiTasks: String?
    @Flag(
        inversion: .prefixedNo,
        help:
            "In bAbI's task 16, make what is beside a question unlike, so that one answer follows. (default: --no-babi-augment)"
    )
    var babiAugment: Bool?
    @Option(parsing: .unconditional, help: "What steps of the inputs hold: symbols or vector. (default: as found)")
    var inputs: EpisodeEncoding.InputKind?
    @Option(parsing: .unconditional, help: "What steps of the targets hold: symbols, bits or reals. (default: as found)")
    var outputs: ModelOutput.Kind?
    @OptionGroup var lengths: LengthOptions

    /// Whether it is a text from its beginning to its end.
    var isContinuousText: Bool { task == nil && episodes == nil && babi == nil && !lines }

    /// Refuses flags that do not go together, and where nothing is given to train on.
    func check(isResuming: Bool, hasFolder: Bool) throws {
        let given = [
            ("--data", !data.isEmpty), ("--task", task != nil), ("--episodes", episodes != nil), ("--babi", babi != nil),
        ].filter(\.1).map(\.0)
        if given.count > 1 {
            throw ValidationError("\(given[0]) and \(given[1]) were given; a model is trained on one thing.")
        }
        if given.isEmpty, !(isResuming && hasFolder) {
            throw ValidationError(
                "Nothing to train on; give --data a text, --task a name of dnc tasks, --episodes a file, or --babi a folder.")
        }
        for (flag, isGiven, owner, hasOwner) in [
            ("--task-options", taskOptions != nil, "--task", task != nil || isResuming),
            ("--curriculum", curriculum != nil, "--task", task != nil || isResuming),
            ("--valid", valid != nil, "--episodes", episodes != nil),
            ("--inputs", inputs != nil, "--episodes", episodes != nil),
            ("--outputs", outputs != nil, "--episodes", episodes != nil),
            ("--babi-tasks", babiTasks != nil, "--babi", babi != nil),
            ("--babi-augment", babiAugment != nil, "--babi", babi != nil),
            ("--lines", lines, "--data", !data.isEmpty),
            ("--encoding", reading.encoding != nil, "--data", !data.isEmpty),
            (
                "--max-length", lengths.maxLength != nil, "--episodes, --babi or --lines",
                episodes != nil || babi != nil || lines
            ),
            ("--overlong", lengths.overlong != nil, "--max-length", lengths.maxLength != nil || isResuming),
        ] where isGiven && !hasOwner {
            throw ValidationError("\(flag) is for \(owner); give that too, or leave it out.")
        }
        if task != nil {
            do { _ = try source(goingOnWith: nil) } catch { throw ValidationError("\(error)") }
        }
    }

    /// What a run's folder is called after.
    var name: String {
        get throws { try task ?? folderName(after: episodes ?? babi ?? paths(in: data)[0]) }
    }

    /// What is trained on, as a configuration has it; what is not given is as in the run to go on with.
    /// - Throws: `TaskError` or `SettingsError`.
    func source(goingOnWith saved: TrainingSource?) throws -> TrainingSource {
        let reading = try EpisodeReading(
            maximumLength: lengths.maxLength ?? saved?.reading?.maximumLength,
            overlong: lengths.overlong ?? saved?.reading?.overlong ?? .refuse,
            inputs: inputs ?? saved?.reading?.inputs, outputs: outputs ?? saved?.reading?.outputs,
            tasks: babiTasks.map { try taskNumbers($0, of: "--babi-tasks") } ?? saved?.reading?.tasks,
            augmented: babiAugment ?? saved?.reading?.augmented)
        if lines || saved?.kind == "lines" { return .lines(reading) }
        if episodes != nil || saved?.kind == "episodes" { return .episodes(reading) }
        if babi != nil || saved?.kind == "babi" { return .babi(reading) }
        guard let name = task ?? saved?.task?.name else { return .text }
        let before = saved?.task?.name == name ? saved?.task : nil
        let base: any EpisodeTask = try before?.task() ?? Tasks.named(name).init()
        let task = try base.replacing(taskOptions.map(Self.parsedOptions) ?? [:])
        let usual = before == nil ? task.settings.curriculum : before?.curriculum
        return .task(task.description(curriculum: try curriculum.map(parsedCurriculum) ?? usual))
    }

    static func parsedOptions(_ text: String) throws -> [String: OptionValue] {
        if text.first == "{" { return try decodeJSON(text, of: "--task-options") }
        return try OptionValue.options(in: text)
    }

    private func parsedCurriculum(_ text: String) throws -> Curriculum {
        text.first == "{" ? try decodeJSON(text, of: "--curriculum") : try readJSON(text)
    }

    private func corpus(_ configuration: TrainingConfiguration, validFraction: Double) throws -> Corpus {
        try Corpus(
            contentsOf: paths(in: data), tokens: configuration.tokens, wordFloor: configuration.wordFloor,
            reading: reading.reading(of: configuration.tokens), validFraction: validFraction)
    }

    /// The source itself.
    /// - Parameters:
    ///   - configuration: of the run.
    ///   - alphabet: that of the model to go on with; nil where it begins.
    func segments(_ configuration: TrainingConfiguration, alphabet: Alphabet? = nil) throws -> any SegmentSource {
        let reading = configuration.source.reading ?? EpisodeReading()
        switch configuration.source {
        case .text:
            let corpus = try corpus(configuration, validFraction: configuration.validFraction)
            return try TextSegments(corpus, as: alphabet, configuration)
        case .lines:
            let corpus = try corpus(configuration, validFraction: 0)
            let file = try LineFile(corpus, maximumLength: reading.maximumLength, overlong: reading.overlong)
            return EpisodeSegments(file, configuration)
        case .episodes:
            let file = try EpisodeFile(
                contentsOf: episodes ?? "", inputKind: reading.inputs, outputKind: reading.outputs,
                maximumLength: reading.maximumLength, overlong: reading.overlong)
            let heldOut = try valid.map {
                try EpisodeFile(
                    contentsOf: $0, encoding: file.encoding, maximumLength: reading.maximumLength, overlong: reading.overlong)
            }
            return EpisodeSegments(file, heldOut: heldOut, configuration)
        case .babi:
            let folder = babi ?? ""
            func stories(_ part: BabiStories.Part, _ encoding: EpisodeEncoding?) throws -> BabiStories {
                try BabiStories(
                    folder: folder, part: part, tasks: reading.tasks, encoding: encoding, maximumLength: reading.maximumLength,
                    overlong: reading.overlong, augmented: part == .train && reading.augmented == true)
            }
            let training = try stories(.train, nil)
            let heldOut = BabiStories.has(.valid, in: folder) ? try stories(.valid, training.encoding) : nil
            return EpisodeSegments(training, heldOut: heldOut, configuration)
        case .task(let task): return try EpisodeSegments(task, configuration)
        }
    }
}

extension EpisodeTask {
    /// For existentials, of which the initializer is not called.
    fileprivate func description(curriculum: Curriculum?) -> TaskDescription { TaskDescription(self, curriculum: curriculum) }
}

extension OptionValue {
    /// Options as they are written by hand: `length=1...10,bits=4`, or with spaces between them.
    static func options(in text: String) throws -> [String: OptionValue] {
        var options: [String: OptionValue] = [:]
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2, options[sides[0]] == nil else {
                throw ValidationError(
                    "--task-options has '\(part)'; write name=value, each name once, with commas between: length=1...10,bits=4."
                )
            }
            options[sides[0]] = OptionValue(written: sides[1])
        }
        return options
    }

    private init(written text: String) {
        let bounds = text.replacing("...", with: ":").split(separator: ":").compactMap { Int($0) }
        if bounds.count == 2 {
            self = .list(bounds.map(OptionValue.integer))
        } else if let integer = Int(text) {
            self = .integer(integer)
        } else if let number = Double(text) {
            self = .number(number)
        } else {
            self = Bool(text).map(OptionValue.truth) ?? .text(text)
        }
    }
}
