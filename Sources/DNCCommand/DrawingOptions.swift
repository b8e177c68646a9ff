// How a model's symbols are drawn, by flags; and how texts are written on a command line.
import ArgumentParser
import DNC

/// The flags of `SamplingOptions`.
struct DrawingOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Below 1 more cautious, above 1 more daring; 0 takes the likeliest symbol.")
    var temperature = 0.8
    @Option(parsing: .unconditional, help: "Draw only from this many of the likeliest symbols.")
    var topK: Int?
    @Option(
        parsing: .unconditional,
        help: "Draw only from as few of the likeliest symbols as have this probability together.")
    var topP: Double?
    @Option(parsing: .unconditional, help: "Draw only symbols that are at least so many times as likely as the likeliest.")
    var minP: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Make recent symbols less likely: 1.2 by a little.", valueName: "penalty"))
    var repetitionPenalty: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many symbols are recent. (default: 64)", valueName: "symbols"))
    var repetitionWindow: Int?

    func validate() throws {
        try check("--temperature", temperature, "0 or a positive number") { $0 >= 0 && $0.isFinite }
        try checkPositive("--top-k", topK)
        try check("--top-p", topP, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
        try check("--min-p", minP, "0 ... 1") { (0...1).contains($0) }
        try check("--repetition-penalty", repetitionPenalty, "at least 1") { $0 >= 1 && $0.isFinite }
        try checkPositive("--repetition-window", repetitionWindow)
        if repetitionWindow != nil, repetitionPenalty == nil {
            throw ValidationError("--repetition-window is for --repetition-penalty; give that too, or leave it out.")
        }
    }

    var options: SamplingOptions {
        get throws {
            try SamplingOptions(
                temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty,
                repetitionWindow: repetitionWindow ?? 64)
        }
    }
}

/// The seed of random numbers: a number, or one that is drawn.
struct Seed: ExpressibleByArgument, CustomStringConvertible {
    let number: UInt64
    /// Whether nobody knows it who is not told.
    let isDrawn: Bool

    init(_ number: UInt64, isDrawn: Bool = false) { (self.number, self.isDrawn) = (number, isDrawn) }

    init?(argument: String) {
        if argument == "random" {
            // Short enough to be written down.
            self.init(.random(in: 0..<1_000_000_000), isDrawn: true)
        } else if let number = UInt64(argument) {
            self.init(number)
        } else {
            return nil
        }
    }

    var description: String { "\(number)" }
}

/// A text in which `\\n`, `\\r`, `\\t`, `\\0`, `\\\\` and `\\u{E9}` stand for a character.
/// - Throws: `ValidationError` for another one behind a backslash.
func unescaped(_ text: String) throws -> String {
    let simple: [Character: Character] = ["n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\"]
    var (result, rest) = ("", text[...])
    while let character = rest.popFirst() {
        guard character == "\\" else {
            result.append(character)
            continue
        }
        let escape = rest.popFirst()
        if let meant = escape.flatMap({ simple[$0] }) {
            result.append(meant)
        } else if escape == "u", rest.first == "{", let end = rest.firstIndex(of: "}"),
            let scalar = UInt32(rest[..<end].dropFirst(), radix: 16).flatMap(Unicode.Scalar.init)
        {
            result.unicodeScalars.append(scalar)
            rest = rest[rest.index(after: end)...]
        } else {
            let written = escape.map { "\\\($0)" } ?? "a backslash at the end"
            throw ValidationError(
                "'\(printable(text))' has \(written); --escapes knows \\n, \\r, \\t, \\0, \\\\ and \\u{E9}.")
        }
    }
    return result
}
