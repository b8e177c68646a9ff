// Training as a sequence of reports, and its limits.
import DNCCore

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

extension Trainer {
    /// Training as a sequence of progress reports, until one of the limits is reached.
    public nonisolated func run(_ limits: TrainingLimits = TrainingLimits()) -> TrainingRun<Scalar> {
        TrainingRun(trainer: self, limits: limits)
    }

    /// Trains to the next report; nil at the end. A long validation is interrupted by reports as training is.
    func advance(within limits: TrainingLimits, since start: WorkClock.Instant) throws -> TrainingProgress? {
        let reportStart = WorkClock.now
        while !Task.isCancelled {
            if record.validationIsDue, !validation.isUnderWay { try beginValidation() }
            if validation.isUnderWay {
                let isComplete = try validation.advance(until: reportStart + limits.reportInterval)
                return isComplete ? try endPeriod(since: reportStart) : report(since: reportStart)
            }
            if isFinished(limits, since: start) {
                if record.period.count == 0 { return nil }
                try beginValidation()
                continue
            }
            let before = record.step
            if configuration.schedule.endsWithRun { plan(within: limits, since: start) }
            try step()
            if record.step > before, configuration.validates(after: record.step) { record.validationIsDue = true }
            if recovery.setback != nil { return report(since: reportStart) }
            if record.validationIsDue { continue }
            let isDue = limits.reportEvery.map { record.step % $0 == 0 } ?? false
            if isDue || WorkClock.now - reportStart >= limits.reportInterval { return report(since: reportStart) }
        }
        return nil
    }

    private func isFinished(_ limits: TrainingLimits, since start: WorkClock.Instant) -> Bool {
        if let maxSteps = limits.maxSteps, record.step >= maxSteps { return true }
        if let timeLeft = timeLeft(limits, since: start), timeLeft <= .zero { return true }
        if let patience = limits.patience, record.validationsSinceBest >= patience { return true }
        return false
    }

    /// For steps and validations; nil for any.
    private func timeLeft(_ limits: TrainingLimits, since start: WorkClock.Instant) -> Duration? {
        limits.timeLimit.map { timeLimit in
            let reserve = limits.reservesHeldOutTime ? min(heldOutTime, timeLimit / 10) : .zero
            return timeLimit - reserve - (WorkClock.now - start)
        }
    }

    /// Tells how far the run is: by its steps, or by the time that steps have taken in this sitting, again and again. Then it goes
    /// evenly on from where it was, and the step alone says where it is until the next time.
    private func plan(within limits: TrainingLimits, since start: WorkClock.Instant) {
        guard let timeLeft = timeLeft(limits, since: start), let timeLimit = limits.timeLimit else {
            record.plan = limits.maxSteps.map { RunPlan(step: 0, place: 0, steps: $0) }
            return
        }
        let now = WorkClock.now
        if pace?.start != start {
            // As if the time of all sittings had been asked for at once.
            let before = record.seconds / (record.seconds + timeLimit / .seconds(1))
            (pace, record.plan) = (
                Pace(start: start, step: record.step), RunPlan(step: record.step, place: before, steps: 1 << 53)
            )
        }
        guard let pace, let plan = record.plan, record.step > pace.step, now >= pace.due else { return }
        let steps = Double(record.step - pace.step) * (timeLeft / (now - start))
        let most = Double(limits.maxSteps.map { $0 - record.step } ?? 1 << 53)
        record.plan = RunPlan(
            step: record.step, place: plan.place(at: record.step), steps: Int(max(1, min(steps, most)).rounded(.up)))
        self.pace?.due = now + .milliseconds(200)
    }
}

/// How fast a sitting is.
struct Pace {
    /// When it began, and at which step.
    let start: WorkClock.Instant
    let step: Int
    /// When it is to be looked at again.
    var due: WorkClock.Instant

    init(start: WorkClock.Instant, step: Int) { (self.start, self.step, due) = (start, step, start) }
}
