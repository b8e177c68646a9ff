// By what a changed byte of a checkpoint is noticed.
import DNCData
import SafeTensors

extension CheckpointHeader {
    /// The fingerprint of all entries but itself.
    package static func fingerprint(of metadata: [String: String]) -> String {
        var fingerprint = Fingerprint()
        for (key, value) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        where key != Key.metadataFingerprint {
            for text in [key, value] { fingerprint.add(Array((text + "\0").utf8).span.bytes) }
        }
        return fingerprint.json
    }
}

extension Fingerprint {
    var json: String { "\"\(self)\"" }
}

extension SafeTensorsWriter {
    /// Adds to the metadata the fingerprints of all else.
    mutating func addFingerprints() throws(SafeTensorsError) {
        var fingerprint = Fingerprint()
        try forEachPiece { fingerprint.add($0) }
        metadata[CheckpointHeader.Key.fingerprint] = fingerprint.json
        metadata[CheckpointHeader.Key.metadataFingerprint] = CheckpointHeader.fingerprint(of: metadata)
    }
}
