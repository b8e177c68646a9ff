// The loss over a text, read in several places at once, or over episodes.
public import DNCCore
public import DNCData
public import DNCTasks
import Dispatch

/// A text that a model reads for the loss, or episodes that it answers, with pauses.
///
/// A text is cut into streams of about equal length, which are read side by side from the zero state. All but the first begin
/// `warmUp` bytes early, with symbols that they read and do not count, so that their beginnings are not predicted from nothing.
/// Whatever the number of streams, each symbol but the first of the text is predicted once: n symbols give n - 1 predictions; words count
/// as the characters that they are made of.
/// How a text is cut depends on its length alone. Any number of threads gives the same bits.
public struct Evaluation<Scalar: CoreScalar> {
    /// Over what has been read.
    public private(set) var loss = Loss()
    /// How many answers have been right, of episodes; nil of a text.
    public private(set) var score: EpisodeScore?
    /// How much of the answers has come from the memory; nil where it was not asked for, or there is no
    /// memory, or programs are mixed to answer.
    public private(set) var influence: MemoryInfluence?
    /// In what the loss is told.
    public let measure: Measure
    /// How many streams the text is cut into; nil of episodes.
    public let streams: Int?
    /// How much of the text or of the episodes has been read, 0 ... 1.
    public var part: Double { length == 0 ? 1 : Double(groups.reduce(0) { $0 + $1.read }) / Double(length) }

    /// The information that is missing in the mean for all answers of an episode; nil of a text, and of numbers.
    public var bitsPerSequence: Double? {
        guard let score, score.sequences > 0, measure != .squaredError else { return nil }
        return loss.bitsPerSymbol * Double(loss.count) / Double(score.sequences)
    }

    private let model: Model<Scalar>
    private let groups: [any EvaluationGroup<Scalar>]
    /// A group is always read by the same of these, and each of these by one thread.
    private let runners: [SegmentRunner<Scalar>]
    private let threads: Int
    private let length: Int

    /// Before the first symbol.
    /// - Parameters:
    ///   - model: what reads.
    ///   - text: in the symbols of the model's vocabulary.
    ///   - limit: read at most so many symbols, the first.
    ///   - streams: how many to cut it into; nil for `usualStreams`.
    ///   - threads: how many read them.
    ///   - influence: whether the memory's is wanted, too, which takes time.
    /// - Throws: `DataError` when the text cannot be read; `CoreError` when there is too little memory.
    public init(
        _ model: Model<Scalar>, of text: TextRange, limit: Int = .max, streams: Int? = nil, threads: Int = 1,
        influence: Bool = false
    ) throws {
        let vocabulary = try model.vocabulary
        let text = try text.prefix(limit, vocabulary: vocabulary)
        // A stream has at least one byte; more would be empty.
        let streams = min(max(1, streams ?? Self.usualStreams(bytes: text.byteCount)), max(1, text.byteCount))
        let (lanes, steps) = (Self.lanesOfAGroup(streams: streams), Self.steps(memoryLifetime: model.memoryLifetime))
        let runners = try (0..<max(1, min(threads, (streams + lanes - 1) / lanes))).map { _ in
            try SegmentRunner<Scalar>(readingAlone: model.layout, steps: steps, lanes: lanes)
        }
        try self.init(
            model, of: text, streams: streams, threads: runners.count, runners: runners, influence: influence)
    }

    /// With the runners that training has, which are free between two steps.
    init(
        _ model: Model<Scalar>, of text: TextRange, limit: Int, threads: Int, runners: [SegmentRunner<Scalar>]
    ) throws {
        let text = try text.prefix(limit, vocabulary: model.vocabulary)
        let streams = Self.usualStreams(bytes: text.byteCount)
        try self.init(model, of: text, streams: streams, threads: threads, runners: runners)
    }

    private init(
        _ model: Model<Scalar>, of text: TextRange, streams: Int, threads: Int, runners: [SegmentRunner<Scalar>],
        influence: Bool = false
    ) throws {
        let vocabulary = try model.vocabulary
        let isMeasured = influence && model.layout.hasMemoryInfluence
        var rest = try text.divided(into: streams, warmUp: Self.warmUp, vocabulary: vocabulary)[...]
        var groups: [any EvaluationGroup<Scalar>] = []
        while !rest.isEmpty {
            let runner = runners[groups.count % runners.count]
            groups.append(
                try StreamGroup(
                    model, Array(rest.prefix(runner.lanes)), lanes: runner.lanes, steps: runner.steps, influence: isMeasured))
            rest = rest.dropFirst(runner.lanes)
        }
        (self.model, self.groups, self.runners, self.threads) = (model, groups, runners, threads)
        (self.streams, length) = (streams, text.byteCount)
        measure = Measure(vocabulary.kind)
        self.influence = isMeasured ? MemoryInfluence() : nil
    }

