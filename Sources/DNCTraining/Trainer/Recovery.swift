// What becomes of a step or a period by which training has diverged.
import DNCCore

/// How training goes wrong, and where it can go back to.
struct Recovery<Scalar: TrainingScalar> {
    /// Why training cannot go on.
    private(set) var divergence: TrainingError?
    /// What the last step has been spared, to be reported.
    var setback: TrainingError?
    /// Where `NonFinitePolicy.rollback` goes back to: the last validation, or where this sitting began.
    var lastGood: Checkpoint<Scalar>?

    init(lastGood: Checkpoint<Scalar>?) { self.lastGood = lastGood }

    /// Keeps the error, since the state and the cursors are beyond the parameters now.
    mutating func diverged(_ error: TrainingError) -> TrainingError {
        divergence = error
        return error
    }
}

extension Trainer {
    /// After a segment whose loss or gradient is not finite, by which the parameters have not been changed: does what the policy
    /// says, or gives up.
    func recover(from error: TrainingError) throws {
        let (setbacks, inARow) = (record.setbacks + 1, record.setbacksInARow + 1)
        switch (inARow > NonFinitePolicy.mostInARow ? .stop : configuration.onNonFinite, recovery.lastGood) {
        case (.skip, _):
            state.reset()
            record.step += 1
        case (.rollback, let good?):
            let (seconds, factor) = (record.seconds, record.learningRateFactor)
            try goBack(to: good)
            (record.seconds, record.learningRateFactor) = (seconds, factor / 2)
        default:
            throw recovery.diverged(error)
        }
        (record.setbacks, record.setbacksInARow) = (setbacks, inARow)
        recovery.setback = error
    }
}
