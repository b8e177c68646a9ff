// What training reports while it goes on, as a sequence.

/// Where training stands.
public struct TrainingProgress: Hashable, Sendable {
    /// Updates of the parameters so far.
    public var step: Int
    /// Symbols that were predicted so far.
    public var symbols: Int
    /// Time spent so far, over all sittings.
    public var seconds: Double
    /// Bits per symbol in training, the mean since the last validation.
    public var trainBPC: Double
    /// Bits per symbol of held-out text; nil between validations and where nothing is held out.
    public var validBPC: Double?
    /// Over how many predictions that is.
    public var validPredictions: Int?
    /// The speed of training since the last validation, which it does not include.
    public var symbolsPerSecond: Double
    /// That of the last step.
    public var learningRate: Double
    /// The Euclidean norm of the last gradient, before clipping.
    public var gradientNorm: Double
    /// What the learning rate has fallen to just now, after a plateau; nil otherwise.
    public var decayedLearningRate: Double?
    /// Whether this is the best validation so far.
    public var isBest = false
    /// Whether a period that ends a plateau was worse than guessing, in training and on held-out text: training has diverged, if in
    /// finite numbers.
    public var isWorseThanGuessing = false
    /// Whether this is the end of a period between validations, or of training: a line of the log.
    public var endsPeriod = false
    /// How many steps have been left out or taken back so far; see `NonFinitePolicy`.
    public var setbacks: Int
    /// Why the last one was, just now; nil otherwise.
    public var setback: TrainingError?
}

/// A line of `metrics.jsonl`. `valid_bpc` and `valid_symbols` are null where nothing is held out, `train_bpc` where every step was a
/// setback, `decayed_learning_rate` where the learning rate stays.
package struct MetricsLine: Codable, Sendable {
    let step: Int
    let symbols: Int
    let seconds: Double
    @OrNull var trainBPC: Double?
    @OrNull var validBPC: Double?
    @OrNull var validSymbols: Int?
    let symbolsPerSecond: Double
    let learningRate: Double
    @OrNull var decayedLearningRate: Double?
    let gradientNorm: Double
    let setbacks: Int

    enum CodingKeys: String, CodingKey {
        case step, symbols, seconds, setbacks
        case trainBPC = "train_bpc"
        case validBPC = "valid_bpc"
        case validSymbols = "valid_symbols"
        case symbolsPerSecond = "symbols_per_second"
        case learningRate = "learning_rate"
        case decayedLearningRate = "decayed_learning_rate"
        case gradientNorm = "grad_norm"
    }

    init(_ progress: TrainingProgress) {
        (step, symbols, seconds) = (progress.step, progress.symbols, progress.seconds)
        (trainBPC, validBPC) = (progress.trainBPC.isFinite ? progress.trainBPC : nil, progress.validBPC)
        validSymbols = progress.validPredictions
        (symbolsPerSecond, learningRate) = (progress.symbolsPerSecond, progress.learningRate)
        decayedLearningRate = progress.decayedLearningRate
        (gradientNorm, setbacks) = (progress.gradientNorm, progress.setbacks)
    }

    /// The line as an event for TensorBoard, of the scalars that there are.
    func event(time: Double) -> [UInt8] {
        let scalars: [(CodingKeys, Double?)] = [
            (.trainBPC, trainBPC), (.validBPC, validBPC), (.symbolsPerSecond, symbolsPerSecond), (.learningRate, learningRate),
            (.gradientNorm, gradientNorm),
        ]
        let named = scalars.compactMap { key, value in value.map { (key.rawValue, $0) } }
        return EventFile.scalars(named, step: step, time: time)
    }
}

/// When training reports and ends.
public struct TrainingLimits: Hashable, Sendable {
    /// Ends when so many updates have been made, over all sittings.
    public var maxSteps: Int?
    /// Ends after this time in this sitting, in which the process could work.
    public var timeLimit: Duration?
    /// Whether the time limit also covers reading all of the held-out text afterwards: training then ends earlier by
    /// `Trainer.heldOutTime`, but not by more than a tenth.
    public var reservesHeldOutTime = false
    /// Ends when so many periods of `TrainingConfiguration.plateauEvery` steps in a row were not better than the best.
    public var patience: Int?
    /// How often progress is reported between validations.
    public var reportInterval: Duration
    /// Reports also after every so many steps; nil for not.
    public var reportEvery: Int? { didSet { reportEvery = reportEvery.map { max(1, $0) } } }

    /// No limit but those that are given.
    public init(
        maxSteps: Int? = nil, timeLimit: Duration? = nil, patience: Int? = nil,
        reportInterval: Duration = .milliseconds(500), reportEvery: Int? = nil
    ) {
        self.maxSteps = maxSteps
        self.timeLimit = timeLimit
        self.patience = patience
        self.reportInterval = reportInterval
        self.reportEvery = reportEvery.map { max(1, $0) }
    }
}

/// Trains while it is iterated over: each element takes training on to the next report. Between two elements nothing runs, so
/// that the trainer can be asked for a checkpoint or a sample. Cancelling the task ends the sequence after the step under way.
public struct TrainingRun<Scalar: TrainingScalar>: AsyncSequence, Sendable {
    let trainer: Trainer<Scalar>
    let limits: TrainingLimits

    /// Takes training from report to report.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let trainer: Trainer<Scalar>
        let limits: TrainingLimits
        let start = WorkClock.now

        /// The next report; nil at the end, or when the task has been cancelled.
        /// - Throws: What `Trainer.step()` throws.
        public mutating func next() async throws -> TrainingProgress? {
            try await trainer.advance(within: limits, since: start)
        }
    }

    /// Begins, or goes on where the trainer is; a time limit counts from here.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(trainer: trainer, limits: limits) }
}
