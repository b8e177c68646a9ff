// What training has come to, in words and as JSON.
import DNC

/// What `dnc train --json` prints.
struct TrainingResult: Codable {
    let run: String
    let step: Int
    let symbols: Int
    let seconds: Double
    @OrNull var bestStep: Int?
    @OrNull var validBPC: Double?
    @OrNull var validSymbols: Int?
    @OrNull var validStreams: Int?

    enum CodingKeys: String, CodingKey {
        case run, step, symbols, seconds
        case bestStep = "best_step"
        case validBPC = "valid_bpc"
        case validSymbols = "valid_symbols"
        case validStreams = "valid_streams"
    }
}

extension HeldOutLoss {
    /// In words.
    var figure: String {
        "\(bpc.rounded(to: 4)) BPC over \(predictions.grouped) predictions in \(streams) stream\(streams == 1 ? "" : "s")"
    }
}