    /// Before the first of a source's held-out episodes.
    /// - Parameters:
    ///   - model: what answers.
    ///   - source: where the episodes come from.
    ///   - count: how many, the first.
    ///   - measure: in what the loss is told; nil for that of the output.
    ///   - threads: how many answer.
    ///   - runners: of as many steps as the longest episode; nil for new ones.
    ///   - influence: whether the memory's is wanted, too, which takes time.
    /// - Throws: `CoreError` when there is too little memory.
    public init(
        _ model: Model<Scalar>, of source: any EpisodeSource, count: Int, measure: Measure? = nil, threads: Int = 1,
        runners: [SegmentRunner<Scalar>]? = nil, influence: Bool = false
    ) throws {
        let isMeasured = influence && model.layout.hasMemoryInfluence
        let lanes = max(1, min(32, (count + threads - 1) / max(1, threads)))
        let runners =
            try runners
            ?? (0..<max(1, min(threads, (count + lanes - 1) / lanes))).map { _ in
                let runner = try SegmentRunner<Scalar>(
                    readingAlone: model.layout, steps: source.longest(thinking: model.thinkSteps), lanes: lanes)
                runner.answersAskedAlone = true
                return runner
            }
        groups = runners.indices.map {
            EpisodeGroup(
                model, source, count: count, first: $0, of: runners.count, lanes: runners[$0].lanes, influence: isMeasured)
        }
        (self.model, self.runners, self.threads, streams, length) = (model, runners, min(threads, runners.count), nil, count)
        self.measure = measure ?? Measure(model.layout.output)
        score = EpisodeScore()
        self.influence = isMeasured ? MemoryInfluence() : nil
    }

    /// Reads on, to the end or this instant; returns whether it has come to the end.
    /// - Throws: `DataError` when the text cannot be read or has an unknown symbol; `CoreError`.
    public mutating func advance(until pause: ContinuousClock.Instant? = nil) throws -> Bool {
        while groups.contains(where: { !$0.isAtEnd }) {
            readSegments()
            for group in groups {
                let outcome = try group.takeOutcome()
                loss += outcome.loss
                score? += outcome.score
                influence? += outcome.influence
            }
            if let pause, ContinuousClock.now >= pause { return groups.allSatisfy(\.isAtEnd) }
        }
        return true
    }

    /// A segment of every group.
    private func readSegments() {
        model.parameters.withUnsafeBufferPointer { parameters in
            // Safe to share: every runner, and the groups that it reads, are touched by one thread alone; the parameters are only
            // read; and all threads are done when concurrentPerform returns.
            nonisolated(unsafe) let (groups, runners, parameters) = (groups, runners, parameters)
            let threads = threads
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                for runner in stride(from: thread, to: runners.count, by: threads) {
                    for group in stride(from: runner, to: groups.count, by: runners.count) {
                        groups[group].readSegment(with: runners[runner], parameters: parameters)
                    }
                }
            }
        }
    }

    // MARK: - How a text is cut

    /// Bytes that a stream reads before those that it counts.
    public static var warmUp: Int { 64 }

    /// As many streams as are at least eight times as long as what they read in advance, and not more than 128.
    public static func usualStreams(bytes: Int) -> Int { min(max(1, bytes / (8 * warmUp)), 128) }

    /// Streams that one thread reads side by side: at most 16, in an even number of groups where there is more than one, since so
    /// is the number of most machines' processors.
    private static func lanesOfAGroup(streams: Int) -> Int {
        let most = 16
        let groups = streams <= most ? 1 : (streams + 2 * most - 1) / (2 * most) * 2
        return (streams + groups - 1) / groups
    }

    /// Symbols of a segment. Where the memory is emptied now and then, that is between two segments.
    private static func steps(memoryLifetime: Int?) -> Int {
        let usual = 32
        guard let lifetime = memoryLifetime, lifetime > usual else { return memoryLifetime ?? usual }
        return (1...usual).last { lifetime.isMultiple(of: $0) } ?? 1
    }

    /// Bytes of memory that reading a text of this length takes, besides the model and the runners. As Double, since they may exceed
    /// Int.
    static func requiredBytes(_ layout: ModelLayout, bytes: Int) -> Double {
        let streams = usualStreams(bytes: bytes)
        let state = Double(layout.stateCount) * Double(MemoryLayout<Scalar>.stride)
        return Double(streams) * state + TextStream.requiredBytes(count: streams)
    }
}

/// What a runner reads, segment after segment. Groups touch nothing of each other.
private protocol EvaluationGroup<Scalar>: AnyObject {
    associatedtype Scalar: CoreScalar

    var isAtEnd: Bool { get }
    /// How much has been read, in the unit of the evaluation's length.
    var read: Int { get }
    /// Reads a segment, for `takeOutcome`.
    func readSegment(with runner: SegmentRunner<Scalar>, parameters: UnsafeBufferPointer<Scalar>)
    /// What has not been taken yet.
    func takeOutcome() throws -> EvaluationOutcome
}

/// Of a segment.
private struct EvaluationOutcome {
    var loss = Loss()
    var score = EpisodeScore()
    var influence = MemoryInfluence()
}

