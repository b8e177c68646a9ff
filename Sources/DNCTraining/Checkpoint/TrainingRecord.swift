// How far a run has come.
import DNCCore
public import DNCTasks

/// How far a run has come, as a checkpoint records it under `dnc.training`.
public struct TrainingRecord: Hashable, Sendable, Codable {
    /// The settings of the run, as its last sitting had them.
    public var configuration: TrainingConfiguration
    /// By which what is trained on is recognised: `SegmentSource.fingerprint`.
    public var fingerprint: String
    /// How much of it is not held out: `SegmentSource.size`.
    public var size: Int
    /// How many steps the longest segment has; nil of a text, where the configuration says it, and in older files.
    public var segmentSteps: Int?
    /// Updates of the parameters so far, those that `NonFinitePolicy.skip` left out among them.
    public var step = 0
    /// Predictions so far: symbols of a text, or answers.
    public var predictions = 0
    /// Time spent, over all sittings.
    public var seconds = 0.0
    /// The best held-out loss; nil before the first validation.
    public var bestLoss: Double?
    /// The step at which that was.
    public var bestStep: Int?
    /// How many validations in a row have not been better than the ones before. Like the next, it goes by the validations that
    /// `plateauEvery` asks for alone, so that it does not depend on others or on interruptions.
    public var validationsSinceBest = 0
    /// What `plateauFactor` and setbacks have made of the learning rate.
    public var learningRateFactor = 1.0
    /// The steps before the schedule began, where another rate or schedule has been given since; nil for none.
    var scheduleStart: Int?
    /// How far it is of a run at whose end the schedule ends; nil for other schedules, and before the first step.
    var plan: RunPlan?
    /// How many steps have been left out or taken back, in all and since the last that was not; see `NonFinitePolicy`.
    public var setbacks = 0
    var setbacksInARow = 0
    /// Over how many predictions a validation goes; nil where there was none.
    public var validPredictions: Int?
    /// Into how many streams a text is cut for it.
    public var validStreams: Int?
    /// How the best model answered the episodes of its validation; nil of a text.
    public var bestScore: EpisodeScore?
    /// How far it has come in the lessons; nil where there are none.
    public var curriculum: CurriculumProgress?
    /// What the best model has come to on all that is held out, when training last ended; only in the best checkpoint.
    public var heldOutLoss: HeldOutLoss?
    /// `TrainingProgress.isWorseThanGuessing` when a plateau last ended.
    public var isWorseThanGuessing: Bool?
    /// Whether the last of the validations that `plateauEvery` asks for had no wrong answer; nil of a text.
    public internal(set) var wasLearned: Bool?
    /// The best of the validations that `plateauEvery` asks for.
    var bestScheduledLoss: Double?
    /// Whether a validation comes next: the run was interrupted in it.
    var validationIsDue = false
    /// The training loss since the last validation.
    var periodNats = 0.0
    var periodCount = 0

    init(configuration: TrainingConfiguration, fingerprint: String, size: Int) {
        (self.configuration, self.fingerprint, self.size) = (configuration, fingerprint, size)
    }

    /// The first of the numbers that no run could have come to.
    var impossible: String? {
        for (name, count) in [
            ("step", step), ("predictions", predictions), ("periodCount", periodCount), ("size", size),
            ("segmentSteps", segmentSteps ?? 1), ("curriculum.lesson", curriculum?.lesson ?? 0),
            ("validationsSinceBest", validationsSinceBest), ("setbacks", setbacks), ("setbacksInARow", setbacksInARow),
            ("validPredictions", validPredictions ?? 0), ("validStreams", validStreams ?? 0),
            ("heldOutLoss.predictions", heldOutLoss?.predictions ?? 0), ("heldOutLoss.streams", heldOutLoss?.streams ?? 0),
        ] where !(0..<1 << 53).contains(count) {
            return "\(name) is \(count)"
        }
        if !(0..<0x1p53).contains(seconds) { return "seconds is \(seconds)" }
        if !(0...1).contains(learningRateFactor) { return "learningRateFactor is \(learningRateFactor)" }
        for (name, earlier) in [("bestStep", bestStep), ("scheduleStart", scheduleStart)] {
            if let earlier, !(0...step).contains(earlier) { return "\(name) is \(earlier) of \(step) steps" }
        }
        if let plan, !plan.isPossible(after: step) { return "plan is \(plan)" }
        return nil
    }

