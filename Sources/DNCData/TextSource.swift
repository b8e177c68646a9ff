// A text as bytes that can be read anywhere, and a part of one.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The bytes of a text: in a file, which stays open and is read piece by piece, or in memory.
///
/// Memory use does not grow with the file. A file that shrinks while in use makes reading throw.
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
    static let chunkSize = 1 << 20

    init(bytes: [UInt8]) {
        name = "the text"
        byteCount = bytes.count
        storage = .memory(bytes)
    }

    init(contentsOf path: String) throws(DataError) {
        // Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(text: path, reason: systemErrorMessage()) }
        let file = OpenFile(descriptor: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(text: path, reason: systemErrorMessage()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(text: path) }
        name = path
        byteCount = Int(status.st_size)
        storage = .file(file)
    }

    /// The whole text.
    var whole: TextRange { TextRange(text: self, bytes: 0..<byteCount) }

    /// The bytes at these offsets, all of which must lie in the text.
    func bytes(in range: Range<Int>) throws(DataError) -> [UInt8] {
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
    func line(at offset: Int) throws(DataError) -> Int {
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

    /// The first offset from `offset` on at which a symbol begins, or the end of the range.
    func symbolBoundary(atOrAfter offset: Int, tokens: TokenKind) throws(DataError) -> Int {
        guard tokens == .characters else { return offset }
        var offset = offset
        while offset < bytes.upperBound, try text.bytes(in: offset..<offset + 1)[0] & 0xC0 == 0x80 {
            offset += 1  // past a continuation byte of UTF-8
        }
        return offset
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
