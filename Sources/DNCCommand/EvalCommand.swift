import ArgumentParser
import DNC
import DNCCore
import Foundation
import SystemFiles

struct EvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measure how well a model answers a task or episodes, or predicts a text.",
        discussion: """
            dnc eval runs/copy-dnc --length 10,20,40 --slots 64
            dnc eval runs/qa-dnc --episodes test.jsonl
            dnc eval runs/en-10k-delta --babi en-10k
            dnc eval runs/book-dnc --data book.txt
            dnc eval runs/book-dnc --data sequel.txt --online --save both.safetensors
            dnc eval --from-scratch --online --data book.txt

            Of bAbI's stories a table of the tasks: the questions of which a word is wrong, as the Nature paper counts, and the words, \
            as Csordás and Schmidhuber do; a task with more than 5 % of them counts as failed.

            Of a task a table: fresh episodes of each length, with as many slots of memory as are asked for, and where the best that \
            there can be is known, also what that would miss. Of a text, n symbols give \
            n - 1 predictions; it is cut into streams that are read side by side, each from the zero state and with \
            \(Evaluation<Float>.warmUp) bytes of what is before it read first; --streams 1 reads it in one. Ctrl-C gives the figure so far.
            """)

    @Argument(help: "A checkpoint, or a run's folder, which means its best one.", completion: .file())
    var checkpoint: String?
    @Option(
        help: ArgumentHelp("The text, of a model of text or of lines, as in train.", valueName: "file"), completion: .file())
    var data: String?
    @OptionGroup var reading: ReadingOptions
    @Option(help: "A text itself, read in one stream.")
    var text: String?
    @Flag(help: "Of a text, also the probability of each symbol, as JSON on a line; in one stream.")
    var perSymbol = false
    @Option(
        help: ArgumentHelp(
            "How many episodes of each length, of a model of a task (default: 1000), or a file of them.", valueName: "n or file"
        ),
        completion: .file(extensions: ["jsonl"]))
    var episodes: String?
    @Option(
        help: ArgumentHelp("A folder of bAbI's files, of a model of those; qa1_..._test.txt are read.", valueName: "folder"),
        completion: .directory)
    var babi: String?
    @Option(
        help: ArgumentHelp("Which of its tasks: 1,2,15 or 1...5. (default: those that it was trained on)", valueName: "numbers")
    )
    var babiTasks: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Lengths of a task's episodes: 10,20,40. (default: those that it was trained on)", valueName: "lengths"))
    var length: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Slots of the memory: 64,128. (default: as many as it was trained with)", valueName: "slots"))
    var slots: String?
    @Option(help: ArgumentHelp("What is otherwise than in training in a task, as in train.", valueName: "options"))
    var taskOptions: String?
    @Option(parsing: .unconditional, help: "Of a task's episodes, none of which is trained on, whatever its seed.")
    var seed: UInt64 = 0
    @OptionGroup var words: WordOptions
    @OptionGroup(title: "Learning while reading")
    var learning: OnlineOptions
    @Flag(help: "Of lines or of a file's episodes, also the figures of each, as JSON on a line.")
    var each = false
    @Option(
        parsing: .unconditional, help: "Read only this part at the end of a text, as training holds it out; 0 reads all.")
    var validFraction = 0.0
    @Option(
        parsing: .unconditional,
        help: "Streams that a text is cut into; part of the figure's name. (default: by its length, at most 128)")
    var streams: Int?
    @Option(parsing: .unconditional, help: "Threads; does not change results. (default: all processors that it may use)")
    var threads: Int?
    @Flag(help: "Set every read vector to zero: what the loss rises by is what the memory is worth.")
    var withoutReads = false
    @Flag(help: "Also the memory's influence: its share, rather than the controller's, in all that is answered or predicted.")
    var influence = false
    @Flag(help: "Print the result as JSON.")
    var json = false
    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        try checkFraction("--valid-fraction", validFraction)
        try checkSize("--streams", streams)
        if text != nil, data != nil { throw ValidationError("--text and --data are both there; leave one out.") }
        if let streams, streams > 1, perSymbol || text != nil {
            throw ValidationError("--streams is \(streams); symbol by symbol a text is read in one.")
        }
        if influence, perSymbol || text != nil {
            throw ValidationError("--influence is of whole texts; leave out --per-symbol, and give a text as --data.")
        }
        if checkpoint == nil, !learning.fromScratch {
            throw ValidationError(
                "Missing expected argument '<checkpoint>'; without one, --online --from-scratch learns a text.")
        }
        if checkpoint != nil, learning.fromScratch {
            throw ValidationError("--from-scratch is without a checkpoint; leave one of them out.")
        }
        if learning.online {
            for (flag, isGiven) in [
                ("--text", text != nil), ("--per-symbol", perSymbol), ("--streams", streams != nil), ("--influence", influence),
                ("--without-reads", withoutReads), ("--unknown", words.unknown != nil),
            ] where isGiven {
                throw ValidationError(
                    "\(flag) is not for --online, which reads all of --data, and learns new symbols; leave it out.")
            }
        }
        try checkPositive("--threads", threads)
        _ = try (numbers("--length", length), numbers("--slots", slots))
    }

    private struct TextResult: Encodable {
        let loss: Double
        let measure: Measure
        let nats: Double
        let predictions: Int
        let streams: Int
        @OrNull var memoryInfluence: Double?
        let isComplete: Bool

        enum CodingKeys: String, CodingKey {
            case loss, measure, nats, predictions, streams, memoryInfluence
            case isComplete = "complete"
        }
    }

    private struct EpisodesResult: Encodable {
        let loss: Double
        let measure: Measure
        let episodes: Int
        let predictions: Int
        @OrNull var sequencesRight: Double?
        @OrNull var errorRate: Double?
        @OrNull var bitsPerSequence: Double?
        @OrNull var memoryInfluence: Double?
        let isComplete: Bool

        enum CodingKeys: String, CodingKey {
            case loss, measure, episodes, predictions, sequencesRight, errorRate, bitsPerSequence, memoryInfluence
            case isComplete = "complete"
        }
    }

    private struct TaskResult: Encodable {
        struct Line: Encodable {
            let length: OptionValue
            @OrNull var slots: Int?
            let episodes: Int
            @OrNull var sequencesRight: Double?
            @OrNull var errorRate: Double?
            @OrNull var bitsPerSequence: Double?
            @OrNull var leastBitsPerSequence: Double?
            @OrNull var memoryInfluence: Double?
        }

        let task: String
        let results: [Line]
    }

    func run() async throws {
        guard let checkpoint else { return try await learn(from: nil as Model<Float>?) }
        let header = try CheckpointHeader(contentsOf: RunDirectory.checkpoint(at: checkpoint))
        switch header.precision {
        case .float: try await use(Model<Float>(header), header)
        case .double: try await use(Model<Double>(header), header)
        }
    }

    private func use<Scalar: TrainingScalar>(_ trained: Model<Scalar>, _ header: CheckpointHeader) async throws {
        if learning.online { return try await learn(from: trained) }
        let model = withoutReads ? trained.withoutReads() : trained
        Interruption.begin()
        switch header.trainingRecord?.configuration.source ?? .text {
        case .text: try evaluateText(model)
        case .task(let task): try evaluate(model, on: task)
        case .lines:
            let file = try lines(of: model)
            try evaluate(model, on: file, measure: Measure(file.vocabulary.kind))
        case .babi(let reading):
            let tasks = try babiTasks.map { try taskNumbers($0, of: "--babi-tasks") } ?? reading.tasks
            let stories = try words.stories(required(babi, "--babi", "a folder of stories"), tasks, for: model.alphabet)
            try each ? tellEach(stories, model) : evaluate(model, on: stories)
        case .episodes:
            let file = try words.file(required(episodes, "--episodes", "a file of episodes"), for: model.alphabet)
            try evaluate(model, on: file, measure: nil)
        }
        Interruption.end()
        if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
    }

    /// Reads a text and learns from it.
    private func learn<Scalar: TrainingScalar>(from model: Model<Scalar>?) async throws {
        let (data, tokens) = (try required(data, "--data", "a text"), try model?.vocabulary.kind ?? .characters)
        let corpus = try Corpus(
            contentsOf: paths(in: data), tokens: tokens, wordFloor: .max,  // which words will come is not known yet
            reading: reading.reading(of: tokens), validFraction: validFraction)
        Interruption.begin()
        try await learning.read(
            validFraction > 0 ? corpus.heldOutAlone : corpus, named: data, from: model, json: json, isQuiet: quiet)
        Interruption.end()
        if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
    }

    // MARK: - Texts

    /// How a text is read for a model.
    private func reading(for vocabulary: Vocabulary) throws -> TextReading {
        var reading = try reading.reading(of: vocabulary.kind)
        reading.unknown = try UnknownCharacters(words.unknown, for: vocabulary)
        return reading
    }

    private func evaluateText<Scalar: CoreScalar>(_ model: Model<Scalar>) throws {
        let reading = try reading(for: model.vocabulary)
        if let text {
            var symbols = try model.vocabulary.encode(text.systemBytes, name: "the text", unknown: reading.unknown)[...]
            return try evaluateSymbols(of: "--text", model) { symbols.popFirst() }
        }
        let data = try required(data, "--data", "a text")
        let corpus = try Corpus(
            contentsOf: paths(in: data), vocabulary: model.vocabulary, reading: reading, validFraction: validFraction)
        let part = validFraction > 0 ? corpus.validation : corpus.whole
        if perSymbol {
            var reader = SymbolReader(part, vocabulary: corpus.vocabulary)
            return try evaluateSymbols(of: data, model) { try reader.next() }
        }
        var evaluation = try Evaluation(
            model, of: part, streams: streams, threads: threads ?? defaultThreads, influence: influence)
        let isComplete = try evaluation.complete(isQuiet: quiet)
        guard let heldOut = HeldOutLoss(evaluation) else { throw DataError.nothingToPredict(text: data) }
        try tell(
            heldOut, nats: evaluation.loss.nats, evaluation.measure, influence: evaluation.influence?.share,
            isComplete: isComplete, figure: evaluation.figure(heldOut, isComplete: isComplete))
    }

    private func tell(
        _ heldOut: HeldOutLoss, nats: Double, _ measure: Measure, influence: Double? = nil, isComplete: Bool, figure: String
    ) throws {
        guard json else { return try Terminal.write(figure + "\n") }
        try Terminal.write(
            json: TextResult(
                loss: heldOut.value, measure: measure, nats: nats, predictions: heldOut.predictions,
                streams: heldOut.streams ?? 1, memoryInfluence: influence, isComplete: isComplete))
    }

    private struct SymbolResult: Encodable {
        let index: Int
        let symbol: String
        let probability: Double
        let bits: Double
    }

    /// Symbol by symbol, each but the first predicted from all before it.
    private func evaluateSymbols<Scalar: CoreScalar>(
        of name: String, _ model: Model<Scalar>, next: () throws -> Int32?
    ) throws {
        let vocabulary = try model.vocabulary
        var (session, nats, index, count) = (try InferenceSession(model), 0.0, 0, 0)
        guard let first = try next() else { throw DataError.nothingToPredict(text: name) }
        try session.read(first)
        while Interruption.signal == nil, let symbol = try next() {
            let logProbability = session.logProbability(of: symbol)
            nats -= logProbability
            (index, count) = (index + 1, count + vocabulary.length(of: symbol))
            if perSymbol {
                let written = String(decoding: vocabulary.bytes(of: symbol), as: UTF8.self)
                try Terminal.write(
                    json: SymbolResult(
                        index: index, symbol: written, probability: exp(logProbability), bits: -logProbability / log(2)))
            }
            try session.read(symbol)
        }
        guard count > 0 else { throw DataError.nothingToPredict(text: name) }
        if perSymbol { return }
        let measure = Measure(vocabulary.kind)
        let heldOut = HeldOutLoss(value: nats / Double(count) / log(2), predictions: count, streams: 1)
        try tell(
            heldOut, nats: nats, measure, isComplete: Interruption.signal == nil, figure: heldOut.figure(measure))
    }

    // MARK: - Files of episodes, and lines

    private func lines<Scalar: CoreScalar>(of model: Model<Scalar>) throws -> LineFile {
        let vocabulary = try model.vocabulary
        let corpus = try Corpus(
            contentsOf: paths(in: required(data, "--data", "a text")), vocabulary: vocabulary,
            reading: reading(for: vocabulary), validFraction: 0)
        return try LineFile(
            corpus, vocabulary: vocabulary, maximumLength: words.lengths.maxLength,
            overlong: words.lengths.overlong ?? .refuse)
    }

    private func evaluate<Scalar: CoreScalar>(
        _ model: Model<Scalar>, on file: any StoredEpisodes, measure: Measure?
    ) throws {
        if each { return try tellEach(file, model) }
        let source = FileEpisodes(file, heldOut: file, batchSize: 1, seed: 0)
        var evaluation = try Evaluation(
            model, of: source, count: file.count, measure: measure, threads: threads ?? defaultThreads, influence: influence)
        let isComplete = try evaluation.complete(isQuiet: quiet)
        guard let heldOut = HeldOutLoss(evaluation), let score = evaluation.score else {
            throw EpisodeFileError.nothing(file: episodes ?? data ?? "", field: "targets")
        }
        if json {
            try Terminal.write(
                json: EpisodesResult(
                    loss: heldOut.value, measure: evaluation.measure, episodes: score.sequences,
                    predictions: heldOut.predictions, sequencesRight: score.sequencesRightRate, errorRate: score.errorRate,
                    bitsPerSequence: evaluation.bitsPerSequence, memoryInfluence: evaluation.influence?.share,
                    isComplete: isComplete))
        } else {
            try Terminal.write(evaluation.figure(heldOut, isComplete: isComplete) + "\n")
        }
    }

    private struct EachResult: Encodable {
        let episode: Int
        let logLikelihood: Double
        let predictions: Int
        let isRight: Bool

        enum CodingKeys: String, CodingKey {
            case episode, logLikelihood, predictions
            case isRight = "right"
        }
    }

    /// A line for each episode.
    private func tellEach<Scalar: CoreScalar>(_ file: any StoredEpisodes, _ model: Model<Scalar>) throws {
        try model.answer(file.count, longest: file.longest(thinking: model.thinkSteps)) {
            (try file.episode(at: $0), $0)
        } take: { episode, number, outputs in
            if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
            let score = try EpisodeScore(episode, outputs: outputs, file.output)
            try Terminal.write(
                json: EachResult(
                    episode: number, logLikelihood: episode.logLikelihood(outputs, file.output),
                    predictions: score.answers, isRight: score.isRight))
        }
    }

    // MARK: - bAbI's stories

    private struct BabiResult: Encodable {
        struct Line: Encodable {
            let task: Int
            let questions: Int
            @OrNull var questionError: Double?
            @OrNull var wordError: Double?
        }

        let tasks: [Line]
        @OrNull var meanQuestionError: Double?
        @OrNull var meanWordError: Double?
        let failedTasks: Int
    }

    /// A task with more wrong questions than this counts as failed.
    private static let failingError = 0.05

    private func evaluate<Scalar: CoreScalar>(_ model: Model<Scalar>, on stories: BabiStories) throws {
        let scores = try model.scores(on: stories, threads: threads ?? defaultThreads, isQuiet: quiet)
        func mean(_ errors: [Double?]) -> Double? {
            let errors = errors.compactMap(\.self)
            return errors.isEmpty ? nil : errors.reduce(0, +) / Double(errors.count)
        }
        let result = BabiResult(
            tasks: scores.map {
                BabiResult.Line(
                    task: $0.task, questions: $0.score.questions, questionError: $0.score.questionErrorRate,
                    wordError: $0.score.errorRate)
            }, meanQuestionError: mean(scores.map(\.score.questionErrorRate)),
            meanWordError: mean(scores.map(\.score.errorRate)),
            failedTasks: scores.count { $0.score.questionErrorRate ?? 0 > Self.failingError })
        if json { return try Terminal.write(json: result) }
        func line(_ cells: [String]) -> String { cells.map { $0.leftPadded(to: 17) }.joined() + "\n" }
        try Terminal.write(Terminal.styled(line(["task", "questions", "questions wrong", "words wrong"]), .bold, on: .output))
        for row in result.tasks {
            try Terminal.write(
                line([
                    "\(row.task)", row.questions.grouped, row.questionError?.asPercent ?? "-", row.wordError?.asPercent ?? "-",
                ]))
        }
        try Terminal.write(
            line([
                "mean", "", result.meanQuestionError?.asPercent ?? "-", result.meanWordError?.asPercent ?? "-",
            ]) + "\(result.failedTasks) of \(result.tasks.count) tasks failed: more than 5 % of their questions wrong\n")
    }

    // MARK: - Tasks

    private func evaluate<Scalar: CoreScalar>(_ model: Model<Scalar>, on description: TaskDescription) throws {
        let options = try taskOptions.map { try WorkOptions.parsedOptions($0) } ?? [:]
        let task = try description.task().replacing(options)
        let count = try episodes.map { text in
            guard let count = Int(text), count > 0 else {
                throw ValidationError("--episodes is \(text); of a model of a task it must be a number, at least 1.")
            }
            return count
        }
        let lengths = try numbers("--length", length).map { $0...$0 }
        let sizes = try numbers("--slots", slots)
        let trained = model.layout.configuration.memory == .none ? nil : model.layout.configuration.slots
        if !sizes.isEmpty, trained == nil { throw ValidationError("--slots is for models with a memory; leave it out.") }
        var results: [TaskResult.Line] = []
        let hasLeast = try TaskEpisodes(task, batchSize: 1, seed: seed).leastBits(of: 1) != nil
        let columns =
            ["length", "slots", "episodes", "sequences right", "answers wrong", "bits/sequence"]
            + (hasLeast ? ["least bits"] : []) + (influence ? ["memory's share"] : [])
        if !json {
            try Terminal.write(Terminal.styled(columns.map { $0.leftPadded(to: 17) }.joined(), .bold, on: .output) + "\n")
        }
        for length in lengths.isEmpty ? [task.length] : lengths {
            for slots in sizes.isEmpty ? [trained] : sizes.map(Optional.some) where Interruption.signal == nil {
                let task = try task.ofLength(length)
                let episodes = try TaskEpisodes(task, batchSize: 1, seed: seed)
                var evaluation = try Evaluation(
                    slots.map { try model.withSlots($0) } ?? model, of: episodes, count: count ?? 1000,
                    threads: threads ?? defaultThreads, influence: influence)
                _ = try evaluation.complete(isQuiet: quiet)
                let score = evaluation.score ?? EpisodeScore()
                let line = TaskResult.Line(
                    length: length.count == 1
                        ? .integer(length.lowerBound) : .list([.integer(length.lowerBound), .integer(length.upperBound)]),
                    slots: slots, episodes: score.sequences, sequencesRight: score.sequencesRightRate,
                    errorRate: score.errorRate, bitsPerSequence: evaluation.bitsPerSequence,
                    leastBitsPerSequence: episodes.leastBits(of: score.sequences), memoryInfluence: evaluation.influence?.share)
                results.append(line)
                if json { continue }
                let shown = length.count == 1 ? "\(length.lowerBound)" : "\(length.lowerBound)-\(length.upperBound)"
                var cells = [shown, slots.map { "\($0)" } ?? "-", score.sequences.grouped]
                cells += [score.sequencesRightRate?.asPercent ?? "-", score.errorRate?.asPercent ?? "-"]
                cells.append(line.bitsPerSequence?.significant ?? "-")
                if hasLeast { cells.append(line.leastBitsPerSequence?.significant ?? "-") }
                if influence { cells.append(line.memoryInfluence?.rounded(to: 2) ?? "-") }
                try Terminal.write(cells.map { $0.leftPadded(to: 17) }.joined() + "\n")
            }
        }
        if json { try Terminal.write(json: TaskResult(task: description.name, results: results)) }
    }

    /// A list of numbers as 10,20,40.
    private func numbers(_ flag: String, _ text: String?) throws -> [Int] {
        try (text ?? "").split(separator: ",").map { part in
            guard let number = Int(part), number > 0 else {
                throw ValidationError("\(flag) is \(text ?? ""); it must be numbers of at least 1, with commas between them.")
            }
            return number
        }
    }

    private func required(_ value: String?, _ flag: String, _ what: String) throws -> String {
        guard let value else { throw ValidationError("\(flag) is missing; give it \(what), which the model is of.") }
        return value
    }
}

