public import DNCData

/// Why a file of episodes cannot be used. The description is a sentence for the user that says what to do.
public enum EpisodeFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It cannot be read, or it is no text.
    case data(DataError)
    /// A line is no episode, or not one like the others. Line and column count from 1, the column in bytes.
    case line(file: String, line: Int, column: Int, problem: String)
    /// It has no episode at all.
    case empty(file: String)
    /// No step of any episode reads anything, or none asks anything that has a weight.
    case nothing(file: String, field: String)
    /// It has been changed since it was opened.
    case changed(file: String)
    /// The word that is to stand for unknown ones is unknown itself.
    case unknownIsUnknown(String)
    /// The model knows no line end, by which lines begin and end.
    case noLineEnd
    /// The model reads words, which lines are not made of.
    case wordsInLines
    /// A folder has no files of bAbI's stories, of a part: train, valid or test.
    case noStories(folder: String, part: String)
    /// A folder has none of a task.
    case noTask(Int, folder: String, known: [Int])
    /// Episodes of no steps are not possible.
    case invalidMaximumLength(Int)

    public var description: String {
        switch self {
        case .data(let error):
            error.description
        case .line(let file, let line, let column, let problem):
            "'\(file)', line \(line), column \(column): \(problem)"
        case .empty(let file):
            "'\(file)' has no episodes; give it one a line, such as "
                + #"{"inputs": ["a", null], "targets": [null, "a"]}"#
        case .nothing(let file, "inputs"):
            "no step of '\(file)' reads anything: all inputs are null; give the model something to read"
        case .nothing(let file, _):
            "no step of '\(file)' asks anything: all targets are null, or their weights 0; give the model something to answer"
        case .changed(let file):
            "'\(file)' was changed while it was in use; restore it, or begin anew"
        case .unknownIsUnknown(let word):
            "the word \"\(word)\", which is to stand for all that are unknown, is itself none of the model's words; name one of these"
        case .noLineEnd:
            "the model knows no line end, by which lines begin and end; use one that was trained with --lines"
        case .wordsInLines:
            "the model's symbols are words, and lines are of characters or bytes; use a model of these"
        case .noStories(let folder, let part):
            "'\(folder)' has no stories of bAbI: files such as qa1_single-supporting-fact_\(part).txt; give the folder in which they lie, or "
                + "make some with dnc babi --out"
        case .noTask(let task, let folder, let known):
            "'\(folder)' has no file of task \(task); it has \(known.map(String.init).joined(separator: ", "))"
        case .invalidMaximumLength(let length):
            "episodes of at most \(length) steps are asked for; the number must be 1 or more"
        }
    }

    /// The error for what is wrong at an offset in a line that begins at another one in the file.
    static func line(_ source: TextSource, _ start: Int, _ offset: Int, _ problem: String) throws(EpisodeFileError) -> Self {
        do {
            return .line(file: source.name, line: try source.line(at: start), column: offset + 1, problem: problem)
        } catch { throw .data(error) }
    }
}
