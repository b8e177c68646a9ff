// Progress of training on standard error.
import DNC

/// A live line on a terminal; elsewhere one line for every period.
struct ProgressReporter {
    let isQuiet: Bool
    let isLive: Bool
    let limits: TrainingLimits
    /// Of the latest periods, the newest last: held-out bits per symbol, or those of training where nothing is held out.
    private var history: [Double] = []
    private var lastValidBPC: Double?
    private var validPredictions: Int?
    private var bestValidBPC: Double?
    /// Step and time at the beginning of this sitting, from which the remaining time is estimated.
    private var firstStep: Int
    private var start = WorkClock.now

    init(isQuiet: Bool, limits: TrainingLimits, firstStep: Int, bestValidBPC: Double?) {
        self.isQuiet = isQuiet
        self.limits = limits
        self.firstStep = firstStep
        self.bestValidBPC = bestValidBPC
        isLive = Terminal.Stream.error.isLive
    }

    /// A line that stays.
    func note(_ text: String) {
        if !isQuiet { Terminal.writeError(Terminal.eraseLine + text + "\n") }
    }

    mutating func report(_ progress: TrainingProgress) {
        if let bpc = progress.validBPC {
            (lastValidBPC, validPredictions) = (bpc, progress.validPredictions)
            bestValidBPC = min(bpc, bestValidBPC ?? bpc)
        }
        if let divergence = progress.setback?.divergence {
            note("\(divergence); going on at step \(progress.step.grouped), learning rate \(progress.learningRate)")
        }
        if progress.endsPeriod {
            history = (history + [progress.validBPC ?? progress.trainBPC]).suffix(24)
            note(parts(progress).joined(separator: "  "))
            if progress.isWorseThanGuessing {
                note(
                    "that is worse than guessing: training has diverged. A smaller --learning-rate helps, or --on-nonfinite rollback"
                )
            }
            if let rate = progress.decayedLearningRate {
                note(
                    "no better than before: the learning rate falls from \(progress.learningRate.significant) to \(rate.significant)"
                )
            }
        } else if isLive, !isQuiet {
            var parts = parts(progress)
            if history.count > 1 { parts.insert(sparkline(history), at: 1) }
            if let bytes = ProcessMemory.resident { parts.append(bytes.asBytes) }
            // Without wrapping, so that a narrow terminal does not scroll.
            let line = Terminal.styled(parts.joined(separator: "  "), .dim, on: .error)
            Terminal.writeError(Terminal.eraseLine + "\u{1B}[?7l" + line + "\u{1B}[?7h")
        }
    }

    private func parts(_ progress: TrainingProgress) -> [String] {
        var parts = ["step \(progress.step.grouped)", "train \(progress.trainBPC.rounded(to: 3)) BPC"]
        if let lastValidBPC, let bestValidBPC {
            let best = "best \(bestValidBPC.rounded(to: 3))"
            let shown = progress.isBest ? Terminal.styled(best, .green, on: .error) : best
            let symbols = validPredictions.map { " over \($0.grouped)" } ?? ""
            parts.append("held-out \(lastValidBPC.rounded(to: 3))\(symbols) (\(shown))")
        }
        parts.append("\(Int(progress.symbolsPerSecond).grouped) chars/s")
        if let remaining = remainingSeconds(progress) { parts.append("ETA \(remaining.asTime)") }
        return parts
    }

    private func remainingSeconds(_ progress: TrainingProgress) -> Double? {
        let elapsed = (WorkClock.now - start) / .seconds(1)
        let byTime = limits.timeLimit.map { max(0, $0 / .seconds(1) - elapsed) }
        let done = progress.step - firstStep
        let bySteps = limits.maxSteps.flatMap { done > 0 ? Double($0 - progress.step) * elapsed / Double(done) : nil }
        return [byTime, bySteps].compactMap(\.self).min()
    }
}
