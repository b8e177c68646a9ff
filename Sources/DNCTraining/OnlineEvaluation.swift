// Dynamic evaluation: a model that learns from a text while it reads it.
public import DNCCore
public import DNCData

/// A text that is read once, from its beginning to its end, by a model that learns from each segment after it has predicted it (Mikolov
/// et al. 2010; Krause et al. 2018). So every symbol but the first is predicted from those before it alone, by what they have
/// taught. One lane reads, and one shard learns: the bits do not depend on threads.
///
///     var reading = try OnlineEvaluation(of: Corpus(contentsOf: "book.txt", validFraction: 0), from: model)
///     while try await !reading.advance(until: .now + .seconds(1)) { print(reading.part) }
///     print(reading.loss.bitsPerSymbol)
public struct OnlineEvaluation<Scalar: TrainingScalar>: Sendable {
    /// What learns; its checkpoint has what has been learned so far.
    public let trainer: Trainer<Scalar>
    /// Over what has been read, each segment before it has been learned from.
    public private(set) var loss = Loss()
    /// In what it is told.
    public var measure: Measure { trainer.measure }
    /// How much of the text has been read, 0 ... 1.
    public private(set) var part = 0.0

    private let bytes: Range<Int>
    private let steps: Int

    /// Before the first symbol.
    /// - Parameters:
    ///   - corpus: a text, of which `training` is read.
    ///   - model: what reads, and may lack symbols of the text; nil for one that knows nothing yet.
    ///   - configuration: how it learns: `TrainingConfiguration(readingOnline:size:isTrained:)`, for example. Its `batchSize` must be 1.
    /// - Throws: what a trainer throws, and `TrainingError.invalid` for more than one lane.
    public init(of corpus: Corpus, from model: Model<Scalar>?, _ configuration: TrainingConfiguration) throws {
        guard configuration.batchSize == 1, configuration.accumulate == 1 else {
            throw TrainingError.invalid(
                name: "the batch size", value: "\(configuration.batchSize * configuration.accumulate)",
                allowed: "1, since a text is read once and in its order")
        }
        guard configuration.stretch == nil else {
            throw TrainingError.invalid(
                name: "the length of a stretch", value: "\(configuration.stretch ?? 0)",
                allowed: "none, since a text is read once and in its order")
        }
        let source = try TextSegments(corpus, as: model?.alphabet, configuration)
        (bytes, steps) = (source.corpus.training.bytes, configuration.sequenceLength)
        trainer = try Trainer(source, configuration, from: model)
    }

    /// Reads on, a segment at least, to the end or this instant; returns whether it has come to the end.
    public mutating func advance(until end: ContinuousClock.Instant) async throws -> Bool {
        while part < 1 {
            loss += try await trainer.step()
            let place = await trainer.place
            // A lane that has come to the end is at the beginning.
            part = place == bytes.lowerBound ? 1 : Double(place - bytes.lowerBound) / Double(bytes.count)
            if ContinuousClock.now >= end { break }
        }
        return part == 1
    }
}

extension Trainer {
    /// Where the first lane of a text is.
    fileprivate var place: Int { source.cursors.first ?? 0 }
}

extension TrainingConfiguration {
    /// How a model learns from a text that it reads once. One that knows nothing learns fast first, and an eighth so fast at the end.
    /// - Parameters:
    ///   - model: what reads.
    ///   - size: bytes of the text.
    ///   - isTrained: whether it has learned before, so that it only has to follow the text.
    public init(readingOnline model: ModelConfiguration, size: Int, isTrained: Bool) {
        let steps = isTrained ? 20 : 10
        self.init(
            model: model, batchSize: 1, sequenceLength: steps,
            optimizer: OptimizerConfiguration(.adam, learningRate: isTrained ? 0.0003 : 0.008, clipNorm: 1),
            schedule: isTrained
                ? LearningRateSchedule(.constant) : LearningRateSchedule(.exponential, period: max(1, size / steps / 3)),
            symbolRange: isTrained ? nil : Self.symbolRangeOfTexts, validFraction: 0)
    }
}
