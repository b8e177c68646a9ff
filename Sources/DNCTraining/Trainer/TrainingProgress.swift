// What training reports while it goes on.
import DNCCore

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

/// The speed of training since the last validation; a resumed run counts it anew.
struct Speed {
    private var time = Duration.zero
    private var symbols = 0

    mutating func add(_ symbols: Int, since start: WorkClock.Instant) {
        self.symbols += symbols
        time += WorkClock.now - start
    }

    var symbolsPerSecond: Double { Double(symbols) / max(time / .seconds(1), .leastNormalMagnitude) }

    /// 0 before the first symbol.
    var secondsOfASymbol: Double { symbols > 0 ? time / .seconds(1) / Double(symbols) : 0 }
}

extension Trainer {
    /// Where training stands, after this time.
    func report(since start: WorkClock.Instant) -> TrainingProgress {
        record.seconds += (WorkClock.now - start) / .seconds(1)
        defer { recovery.setback = nil }
        return TrainingProgress(
            step: record.step, symbols: record.symbols, seconds: record.seconds,
            trainBPC: record.period.bitsPerSymbol,
            symbolsPerSecond: speed.symbolsPerSecond, learningRate: record.learningRate, gradientNorm: gradientNorm,
            setbacks: record.setbacks, setback: recovery.setback)
    }
}
