// What is known of a model, whoever trained it.
import DNCCore
import DNCData

/// What `dnc.training` says of the model itself: all that there is of a model that another program trained, and the beginning of
/// every `TrainingRecord`.
struct ModelRecord: Decodable {
    struct Configuration: Decodable {
        let model: ModelConfiguration
        /// Of a text.
        let tokens: TokenKind?
        let precision: Precision
        let carryMemory: Bool
        /// Absent where the memory is carried, and nobody says how long segments were.
        let sequenceLength: Int?
    }

    let configuration: Configuration
    let step: Int
    /// Absent where another program trained the model.
    let fingerprint: String?

    /// The first thing that cannot be.
    var impossible: String? {
        if !(0..<1 << 53).contains(step) { return "step is \(step)" }
        guard let length = configuration.sequenceLength else {
            return configuration.carryMemory ? nil : "nothing says after how many symbols the memory is emptied"
        }
        return (1...1 << 40).contains(length) ? nil : "sequenceLength is \(length)"
    }
}
