// How texts are read, where that is otherwise than usual.

/// What becomes of characters that a model does not know.
public enum UnknownCharacters: Hashable, Sendable {
    /// They are errors.
    case refused
    /// They are left out, as if they were not there.
    case skipped
    /// They are read as this one, which the model knows.
    case read(as: Unicode.Scalar)
}

/// How a text is read from files.
public struct TextReading: Hashable, Sendable {
    /// How it is written; nil for UTF-8. Bytes are read as they are.
    public var encoding: TextEncoding?
    /// For a vocabulary that is given.
    public var unknown: UnknownCharacters

    /// UTF-8 of known characters, unless something is given.
    public init(encoding: TextEncoding? = nil, unknown: UnknownCharacters = .refused) {
        (self.encoding, self.unknown) = (encoding, unknown)
    }
}

/// What a reader does with the others.
enum KnownCharacters {
    case alone
    case skipOthers
    case readOthers(as: Int32)

    /// What is to be read as something that is itself unknown is refused.
    init(_ unknown: UnknownCharacters, in vocabulary: Vocabulary) {
        switch unknown {
        case .refused: self = .alone
        case .skipped: self = .skipOthers
        case .read(let scalar): self = vocabulary.symbol(of: scalar).map(Self.readOthers) ?? .alone
        }
    }
}
