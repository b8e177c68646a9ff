// In what a loss is told.
public import DNCCore
public import DNCData

/// What the loss of a model is told in: a name and a unit, which go with the figure wherever it is printed or stored. Less is better.
public enum Measure: String, Codable, Sendable, CaseIterable {
    /// Of a text of characters, or of words, each of which counts as the characters that it is made of.
    case bitsPerCharacter = "bits per character"
    /// Of a text of bytes.
    case bitsPerByte = "bits per byte"
    /// Of episodes that ask for symbols.
    case bitsPerSymbol = "bits per symbol"
    /// Of episodes that ask for bits: of the information that is missing, for each bit that is asked for.
    case bitsPerBit = "bits per bit"
    /// Of episodes that ask for numbers: the mean of (y - t)^2.
    case squaredError = "squared error"

    /// That of episodes.
    public init(_ output: ModelOutput) {
        self =
            switch output.kind {
            case .symbols: .bitsPerSymbol
            case .bits: .bitsPerBit
            case .reals: .squaredError
            }
    }

    /// That of a text.
    public init(_ tokens: TokenKind) { self = tokens == .bytes ? .bitsPerByte : .bitsPerCharacter }

    /// That of a model: of the symbols of a text, or of the answers to episodes.
    public init(_ alphabet: Alphabet, _ output: ModelOutput) {
        if case .text(let vocabulary) = alphabet { self.init(vocabulary.kind) } else { self.init(output) }
    }

    /// The unit, short enough for a line of progress.
    public var unit: String {
        switch self {
        case .bitsPerCharacter: "BPC"
        case .bitsPerByte: "bits/byte"
        case .bitsPerSymbol: "bits/symbol"
        case .bitsPerBit: "bits/bit"
        case .squaredError: "squared error"
        }
    }

    /// What is predicted: a character, a byte, or an answer.
    public var predictions: String {
        switch self {
        case .bitsPerCharacter: "chars"
        case .bitsPerByte: "bytes"
        case .bitsPerSymbol, .bitsPerBit, .squaredError: "answers"
        }
    }

    /// The loss of a text's symbols as the measure counts it: words as the characters that they are made of.
    static func count(_ loss: Loss, of targets: [Int32], in vocabulary: Vocabulary) -> Loss {
        guard vocabulary.kind == .words else { return loss }
        return Loss(
            nats: loss.nats, count: targets.reduce(0) { $1 == Segment.noTarget ? $0 : $0 + vocabulary.length(of: $1) })
    }

    /// The mean over what counted; NaN where nothing did.
    public func value(of loss: Loss) -> Double {
        // The core's loss of a number is (y - t)^2 / 2.
        self == .squaredError ? 2 * loss.nats / Double(loss.count) : loss.bitsPerSymbol
    }
}
