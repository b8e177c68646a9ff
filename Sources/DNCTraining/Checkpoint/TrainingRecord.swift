// How far a run has come.
import DNCCore

/// How far a run has come, as a checkpoint records it under `dnc.training`.
public struct TrainingRecord: Hashable, Sendable, Codable {
    /// The settings of the run, as its last sitting had them.
    public var configuration: TrainingConfiguration
    /// `Corpus.fingerprint` of the text.
    public var textFingerprint: String
    /// How much of the text is not held out.
    public var trainingBytes: Int
    /// Updates of the parameters so far, those that `NonFinitePolicy.skip` left out among them.
    public var step = 0
    /// Symbols that were predicted so far.
    public var symbols = 0
    /// Time spent, over all sittings.
    public var seconds = 0.0
    /// The best held-out bits per symbol; nil before the first validation.
    public var bestValidBPC: Double?
    /// The step at which that was.
    public var bestStep: Int?
    /// How many validations in a row have not been better than the ones before. Like the next, it goes by the validations that
    /// `plateauEvery` asks for alone, so that it does not depend on others or on interruptions.
    public var validationsSinceBest = 0
    /// What `plateauFactor` has made of the learning rate.
    public var learningRateFactor = 1.0
    /// How many steps have been left out or taken back, in all and since the last that was not; see `NonFinitePolicy`.
    public var setbacks = 0
    var setbacksInARow = 0
    /// Over how many predictions a validation goes; nil where there was none.
    public var validPredictions: Int?
    /// Into how many streams the text is cut for it.
    public var validStreams: Int?
    /// What the best model has come to on all of the held-out text, when training last ended; only in the best checkpoint.
    public var heldOutLoss: HeldOutLoss?
    /// `TrainingProgress.isWorseThanGuessing` when a plateau last ended.
    public var isWorseThanGuessing: Bool?
    /// The best of the validations that `plateauEvery` asks for.
    var bestScheduledBPC: Double?
    /// Whether a validation comes next: the run was interrupted in it.
    var validationIsDue = false
    /// The training loss since the last validation.
    var periodNats = 0.0
    var periodCount = 0

    init(configuration: TrainingConfiguration, textFingerprint: String, trainingBytes: Int) {
        self.configuration = configuration
        self.textFingerprint = textFingerprint
        self.trainingBytes = trainingBytes
    }

    /// The first of the numbers that no run could have come to.
    var impossible: String? {
        for (name, count) in [
            ("step", step), ("symbols", symbols), ("periodCount", periodCount), ("trainingBytes", trainingBytes),
            ("validationsSinceBest", validationsSinceBest), ("setbacks", setbacks), ("setbacksInARow", setbacksInARow),
            ("validPredictions", validPredictions ?? 0), ("validStreams", validStreams ?? 0),
            ("heldOutLoss.predictions", heldOutLoss?.predictions ?? 0), ("heldOutLoss.streams", heldOutLoss?.streams ?? 0),
        ] where !(0..<1 << 53).contains(count) {
            return "\(name) is \(count)"
        }
        if !(0..<0x1p53).contains(seconds) { return "seconds is \(seconds)" }
        if !(0...1).contains(learningRateFactor) { return "learningRateFactor is \(learningRateFactor)" }
        if let bestStep, !(0...step).contains(bestStep) { return "bestStep is \(bestStep) of \(step) steps" }
        return nil
    }

    /// The best validation; nil before the first, and where an older version has not written over what it goes.
    public var bestValidation: HeldOutLoss? {
        guard let bestValidBPC, let validPredictions, let validStreams else { return nil }
        return HeldOutLoss(bpc: bestValidBPC, predictions: validPredictions, streams: validStreams)
    }

    var period: Loss {
        get { Loss(nats: periodNats, count: periodCount) }
        set { (periodNats, periodCount) = (newValue.nats, newValue.count) }
    }

    /// Whether this step ends a period of `plateauEvery` steps.
    var isAtPlateauEnd: Bool { configuration.plateauEvery.map(step.isMultiple) ?? false }

    /// Notes a validation; returns whether it is the best.
    mutating func validated(_ bpc: Double) -> Bool {
        if isAtPlateauEnd {
            if bpc < bestScheduledBPC ?? .infinity {
                (bestScheduledBPC, validationsSinceBest) = (bpc, 0)
            } else {
                validationsSinceBest += 1
                learningRateFactor *= configuration.plateauFactor
            }
        }
        guard bpc < bestValidBPC ?? .infinity else { return false }
        (bestValidBPC, bestStep) = (bpc, step)
        return true
    }

    /// The learning rate as it is now.
    public var learningRate: Double { configuration.optimizer.learningRate * learningRateFactor }

    /// The optimizer in words, with the learning rate as it is now, and as it was where plateaus have made it smaller.
    package var optimizerSummary: String {
        let optimizer = configuration.optimizer
        let first = learningRateFactor == 1 ? "" : " (\(optimizer.learningRate) before it fell)"
        return "\(optimizer.kind.rawValue) at \(learningRate)\(first)"
    }

    /// The settings as they are now: those of the run, with the learning rate that plateaus have made of its own.
    public var currentConfiguration: TrainingConfiguration {
        var configuration = configuration
        configuration.optimizer.learningRate = learningRate
        return configuration
    }

    /// From now on with these settings.
    mutating func goOn(with new: TrainingConfiguration) {
        let rate = learningRate
        let base = configuration.optimizer.learningRate
        configuration = new
        if new.optimizer.learningRate == rate {
            configuration.optimizer.learningRate = base
        } else {
            // Another rate is another beginning: there is as much patience with it as with the first.
            (learningRateFactor, validationsSinceBest) = (1, 0)
        }
    }
}
