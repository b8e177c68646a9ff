// A text as bytes that can be read anywhere, and a part of one.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import SystemFiles

/// The bytes of a text: in a file, which stays open and is read piece by piece, or in memory, where those of a pipe are kept, of
/// what had to be unpacked or was not in UTF-8, and of several files.
///
/// Memory use does not grow with a file. A file that shrinks while in use makes reading throw.
public struct TextSource: Sendable {
    /// The path of the file, or of the first of several, or "the text" for one in memory; for messages.
    public let name: String
    /// The length in bytes; of a file, when it was opened.
    public let byteCount: Int

    private enum Storage: Sendable {
        case file(OpenFile)
        case memory([UInt8])
    }
    private let storage: Storage
    /// Of several files each with where it begins; empty for one.
    private let files: [(name: String, start: Int)]

    /// How many bytes to read at a time when reading everything.
    package static let chunkSize = 1 << 20

    init(bytes: [UInt8], name: String = "the text", files: [(name: String, start: Int)] = []) {
        self.init(name: name, byteCount: bytes.count, storage: .memory(bytes), files: files)
    }

    /// Files and all that folders have, as one text, in which each begins anew: see `boundaries`.
    /// - Parameters:
    ///   - paths: at least one. What is in a folder is read in the order of its path, without what begins with a dot.
    ///   - encoding: how they are written; nil for UTF-8.
    ///   - unpacks: whether what gzip has packed is unpacked.
    ///   - limit: how many bytes of a pipe are read at most.
    package init(
        contentsOf paths: [String], encoding: TextEncoding? = nil, unpacks: Bool = true, atMost limit: Int = .max
    ) throws(DataError) {
        let files = try Self.files(at: paths)
        if let path = files.first, files.count == 1 {
            try self.init(contentsOf: path, encoding: encoding, unpacks: unpacks, atMost: limit)
            return
        }
        var (bytes, starts): ([UInt8], [(name: String, start: Int)]) = ([], [])
        for path in files {
            let file = try Self(contentsOf: path, encoding: encoding, unpacks: unpacks)
            // None of a text in characters, and no mark in the middle of one.
            let start = unpacks ? try file.start { _ in false } : 0
            if start == file.byteCount { continue }
            starts.append((path, bytes.count))
            bytes += try file.bytes(in: start..<file.byteCount)
        }
        self.init(bytes: bytes, name: starts.first?.name ?? paths.first ?? "the text", files: starts)
    }

    /// A single file or pipe.
    package init(
        contentsOf path: String, encoding: TextEncoding? = nil, unpacks: Bool = true, atMost limit: Int = .max
    ) throws(DataError) {
        let plain = try Self(plain: path, atMost: limit)
        let isPacked = unpacks ? Gzip.isPacked(try plain.bytes(in: 0..<min(2, plain.byteCount))) : false
        guard isPacked || encoding != nil else {
            self = plain
            return
        }
        var bytes = try plain.bytes(in: 0..<plain.byteCount)
        if isPacked { bytes = try Gzip.unpacked(bytes, name: path) }
        if let encoding { bytes = try encoding.decoded(bytes, name: path) }
        self.init(bytes: bytes, name: path)
    }

