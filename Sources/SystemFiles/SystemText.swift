// What the system has as bytes and Swift as text: arguments, and the names of files, which need not be UTF-8.

extension String {
    /// The text of these bytes, which need not be UTF-8: a byte b that is not becomes two noncharacters, U+FDD0 + b / 16 and
    /// U+FDE0 + b % 16, which Unicode keeps for such uses and no text has. `systemBytes` are the same bytes again; those of a text
    /// that has these noncharacters nevertheless, too, since they are taken for what is not UTF-8.
    package init(systemBytes bytes: some Sequence<UInt8>) {
        var scalars = UnicodeScalarView()
        func keep(_ byte: UInt8) {
            for value in [0xFDD0 + UInt32(byte >> 4), 0xFDE0 + UInt32(byte & 15)] {
                if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
            }
        }
        let bytes = Array(bytes)
        var (parser, rest, start) = (Unicode.UTF8.ForwardParser(), bytes.makeIterator(), 0)
        parsing: while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                if Self.kept.contains(scalar.value) { encoded.forEach(keep) } else { scalars.append(scalar) }
                start += encoded.count
            case .error(let length):
                bytes[start..<start + length].forEach(keep)
                start += length
            case .emptyInput: break parsing
            }
        }
        self.init(scalars)
    }

    /// The noncharacters that stand for bytes.
    private static let kept: ClosedRange<UInt32> = 0xFDD0...0xFDEF

    /// The bytes that it was made from by `init(systemBytes:)`; those of another text in UTF-8.
    package var systemBytes: [UInt8] {
        guard !isUTF8 else { return Array(utf8) }
        var bytes: [UInt8] = []
        var scalars = unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch (scalar.value, scalars.first?.value) {
            case (0xFDD0...0xFDDF, let low?) where (0xFDE0...0xFDEF).contains(low):
                bytes.append(UInt8(scalar.value - 0xFDD0) << 4 | UInt8(low - 0xFDE0))
                scalars.removeFirst()
            default: bytes += UTF8.encode(scalar).map(Array.init) ?? []
            }
        }
        return bytes
    }

    /// Whether no byte has been kept that is not UTF-8.
    package var isUTF8: Bool { !unicodeScalars.contains { Self.kept.contains($0.value) } }

    /// As the system's calls take a path: the bytes and a zero.
    package var systemPath: [CChar] { systemBytes.map(CChar.init(bitPattern:)) + [0] }
}