/// Streams that are read side by side, as the lanes of a segment.
private final class StreamGroup<Scalar: CoreScalar>: EvaluationGroup {
    private var streams: [TextStream]
    private var state: RecurrentState<Scalar>
    private var segment: Segment
    private var outcome: Result<EvaluationOutcome, any Error> = .success(EvaluationOutcome())
    private let steps: Int
    private let memoryLifetime: Int?
    private let vocabulary: Vocabulary
    /// Whose memory's influence is wanted.
    private let measured: Model<Scalar>?
    private var symbolsRead = 0

    init(_ model: Model<Scalar>, _ streams: [TextStream], lanes: Int, steps: Int, influence: Bool) throws {
        (self.streams, self.steps, memoryLifetime) = (streams, steps, model.memoryLifetime)
        vocabulary = try model.vocabulary
        measured = influence ? model : nil
        state = try RecurrentState(model.layout, lanes: lanes)
        segment = Segment(paddingOf: steps, lanes: lanes)
    }

    var isAtEnd: Bool { streams.allSatisfy(\.isAtEnd) }

    /// Bytes of the text, without those that are read twice.
    var read: Int { streams.reduce(0) { $0 + $1.bytesRead } }

    /// Computes the loss of the next symbols of every stream.
    func readSegment(with runner: SegmentRunner<Scalar>, parameters: UnsafeBufferPointer<Scalar>) {
        if isAtEnd { return }
        outcome = Result {
            for lane in streams.indices { try streams[lane].fill(lane, of: &segment) }
            if let memoryLifetime, symbolsRead.isMultiple(of: memoryLifetime) { state.resetMemory() }
            symbolsRead += steps
            var outcome = EvaluationOutcome()
            let loss = try state.values.withUnsafeMutableBufferPointer { state in
                try runner.forward(parameters: parameters, segment: segment, state: state)
            }
            outcome.loss = Measure.count(loss, of: segment.targets, in: vocabulary)
            if let measured {
                outcome.influence = try runner.memoryInfluence(on: measured) { step, lane in
                    segment.targets[step * segment.lanes + lane] != Segment.noTarget
                }
            }
            return outcome
        }
    }

    func takeOutcome() throws -> EvaluationOutcome {
        defer { outcome = .success(EvaluationOutcome()) }
        return try outcome.get()
    }
}

/// Batches of episodes, of which one runner reads every so many-th.
private final class EpisodeGroup<Scalar: CoreScalar>: EvaluationGroup {
    private let source: any EpisodeSource
    private let thinkSteps: Int
    /// Whose memory's influence is wanted.
    private let measured: Model<Scalar>?
    private let count: Int
    private let lanes: Int
    private let stride: Int
    /// Where the next batch begins.
    private var next: Int
    private(set) var read = 0
    private var outcome: Result<EvaluationOutcome, any Error> = .success(EvaluationOutcome())

    init(
        _ model: Model<Scalar>, _ source: any EpisodeSource, count: Int, first: Int, of groups: Int, lanes: Int,
        influence: Bool
    ) {
        (thinkSteps, measured) = (model.thinkSteps, influence ? model : nil)
        (self.source, self.count, self.lanes, stride, next) = (source, count, lanes, groups * lanes, first * lanes)
    }

    var isAtEnd: Bool { next >= count }

    func readSegment(with runner: SegmentRunner<Scalar>, parameters: UnsafeBufferPointer<Scalar>) {
        if isAtEnd { return }
        let numbers = next..<min(next + lanes, count)
        (next, read) = (next + stride, read + numbers.count)
        outcome = Result {
            let episodes = try numbers.map { try source.heldOut($0).thinking(thinkSteps) }
            let (loss, outputs) = try runner.answer(episodes, parameters: parameters)
            var outcome = EvaluationOutcome(loss: loss)
            if let measured {
                outcome.influence = try runner.memoryInfluence(on: measured) { step, lane in
                    step < episodes[lane].steps && episodes[lane].weights[step] > 0
                }
            }
            for (episode, outputs) in zip(episodes, outputs) {
                outcome.score += try EpisodeScore(episode, outputs: outputs, source.output)
            }
            return outcome
        }
    }

    func takeOutcome() throws -> EvaluationOutcome {
        defer { outcome = .success(EvaluationOutcome()) }
        return try outcome.get()
    }
}

extension Model {
    /// The loss over a text: n symbols give n - 1 predictions. `Evaluation` is the same with pauses, and says how a text is read.
    /// - Parameters:
    ///   - text: in the symbols of `vocabulary`.
    ///   - limit: read at most so many symbols, the first.
    ///   - streams: how many to cut it into; nil for as many as suit its length, 1 for a single one from the zero state.
    ///   - threads: how many read them; does not change the result.
    /// - Throws: `DataError` when the text cannot be read or has an unknown symbol; `CoreError`.
    public func evaluate(_ text: TextRange, limit: Int = .max, streams: Int? = nil, threads: Int = 1) throws -> Loss {
        var evaluation = try Evaluation(self, of: text, limit: limit, streams: streams, threads: threads)
        _ = try evaluation.advance()
        return evaluation.loss
    }
}