extension Model {
    /// How right the answers to stories are, task by task, with progress where that takes long.
    /// - Throws: `ExitCode` when a signal comes meanwhile.
    func scores(on stories: BabiStories, threads: Int, isQuiet: Bool) throws -> [(task: Int, score: EpisodeScore)] {
        var progress = ReadingProgress("evaluating", isQuiet: isQuiet)
        defer { progress.end() }
        return try stories.tasks.map { number, episodes in
            let own = stories.ofTask(number)
            var evaluation = try Evaluation(
                self, of: FileEpisodes(own, heldOut: own, batchSize: 1, seed: 0), count: own.count, threads: threads)
            while try !evaluation.advance(until: .now + .milliseconds(100)) {
                if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
                let read = Double(episodes.lowerBound) + evaluation.part * Double(episodes.count)
                progress.report(read / Double(stories.count), "task \(number)")
            }
            return (number, evaluation.score ?? EpisodeScore())
        }
    }
}

/// Threads of a command that was not told how many.
var defaultThreads: Int { SystemLimits.processors }

extension Evaluation {
    /// Reads to the end, or until a signal or this instant comes, with progress where it takes long; returns whether it has come to
    /// the end.
    mutating func complete(isQuiet: Bool, until end: ContinuousClock.Instant? = nil) throws -> Bool {
        var progress = ReadingProgress("evaluating", isQuiet: isQuiet)
        defer { progress.end() }
        while true {
            if try advance(until: min(.now + .milliseconds(100), end ?? .now + .seconds(1))) { return true }
            if Interruption.signal != nil { return false }
            if let end, .now >= end { return false }
            progress.report(part, measure.shown(loss))
        }
    }

    /// In words, with the memory's influence where it was asked for, and how much was read where that is not all.
    fileprivate func figure(_ heldOut: HeldOutLoss, isComplete: Bool) -> String {
        let influence = influence?.share.map { ", memory's influence \($0.rounded(to: 2))" } ?? ""
        return heldOut.figure(measure) + influence + (isComplete ? "" : ", of which \(part.asShare) was read")
    }
}
