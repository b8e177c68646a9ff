import ArgumentParser
import DNC
import Foundation
import SystemFiles

struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Let a model write text, or lines.",
        discussion: """
            The same seed gives the same text. Only what the model writes is printed, after the prompt.

            dnc sample runs/book-dnc --length 500 --prompt "Once "
            dnc sample runs/molecules-lstm --count 1000 --data molecules.smi

            With --count so many lines, each from its beginning to its end, and on standard error how many of them are unique, and \
            with --data how many of these are not among its lines.
            """)

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(parsing: .unconditional, help: "How many symbols to write; with --count, of a line at most. (default: 500)")
    var length: Int?
    @Option(parsing: .unconditional, help: "Write so many lines, of a model that was trained with --lines.")
    var count: Int?
    @Option(help: ArgumentHelp("The text whose lines count as known.", valueName: "file"), completion: .file())
    var data: String?
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

    private struct LinesResult: Encodable {
        let lines: [String]
        let unique: Double
        @OrNull var novel: Double?
        let seed: UInt64
    }

    private struct Result: Encodable {
        let prompt: String
        let text: String
        let seed: UInt64
    }

    func validate() throws {
        try check("--length", length, "at least 0") { $0 >= 0 }
        try checkPositive("--count", count)
        if count == nil, data != nil { throw ValidationError("--data is for --count; give that too, or leave it out.") }
        if count != nil, !prompt.isEmpty {
            throw ValidationError("--prompt is for a text, and --count for lines; leave one out.")
        }
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

    /// Lines, and how many of them are unique and novel.
    private func sample<Scalar: CoreScalar>(lines count: Int, of model: Model<Scalar>) throws {
        let vocabulary = try model.vocabulary
        let sampler = try LineSampler(
            model, options: SamplingOptions(temperature: temperature, topK: topK), seed: seed)
        var (lines, drawn) = ([String](), Set<[Int32]>())
        for first in stride(from: 0, to: count, by: 256) {
            for line in try sampler.lines(first..<min(first + 256, count), longest: max(1, length ?? 500)) {
                drawn.insert(line)
                let bytes = line.flatMap(vocabulary.bytes(of:))
                if json {
                    lines.append(String(decoding: bytes, as: UTF8.self))
                } else if raw {
                    try Terminal.write(Data(bytes + [UInt8(ascii: "\n")]))
                } else {
                    try Terminal.write(VisibleText.of(String(decoding: bytes, as: UTF8.self)) + "\n")
                }
            }
        }
        var novel: Double?
        if let data {
            let corpus = try Corpus(contentsOf: data, tokens: vocabulary.kind, validFraction: 0)
            let known = try LineFile(corpus)
            // Those of other symbols than the model's are none that it could write.
            let toCommon = known.vocabulary == vocabulary
            var rest = drawn
            for index in 0..<known.count {
                let symbols = try known.symbols(at: index)
                rest.remove(toCommon ? symbols : (try? vocabulary.encode(known.vocabulary.decode(symbols))) ?? [])
            }
            novel = Double(rest.count) / Double(drawn.count)
        }
        let unique = Double(drawn.count) / Double(count)
        if json { return try Terminal.write(json: LinesResult(lines: lines, unique: unique, novel: novel, seed: seed)) }
        let share = novel.map { ", \($0.asPercent) of these novel" } ?? ""
        Terminal.writeError("\(count.grouped) lines, \(unique.asPercent) unique\(share)\n")
    }

    private func sample<Scalar: CoreScalar>(_ model: Model<Scalar>) throws {
        if let count { return try sample(lines: count, of: model) }
        let length = length ?? 500
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
