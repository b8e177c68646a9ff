import ArgumentParser
import DNC
import SystemFiles

/// The flags that choose what a model is traced on: each kind of model has its own.
struct TracedOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "The text to read, of a model of text or of lines. (default: what the model itself writes)")
    var text: String?
    @Option(help: ArgumentHelp("A file with the text to read.", valueName: "file"), completion: .file())
    var data: String?
    @Option(
        parsing: .unconditional,
        help: "How many symbols of a text, or of a line, at most. (default: 500, of a line in a file all)")
    var length: Int?
    @Option(
        help: ArgumentHelp("The file of the episode, of a model of a file of episodes.", valueName: "file"),
        completion: .file(extensions: ["jsonl"]))
    var episodes: String?
    @Option(
        help: ArgumentHelp("The folder of the story, of a model of bAbI.", valueName: "folder"), completion: .directory)
    var babi: String?
    @Option(
        parsing: .unconditional,
        help: "Which line or episode of a file, or which held-out one of a task, from 0. (default: 0)")
    var episode: Int?
    @Option(help: ArgumentHelp("What is otherwise than in training in a task, as in train.", valueName: "options"))
    var taskOptions: String?
    @Option(
        parsing: .unconditional, help: "Of the text that the model itself writes, or of a task's episodes. (default: 1)")
    var seed: UInt64?
    @Option(parsing: .unconditional, help: "Slots of the memory. (default: as many as it was trained with)")
    var slots: Int?
    @OptionGroup var words: WordOptions

    func validate() throws {
        try checkPositive("--length", length)
        try checkPositive("--slots", slots)
        try check("--episode", episode, "at least 0") { $0 >= 0 }
        if text?.isEmpty == true { throw ValidationError("--text is empty; give at least one symbol.") }
        if text != nil, data != nil { throw ValidationError("--text and --data were given; one text can be traced at a time.") }
    }

    /// Traces a checkpoint's model on what was chosen.
    func trace(_ header: CheckpointHeader) throws -> Trace {
        if let text, SystemFiles.exists(text) {
            Terminal.writeError("dnc: note: --text is the text itself; to read the file \(VisibleText.of(text)) use --data\n")
        }
        let source = header.trainingRecord?.configuration.source ?? .text
        switch header.precision {
        case .float: return try trace(Model<Float>(header), of: source)
        case .double: return try trace(Model<Double>(header), of: source)
        }
    }

    private func trace<Scalar: CoreScalar>(_ trained: Model<Scalar>, of source: TrainingSource) throws -> Trace {
        if slots != nil, trained.layout.configuration.memory == .none {
            throw ValidationError("--slots is for models with a memory; leave it out.")
        }
        let model = try slots.map { try trained.withSlots($0) } ?? trained
        switch source {
        case .text:
            try expectOnly(["--text", "--data", "--length", "--seed"], of: source)
            return try model.trace(symbols(model))
        case .lines:
            try expectOnly(["--text", "--data", "--length", "--seed", "--episode"], of: source)
            return try model.trace(line(model))
        case .episodes:
            try expectOnly(["--episodes", "--episode", "--unknown", "--max-length", "--overlong"], of: source)
            guard let episodes else {
                throw ValidationError("--episodes is missing; give it a file of episodes, which the model is of.")
            }
            return try model.trace(stored(words.file(episodes, for: model.alphabet)))
        case .babi(let reading):
            try expectOnly(["--babi", "--episode", "--unknown", "--max-length", "--overlong"], of: source)
            guard let babi else {
                throw ValidationError("--babi is missing; give it a folder of stories, which the model is of.")
            }
            return try model.trace(stored(words.stories(babi, reading.tasks, for: model.alphabet)))
        case .task(let description):
            try expectOnly(["--episode", "--task-options", "--seed"], of: source)
            let options = try taskOptions.map { try WorkOptions.parsedOptions($0) } ?? [:]
            let task = try description.task().replacing(options)
            return try model.trace(TaskEpisodes(task, batchSize: 1, seed: seed ?? 1).heldOut(episode ?? 0))
        }
    }

    /// Whether there is something to trace without any flag: a file of episodes must be given.
    static func canChoose(_ header: CheckpointHeader) -> Bool {
        switch header.trainingRecord?.configuration.source {
        case .episodes, .babi: false
        default: true
        }
    }

    /// The trace without any flag; nil where there is none.
    static func usualTrace(_ header: CheckpointHeader) throws -> Trace? {
        guard canChoose(header) else { return nil }
        // Short, since a live page is sent again and again.
        let isText = header.trainingRecord?.configuration.source ?? .text == .text
        return try parse(isText ? ["--length=300"] : []).trace(header)
    }

    /// Refuses flags that are for models of another kind.
    private func expectOnly(_ allowed: [String], of source: TrainingSource) throws {
        let given: [(flag: String, isGiven: Bool)] = [
            ("--text", text != nil), ("--data", data != nil), ("--length", length != nil), ("--episodes", episodes != nil),
            ("--babi", babi != nil),
            ("--episode", episode != nil), ("--task-options", taskOptions != nil), ("--seed", seed != nil),
            ("--unknown", words.unknown != nil), ("--max-length", words.lengths.maxLength != nil),
            ("--overlong", words.lengths.overlong != nil),
        ]
        if let flag = given.first(where: { $0.isGiven && !allowed.contains($0.flag) })?.flag {
            let flags = allowed.joined(separator: ", ")
            throw ValidationError("\(flag) is not for this model, which was trained on: \(source.summary). It takes \(flags).")
        }
    }

    // MARK: - What is read

    private var limit: Int { length ?? 500 }

    /// A text.
    private func symbols<Scalar: CoreScalar>(_ model: Model<Scalar>) throws -> [Int32] {
        let vocabulary = try model.vocabulary
        if let text {
            return Array(try vocabulary.encode(text.systemBytes, name: "the text").prefix(limit))
        }
        if let data {
            let text = try TextRange(contentsOf: data, vocabulary: vocabulary, atMost: limit)
            var (reader, symbols) = (SymbolReader(text, vocabulary: vocabulary), [Int32]())
            while symbols.count < limit, let symbol = try reader.next() { symbols.append(symbol) }
            return symbols
        }
        var sampler = try Sampler(
            model, options: SamplingOptions(temperature: 0.8), generator: SeededGenerator(seed: seed ?? 1))
        return try sampler.prompt + (1..<limit).map { _ in try sampler.next() }
    }

    /// A line of a text, or the first that the model itself writes.
    private func line<Scalar: CoreScalar>(_ model: Model<Scalar>) throws -> Episode {
        let vocabulary = try model.vocabulary
        if text == nil, data == nil {
            let symbols = try symbols(model)
            let end = symbols.dropFirst().firstIndex(of: symbols[0]) ?? symbols.count
            let targets = symbols[1..<min(end + 1, symbols.count)] + (end < symbols.count ? [] : [Episode.noSymbol])
            return Episode(
                symbols: Array(symbols[..<end]), targetSymbols: Array(targets), weights: targets.map { $0 < 0 ? 0 : 1 })
        }
        let corpus =
            if let text {
                try Corpus(text: text, tokens: vocabulary.kind, validFraction: 0)
            } else {
                try Corpus(contentsOf: data ?? "", vocabulary: vocabulary, validFraction: 0)
            }
        return try stored(LineFile(corpus, vocabulary: vocabulary, maximumLength: length, overlong: .cut))
    }

    private func stored(_ file: some StoredEpisodes) throws -> Episode {
        let number = episode ?? 0
        guard number < file.count else {
            throw ValidationError("--episode is \(number); the last one there is \(file.count - 1).")
        }
        return try file.episode(at: number)
    }
}
