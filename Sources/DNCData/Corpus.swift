/// A text to train on: its vocabulary, and its division into a training and a validation part.
///
/// Making a corpus reads the text once, from beginning to end; its size does not matter for memory. What is kept is the
/// open file, so the text must not be edited while the corpus is in use. The text of a pipe is kept in memory.
///
/// A byte order mark (U+FEFF) at the beginning of a text of characters is left out of all its parts, unless the vocabulary has it
/// because it occurs elsewhere, too.
public struct Corpus: Sendable {
    /// The symbols of the text; a corpus that was made with a given vocabulary has that one.
    public private(set) var vocabulary: Vocabulary
    /// The beginning of the text, to train on.
    public private(set) var training: TextRange
    /// The end of the text, to validate on; may be empty or a single symbol.
    public private(set) var validation: TextRange
    /// The whole text.
    public private(set) var whole: TextRange
    /// A hash of the text and its length in bytes, by which a resumed run recognises its text. Independent of the
    /// vocabulary and of the division; recognises an accidental change, not an attack.
    public let fingerprint: String

    /// How often a word must occur to be a symbol where nothing else is asked for.
    public static let usualWordFloor = 5

    /// The text in the file at `path`, with the vocabulary of all symbols that occur in it, or of all bytes. One that gzip has packed
    /// is unpacked, unless its bytes are asked for. Words are those that occur at least `wordFloor` times in what is not held out;
    /// others are spelled.
    ///
    /// The last `validFraction` of the bytes, in `0..<1`, is for validation; a symbol that the cut would divide belongs
    /// to the training part. Throws when the file cannot be read or is empty, and for characters when it is not UTF-8, or another
    /// format than text.
    public init(
        contentsOf path: String, tokens: TokenKind = .characters, wordFloor: Int = Self.usualWordFloor,
        reading: TextReading = TextReading(), validFraction: Double = 0.1
    ) throws(DataError) {
        try self.init(
            contentsOf: [path], tokens: tokens, wordFloor: wordFloor, reading: reading, validFraction: validFraction)
    }

    /// The texts in files and folders as one: each is read from the empty state, and none tells how the next begins. They are kept in
    /// memory.
    /// - Throws: as for one, and `DataError.emptyFolder`.
    public init(
        contentsOf paths: [String], tokens: TokenKind = .characters, wordFloor: Int = Self.usualWordFloor,
        reading: TextReading = TextReading(), validFraction: Double = 0.1
    ) throws(DataError) {
        let text = try TextSource(contentsOf: paths, encoding: reading.encoding, unpacks: tokens != .bytes)
        try self.init(
            text, format: text.format(), tokens: tokens, wordFloor: wordFloor, vocabulary: nil, unknown: .refused,
            validFraction: validFraction)
    }

    /// A text in memory, otherwise as `init(contentsOf:tokens:validFraction:)`.
    public init(
        text: String, tokens: TokenKind = .characters, wordFloor: Int = Self.usualWordFloor, validFraction: Double = 0.1
    ) throws(DataError) {
        let text = TextSource(bytes: Array(text.utf8))
        try self.init(
            text, format: nil, tokens: tokens, wordFloor: wordFloor, vocabulary: nil, unknown: .refused,
            validFraction: validFraction)
    }

    /// The text in files and folders in the symbols of an existing model.
    ///
    /// Throws also `DataError.unknownSymbol` for the first symbol outside `vocabulary` in the validation part, or where
    /// `validFraction` is 0, in the whole, unless the reading says what becomes of it; what is before is not looked at.
    public init(
        contentsOf paths: [String], vocabulary: Vocabulary, reading: TextReading = TextReading(), validFraction: Double = 0.1
    ) throws(DataError) {
        let text = try TextSource(
            contentsOf: paths, encoding: reading.encoding, unpacks: vocabulary.kind != .bytes)
        try self.init(
            text, format: text.format(), tokens: vocabulary.kind, wordFloor: .max, vocabulary: vocabulary,
            unknown: reading.unknown, validFraction: validFraction)
    }

