// What older checkpoints say, in today's words.
import Foundation

/// A step from one version of the format (`dnc.schema`) to the next, of the metadata alone. A file of each version that there was
/// is among the tests' fixtures: no checkpoint is ever orphaned.
struct CheckpointMigration: Sendable {
    /// The version that it begins from.
    let schema: Int
    /// Changes the JSON of an entry, by its key.
    let migrate: @Sendable (_ key: String, _ object: inout [String: Any]) throws -> Void

    /// From the oldest on that is read, without gaps. 1, which nobody but its makers used, had no fingerprints.
    static let all = [
        // A model was one of three, and read and predicted the symbols of the vocabulary.
        CheckpointMigration(schema: 2) { key, object in
            func inParts(_ model: [String: Any]) -> [String: Any] {
                var parts = model
                guard let kind = parts.removeValue(forKey: "model") as? String else { return model }
                parts["controller"] = kind == "rnn" ? "tanh" : kind == "lstm" || kind == "dnc" ? "lstm" : kind
                parts["memory"] = kind == "dnc" ? "dnc" : "none"
                return parts
            }
            if key == CheckpointHeader.Key.configuration { object = inParts(object) }
            if key == CheckpointHeader.Key.training, var configuration = object["configuration"] as? [String: Any] {
                if let model = configuration["model"] as? [String: Any] { configuration["model"] = inParts(model) }
                // Before the two were told apart, plateaus went by all validations.
                if configuration["plateauEvery"] == nil { configuration["plateauEvery"] = configuration["validateEvery"] }
                object["configuration"] = configuration
            }
        },
        // All was of texts.
        CheckpointMigration(schema: 3) { key, object in
            guard key == CheckpointHeader.Key.training else { return }
            for (old, new) in [
                ("textFingerprint", "fingerprint"), ("trainingBytes", "size"), ("symbols", "predictions"),
                ("bestValidBPC", "bestLoss"), ("bestScheduledBPC", "bestScheduledLoss"),
            ] {
                object[new] = object.removeValue(forKey: old)
            }
            if var heldOut = object["heldOutLoss"] as? [String: Any] {
                heldOut["value"] = heldOut.removeValue(forKey: "bpc")
                object["heldOutLoss"] = heldOut
            }
        },
    ]

    /// The versions that are read.
    static var schemas: ClosedRange<Int> { (all.first?.schema ?? CheckpointHeader.schema)...CheckpointHeader.schema }

    /// An entry's JSON as this version writes it.
    static func migrated(_ text: String, of key: String, from schema: Int) throws -> String {
        guard schema < CheckpointHeader.schema else { return text }
        guard var object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { return text }
        for migration in all where migration.schema >= schema { try migration.migrate(key, &object) }
        return String(decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }
}
