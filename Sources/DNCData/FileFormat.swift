/// What a file is that is no UTF-8 text, told by how it begins.
public struct FileFormat: Hashable, Sendable {
    /// As in "it is a PDF document".
    public let name: String
    /// What makes text of it.
    public let remedy: String

    /// What a file begins with: bytes at an offset.
    private typealias Signature = (offset: Int, bytes: [UInt8], format: Self)

    private static func packed(_ name: String, _ command: String) -> Self {
        Self(name: "\(name) data", remedy: "unpack it with \(command)")
    }

    private static func encoded(_ name: String) -> Self {
        Self(name: "text in \(name)", remedy: "convert it with iconv -f \(name) -t UTF-8")
    }

    private static func other(_ name: String, _ remedy: String = "give a text file") -> Self {
        Self(name: name, remedy: remedy)
    }

    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// The longer of two signatures of which one begins with the other comes first.
    private static let signatures: [Signature] = [
        (0, [0xFF, 0xFE, 0, 0], encoded("UTF-32")), (0, [0, 0, 0xFE, 0xFF], encoded("UTF-32")),
        (0, [0xFF, 0xFE], encoded("UTF-16")), (0, [0xFE, 0xFF], encoded("UTF-16")),
        (0, [0x1F, 0x8B], packed("gzip", "gunzip")), (0, [0x1F, 0x9D], packed("compress", "uncompress")),
        (0, ascii("BZh"), packed("bzip2", "bunzip2")), (0, [0xFD] + ascii("7zXZ\0"), packed("xz", "unxz")),
        (0, [0x28, 0xB5, 0x2F, 0xFD], packed("Zstandard", "unzstd")), (0, [0x04, 0x22, 0x4D, 0x18], packed("LZ4", "unlz4")),
        (0, [0x5D, 0, 0], packed("LZMA", "unlzma")), (0, ascii("7z") + [0xBC, 0xAF, 0x27, 0x1C], packed("7-Zip", "7z x")),
        (0, ascii("Rar!\u{1A}\u{7}"), packed("RAR", "unrar x")),
        (257, ascii("ustar"), other("a tar archive", "unpack it with tar -xf")),
        (30, ascii("mimetypeapplication/epub"), other("an EPUB book", "make text of it with pandoc -t plain")),
        (30, ascii("mimetypeapplication/vnd.oasis"), other("an OpenDocument", "make text of it with pandoc -t plain")),
        (30, ascii("[Content_Types].xml"), other("an Office document", "make text of it with pandoc -t plain")),
        (
            0, ascii("PK\u{3}\u{4}"),
            other("a ZIP archive", "unpack it with unzip; or if it is a document, save that as plain text")
        ),
        (0, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], other("an old Office document", "save it as plain text")),
        (0, ascii("%PDF-"), other("a PDF document", "make text of it with pdftotext")),
        (0, [0x89] + ascii("PNG\r\n"), other("a PNG image")), (0, [0xFF, 0xD8, 0xFF], other("a JPEG image")),
        (0, ascii("GIF87a"), other("a GIF image")), (0, ascii("GIF89a"), other("a GIF image")),
        (0, [0x7F] + ascii("ELF"), other("a program")), (0, ascii("\0asm"), other("a WebAssembly module")),
        (0, ascii("SQLite format 3\0"), other("an SQLite database", "write its text to a file with sqlite3")),
        (0, [0x89] + ascii("HDF\r\n"), other("an HDF5 file")),
        (0, ascii("PAR1"), other("a Parquet file", "write its text to a file")),
        (0, [0x93] + ascii("NUMPY"), other("a NumPy array")), (8, ascii("{\"__metadata__\""), other("a safetensors file")),
    ]

}

extension FileFormat {
    /// How much of a file's beginning tells.
    static let length = 4096

    /// What the file is, if it is none of UTF-8 text or of bytes that nothing is known of.
    init?(of beginning: [UInt8]) {
        let signature = Self.signatures.first { offset, bytes, _ in
            beginning.count > offset && beginning[offset...].starts(with: bytes) && Self.isSure(of: bytes, in: beginning)
        }
        guard let format = signature?.format ?? Self.unmarked(beginning) else { return nil }
        self = format
    }

    /// A text, too, may begin with the letters of some.
    private static func isSure(of signature: [UInt8], in beginning: [UInt8]) -> Bool {
        switch signature {
        case ascii("BZh"): beginning.count > 9 && beginning[4..<10].elementsEqual([0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
        case ascii("ustar"): beginning.contains(0)
        case ascii("PAR1"), ascii("GIF87a"), ascii("GIF89a"): beginning.contains { $0 < 9 || $0 > 0x7F }
        default: true
        }
    }

    /// UTF-16 or UTF-32 without a mark: as single bytes it has many control characters, as code units next to none.
    private static func unmarked(_ beginning: [UInt8]) -> Self? {
        guard 20 * beginning.count(where: isControl) > beginning.count else { return nil }
        let candidates: [(name: String, width: Int, isLittle: Bool)] = [
            ("UTF-32LE", 4, true), ("UTF-32BE", 4, false), ("UTF-16LE", 2, true), ("UTF-16BE", 2, false),
        ]
        let scored = candidates.map { candidate in
            let units = beginning.count / candidate.width
            let values = (0..<units).map { unit in
                let bytes = beginning[unit * candidate.width..<(unit + 1) * candidate.width]
                return (candidate.isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            // The two parts of a pair are characters enough.
            let wrong = values.count { value in
                if candidate.width == 2, 0xD800...0xDFFF ~= value { return false }
                guard let scalar = Unicode.Scalar(value) else { return true }
                switch scalar.properties.generalCategory {
                case .control: return !scalar.properties.isWhitespace
                case .unassigned, .privateUse: return true
                default: return false
                }
            }
            let plain = values.count { $0 < 0x80 && $0 >= 0x20 || $0 == 0x0A }
            return (candidate.name, isText: units > 3 && 50 * wrong <= units, plain: Double(plain) / Double(max(1, units)))
        }
        // Read in the wrong order, Latin letters are Chinese ones; but no text is without spaces and line ends for long.
        return scored.filter(\.isText).max { $0.plain < $1.plain }.map { encoded($0.0) }
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 9 || (14..<32).contains(byte) && byte != 27 }
}
