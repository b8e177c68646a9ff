// Progress of training on standard error.
import DNC

/// A live line on a terminal; elsewhere one line for every period.
struct ProgressReporter {
    let isQuiet: Bool
    let isLive: Bool
    let limits: TrainingLimits
    /// Of the latest periods, the newest last: the held-out loss, or that of training where nothing is held out.
    private var history: [Double] = []
    private var lastValidLoss: Double?
    private var validPredictions: Int?
    private var validScore: EpisodeScore?
    private var bestLoss: Double?
    /// Step and time at the beginning of this sitting, from which the remaining time is estimated.
    private var firstStep: Int
    private var start = WorkClock.now

    init(isQuiet: Bool, limits: TrainingLimits, firstStep: Int, bestLoss: Double?) {
        self.isQuiet = isQuiet
        self.limits = limits
        self.firstStep = firstStep
        self.bestLoss = bestLoss
        isLive = Terminal.Stream.error.isLive
    }

    /// A line that stays.
    func note(_ text: String) {
        if !isQuiet { Terminal.writeError(Terminal.eraseLine + text + "\n") }
    }

    mutating func report(_ progress: TrainingProgress) {
        if let loss = progress.validLoss {
            (lastValidLoss, validPredictions, validScore) = (loss, progress.validPredictions, progress.validScore)
            bestLoss = min(loss, bestLoss ?? loss)
        }
        if let divergence = progress.setback?.divergence {
            note("\(divergence); going on at step \(progress.step.grouped), learning rate \(progress.learningRate)")
        }
        if progress.endsPeriod {
            history = (history + [progress.validLoss ?? progress.trainLoss]).suffix(24)
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
        var parts = ["step \(progress.step.grouped)", "train \(progress.trainLoss.rounded(to: 3)) \(progress.measure.unit)"]
        if let lesson = progress.lesson { parts.insert("lesson \(lesson + 1)", at: 1) }
        if let lastValidLoss, let bestLoss {
            let best = "best \(bestLoss.rounded(to: 3))"
            let shown = progress.isBest ? Terminal.styled(best, .green, on: .error) : best
            // How much is held out of a task is always the same.
            let over = validScore == nil ? validPredictions.map { " over \($0.grouped)" } ?? "" : ""
            parts.append("held-out \(lastValidLoss.rounded(to: 3))\(over) (\(shown))")
            if let score = validScore?.summary { parts.append(score) }
        }
        parts.append("\(Int(progress.predictionsPerSecond).grouped) \(progress.measure.predictions)/s")
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

extension EpisodeScore {
    /// In words; nil where nothing was asked.
    var summary: String? {
        guard let sequencesRightRate, let errorRate else { return nil }
        return "\(sequencesRightRate.asPercent) of sequences right, \(errorRate.asPercent) of answers wrong"
    }
}
