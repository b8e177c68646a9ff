// Texts that are not UTF-8.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How characters are written as bytes: `ISO-8859-1`, `WINDOWS-1252`, `KOI8-R`, `UTF-16` and whatever else the system's iconv knows.
public struct TextEncoding: Hashable, Sendable, CustomStringConvertible {
    /// As iconv calls it.
    public let description: String

    /// - Throws: `DataError.unknownEncoding` for a name that iconv does not know.
    public init(_ name: String) throws(DataError) {
        description = name
        try Converter(from: name).close()
    }

    /// A text as UTF-8.
    /// - Throws: `DataError.notInEncoding` where it is not written so.
    func decoded(_ bytes: [UInt8], name: String) throws(DataError) -> [UInt8] {
        let converter = try Converter(from: description)
        defer { converter.close() }
        var text: [UInt8] = []
        guard let offset = converter.convert(bytes, into: &text) else { return text }
        throw .notInEncoding(text: name, encoding: description, offset: offset)
    }
}

/// iconv's state of a conversion to UTF-8.
private struct Converter {
    private let handle: iconv_t

    init(from encoding: String) throws(DataError) {
        let handle = iconv_open("UTF-8", encoding)
        // (iconv_t)-1, as iconv says that it knows no such thing.
        guard let handle, handle != iconv_t(bitPattern: -1) else { throw .unknownEncoding(encoding) }
        self.handle = handle
    }

    func close() { iconv_close(handle) }

    /// Returns where the bytes are not what they should be; nil where all are.
    func convert(_ bytes: [UInt8], into text: inout [UInt8]) -> Int? {
        var (source, piece) = (bytes.map(CChar.init(bitPattern:)), [CChar](repeating: 0, count: 1 << 16))
        var next = 0
        while true {
            let (isDone, code, left, room) = source.withUnsafeMutableBufferPointer { source in
                piece.withUnsafeMutableBufferPointer { target in
                    var (input, inputLeft) = (source.baseAddress.map { $0 + next }, source.count - next)
                    var (output, outputLeft) = (target.baseAddress, target.count)
                    let result = iconv(handle, &input, &inputLeft, &output, &outputLeft)
                    return (result != -1, errno, inputLeft, outputLeft)
                }
            }
            text += piece[..<(piece.count - room)].map(UInt8.init(bitPattern:))
            next = bytes.count - left
            if isDone { return nil }
            if code != E2BIG { return next }
        }
    }
}
