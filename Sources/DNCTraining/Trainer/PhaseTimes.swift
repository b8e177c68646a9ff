// What steps spend their time on.
import DNCCore

/// What the optimizer takes of a step, while that is asked for.
struct OptimizerClock {
    var isOn = false
    private(set) var time = Duration.zero

    mutating func add(since start: WorkClock.Instant) {
        if isOn { time += WorkClock.now - start }
    }
}

extension Trainer {
    /// Makes `phaseTimes` begin or end.
    public func timePhases(_ isOn: Bool = true) {
        optimizerClock.isOn = isOn
        batch.timePhases(isOn)
    }

    /// What the steps since `timePhases` have spent their time on, in seconds of all threads together; `optimizer` is the
    /// gradient's norm and the update of the parameters.
    public var phaseTimes: [(name: String, seconds: Double)] {
        let times = batch.phaseTimes
        return Phase.allCases.map { ($0.rawValue, times[$0] ?? 0) } + [("optimizer", optimizerClock.time / .seconds(1))]
    }
}
