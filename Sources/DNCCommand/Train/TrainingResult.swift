// What training has come to, in words and as JSON.
import DNC

/// What `dnc train --json` prints.
struct TrainingResult: Codable {
    let run: String
    let step: Int
    let predictions: Int
    let seconds: Double
    let measure: Measure
    @OrNull var bestStep: Int?
    @OrNull var validLoss: Double?
    @OrNull var validPredictions: Int?
    @OrNull var validStreams: Int?
    @OrNull var validSequencesRight: Double?
    @OrNull var validErrorRate: Double?
    @OrNull var memoryBytes: Int?

    enum CodingKeys: String, CodingKey {
        case run, step, predictions, seconds, measure
        case bestStep = "best_step"
        case validLoss = "valid_loss"
        case validPredictions = "valid_predictions"
        case validStreams = "valid_streams"
        case validSequencesRight = "valid_sequences_right"
        case validErrorRate = "valid_error_rate"
        case memoryBytes = "memory_bytes"
    }
}

extension HeldOutLoss {
    /// In words.
    func figure(_ measure: Measure) -> String {
        let loss = "\(value.rounded(to: 4)) \(measure.unit) over \(predictions.grouped) predictions"
        let streams = streams.map { " in \($0) stream\($0 == 1 ? "" : "s")" } ?? ""
        return loss + streams + (score?.summary.map { ", " + $0 } ?? "")
    }
}
