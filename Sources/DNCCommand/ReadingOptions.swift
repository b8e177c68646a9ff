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

    /// - Parameter unknown: what `--unknown` was given.
    func reading(unknown: String? = nil, of tokens: TokenKind) throws -> TextReading {
        if encoding != nil, tokens == .bytes {
            throw ValidationError("--encoding is for characters, and these tokens are bytes, read as they are; leave it out.")
        }
        return TextReading(encoding: try encoding.map { try TextEncoding($0) }, unknown: try UnknownCharacters(unknown))
    }
}

extension UnknownCharacters {
    /// As `--unknown` says of a text: skip, or a character.
    init(_ argument: String?) throws {
        switch (argument, argument?.unicodeScalars.count) {
        case (nil, _): self = .refused
        case ("skip", _): self = .skipped
        case (let character?, 1): self = character.unicodeScalars.first.map(Self.read) ?? .refused
        case (let other?, _):
            throw ValidationError("--unknown is \(other); of a text it must be skip, or a single character of the model.")
        }
    }

    /// - Throws: `ValidationError` for a character that the model does not know itself.
    func check(_ vocabulary: Vocabulary) throws {
        guard case .read(let character) = self else { return }
        do { _ = try vocabulary.encode(String(character)) } catch {
            throw ValidationError(
                "--unknown is \(character), which the model does not know itself; give one that it knows, or skip.")
        }
    }
}

/// The files and folders that `--data` names: one, or several with commas between.
func paths(in data: String) -> [String] {
    SystemFiles.exists(data) ? [data] : data.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
}
