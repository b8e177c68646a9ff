// What a model's symbols stand for.
import DNCCore
public import DNCData
public import DNCTasks

/// What the symbols of a model stand for.
public enum Alphabet: Hashable, Sendable {
    /// Nothing: it has numbers alone, or symbols without names.
    case none
    /// The characters or bytes of a text.
    case text(Vocabulary)
    /// The words of a file of episodes.
    case words(EpisodeEncoding)

    /// Whether it is that of a text.
    public var isText: Bool { if case .text = self { true } else { false } }

    /// The symbols of a text.
    /// - Throws: `TrainingError.noText` where it is of something else.
    public var vocabulary: Vocabulary {
        get throws(TrainingError) {
            guard case .text(let vocabulary) = self else { throw .noText }
            return vocabulary
        }
    }

    /// What a model of it reads, as far as that follows from it.
    var input: ModelInput {
        switch self {
        case .none: ModelInput()
        case .text(let vocabulary): .symbols(vocabulary.count)
        case .words(let encoding): encoding.input
        }
    }

    /// What a model of it answers.
    var output: ModelOutput {
        switch self {
        case .none: .bits(0)
        case .text(let vocabulary): .symbols(vocabulary.count)
        case .words(let encoding): encoding.output
        }
    }

    /// What contradicts a model that reads and answers this; nil where nothing does.
    func contradiction(_ layout: ModelLayout) -> String? {
        guard layout.input != input || layout.output != output else { return nil }
        return switch self {
        case .none: nil
        case .text: "dnc.config and dnc.vocabulary have different numbers of symbols"
        case .words: "dnc.config and dnc.episodes have different sizes"
        }
    }

    /// What the symbols are called that are read, and those to answer; empty where they have no names.
    /// - Parameter shown: how a text's symbol is shown; in words, unless given.
    public func names(
        _ shown: (Vocabulary, _ symbol: Int32) -> String = { $0.symbolDescription($1) }
    ) -> (inputs: [String], targets: [String]) {
        switch self {
        case .none: return ([], [])
        case .text(let vocabulary):
            let names = (0..<Int32(vocabulary.count)).map { shown(vocabulary, $0) }
            return (names, names)
        case .words(let encoding): return (encoding.inputWords, encoding.targetWords)
        }
    }
}
