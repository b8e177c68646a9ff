// What training reports while it goes on.
import DNCCore
public import DNCTasks

/// Where training stands.
public struct TrainingProgress: Hashable, Sendable {
    /// Updates of the parameters so far.
    public var step: Int
    /// Predictions so far: symbols of a text, or answers.
    public var predictions: Int
    /// Time spent so far, over all sittings.
    public var seconds: Double
    /// In what losses are told.
    public var measure: Measure
    /// The loss in training, the mean since the last validation.
    public var trainLoss: Double
    /// The loss of what is held out; nil between validations and where nothing is held out.
    public var validLoss: Double?
    /// Over how many predictions that is.
    public var validPredictions: Int?
    /// How many of the held-out episodes were answered right, where it is episodes that are trained on.
    public var validScore: EpisodeScore?
    /// Which lesson of a curriculum it is, from 0; nil without one.
    public var lesson: Int?
    /// The speed of training since the last validation, which it does not include.
    public var predictionsPerSecond: Double
    /// As it is now, before a plateau that ends here makes it smaller.
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
    private var predictions = 0

    mutating func add(_ predictions: Int, since start: WorkClock.Instant) {
        self.predictions += predictions
        time += WorkClock.now - start
    }

    var predictionsPerSecond: Double { Double(predictions) / max(time / .seconds(1), .leastNormalMagnitude) }

    /// 0 before the first.
    var secondsOfAPrediction: Double { predictions > 0 ? time / .seconds(1) / Double(predictions) : 0 }
}

extension Trainer {
    /// Where training stands, after this time.
    func report(since start: WorkClock.Instant) -> TrainingProgress {
        record.seconds += (WorkClock.now - start) / .seconds(1)
        defer { recovery.setback = nil }
        return TrainingProgress(
            step: record.step, predictions: record.predictions, seconds: record.seconds, measure: measure,
            trainLoss: measure.value(of: record.period), lesson: record.curriculum?.lesson,
            predictionsPerSecond: speed.predictionsPerSecond, learningRate: record.learningRate, gradientNorm: gradientNorm,
            setbacks: record.setbacks, setback: recovery.setback)
    }
}
