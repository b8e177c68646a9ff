public import ArgumentParser
public import DNC

struct TextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "text",
        abstract: "Print made-up text to train on: where no book is at hand, or to see what is remembered.",
        discussion: """
            dnc text --length 200000 > data/text.txt

            Kinds of text:
            \(SyntheticText.Kind.allCases.map { "  \($0): \($0.summary)" }.joined(separator: "\n"))
            """)

    @Option(help: "What it is made of.")
    var kind = SyntheticText.Kind.talk
    @Option(parsing: .unconditional, help: "About how many characters.")
    var length = 200_000
    @Option(parsing: .unconditional, help: "Of the random numbers.")
    var seed: UInt64 = 1

    func validate() throws {
        if length < 1 { throw ValidationError("--length is \(length); it must be at least 1.") }
    }

    func run() throws {
        var generator = SeededGenerator(seed: seed)
        try Terminal.write(SyntheticText.make(kind, characters: length, using: &generator))
    }
}

extension SyntheticText.Kind: ExpressibleByArgument {}
