// A text as bytes that can be read anywhere, and a part of one.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import SystemFiles

/// The bytes of a text: in a file, which stays open and is read piece by piece, or in memory, where those of a pipe are kept.
///
/// Memory use does not grow with a file. A file that shrinks while in use makes reading throw.
public struct TextSource: Sendable {
    /// The path of the file, or "the text" for one in memory; for messages.
    public let name: String
    /// The length in bytes; of a file, when it was opened.
    public let byteCount: Int

    private enum Storage: Sendable {
        case file(OpenFile)
        case memory([UInt8])
    }
    private let storage: Storage

    /// How many bytes to read at a time when reading everything.
    package static let chunkSize = 1 << 20

    init(bytes: [UInt8], name: String = "the text") {
        self.init(name: name, byteCount: bytes.count, storage: .memory(bytes))
    }

    /// - Parameter limit: how many bytes of a pipe are read at most.
    package init(contentsOf path: String, atMost limit: Int = .max) throws(DataError) {
        if SystemFiles.isPipe(path) {
            do { self.init(bytes: try SystemFiles.contents(of: path, atMost: limit), name: path) } catch {
                throw .unreadable(text: path, reason: error.reason)
            }
            return
        }
        // Without O_NONBLOCK, opening some devices waits.
        let descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(text: path, reason: systemErrorMessage()) }
        let file = OpenFile(descriptor: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(text: path, reason: systemErrorMessage()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(text: path) }
        self.init(name: path, byteCount: Int(status.st_size), storage: .file(file))
    }

    private init(name: String, byteCount: Int, storage: Storage) {
        (self.name, self.byteCount, self.storage) = (name, byteCount, storage)
    }

    /// The whole text.
    var whole: TextRange { TextRange(text: self, bytes: 0..<byteCount) }

    /// What it is, where it begins as no text does.
    package func format() throws(DataError) -> FileFormat? {
        FileFormat(of: try bytes(in: 0..<min(FileFormat.length, byteCount)))
    }

    /// Where the text begins for those who know these characters: behind a byte order mark (U+FEFF), which says nothing in UTF-8,
    /// unless it is one of them.
    func start(isSymbol: (Unicode.Scalar) -> Bool) throws(DataError) -> Int {
        let (mark, length) = (Unicode.Scalar(0xFEFF as UInt16), 3)
        guard let mark, byteCount >= length, try bytes(in: 0..<length) == Array(String(mark).utf8) else { return 0 }
        return isSymbol(mark) ? 0 : length
    }

    /// The bytes at these offsets, all of which must lie in the text.
    package func bytes(in range: Range<Int>) throws(DataError) -> [UInt8] {
        switch storage {
        case .memory(let bytes):
            return Array(bytes[range])
        case .file(let file):
            return try [UInt8](unsafeUninitializedCapacity: range.count) { (buffer, filled) throws(DataError) in
                while filled < range.count {
                    let rest = UnsafeMutableRawBufferPointer(buffer.extracting(filled..<range.count))
                    let offset = range.lowerBound + filled
                    let count = pread(file.descriptor, rest.baseAddress, rest.count, off_t(offset))
                    if count < 0, errno == EINTR { continue }
                    guard count >= 0 else { throw .unreadable(text: name, reason: systemErrorMessage()) }
                    guard count > 0 else { throw .truncated(text: name, offset: offset) }
                    filled += count
                }
            }
        }
    }

    /// Calls `body` with the bytes from the beginning to `end`, in order, at most `size` at a time.
    func forEachChunk(
        upTo end: Int, size: Int = chunkSize, _ body: ([UInt8]) throws(DataError) -> Void
    ) throws(DataError) {
        for offset in stride(from: 0, to: end, by: size) {
            try body(bytes(in: offset..<min(offset + size, end)))
        }
    }

    /// The line, counted from 1, that the byte at `offset` is in. Reads all before it: for messages.
    package func line(at offset: Int) throws(DataError) -> Int {
        var line = 1
        try forEachChunk(upTo: offset) { bytes in
            for byte in bytes where byte == UInt8(ascii: "\n") { line += 1 }
        }
        return line
    }

    /// The error for bytes at `offset` that are not UTF-8.
    func invalidUTF8(at offset: Int) throws(DataError) -> DataError {
        .invalidUTF8(text: name, offset: offset, line: try line(at: offset))
    }
}

/// A part of a text that begins and ends at a symbol boundary.
public struct TextRange: Sendable {
    /// The text that this is a part of.
    public let text: TextSource
    /// The offsets of the part's bytes in the text.
    public let bytes: Range<Int>

    /// The length in bytes.
    public var byteCount: Int { bytes.count }
    /// Whether there is no symbol at all.
    public var isEmpty: Bool { bytes.isEmpty }

    init(text: TextSource, bytes: Range<Int>) {
        self.text = text
        self.bytes = bytes
    }

    /// The text in the file or pipe at `path`, for a model of this vocabulary. What is in it shows when it is read; a byte order
    /// mark at its beginning is left out, unless the vocabulary has it.
    /// - Parameters:
    ///   - path: of the file or pipe.
    ///   - vocabulary: of the model that is to read it.
    ///   - symbols: how many of them are to be read at most; nothing is asked of a pipe behind these.
    /// - Throws: `DataError` when the file cannot be read or is empty, and for characters when it is another format than text.
    public init(contentsOf path: String, vocabulary: Vocabulary, atMost symbols: Int = .max) throws(DataError) {
        let longest = 4  // bytes of a character
        let text = try TextSource(contentsOf: path, atMost: symbols < .max / longest - 1 ? longest * (symbols + 1) : .max)
        var start = 0
        if vocabulary.kind == .characters {
            if let format = try text.format() { throw .otherFormat(text: path, format) }
            start = try text.start { vocabulary.symbol(of: $0) != nil }
        }
        guard text.byteCount > start else { throw .empty(text: path) }
        self.init(text: text, bytes: start..<text.byteCount)
    }

    /// The first offset from `offset` on at which a symbol begins, or the end of the range.
    func symbolBoundary(atOrAfter offset: Int, tokens: TokenKind) throws(DataError) -> Int {
        guard tokens == .characters else { return offset }
        // Past the continuation bytes of UTF-8, of which no character has more.
        let next = try text.bytes(in: offset..<min(offset + 3, bytes.upperBound))
        return offset + next.prefix { $0 & 0xC0 == 0x80 }.count
    }
}

/// Closes its file descriptor when nobody uses it any more.
private final class OpenFile: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// What the last failed system call complained of.
private func systemErrorMessage() -> String { String(cString: strerror(errno)) }
