/// A text to train on: its vocabulary, and its division into a training and a validation part.
///
/// Making a corpus reads the text once, from beginning to end; its size does not matter for memory. What is kept is the
/// open file, so the text must not be edited while the corpus is in use.
public struct Corpus: Sendable {
    /// The symbols of the text; a corpus that was made with a given vocabulary has that one.
    public let vocabulary: Vocabulary
    /// The beginning of the text, to train on.
    public let training: TextRange
    /// The end of the text, to validate on; may be empty or a single symbol.
    public let validation: TextRange
    /// The whole text.
    public let whole: TextRange
    /// A hash of the text and its length in bytes, by which a resumed run recognises its text. Independent of the
    /// vocabulary and of the division; recognises an accidental change, not an attack.
    public let fingerprint: String

    /// The text in the file at `path`, with the vocabulary of all symbols that occur in it, or of all bytes.
    ///
    /// The last `validFraction` of the bytes, in `0..<1`, is for validation; a symbol that the cut would divide belongs
    /// to the training part. Throws when the file cannot be read or is empty, and for characters when it is not UTF-8.
    public init(
        contentsOf path: String, tokens: TokenKind = .characters, validFraction: Double = 0.1
    ) throws(DataError) {
        try self.init(TextSource(contentsOf: path), tokens: tokens, vocabulary: nil, validFraction: validFraction)
    }

    /// A text in memory, otherwise as `init(contentsOf:tokens:validFraction:)`.
    public init(text: String, tokens: TokenKind = .characters, validFraction: Double = 0.1) throws(DataError) {
        try self.init(TextSource(bytes: Array(text.utf8)), tokens: tokens, vocabulary: nil, validFraction: validFraction)
    }

    /// The text in the file at `path` in the symbols of an existing model.
    ///
    /// Throws also `DataError.unknownSymbol` for the first symbol outside `vocabulary`.
    public init(contentsOf path: String, vocabulary: Vocabulary, validFraction: Double = 0.1) throws(DataError) {
        try self.init(
            TextSource(contentsOf: path), tokens: vocabulary.kind, vocabulary: vocabulary, validFraction: validFraction)
    }

    private init(_ text: TextSource, tokens: TokenKind, vocabulary: Vocabulary?, validFraction: Double) throws(DataError) {
        guard 0 <= validFraction, validFraction < 1 else {
            throw .outOfRange(
                name: "the validation fraction", value: "\(validFraction)", allowed: "at least 0 and below 1")
        }
        guard text.byteCount > 0 else { throw .empty(text: text.name) }
        let scan = try TextScan(text, tokens: tokens)
        whole = text.whole
        fingerprint = scan.fingerprint.description
        if let vocabulary {
            self.vocabulary = vocabulary
            if !scan.characters.allSatisfy({ vocabulary.symbol(of: $0) != nil }) {
                // Reading it throws at the first unknown symbol.
                var reader = SymbolReader(whole, vocabulary: vocabulary)
                while try reader.next() != nil {}
            }
        } else {
            self.vocabulary = tokens == .bytes ? .bytes : Vocabulary(characters: scan.characters)
        }
        let validationBytes = Int((Double(text.byteCount) * validFraction).rounded())
        let cut = try whole.symbolBoundary(atOrAfter: text.byteCount - validationBytes, tokens: tokens)
        training = TextRange(text: text, bytes: 0..<cut)
        validation = TextRange(text: text, bytes: cut..<text.byteCount)
    }
}
