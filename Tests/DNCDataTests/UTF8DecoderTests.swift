import Testing

@testable import DNCData

@Suite struct UTF8DecoderTests {
    /// The decoded scalars, or nil when the bytes are not UTF-8.
    private func decode(_ bytes: [UInt8]) -> [Unicode.Scalar]? {
        var decoder = UTF8Decoder()
        var scalars: [Unicode.Scalar] = []
        for byte in bytes {
            switch decoder.consume(byte) {
            case .scalar(let scalar): scalars.append(scalar)
            case .incomplete: break
            case .invalid: return nil
            }
        }
        return decoder.isInsideScalar ? nil : scalars
    }

    @Test func everyScalarIsDecoded() {
        let scalars = (UInt32(0)...0x10FFFF).compactMap(Unicode.Scalar.init)
        #expect(decode(scalars.flatMap { Array($0.utf8) }) == scalars)
    }

    // All sequences of up to four bytes, each byte from both sides of every boundary in the definition of UTF-8.
    @Test func validityAgreesWithTheStandardLibrary() {
        let bytes: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
        ]
        var sequences: [[UInt8]] = [[]]
        for _ in 1...4 {
            sequences = sequences.flatMap { sequence in bytes.map { sequence + [$0] } }
            let disagreements = sequences.filter {
                decode($0) != String(validating: $0, as: UTF8.self).map { Array($0.unicodeScalars) }
            }
            #expect(disagreements == [])
        }
    }
}
