// A text to train on, from its beginning to its end.
public import DNCCore
public import DNCData

/// A text as a trainer takes it: cut into segments for truncated backpropagation through time, its end held out.
public struct TextSegments: SegmentSource {
    /// The text.
    public let corpus: Corpus

    private let lanes: Int
    public let steps: Int
    private let validSymbols: Int
    /// Of the generators that draw where lanes begin anew; nil where that is the text's beginning.
    private let restartSeed: UInt64?
    /// What lanes read in a row; nil where they read to the text's end.
    private var stretches: Stretches?
    /// Nil before the beginning.
    private var batcher: SegmentBatcher?

    /// A text with the configuration's batch size and sequence length.
    /// - Parameters:
    ///   - corpus: the text.
    ///   - alphabet: that of the model to go on with, whose symbols are known besides; nil where it begins.
    ///   - configuration: of the run.
    /// - Throws: `TrainingError.invalid` where the corpus has another kind of symbols than the configuration.
    public init(
        _ corpus: Corpus, as alphabet: Alphabet? = nil, _ configuration: TrainingConfiguration
    ) throws(TrainingError) {
        let corpus = (try? alphabet?.vocabulary).map(corpus.including) ?? corpus
        guard configuration.tokens == corpus.vocabulary.kind else {
            throw .invalid(
                name: "the kind of tokens", value: configuration.tokens.rawValue,
                allowed: "that of the text, \(corpus.vocabulary.kind)")
        }
        self.corpus = corpus
        (lanes, steps) = (configuration.batchSize, configuration.sequenceLength)
        validSymbols = configuration.validFraction == 0 ? 0 : configuration.validSymbols
        restartSeed = configuration.restart == .random ? configuration.seed : nil
        stretches = configuration.stretch.map {
            Stretches(of: $0, in: corpus.training, lanes: lanes, steps: steps, seed: configuration.seed)
        }
    }

    public var kind: TrainingSource { .text }
    public var fingerprint: String { corpus.fingerprint }
    public var size: Int { corpus.training.bytes.upperBound }
    public var input: ModelInput { .symbols(corpus.vocabulary.count) }
    public var output: ModelOutput { .symbols(corpus.vocabulary.count) }
    public var alphabet: Alphabet { .text(corpus.vocabulary) }
    public var measure: Measure { Measure(corpus.vocabulary.kind) }
    public var lessonCount: Int { 1 }
    public var heldOutSize: Int { corpus.validation.byteCount }
    public var cursors: [Int] { batcher?.cursors ?? [] }

    /// 250 steps, or fewer for a small text: as many as read it ten times, but at least ten.
    public var usualPlateauEvery: Int {
        Self.plateauEvery(size: corpus.training.byteCount, ofAStep: Double(lanes) * Double(steps))
    }

    /// The same of anything of which a step takes a part.
    static func plateauEvery(size: Int, ofAStep: Double, atMost most: Double = 250) -> Int {
        Int(min(max(10 * Double(size) / ofAStep, 10), most).rounded(.up))
    }

    public func requiredBytes<Scalar: CoreScalar>(_ layout: ModelLayout, as scalar: Scalar.Type) -> Double {
        Self.requiredBytes(layout, as: scalar, lanes: lanes, steps: steps, validSymbols: validSymbols)
    }

    /// - Parameter validSymbols: how many of the held-out text are read at most; 0 where nothing is held out.
    static func requiredBytes<Scalar: CoreScalar>(
        _ layout: ModelLayout, as scalar: Scalar.Type, lanes: Int, steps: Int, validSymbols: Int
    ) -> Double {
        SegmentBatcher.requiredBytes(lanes: lanes, steps: steps)
            + (validSymbols == 0 ? 0 : Evaluation<Scalar>.requiredBytes(layout, bytes: validSymbols))
    }

    public mutating func begin(at cursors: [Int]?) throws {
        var batcher = try batcher ?? SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: lanes, steps: steps)
        if let cursors { try batcher.restore(cursors: cursors) }
        self.batcher = batcher
    }

    public mutating func segment(step: Int, lesson: Int) throws -> Segment {
        if batcher == nil { try begin(at: nil) }
        let generator = restartSeed.map { SeededGenerator(seed: $0, purpose: .restart, index: step) }
        return try batcher?.next(restartsFrom: generator) { stretches?.beginning(lane: $0, segment: step) }
            ?? Segment(paddingOf: steps, lanes: lanes)
    }

    public func count(_ loss: Loss, of segment: Segment) -> Loss {
        Measure.count(loss, of: segment.targets, in: corpus.vocabulary)
    }

    public func score(_ outputs: [Float], lesson: Int) -> (right: Int, count: Int) { (0, 0) }

    public func evaluation<Scalar: CoreScalar>(
        of model: Model<Scalar>, limit: Int, runners: [SegmentRunner<Scalar>]?, threads: Int
    ) throws -> Evaluation<Scalar> {
        if let runners {
            return try Evaluation(model, of: corpus.validation, limit: limit, threads: threads, runners: runners)
        }
        return try Evaluation(model, of: corpus.validation, limit: limit, threads: threads)
    }

    /// What the model writes.
    public func example<Scalar: CoreScalar>(
        of model: Model<Scalar>, step: Int, using generator: inout SeededGenerator
    ) throws -> String {
        try model.text(length: 300, options: SamplingOptions(temperature: 0.8), using: &generator)
    }
}
