/// What a symbol is.
public enum TokenKind: String, Codable, Sendable, CaseIterable {
    /// A Unicode scalar, so that a carriage return and a line feed are two symbols. The text must be UTF-8.
    case characters
    /// A byte. Every file is a text of bytes.
    case bytes
    /// A word that occurs often, with the space before it if there is one, or a character of what is left.
    case words
}

/// The symbols that a model knows, numbered from 0.
///
/// As JSON: `{"kind": "characters", "symbols": ["\n", " ", "a"]}`, the symbols in the order of their numbers,
/// `{"kind": "words", "symbols": ["\n", " ", "a", " a", " an"]}`, all characters before the words, or
/// `{"kind": "bytes", "symbols": [0, 1, ..., 255]}`.
public struct Vocabulary: Hashable, Sendable {
    /// What a symbol is.
    public let kind: TokenKind
    private let scalars: [Unicode.Scalar]  // by symbol; none for bytes
    private let words: [[UInt8]]  // whose symbols follow those of characters

    // Lookup. A byte that is a symbol by itself is any byte for `bytes`, and an ASCII character for `characters`.
    private let symbolOfByte: [Int32]  // unknownSymbol for any other byte
    private let symbolOfScalar: [Unicode.Scalar: Int32]  // without those in `symbolOfByte`
    private let symbolOfWord: [[UInt8]: Int32]
    private static let unknownSymbol: Int32 = -1

    /// Bytes of the longest word; 0 without words.
    let longestWord: Int

    /// The most characters and words that a checkpoint has room for: more characters than Unicode has assigned.
    package static let maximumCharacters = 200_000

    /// The 256 bytes; a symbol is the byte's value.
    public static let bytes = Vocabulary()

    private init() {
        kind = .bytes
        scalars = []
        symbolOfByte = Array(0...255)
        symbolOfScalar = [:]
        (words, symbolOfWord, longestWord) = ([], [:], 0)
    }

    /// The distinct characters, sorted by scalar value. There should be at least one.
    public init(characters: some Sequence<Unicode.Scalar>) {
        self.init(.characters, distinct: Set(characters).sorted(), words: [])
    }

    /// Words, and the characters that the others are made of; those of the words should be among them.
    /// - Parameter words: as `WordPiece` has them.
    package init(characters: some Sequence<Unicode.Scalar>, words: some Sequence<[UInt8]>) {
        self.init(
            .words, distinct: Set(characters).sorted(), words: Set(words).sorted { $0.lexicographicallyPrecedes($1) })
    }

    private init(_ kind: TokenKind, distinct scalars: [Unicode.Scalar], words: [[UInt8]]) {
        (self.kind, self.scalars, self.words) = (kind, scalars, words)
        symbolOfWord = Dictionary(uniqueKeysWithValues: zip(words, Int32(scalars.count)...))
        longestWord = words.map(\.count).max() ?? 0
        var symbolOfByte = [Int32](repeating: Self.unknownSymbol, count: 256)
        var symbolOfScalar: [Unicode.Scalar: Int32] = [:]
        for (symbol, scalar) in zip(Int32(0)..., scalars) {
            if scalar.isASCII {
                symbolOfByte[Int(scalar.value)] = symbol
            } else {
                symbolOfScalar[scalar] = symbol
            }
        }
        self.symbolOfByte = symbolOfByte
        self.symbolOfScalar = symbolOfScalar
    }

    /// The same with a line end among its symbols.
    package func withLineEnd() -> Self {
        kind == .bytes || symbol(of: "\n") != nil ? self : including(characters: ["\n"])
    }

    /// The same with these symbols besides.
    package func including(_ other: Self) -> Self {
        kind == .bytes || other.kind != kind ? self : including(characters: other.scalars, words: other.words)
    }

    private func including(characters: [Unicode.Scalar], words others: [[UInt8]] = []) -> Self {
        let all = scalars + characters
        return kind == .words ? Self(characters: all, words: words + others) : Self(characters: all)
    }

    /// The number of symbols.
    public var count: Int { kind == .bytes ? 256 : scalars.count + words.count }

    /// The symbols of `text`. Throws `DataError.unknownSymbol`, which says what is unknown and where.
    public func encode(_ text: String) throws(DataError) -> [Int32] { try encode(Array(text.utf8), name: "the text") }

    /// The symbols of a text of any bytes, as models of bytes read them; those of characters throw `DataError.invalidUTF8` for what
    /// is none.
    /// - Parameters:
    ///   - bytes: the text.
    ///   - name: what errors call it.
    ///   - unknown: what becomes of characters that are none of these.
    public func encode(
        _ bytes: [UInt8], name: String, unknown: UnknownCharacters = .refused
    ) throws(DataError) -> [Int32] {
        let text = TextRange(text: TextSource(bytes: bytes, name: name), bytes: bytes.indices, unknown: unknown)
        var reader = SymbolReader(text, vocabulary: self)
        var symbols: [Int32] = []
        while let symbol = try reader.next() { symbols.append(symbol) }
        return symbols
    }