    /// What is in the file, or comes through the pipe.
    private init(plain path: String, atMost limit: Int) throws(DataError) {
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

    private init(name: String, byteCount: Int, storage: Storage, files: [(name: String, start: Int)] = []) {
        (self.name, self.byteCount, self.storage, self.files) = (name, byteCount, storage, files)
    }

    /// The paths with those of what is in folders in their places.
    private static func files(at paths: [String]) throws(DataError) -> [String] {
        var files: [String] = []
        for path in paths {
            guard SystemFiles.isFolder(path) else {
                files.append(path)
                continue
            }
            let inFolder: [String]
            do { inFolder = try SystemFiles.visiblePaths(in: path) } catch {
                throw .unreadable(text: path, reason: error.reason)
            }
            guard !inFolder.isEmpty else { throw .emptyFolder(path) }
            files += try Self.files(at: inFolder)
        }
        return files
    }

    /// Where files begin behind others; none for one file.
    var boundaries: [Int] { files.dropFirst().map(\.start) }

    /// Whether a file begins at the offset, so that nothing before it has to do with it.
    package func isBoundary(_ offset: Int) -> Bool {
        if files.isEmpty || offset == 0 { return false }
        let (place, start) = file(of: offset)
        return place > 0 && start == offset
    }

    /// Where the next file begins behind the offset; nil where none does.
    func nextBoundary(after offset: Int) -> Int? {
        if files.isEmpty { return nil }
        let next = file(of: offset).place + 1
        return next < files.count ? files[next].start : nil
    }

    /// Which of several files the offset is in, and where that begins.
    private func file(of offset: Int) -> (place: Int, start: Int) {
        var (low, high) = (0, files.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if files[middle].start <= offset { low = middle } else { high = middle }
        }
        return (low, files[low].start)
    }

    /// Where the byte at `offset` is for people: the file, the offset in it and the line, from 1. Reads all before it in the file.
    func place(of offset: Int) throws(DataError) -> (name: String, offset: Int, line: Int) {
        let (name, start) = files.isEmpty ? (name, 0) : files[file(of: offset).place]
        return (name, offset - start, try line(at: offset, from: start))
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

    /// Calls `body` with the bytes from `start` to `end`, in order, at most `size` at a time.
    func forEachChunk(
        from start: Int = 0, upTo end: Int, size: Int = chunkSize, _ body: ([UInt8]) throws(DataError) -> Void
    ) throws(DataError) {
        for offset in stride(from: start, to: end, by: size) {
            try body(bytes(in: offset..<min(offset + size, end)))
        }
    }

    /// The line, counted from 1 where `start` is, that the byte at `offset` is in. Reads all before it: for messages.
    package func line(at offset: Int, from start: Int = 0) throws(DataError) -> Int {
        var line = 1
        try forEachChunk(from: start, upTo: offset) { bytes in
            for byte in bytes where byte == UInt8(ascii: "\n") { line += 1 }
        }
        return line
    }

    /// The error for bytes at `offset` that are not UTF-8.
    func invalidUTF8(at offset: Int) throws(DataError) -> DataError {
        let place = try place(of: offset)
        return .invalidUTF8(text: place.name, offset: place.offset, line: place.line)
    }
}

/// A part of a text that begins and ends at a symbol boundary.
public struct TextRange: Sendable {
    /// The text that this is a part of.
    public let text: TextSource
    /// The offsets of the part's bytes in the text.
    public let bytes: Range<Int>
    /// What becomes of characters that a vocabulary does not have.
    package let unknown: UnknownCharacters

    /// The length in bytes.
    public var byteCount: Int { bytes.count }
    /// Whether there is no symbol at all.
    public var isEmpty: Bool { bytes.isEmpty }

    init(text: TextSource, bytes: Range<Int>, unknown: UnknownCharacters = .refused) {
        (self.text, self.bytes, self.unknown) = (text, bytes, unknown)
    }

    /// Where in the text the part of this number begins, of so many of equal length.
    func beginning(ofPart part: Int, of count: Int) -> Int {
        // byteCount * part / count, without the product, which may overflow.
        bytes.lowerBound + byteCount / count * part + byteCount % count * part / count
    }

    /// Another part of the same text.
    func part(_ bytes: Range<Int>) -> TextRange { TextRange(text: text, bytes: bytes, unknown: unknown) }

    /// The text in the file or pipe at `path`, for a model of this vocabulary. What is in it shows when it is read; a byte order
    /// mark at its beginning is left out, unless the vocabulary has it.
    /// - Parameters:
    ///   - path: of the file or pipe.
    ///   - vocabulary: of the model that is to read it.
    ///   - reading: how it is read.
    ///   - symbols: how many of them are to be read at most; nothing is asked of a pipe behind these.
    /// - Throws: `DataError` when the file cannot be read or is empty, and for characters when it is another format than text.
    public init(
        contentsOf path: String, vocabulary: Vocabulary, reading: TextReading = TextReading(), atMost symbols: Int = .max
    ) throws(DataError) {
        let longest = max(4, vocabulary.longestWord)  // bytes of a symbol
        // Of what is packed, or where some are left out, so many bytes may be too few.
        let isPlain = reading == TextReading() && symbols < .max / longest - 1 && !path.hasSuffix(".gz")
        let text = try TextSource(
            contentsOf: path, encoding: reading.encoding, unpacks: vocabulary.kind != .bytes,
            atMost: isPlain ? longest * (symbols + 1) : .max)
        var start = 0
        if vocabulary.kind != .bytes {
            if let format = try text.format() { throw .otherFormat(text: path, format) }
            start = try text.start { vocabulary.symbol(of: $0) != nil }
        }
        guard text.byteCount > start else { throw .empty(text: path) }
        self.init(text: text, bytes: start..<text.byteCount, unknown: reading.unknown)
    }

    /// The first offset from `offset` on at which a symbol begins, whatever is before it, or the end of the range.
    func symbolBoundary(atOrAfter offset: Int, tokens: TokenKind) throws(DataError) -> Int {
        switch tokens {
        case .bytes: return offset
        case .characters:
            // Past the continuation bytes of UTF-8, of which no character has more.
            let next = try text.bytes(in: offset..<min(offset + 3, bytes.upperBound))
            return offset + next.prefix { $0 & 0xC0 == 0x80 }.count
        case .words:
            // Past the word that it may be inside of.
            var place = offset
            while bytes.lowerBound < place, place < bytes.upperBound {
                let next = try text.bytes(in: place..<min(place + 4 * WordPiece.longest, bytes.upperBound))
                let end = next.indices.first { [.space, .other].contains(WordPiece.character(next[$0...])) }
                if let end { return place + end }
                place += next.count
            }
            return place
        }
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
