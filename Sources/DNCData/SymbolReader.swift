/// Reads the symbols of a part of a text, one after the other.
public struct SymbolReader: Sendable {
    private let range: TextRange
    private let vocabulary: Vocabulary
    private let known: KnownCharacters
    private var buffer: [UInt8] = []  // bytes of the text, read ahead
    private var bufferOffset: Int  // of the buffer in the text
    private var position = 0  // of the next byte in the buffer

    private let bufferSize: Int

    /// How many bytes a reader reads ahead unless it is told otherwise.
    static let usualBufferSize = 4096

    /// A reader that begins at the byte `offset` of the text, or at the beginning of `range`.
    ///
    /// `offset` must lie in the range, or be its end, and be the beginning of a symbol.
    public init(_ range: TextRange, vocabulary: Vocabulary, from offset: Int? = nil) {
        self.init(range, vocabulary: vocabulary, from: offset, bufferSize: Self.usualBufferSize)
    }

    init(_ range: TextRange, vocabulary: Vocabulary, from offset: Int? = nil, bufferSize: Int) {
        self.range = range
        self.vocabulary = vocabulary
        known = KnownCharacters(range.unknown, in: vocabulary)
        self.bufferSize = max(bufferSize, vocabulary.kind == .words ? 2 * WordPiece.longest : 0)
        bufferOffset = range.bytes.lowerBound
        if let offset { seek(to: offset) }
    }

    /// Where in the text, in bytes from its beginning, the next symbol begins.
    public var byteOffset: Int { bufferOffset + position }

    /// Whether the next symbol begins a file behind another.
    var isAtBoundary: Bool { range.text.isBoundary(byteOffset) }

    /// Whether no symbol is left.
    public var isAtEnd: Bool { byteOffset == range.bytes.upperBound }

    /// The next symbol, or nil at the end of the range.
    ///
    /// Throws when the file cannot be read or has changed since the corpus was made from it; the position
    /// is then unspecified.
    public mutating func next() throws(DataError) -> Int32? {
        while true {
            if vocabulary.longestWord > 0, let word = try nextWord() { return word }
            guard let byte = try nextByte() else { return nil }
            if let symbol = vocabulary.symbol(of: byte) { return symbol }
            if let symbol = try finishCharacter(startingWith: byte) { return symbol }
        }
    }

    /// The word that begins here, if it is one of the vocabulary's.
    private mutating func nextWord() throws(DataError) -> Int32? {
        let piece = try wordPiece()
        guard !piece.isEmpty, piece.count <= vocabulary.longestWord, let symbol = vocabulary.symbol(ofWord: piece) else {
            return nil
        }
        skip(piece.count)
        return symbol
    }

    /// The piece that begins here, as `WordPiece` has it; empty where none does, as in the middle of one.
    mutating func wordPiece() throws(DataError) -> ArraySlice<UInt8> {
        if buffer.count - position <= WordPiece.longest, bufferOffset + buffer.count < range.bytes.upperBound {
            try readAhead()
        }
        var rest = buffer[position...]
        if let end = range.text.nextBoundary(after: byteOffset) { rest = rest.prefix(end - byteOffset) }
        let piece = rest.prefix(WordPiece.length(rest))
        if piece.isEmpty || piece.first == UInt8(ascii: " ") { return piece }
        return try isInsidePiece() ? [] : piece
    }

    /// Moves over bytes that have been read ahead.
    mutating func skip(_ bytes: Int) { position += bytes }

    /// Whether what is before a letter here is one, too, or a space.
    private func isInsidePiece() throws(DataError) -> Bool {
        let (offset, longest) = (byteOffset, 4)
        if offset == 0 || isAtBoundary { return false }
        let before =
            position >= longest
            ? buffer[(position - longest)..<position] : try range.text.bytes(in: max(0, offset - longest)..<offset)[...]
        let start = before.lastIndex { $0 & 0xC0 != 0x80 } ?? before.startIndex
        return WordPiece.character(before[start...]) != .other
    }

    /// Continues at `offset`, for which the same holds as in `init`.
    mutating func seek(to offset: Int) {
        precondition(range.bytes.lowerBound <= offset && offset <= range.bytes.upperBound)
        if bufferOffset <= offset, offset <= bufferOffset + buffer.count {
            position = offset - bufferOffset
        } else {
            buffer = []
            bufferOffset = offset
            position = 0
        }
    }

    @inline(__always)
    private mutating func nextByte() throws(DataError) -> UInt8? {
        if position == buffer.count {
            if isAtEnd { return nil }
            try readAhead()
        }
        defer { position += 1 }
        return buffer[position]
    }

    private mutating func readAhead() throws(DataError) {
        let offset = byteOffset
        buffer = try range.text.bytes(in: offset..<min(offset + bufferSize, range.bytes.upperBound))
        bufferOffset = offset
        position = 0
    }

    /// The symbol of a character that is not a known ASCII character and whose first byte has been read; nil for one to be skipped.
    private mutating func finishCharacter(startingWith firstByte: UInt8) throws(DataError) -> Int32? {
        let start = byteOffset - 1
        var decoder = UTF8Decoder()
        var step = decoder.consume(firstByte)
        while case .incomplete = step, let byte = try nextByte() {
            step = decoder.consume(byte)
        }
        guard case .scalar(let scalar) = step else { throw try range.text.invalidUTF8(at: start) }
        if let symbol = vocabulary.symbol(of: scalar) { return symbol }
        switch known {
        case .skipOthers: return nil
        case .readOthers(let symbol): return symbol
        case .alone:
            let place = try range.text.place(of: start)
            throw .unknownSymbol(scalar.readableName, text: place.name, offset: place.offset, line: place.line)
        }
    }
}