    /// The same of one.
    public init(
        contentsOf path: String, vocabulary: Vocabulary, reading: TextReading = TextReading(), validFraction: Double = 0.1
    ) throws(DataError) {
        try self.init(contentsOf: [path], vocabulary: vocabulary, reading: reading, validFraction: validFraction)
    }

    private init(
        _ text: TextSource, format: FileFormat?, tokens: TokenKind, wordFloor: Int, vocabulary: Vocabulary?,
        unknown: UnknownCharacters, validFraction: Double
    ) throws(DataError) {
        guard 0 <= validFraction, validFraction < 1 else {
            throw .outOfRange(
                name: "the validation fraction", value: "\(validFraction)", allowed: "at least 0 and below 1")
        }
        if let format, tokens != .bytes { throw .otherFormat(text: text.name, format) }
        let (end, hasMarks) = (text.byteCount, tokens != .bytes)
        let validationBytes = Int((Double(end) * validFraction).rounded())
        let cut = try text.whole.symbolBoundary(atOrAfter: end - validationBytes, tokens: tokens)
        let afterMark = hasMarks ? try text.start { _ in false } : 0
        let read = (vocabulary == nil || validFraction == 0 ? afterMark : max(cut, afterMark))..<end
        let scan = try TextScan(text, tokens: tokens, in: read)
        fingerprint = scan.fingerprint.description
        // What is held out must not tell which words there are.
        let counted = TextRange(text: text, bytes: afterMark..<max(afterMark, cut))
        let symbols: Vocabulary
        if let vocabulary {
            symbols = vocabulary
        } else {
            symbols = try Vocabulary(tokens, characters: scan.characters, wordsOf: counted, atLeast: wordFloor)
        }
        self.vocabulary = symbols
        if unknown == .refused, !scan.characters.allSatisfy({ symbols.symbol(of: $0) != nil }) {
            // Reading it throws at the first unknown symbol.
            var reader = SymbolReader(TextRange(text: text, bytes: read), vocabulary: symbols)
            while try reader.next() != nil {}
        }
        let start = hasMarks ? try text.start { symbols.symbol(of: $0) != nil } : 0
        guard start < end else { throw .empty(text: text.name) }
        whole = TextRange(text: text, bytes: start..<end, unknown: unknown)
        training = whole.part(start..<max(start, cut))
        validation = whole.part(max(start, cut)..<end)
    }

    /// What the text seems to be instead of one, where its symbols are bytes, so that it can be read all the same.
    public var format: FileFormat? { vocabulary.kind == .bytes ? (try? whole.text.format()) ?? nil : nil }

    /// Whether the text begins with a byte order mark that is none of its symbols.
    public var leavesOutByteOrderMark: Bool { whole.bytes.lowerBound > 0 }

    /// What is held out, as a text of which all is to be trained on.
    public var heldOutAlone: Corpus {
        var corpus = self
        (corpus.whole, corpus.training) = (validation, validation)
        corpus.validation = validation.part(validation.bytes.upperBound..<validation.bytes.upperBound)
        return corpus
    }

    /// The same text with these symbols besides its own, as a model has them that knew them before. A byte order mark at its
    /// beginning is then one of its symbols, if it is one of these: runs have it so that were begun when it was.
    public func including(_ known: Vocabulary) -> Corpus {
        guard known.kind == vocabulary.kind, known.kind != .bytes else { return self }
        var corpus = self
        corpus.vocabulary = vocabulary.including(known)
        if leavesOutByteOrderMark, known.symbol(of: Unicode.Scalar(0xFEFF as UInt16) ?? " ") != nil {
            corpus.whole = whole.part(0..<whole.bytes.upperBound)
            corpus.training = whole.part(0..<training.bytes.upperBound)
        }
        return corpus
    }
}
