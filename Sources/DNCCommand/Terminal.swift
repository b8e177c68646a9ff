// Where text goes: results to standard output, progress and errors to standard error.
import DNC
import Foundation

enum Terminal {
    /// Standard output cannot be written to: the result is lost.
    struct OutputError: Error, CustomStringConvertible {
        let reason: String
        var description: String { "cannot write to standard output: \(reason); free space or choose another place" }
    }

    static func write(_ text: String) throws(OutputError) { try write(Data(text.utf8)) }

    static func write(_ bytes: Data) throws(OutputError) {
        do { try FileHandle.standardOutput.write(contentsOf: bytes) } catch { throw OutputError(reason: reason(of: error)) }
    }

    static func writeError(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    /// Whether somebody watches standard error.
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// One line of JSON with sorted keys on standard output.
    static func write(json value: some Encodable) throws { try write(json(value) + "\n") }
}