    /// The best validation; nil before the first, and where an older version has not written over what it goes.
    public var bestValidation: HeldOutLoss? {
        guard let bestLoss, let validPredictions, validStreams != nil || bestScore != nil else { return nil }
        return HeldOutLoss(value: bestLoss, predictions: validPredictions, streams: validStreams, score: bestScore)
    }

    var period: Loss {
        get { Loss(nats: periodNats, count: periodCount) }
        set { (periodNats, periodCount) = (newValue.nats, newValue.count) }
    }

    /// Whether this step ends a period of `plateauEvery` steps.
    var isAtPlateauEnd: Bool { configuration.plateauEvery.map(step.isMultiple) ?? false }

    /// Whether it is trained on what it is measured by: earlier lessons make that no better for long.
    var isInLastLesson: Bool {
        (curriculum?.lesson ?? 0) + 1 >= configuration.source.task?.curriculum?.lessons.count ?? 1
    }

    /// Notes a validation; returns whether it is the best. For the end and for the learning rate nothing is better than no mistake.
    mutating func validated(_ heldOut: HeldOutLoss) -> Bool {
        let loss = heldOut.value
        if isAtPlateauEnd {
            let isLearned = heldOut.score.map { $0.wrongAnswers == 0 } ?? false
            let isBetter = loss < bestScheduledLoss ?? .infinity
            if isBetter { bestScheduledLoss = loss }
            if isBetter, !(isLearned && wasLearned == true) {
                validationsSinceBest = 0
            } else if isInLastLesson {
                validationsSinceBest += 1
                if configuration.schedule.kind == .plateau { learningRateFactor *= configuration.plateauFactor }
            }
            wasLearned = heldOut.score.map { _ in isLearned }
        }
        guard loss < bestLoss ?? .infinity else { return false }
        (bestLoss, bestStep) = (loss, step)
        return true
    }

    /// The learning rate as it is now, for the next step.
    public var learningRate: Double {
        let scheduled = configuration.schedule.factor(
            step: step - (scheduleStart ?? 0), place: plan?.place(at: step) ?? 0)
        return configuration.optimizer.learningRate * learningRateFactor * scheduled
    }

    /// The optimizer in words, with the learning rate as it is now, and as it was where plateaus or a schedule have changed it.
    package var optimizerSummary: String {
        let (optimizer, schedule) = (configuration.optimizer, configuration.schedule)
        let first = learningRateFactor == 1 ? "" : " (\(optimizer.learningRate) before it fell)"
        // How low it is at the end of a run says nothing of what comes when that goes on.
        let rate = schedule.endsWithRun ? optimizer.learningRate : learningRate
        let remark = schedule.endsWithRun ? "" : "; the rate \(optimizer.learningRate)"
        let scheduled = schedule.summary.map { " (\($0)\(remark))" }
        return "\(optimizer.kind.rawValue) at \(rate)\(scheduled ?? first)\(optimizer.remarks)"
    }

    /// The settings as they are now: those of the run, with the learning rate that plateaus and the schedule have made of its own.
    public var currentConfiguration: TrainingConfiguration {
        var configuration = configuration
        configuration.optimizer.learningRate = learningRate
        return configuration
    }

    /// From now on with these settings.
    mutating func goOn(with new: TrainingConfiguration) {
        let rate = learningRate
        let old = configuration
        configuration = new
        if new.optimizer.learningRate == rate, new.schedule == old.schedule {
            configuration.optimizer.learningRate = old.optimizer.learningRate
        } else {
            // Another rate or schedule is another beginning: there is as much patience with it as with the first.
            (learningRateFactor, validationsSinceBest, scheduleStart) = (1, 0, step)
        }
    }
}
