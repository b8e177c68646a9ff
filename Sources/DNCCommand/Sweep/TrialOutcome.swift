// What has become of a sweep's trials.
import ArgumentParser
import DNC

/// A line of `sweep.jsonl`: a trial that has a result or a failure.
struct TrialOutcome: Codable {
    struct Failure: Codable {
        let exitCode: Int32
        let error: String

        var isDivergence: Bool { exitCode == DNCTool.divergence.rawValue }

        enum CodingKeys: String, CodingKey {
            case exitCode = "exit_code"
            case error
        }
    }

    let trial: Int
    let settings: [String: SettingValue]
    let run: String
    @OrNull var result: TrainingResult?
    @OrNull var failure: Failure?

    var loss: Double? { result?.validLoss }

    /// In words.
    var summary: String {
        if let failure { return "failed with exit code \(failure.exitCode): \(failure.error)" }
        return
            "held-out \(loss?.rounded(to: 4) ?? "-") \(result?.measure.unit ?? "")  step \((result?.step ?? 0).grouped)  \((result?.seconds ?? 0).asTime)"
    }

    /// Whether another try would come to the same; divergence does.
    var isFinal: Bool { failure?.isDivergence ?? true }

    /// The best first; then those without a number, then those that failed.
    static func isBetter(_ one: Self, than other: Self) -> Bool {
        func rank(_ outcome: Self) -> (Int, Double, Int) {
            (outcome.failure == nil ? 0 : 1, outcome.loss ?? .infinity, outcome.trial)
        }
        return rank(one) < rank(other)
    }
}

extension [String: SettingValue] {
    /// In words.
    var summary: String { sorted { $0.key < $1.key }.map { "\($0) \(printable($1.description))" }.joined(separator: ", ") }
}