    /// The text that `symbols`, each in `0..<count`, stand for. Bytes that are not UTF-8 become U+FFFD.
    public func decode(_ symbols: some Sequence<Int32>) -> String {
        String(decoding: symbols.flatMap(bytes(of:)), as: UTF8.self)
    }

    /// The bytes that `symbol`, in `0..<count`, stands for: those of a character or a word in UTF-8, or the byte itself.
    public func bytes(of symbol: Int32) -> [UInt8] {
        switch kind {
        case .characters, .words: word(symbol) ?? Array(scalars[Int(symbol)].utf8)
        case .bytes: [UInt8(symbol)]
        }
    }

    /// What each symbol stands for.
    package var texts: [[UInt8]] { (0..<Int32(count)).map(bytes(of:)) }

    /// The word that a symbol is; nil for a character or a byte.
    private func word(_ symbol: Int32) -> [UInt8]? {
        kind == .words && symbol >= scalars.count ? words[Int(symbol) - scalars.count] : nil
    }

    /// How many characters a symbol is, or bytes where these are the symbols.
    package func length(of symbol: Int32) -> Int { word(symbol).map(WordPiece.characterCount) ?? 1 }

    /// A word in the symbols of its characters; any other symbol as it is.
    package func spelled(_ symbol: Int32) -> [Int32] {
        word(symbol).map { String(decoding: $0, as: UTF8.self).unicodeScalars.compactMap(self.symbol(of:)) } ?? [symbol]
    }

    /// A readable name of `symbol`, in `0..<count`: `'a'`, `'\n'`, `U+00E9 'é'`, `U+200B`, `' word'`, or `0xE9` for a byte.
    public func symbolDescription(_ symbol: Int32) -> String {
        switch kind {
        case .characters, .words:
            return word(symbol).map { "'\(String(decoding: $0, as: UTF8.self))'" } ?? scalars[Int(symbol)].readableName
        case .bytes where symbol < 0x80:
            return Unicode.Scalar(UInt8(symbol)).readableName
        case .bytes:
            return "0x" + String(symbol, radix: 16, uppercase: true)
        }
    }

    /// The symbol that is this byte alone, if there is one.
    @inline(__always)
    func symbol(of byte: UInt8) -> Int32? {
        let symbol = symbolOfByte[Int(byte)]
        return symbol == Self.unknownSymbol ? nil : symbol
    }

    /// The symbol of a character, if it is known.
    func symbol(of scalar: Unicode.Scalar) -> Int32? {
        scalar.isASCII ? symbol(of: UInt8(scalar.value)) : symbolOfScalar[scalar]
    }

    /// The symbol of a word, if it is one.
    func symbol(ofWord word: ArraySlice<UInt8>) -> Int32? { symbolOfWord[Array(word)] }
}

extension Vocabulary: Codable {
    private enum CodingKeys: CodingKey { case kind, symbols }

    /// Throws `DecodingError` unless the symbols are distinct, at least one, in their order, and of their kind.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func require(_ condition: Bool, _ message: String) throws {
            if !condition {
                throw DecodingError.dataCorruptedError(forKey: .symbols, in: container, debugDescription: message)
            }
        }
        let kind = try container.decode(TokenKind.self, forKey: .kind)
        switch kind {
        case .characters, .words:
            let strings = try container.decode([String].self, forKey: .symbols)
            let single = strings.prefix { $0.unicodeScalars.count == 1 }
            let (scalars, words) = (single.flatMap(\.unicodeScalars), strings[single.endIndex...].map { Array($0.utf8) })
            try require(!scalars.isEmpty, "a vocabulary needs at least one symbol")
            try require(kind == .words || words.isEmpty, "a symbol is not a single Unicode scalar")
            try require(words.allSatisfy(WordPiece.isWord), "a symbol is neither a single Unicode scalar nor a word")
            let known = Set(scalars)
            let spellable = strings[single.endIndex...].allSatisfy { $0.unicodeScalars.allSatisfy(known.contains) }
            try require(spellable, "a word has a character that is no symbol")
            try require(known.count == scalars.count && Set(words).count == words.count, "a symbol occurs twice")
            try require(strings.count <= Self.maximumCharacters, "there are more than \(Self.maximumCharacters) symbols")
            self.init(kind, distinct: scalars, words: words)
        case .bytes:
            let values = try container.decode([Int].self, forKey: .symbols)
            try require(values == Array(0...255), "the symbols of kind bytes are the numbers from 0 to 255, in order")
            self = .bytes
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        switch kind {
        case .characters, .words:
            try container.encode(texts.map { String(decoding: $0, as: UTF8.self) }, forKey: .symbols)
        case .bytes: try container.encode(Array(0...255), forKey: .symbols)
        }
    }
}

extension Unicode.Scalar {
    /// `'a'`, `'\n'`, `U+00E9 'é'`, or the number alone where there is nothing to see, as in `U+200B`.
    var readableName: String {
        if isASCII, properties.generalCategory != .control || "\n\r\t".unicodeScalars.contains(self) {
            return "'\(escaped(asASCII: true))'"
        }
        let digits = String(value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return isVisible ? "\(code) '\(self)'" : code
    }

    private var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator, .nonspacingMark, .spacingMark, .enclosingMark:
            false
        default:
            true
        }
    }
}
