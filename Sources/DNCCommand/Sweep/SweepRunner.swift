// Runs trials, several at a time, until all have ended, a signal comes or the time is over.
import DNC
import Foundation

struct SweepRunner {
    /// Trials at a time.
    let jobs: Int
    /// When what is under way is to save and end; nil for never.
    var deadline: ContinuousClock.Instant?
    /// Tells people what happens.
    let note: (String) -> Void

    private enum Event<Finding: Sendable>: Sendable {
        case mustEnd
        case ended(trial: Int, exitCode: Int32)
        case measured(trial: Int, TrialOutcome, Result<Finding, any Error>)
    }

    /// Runs the trials in their order.
    /// - Parameters:
    ///   - measure: finds out about what has ended, beside other trials and still in its own's place among them.
    ///   - take: is given each outcome as it comes, and how long all that is left will take, in seconds; nil where nothing is.
    /// - Throws: what `measure` and `take` do. Whatever is thrown, what is under way saves and ends.
    func run<Finding: Sendable>(
        _ trials: [SweepTrial], measure: @escaping @Sendable (SweepTrial, TrialOutcome) throws -> Finding,
        take: (SweepTrial, TrialOutcome, Finding, _ secondsLeft: Double?) throws -> Void
    ) async throws {
        var waiting = trials.enumerated().map { (place: $0, trial: $1) }[...]
        var running: [Int: (trial: SweepTrial, process: Process)] = [:]
        let (start, deadline) = (ContinuousClock.now, deadline)
        var (done, left) = (0.0, trials.reduce(0) { $0 + $1.work })
        let (events, report) = AsyncStream.makeStream(of: Event<Finding>.self)
        let watch = Task {
            while !Self.mustEnd(by: deadline) { try await Task.sleep(for: .milliseconds(50)) }
            report.yield(.mustEnd)
        }
        defer { watch.cancel() }
        var event = events.makeAsyncIterator()
        while true {
            while running.count < jobs, let (place, trial) = waiting.first, try await canBegin(in: trial.run) {
                waiting.removeFirst()
                let process = try trial.start { report.yield(.ended(trial: place, exitCode: $0)) }
                running[place] = (trial, process)
            }
            guard !running.isEmpty, let next = await event.next() else { return }
            switch next {
            case .mustEnd:
                note("saving; again ends at once")
                for (_, process) in running.values where process.isRunning { process.terminate() }
            case .ended(let place, let exitCode):
                guard let trial = running[place]?.trial else { continue }
                if Self.mustEnd(by: deadline), Interruption.exitCodes.contains(exitCode) {
                    running[place] = nil
                    continue
                }
                let outcome = try trial.outcome(exitCode)
                DispatchQueue.global().async {
                    let finding = Result { try measure(trial, outcome) }
                    report.yield(.measured(trial: place, outcome, finding))
                }
            case .measured(let place, let outcome, let finding):
                guard let trial = running.removeValue(forKey: place)?.trial else { continue }
                (done, left) = (done + trial.work, left - trial.work)
                let seconds = (ContinuousClock.now - start) / .seconds(1) * left / done
                try take(trial, outcome, finding.get(), running.isEmpty && waiting.isEmpty ? nil : seconds)
            }
        }
    }

    private static func mustEnd(by deadline: ContinuousClock.Instant?) -> Bool {
        Interruption.signal != nil || deadline.map { .now >= $0 } == true
    }

    /// Waits for what a sweep that was killed had under way, which may still be saving. False when it is time to end.
    private func canBegin(in run: RunDirectory) async throws -> Bool {
        var isNoted = false
        while !Self.mustEnd(by: deadline) {
            do {
                try await run.locked {}
                return true
            } catch TrainingError.runInUse {
                if !isNoted { note("waiting for another process that trains in \(run.path)") }
                isNoted = true
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return false
    }
}
