/// What a symbol is.
public enum TokenKind: String, Codable, Sendable, CaseIterable {
    /// A Unicode scalar, so that a carriage return and a line feed are two symbols. The text must be UTF-8.
    case characters
    /// A byte. Every file is a text of bytes.
    case bytes
}

/// The symbols that a model knows, numbered from 0.
///
/// As JSON: `{"kind": "characters", "symbols": ["\n", " ", "a"]}`, the symbols in the order of their numbers, or
/// `{"kind": "bytes", "symbols": [0, 1, ..., 255]}`.
public struct Vocabulary: Hashable, Sendable {
    /// What a symbol is.
    public let kind: TokenKind
    private let scalars: [Unicode.Scalar]  // by symbol; none for bytes

    // Lookup. A byte that is a symbol by itself is any byte for `bytes`, and an ASCII character for `characters`.
    private let symbolOfByte: [Int32]  // unknownSymbol for any other byte
    private let symbolOfScalar: [Unicode.Scalar: Int32]  // without those in `symbolOfByte`
    private static let unknownSymbol: Int32 = -1

    /// The most characters that a checkpoint has room for: more than Unicode has assigned.
    package static let maximumCharacters = 200_000

    /// The 256 bytes; a symbol is the byte's value.
    public static let bytes = Vocabulary()

    private init() {
        kind = .bytes
        scalars = []
        symbolOfByte = Array(0...255)
        symbolOfScalar = [:]
    }

    /// The distinct characters, sorted by scalar value. There should be at least one.
    public init(characters: some Sequence<Unicode.Scalar>) {
        self.init(distinct: Set(characters).sorted())
    }

    private init(distinct scalars: [Unicode.Scalar]) {
        kind = .characters
        self.scalars = scalars
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
        kind == .bytes || symbol(of: "\n") != nil ? self : Self(characters: scalars + ["\n"])
    }

    /// The number of symbols.
    public var count: Int { kind == .bytes ? 256 : scalars.count }

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

    /// The bytes that `symbol`, in `0..<count`, stands for: those of a character in UTF-8, or the byte itself.
    public func bytes(of symbol: Int32) -> [UInt8] {
        switch kind {
        case .characters: Array(scalars[Int(symbol)].utf8)
        case .bytes: [UInt8(symbol)]
        }
    }

    /// What each symbol stands for: the value of a Unicode scalar, or of a byte.
    package var codes: [UInt32] { kind == .bytes ? Array(0...255) : scalars.map(\.value) }

    /// A readable name of `symbol`, in `0..<count`: `'a'`, `'\n'`, `U+00E9 'é'`, `U+200B`, or `0xE9` for a byte.
    public func symbolDescription(_ symbol: Int32) -> String {
        switch kind {
        case .characters:
            return scalars[Int(symbol)].readableName
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
}

extension Vocabulary: Codable {
    private enum CodingKeys: CodingKey { case kind, symbols }

    /// Throws `DecodingError` unless the symbols are distinct, at least one, and of their kind.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func require(_ condition: Bool, _ message: String) throws {
            if !condition {
                throw DecodingError.dataCorruptedError(forKey: .symbols, in: container, debugDescription: message)
            }
        }
        switch try container.decode(TokenKind.self, forKey: .kind) {
        case .characters:
            let strings = try container.decode([String].self, forKey: .symbols)
            let scalars = strings.flatMap(\.unicodeScalars)
            try require(!scalars.isEmpty, "a vocabulary needs at least one symbol")
            try require(strings.allSatisfy { $0.unicodeScalars.count == 1 }, "a symbol is not a single Unicode scalar")
            try require(Set(scalars).count == scalars.count, "a symbol occurs twice")
            try require(scalars.count <= Self.maximumCharacters, "there are more than \(Self.maximumCharacters) symbols")
            self.init(distinct: scalars)
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
        case .characters: try container.encode(scalars.map(String.init), forKey: .symbols)
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
