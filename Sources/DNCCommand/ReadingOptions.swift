// How commands read texts from files.
import ArgumentParser
import DNC
import SystemFiles

struct ReadingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How --data is written: ISO-8859-1, WINDOWS-1252, UTF-16 or another name of iconv -l. (default: UTF-8)",
            valueName: "name"))
    var encoding: String?

    func validate() throws {
        do { _ = try encoding.map { try TextEncoding($0) } } catch { throw ValidationError("--encoding: \(error).") }
    }

    func reading(of tokens: TokenKind) throws -> TextReading {
        if encoding != nil, tokens == .bytes {
            throw ValidationError("--encoding is for characters, and these tokens are bytes, read as they are; leave it out.")
        }
        return TextReading(encoding: try encoding.map { try TextEncoding($0) })
    }
}

extension UnknownCharacters {
    /// As `--unknown` says of a text: skip, or a character.
    /// - Throws: `ValidationError` for something else, and for a character that the model does not know itself.
    init(_ argument: String?, for vocabulary: Vocabulary) throws {
        switch (argument, argument?.unicodeScalars.first) {
        case (nil, _): self = .refused
        case ("skip", _): self = .skipped
        case (let argument?, let character?) where argument.unicodeScalars.count == 1:
            guard (try? vocabulary.encode(argument)) != nil else {
                throw ValidationError(
                    "--unknown is \(argument), which the model does not know itself; give one that it knows, or skip.")
            }
            self = .read(as: character)
        case (let other?, _):
            throw ValidationError("--unknown is \(other); of a text it must be skip, or a single character of the model.")
        }
    }
}

/// The files and folders that `--data` names: one, or several with commas between.
func paths(in data: String) -> [String] {
    SystemFiles.exists(data) ? [data] : data.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
}
