// Episodes to train on.
public import DNCCore
import DNCData
public import DNCTasks

/// Episodes as a trainer takes them: a batch of them side by side, or one behind another, in lanes of which the longest come first.
public struct EpisodeSegments: SegmentSource {
    public let kind: TrainingSource
    public let fingerprint: String
    public let alphabet: Alphabet
    public let measure: Measure

    private var source: any EpisodeSource
    private let thinkSteps: Int
    private let lanes: Int
    /// How many episodes of a file have been cut to its limit.
    public let cutEpisodes: Int
    /// The last segment.
    private var batch: EpisodeBatch?
    private var episodes: [LessonEpisode] = []

    /// Episodes of any source.
    /// - Parameters:
    ///   - source: where they come from.
    ///   - kind: what that is.
    ///   - fingerprint: by which a resumed run recognises it.
    ///   - alphabet: what symbols stand for.
    ///   - measure: in what the loss is told; nil for that of the output.
    ///   - thinkSteps: as the configuration has them.
    ///   - lanes: likewise.
    public init(
        _ source: any EpisodeSource, kind: TrainingSource, fingerprint: String, alphabet: Alphabet = .none,
        measure: Measure? = nil, thinkSteps: Int = 0, lanes: Int? = nil
    ) {
        (self.thinkSteps, self.lanes) = (thinkSteps, lanes ?? source.batchSize)
        (self.source, self.kind, self.fingerprint, self.alphabet) = (source, kind, fingerprint, alphabet)
        self.measure = measure ?? Measure(source.output)
        cutEpisodes = (source as? FileEpisodes)?.file.cutEpisodes ?? 0
    }

    /// Episodes of a task, in the lessons of the configuration, where it has some.
    /// - Throws: `TaskError` where options or curriculum make no sense.
    public init(_ task: some EpisodeTask, _ configuration: TrainingConfiguration) throws(TaskError) {
        let curriculum = configuration.source.task?.curriculum
        let description = TaskDescription(task, curriculum: curriculum)
        let episodes = try TaskEpisodes(
            task, batchSize: configuration.batchSize, seed: configuration.seed, curriculum: curriculum)
        var fingerprint = Fingerprint()
        fingerprint.add(Array(((try? json(description)) ?? "").utf8).span.bytes)
        self.init(
            episodes, kind: .task(description), fingerprint: fingerprint.description, thinkSteps: configuration.thinkSteps,
            lanes: configuration.lanes)
    }

    /// Episodes of a task that comes with the package, in its lessons.
    public init(_ task: TaskDescription, _ configuration: TrainingConfiguration) throws(TaskError) {
        var configuration = configuration
        configuration.source = .task(task)
        try self.init(task.task(), configuration)
    }

    /// Episodes of a file, or lines of a text.
    /// - Parameters:
    ///   - file: what is trained on.
    ///   - heldOut: a file of the same encoding to be measured by; nil for a part of this one, the configuration's `validFraction`.
    ///   - configuration: which also says whether it is lines or episodes.
    public init(
        _ file: any StoredEpisodes, heldOut: (any StoredEpisodes)? = nil, _ configuration: TrainingConfiguration
    ) {
        let episodes = FileEpisodes(
            file, heldOut: heldOut, heldOutFraction: configuration.validFraction, batchSize: configuration.batchSize,
            seed: configuration.seed)
        var (alphabet, measure): (Alphabet, Measure?) = (.none, nil)
        switch file {
        case let lines as LineFile: (alphabet, measure) = (.text(lines.vocabulary), Measure(lines.vocabulary.kind))
        case let file as EpisodeFile: alphabet = .words(file.encoding)
        case let stories as BabiStories: alphabet = .words(stories.encoding)
        default: break
        }
        let fingerprint = file.fingerprint + (heldOut.map { "+" + $0.fingerprint } ?? "")
        self.init(
            episodes, kind: configuration.source, fingerprint: fingerprint, alphabet: alphabet, measure: measure,
            thinkSteps: configuration.thinkSteps, lanes: configuration.lanes)
    }

    public var size: Int { source.count ?? 0 }
    public var input: ModelInput { source.input }
    public var output: ModelOutput { source.output }
    public var steps: Int { EpisodeBatch.steps(longest: longest, episodes: source.batchSize, lanes: lanes) }
    /// How many steps the longest episode has, with those to think in.
    package var longest: Int { source.longest(thinking: thinkSteps) }
    public var lessonCount: Int { source.lessonCount }
    public var heldOutSize: Int { source.heldOutCount ?? Self.usualHeldOut }
    public var usualPlateauEvery: Int {
        // A step takes less of a file than of a text: validations are as far apart in what is read.
        source.count.map { TextSegments.plateauEvery(size: $0, ofAStep: Double(source.batchSize), atMost: 2500) } ?? 250
    }

    public func requiredBytes<Scalar: CoreScalar>(_ layout: ModelLayout, as scalar: Scalar.Type) -> Double {
        Self.requiredBytes(layout, lanes: lanes, steps: steps)
    }

    /// A segment, its shards, and what one is evaluated on, with the outputs.
    static func requiredBytes(_ layout: ModelLayout, lanes: Int, steps: Int) -> Double {
        let row = layout.input.symbolsPerStep + layout.input.vector + 2 * layout.output.count + 3
        return 4 * Double(steps) * Double(lanes) * Double(row) * Double(MemoryLayout<Float>.stride)
    }

    /// How many episodes are drawn to be measured by in the end where there is no end of them.
    private static let usualHeldOut = 1000

    public var cursors: [Int] { [] }

    public mutating func begin(at cursors: [Int]?) {}

    public mutating func segment(step: Int, lesson: Int) throws -> Segment {
        let episodes = try source.batch(step: step, lesson: lesson).map {
            LessonEpisode($0.episode.thinking(thinkSteps), lesson: $0.lesson)
        }
        let batch = try EpisodeBatch(episodes.map(\.episode), lanes: lanes, input, output)
        (self.episodes, self.batch) = (episodes, batch)
        return batch.segment
    }

    public func count(_ loss: Loss, of segment: Segment) -> Loss { loss }

    public func score(_ outputs: [Float], lesson: Int) -> (right: Int, count: Int) {
        guard let batch else { return (0, 0) }
        var sum = EpisodeScore()
        for (index, episode) in episodes.enumerated() where episode.lesson == lesson {
            let answers = batch.elements(of: index, in: outputs, perStep: output.count)
            if let score = try? EpisodeScore(episode.episode, outputs: answers, output) { sum += score }
        }
        return (sum.sequencesRight, sum.sequences)
    }

    public func evaluation<Scalar: CoreScalar>(
        of model: Model<Scalar>, limit: Int, runners: [SegmentRunner<Scalar>]?, threads: Int
    ) throws -> Evaluation<Scalar> {
        try Evaluation(
            model, of: source, count: min(limit, heldOutSize), measure: measure, threads: threads, runners: runners)
    }

    /// An episode with the model's answers.
    public func example<Scalar: CoreScalar>(
        of model: Model<Scalar>, step: Int, using generator: inout SeededGenerator
    ) throws -> String {
        guard heldOutSize > 0 else { return "" }
        let episode = try source.heldOut(step % heldOutSize)
        let answers = try model.answers(to: [episode])[0]
        let names = alphabet.names()
        return episode.table(input, output, symbolNames: names.inputs, targetNames: names.targets, answers: answers)
    }
}
