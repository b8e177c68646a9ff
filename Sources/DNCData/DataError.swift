/// Why a text or a vocabulary cannot be used. The description is a sentence for the user that says what to do.
///
/// `text` is the path of the file, or "the text" for one in memory; offsets count bytes from 0, lines from 1.
public enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system refuses to open or read the file.
    case unreadable(text: String, reason: String)
    /// A folder or device, neither of which can be read at an offset.
    case notARegularFile(text: String)
    /// Something that must be converted before characters can be read from it.
    case otherFormat(text: String, FileFormat)
    /// Packed data that cannot be unpacked.
    case packed(text: String, problem: String)
    /// The system's iconv knows no encoding of this name.
    case unknownEncoding(String)
    /// The bytes at `offset` are no character in the encoding that was named.
    case notInEncoding(text: String, encoding: String, offset: Int)
    /// A folder without files, but for hidden ones.
    case emptyFolder(String)
    /// No bytes at all.
    case empty(text: String)
    /// The file is shorter than when it was opened: it has no byte at `offset`.
    case truncated(text: String, offset: Int)
    /// The bytes at `offset` do not encode a Unicode scalar.
    case invalidUTF8(text: String, offset: Int, line: Int)
    /// A symbol that the vocabulary does not have.
    case unknownSymbol(String, text: String, offset: Int, line: Int)
    /// The training text is too short for a single segment.
    case tooFewSymbols(Int, steps: Int)
    /// The text has fewer than two symbols, of which the second is the first that can be predicted.
    case nothingToPredict(text: String)
    /// A number outside what is allowed.
    case outOfRange(name: String, value: String, allowed: String)
    /// A saved position at which no lane of this text can be.
    case invalidCursor(text: String, lane: Int, offset: Int)
    /// As many saved positions as lanes are needed.
    case cursorCount(Int, lanes: Int)

    public var description: String {
        switch self {
        case .unreadable(let text, let reason):
            "cannot read '\(text)': \(reason); check the path and its permissions"
        case .notARegularFile(let text):
            "'\(text)' is not a regular file but a folder or device; give a text file, or save the stream to one"
        case .otherFormat(let text, let format):
            "'\(text)' is \(format.name), not text in UTF-8; \(format.remedy)"
        case .packed(let text, let problem):
            "cannot unpack '\(text)': \(problem); fetch or pack it again"
        case .unknownEncoding(let name):
            "there is no encoding '\(name)'; iconv -l lists those that there are"
        case .notInEncoding(let text, let encoding, let offset):
            "'\(text)' is not \(encoding) at byte \(offset); give its own encoding, or leave it out for UTF-8"
        case .emptyFolder(let folder):
            "there is no file in the folder '\(folder)', but for hidden ones; give one that has texts"
        case .empty(let text):
            "'\(text)' is empty; give a text with at least one symbol"
        case .truncated(let text, let offset):
            "'\(text)' became shorter while it was in use: there is no byte \(offset) any more; restore the file"
        case .invalidUTF8(let text, let offset, let line):
            "'\(text)' is not UTF-8 at byte \(offset) (line \(line)); give its --encoding (ISO-8859-1 where it is Latin-1), "
                + "or train on its bytes with --tokens bytes"
        case .unknownSymbol(let symbol, let text, let offset, let line):
            """
            '\(text)' has \(symbol) at byte \(offset) (line \(line)), which is not in the model's vocabulary; \
            remove it, have it left out (--unknown skip), or train a model on text that has it or with --tokens bytes
            """
        case .tooFewSymbols(let count, let steps):
            "the training text has \(count) \(count == 1 ? "symbol" : "symbols"), "
                + "--seq-length \(steps) needs at least \(steps + 1): use more text"
                + (count >= 2 ? " or --seq-length \(count - 1)" : "")
        case .nothingToPredict(let text):
            "'\(text)' has fewer than two symbols to evaluate; give a longer text"
        case .outOfRange(let name, let value, let allowed):
            "\(name) is \(value), but must be \(allowed)"
        case .invalidCursor(let text, let lane, let offset):
            "lane \(lane) cannot continue at byte \(offset) of '\(text)'; resume with the text the run was started with"
        case .cursorCount(let count, let lanes):
            "\(count) saved positions do not fit \(lanes) lanes; resume with the batch size the run was started with"
        }
    }
}
