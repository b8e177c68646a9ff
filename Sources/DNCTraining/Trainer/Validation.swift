// Validations between the steps, and what follows from them.
import DNCCore
import DNCData
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
        validation.begin(try batch.evaluation(of: corpus.validation, by: model, limit: configuration.validSymbols))
    }

    /// About how long it takes to read all of the held-out text; a third of the time that it would take in training, before there
    /// has been a validation.
    public var heldOutTime: Duration {
        .seconds((validation.secondsOfAPrediction ?? speed.secondsOfASymbol / 3) * Double(corpus.validation.byteCount))
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
        let (trained, guessing) = (record.period.bitsPerSymbol, log2(Double(corpus.vocabulary.count)))
        if record.isAtPlateauEnd {
            let isWorse = trained > guessing && heldOut?.bpc ?? .infinity > guessing
            if isWorse, configuration.onNonFinite == .rollback {
                try recover(from: .worseThanGuessing(step: record.step, bits: trained, guessing: guessing, clipNorm: clipNorm))
                return report(since: start)
            }
            record.isWorseThanGuessing = isWorse
        }
        var progress = report(since: start)
        if let heldOut {
            let rate = record.learningRate
            progress.validBPC = heldOut.bpc
            progress.validPredictions = heldOut.predictions
            progress.isBest = record.validated(heldOut.bpc)
            (record.validPredictions, record.validStreams) = (heldOut.predictions, heldOut.streams)
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
