import ArgumentParser
import DNC
import Foundation
import SystemFiles

struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Let a model write text.",
        discussion: "The same seed gives the same text. Only what the model writes is printed, after the prompt.")

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(parsing: .unconditional, help: "How many symbols to write.")
    var length = 500
    @Option(parsing: .unconditional, help: "Text that the model reads first.")
    var prompt = ""
    @Option(parsing: .unconditional, help: "Below 1 more cautious, above 1 more daring; 0 takes the likeliest symbol.")
    var temperature = 0.8
    @Option(parsing: .unconditional, help: "Draw only from this many of the likeliest symbols.")
    var topK: Int?
    @Option(parsing: .unconditional, help: "Of the random numbers.")
    var seed: UInt64 = 1
    @Flag(help: "Print control characters as they are, not as \\u{1B}: they can change a terminal's settings.")
    var raw = false
    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Result: Encodable {
        let prompt: String
        let text: String
        let seed: UInt64
    }

    func validate() throws {
        try check("--length", length, "at least 0") { $0 >= 0 }
        try check("--temperature", temperature, "0 or a positive number") { $0 >= 0 && $0.isFinite }
        try checkPositive("--top-k", topK)
    }

    func run() throws {
        let header = try checkpoint.header()
        switch header.precision {
        case .float: try sample(Model<Float>(header))
        case .double: try sample(Model<Double>(header))
        }
    }

    private func sample<Scalar: CoreScalar>(_ model: Model<Scalar>) throws {
        let (vocabulary, prompt) = (try model.vocabulary, prompt.systemBytes)
        var sampler = try Sampler(
            model, prompt: vocabulary.encode(prompt, name: "the prompt"),
            options: SamplingOptions(temperature: temperature, topK: topK), generator: SeededGenerator(seed: seed))
        if json {
            return try Terminal.write(json: Result(prompt: self.prompt, text: sampler.text(length: length), seed: seed))
        }
        var visible = VisibleText()
        try Terminal.write(raw ? Data(prompt) : Data(visible.append(prompt).utf8))
        for _ in 0..<length {
            let bytes = vocabulary.bytes(of: try sampler.next())
            try Terminal.write(raw ? Data(bytes) : Data(visible.append(bytes).utf8))
        }
        try Terminal.write(visible.finish() + "\n")
    }
}
