// Where text goes: results to standard output, progress and errors to standard error.
import DNC
import Foundation
import SystemFiles

enum Terminal {
    /// Standard output cannot be written to: the result is lost.
    struct OutputError: Error, CustomStringConvertible {
        let reason: String
        var description: String { "cannot write to standard output: \(reason); free space or choose another place" }
    }

    static func write(_ text: String) throws(OutputError) { try write(Data(text.systemBytes)) }

    static func write(_ bytes: Data) throws(OutputError) {
        do { try FileHandle.standardOutput.write(contentsOf: bytes) } catch { throw OutputError(reason: reason(of: error)) }
    }

    static func writeError(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.systemBytes)) }

    /// One of the standard streams.
    enum Stream: Int32 {
        case output = 1
        case error = 2

        /// Whether it leads to a terminal that understands escape sequences: lines can be drawn anew.
        var isLive: Bool { isatty(rawValue) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

        /// Whether text on it may stand out. NO_COLOR (no-color.org), where it is not empty, asks for plain text.
        var isStyled: Bool { isLive && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty }
    }

    /// What makes text stand out, by its number in the sequence ESC [ number m.
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case green = "32"
    }

    /// The text in this style, where the stream has any.
    static func styled(_ text: String, _ style: Style, on stream: Stream) -> String {
        stream.isStyled ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Back to the beginning of standard error's last line, and erases it; nothing where that cannot be done.
    static var eraseLine: String { Stream.error.isLive ? "\r\u{1B}[K" : "" }

    /// How wide the terminal on standard output is; 80 where there is none.
    static var columns: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// One line of JSON on standard output, as docs/JSON.md says: what is optional is `OrNull`, and what is not UTF-8, of paths and
    /// prompts, comes out as U+FFFD.
    @inline(never)  // Swift 6.3 fails to compile some of its callers otherwise.
    static func write(json value: some Encodable) throws {
        try write(String(decoding: json(value, inSnakeCase: true).systemBytes, as: UTF8.self) + "\n")
    }
}

/// Makes text that a model has written, or that is quoted from a file, harmless to a terminal: control characters, which could move
/// its cursor or change its settings, and characters that turn the direction of writing come out as \u{1B}, bytes that are no UTF-8
/// as \x9B. Line ends, those of two characters too, and tabs stay.
struct VisibleText {
    /// The beginning of a character, or of a line end, whose other bytes are to come.
    private var pending: [UInt8] = []

    /// What can be shown after these bytes.
    mutating func append(_ bytes: some Sequence<UInt8>) -> String {
        pending += bytes
        return take(all: false)
    }

    /// What is left at the end.
    mutating func finish() -> String { take(all: true) }

    /// The whole of a text.
    static func of(_ text: String) -> String {
        var visible = VisibleText()
        return visible.append(text.systemBytes) + visible.finish()
    }

    private mutating func take(all: Bool) -> String {
        var visible = ""
        var (parser, bytes, end) = (Unicode.UTF8.ForwardParser(), pending.makeIterator(), 0)
        parsing: while true {
            switch parser.parseScalar(from: &bytes) {
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                let isLast = end + encoded.count == pending.count
                if scalar == "\r", isLast, !all { break parsing }
                end += encoded.count
                let isHarmless = scalar == "\r" ? !isLast && pending[end] == UInt8(ascii: "\n") : Self.isHarmless(scalar)
                visible +=
                    isHarmless ? String(scalar) : "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            case .error(let length):
                // At the end, of a character that is not yet whole: none of these has more than three bytes.
                if !all, end + length == pending.count, Self.mayGoOn(pending[end...]) { break parsing }
                for byte in pending[end..<end + length] { visible += "\\x" + String(byte, radix: 16, uppercase: true) }
                end += length
            case .emptyInput: break parsing
            }
        }
        pending.removeFirst(end)
        return visible
    }

    private static func mayGoOn(_ bytes: ArraySlice<UInt8>) -> Bool {
        let length = bytes.first.map { (~$0).leadingZeroBitCount } ?? 0  // as the first byte tells it
        return (2...4).contains(length) && bytes.count < length
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\t": true
        case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": false
        default: scalar.properties.generalCategory != .control
        }
    }
}
