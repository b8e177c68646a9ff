import Testing

@testable import DNCData

@Suite struct FingerprintTests {
    private func fingerprint(_ bytes: [UInt8], chunkSize: Int = .max) -> String {
        var fingerprint = Fingerprint()
        for start in stride(from: 0, to: bytes.count, by: min(chunkSize, max(bytes.count, 1))) {
            Array(bytes[start...].prefix(chunkSize)).withUnsafeBytes { fingerprint.add($0) }
        }
        return fingerprint.description
    }

    // Computed by a separate Python program. Checkpoints store fingerprints, so these must never change.
    @Test func valuesArePinned() {
        #expect(fingerprint(Array("".utf8)) == "f8bb92c91b3f5cc0-0")
        #expect(fingerprint(Array("a".utf8)) == "217350406cfa84d4-1")
        #expect(fingerprint(Array("abcdefgh".utf8)) == "dc35dc2a172263c6-8")
        #expect(fingerprint(Array("The quick brown fox, naïve.\n".utf8)) == "41ee11f4c956acd1-29")
    }

    @Test func chunksDoNotMatter() {
        let bytes = (0..<100).map { UInt8($0 * 37 % 256) }
        for chunkSize in 1...100 {
            #expect(fingerprint(bytes, chunkSize: chunkSize) == fingerprint(bytes))
        }
    }

    @Test func everyByteAndTheLengthMatter() {
        for count in 0...25 {
            let bytes = [UInt8](repeating: 0, count: count)
            var texts = [bytes, bytes + [0]]
            for index in 0..<count {
                var changed = bytes
                changed[index] = 1
                texts.append(changed)
            }
            #expect(Set(texts.map { fingerprint($0) }).count == texts.count)
        }
    }
}
