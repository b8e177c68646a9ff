// Validations between the steps, and what follows from them.
import DNCCore
import Foundation

/// A validation that reports interrupt, and how long validations take.
struct Validation<Scalar: TrainingScalar> {
    /// What is under way.
    private var evaluation: Evaluation<Scalar>?
    /// How long it has taken so far, and how long the last whole one took for a prediction.
    private var time = Duration.zero
    private(set) var secondsOfAPrediction: Double?

    var isUnderWay: Bool { evaluation != nil }

    mutating func begin(_ evaluation: Evaluation<Scalar>) { self.evaluation = evaluation }

    /// Reads on, to the end or this instant; returns whether it has come to the end.
    mutating func advance(until end: WorkClock.Instant) throws -> Bool {
        let start = WorkClock.now
        let isComplete = try evaluation?.advance(until: .now + (end - start)) ?? true
        time += WorkClock.now - start
        if isComplete, let count = evaluation?.loss.count, count > 0 {
            secondsOfAPrediction = time / .seconds(1) / Double(count)
        }
        if isComplete { time = .zero }
        return isComplete
    }

    /// What it has come to.
    mutating func end() -> Evaluation<Scalar>? {
        defer { evaluation = nil }
        return evaluation
    }
}

extension Trainer {
    func beginValidation() throws {
        validation.begin(
            try source.evaluation(
                of: model, limit: configuration.validLimit, runners: batch.runners, threads: batch.threads))
    }

    /// About how long it takes to read all that is held out; a third of the time that it would take in training, before there
    /// has been a validation.
    public var heldOutTime: Duration {
        let episodes = Double(record.step) * Double(configuration.batchSize) * Double(configuration.accumulate)
        let each = source.kind == .text ? 1 : Double(record.predictions) / max(1, episodes)
        return .seconds((validation.secondsOfAPrediction ?? speed.secondsOfAPrediction / 3) * each * Double(source.heldOutSize))
    }

    /// Takes note of the validation, where something is held out, and begins a new period.
    func endPeriod(since start: WorkClock.Instant) throws -> TrainingProgress {
        let evaluation = validation.end()
        let heldOut = evaluation.flatMap { HeldOutLoss($0) }
        let loss = evaluation?.loss ?? Loss()
        if loss.count > 0, !loss.nats.isFinite {
            let error = TrainingError.nonFiniteLoss(step: record.step, tensor: model.largestTensor(), clipNorm: clipNorm)
            guard configuration.onNonFinite == .rollback else { throw recovery.diverged(error) }
            try recover(from: error)
            return report(since: start)
        }
        let (trained, guessing) = (measure.value(of: record.period), source.output.guessing)
        if record.isAtPlateauEnd {
            // What has learned nothing is a little worse, too.
            let limit = 1.05 * guessing
            let isWorse = trained > limit && heldOut?.value ?? .infinity > limit
            if isWorse, configuration.onNonFinite == .rollback {
                try recover(
                    from: .worseThanGuessing(
                        step: record.step, loss: trained, guessing: guessing, measure: measure, clipNorm: clipNorm))
                return report(since: start)
            }
            record.isWorseThanGuessing = isWorse
        }
        var progress = report(since: start)
        if let heldOut {
            let rate = record.learningRate
            progress.validLoss = heldOut.value
            (progress.validPredictions, progress.validScore) = (heldOut.predictions, heldOut.score)
            progress.isBest = record.validated(heldOut)
            (record.validPredictions, record.validStreams) = (heldOut.predictions, heldOut.streams)
            if progress.isBest { record.bestScore = heldOut.score }
            if record.learningRate < rate { progress.decayedLearningRate = record.learningRate }
        }
        progress.isWorseThanGuessing = record.isAtPlateauEnd && record.isWorseThanGuessing == true
        progress.endsPeriod = true
        record.period = Loss()
        record.validationIsDue = false
        speed = Speed()
        // There is no way back to what has diverged.
        if configuration.onNonFinite == .rollback, !(trained > guessing) {
            record.setbacksInARow = 0
            recovery.lastGood = snapshot
        }
        return progress
    }
}

extension ModelOutput {
    /// The loss of a model that knows nothing, in its measure; infinite for numbers, which it cannot guess.
    package var guessing: Double {
        switch kind {
        case .symbols: log2(Double(size))
        case .bits: 1
        case .reals: .infinity
        }
    }
}
