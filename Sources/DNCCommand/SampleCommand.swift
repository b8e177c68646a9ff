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
            dnc sample runs/book-dnc --prompt-file - --top-p 0.9 --repetition-penalty 1.2 < beginning.txt
            dnc sample runs/book-dnc --prompt 'Q: ' --stop '\\n' --escapes --count 10
            dnc sample runs/molecules-lstm --count 1000 --data molecules.smi

            With --count so many texts after the same prompt, a line end behind each; of a model that was trained with --lines, so many \
            lines, each from its beginning to its end, and on standard error how many of them are unique, and with --data how many of \
            these are not among its lines.
            """)

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(parsing: .unconditional, help: "How many symbols to write, of each text or line at most. (default: 500)")
    var length: Int?
    @Option(parsing: .unconditional, help: "Write so many texts, or lines of a model that was trained with --lines.")
    var count: Int?
    @Option(help: ArgumentHelp("The text whose lines count as known.", valueName: "file"), completion: .file())
    var data: String?
    @Option(parsing: .unconditional, help: "Text that the model reads first.")
    var prompt: String?
    @Option(help: ArgumentHelp("A file with that text; - is standard input.", valueName: "file"), completion: .file())
    var promptFile: String?
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("End before this text; can be given again for another.", valueName: "text"))
    var stop: [String] = []
    @Flag(help: "In --prompt and --stop \\n is a line end, \\t a tab, \\\\ a backslash, \\u{E9} a character by its number.")
    var escapes = false
    @Option(
        help: ArgumentHelp(
            "Characters of the prompt that the model does not know: skip, or the character that is read instead. (default: they are errors)",
            valueName: "character"))
    var unknown: String?
    @OptionGroup(title: "How symbols are drawn")
    var drawing: DrawingOptions
    @Option(parsing: .unconditional, help: "Of the random numbers; random draws one, and tells it.")
    var seed = Seed(1)
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

    private struct TextsResult: Encodable {
        let prompt: String
        let texts: [String]
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
        if prompt != nil, promptFile != nil {
            throw ValidationError("--prompt and --prompt-file are both there; leave one out.")
        }
        if count == nil, data != nil { throw ValidationError("--data is for --count; give that too, or leave it out.") }
        if escapes { _ = try (stop + [prompt ?? ""]).map { try unescaped($0) } }
        if stop.contains("") { throw ValidationError("--stop is empty; a text ends at any, which is --length 0.") }
    }

    func run() throws {
        let header = try checkpoint.header()
        switch header.precision {
        case .float: try sample(Model<Float>(header), of: header)
        case .double: try sample(Model<Double>(header), of: header)
        }
    }

    private func sample<Scalar: CoreScalar>(_ model: Model<Scalar>, of header: CheckpointHeader) throws {
        if seed.isDrawn, !json { Terminal.writeError("--seed \(seed.number)\n") }
        var isOfLines = data != nil
        if case .lines = header.trainingRecord?.configuration.source { isOfLines = true }
        if isOfLines, let count {
            guard prompt == nil, promptFile == nil, stop.isEmpty else {
                throw ValidationError(
                    "Lines are written from the beginning of each to its end; leave out --prompt, --prompt-file and --stop.")
            }
            return try sample(lines: count, of: model)
        }
        let (prompt, vocabulary) = (try promptBytes(), try model.vocabulary)
        let unknown = try UnknownCharacters(unknown, for: vocabulary)
        let symbols = try vocabulary.encode(prompt, name: promptFile ?? "the prompt", unknown: unknown)
        let stops = try stop.map { try vocabulary.encode(written($0).systemBytes, name: "the text of --stop") }
        if let count {
            try sample(texts: count, of: model, after: symbols, prompt, endingAt: stops)
        } else {
            try sample(model, after: symbols, prompt, endingAt: stops)
        }
    }

    /// Lines, and how many of them are unique and novel.
    private func sample<Scalar: CoreScalar>(lines count: Int, of model: Model<Scalar>) throws {
        let vocabulary = try model.vocabulary
        let sampler = try TextSampler.lines(of: model, options: drawing.options, seed: seed.number)
        var (lines, drawn) = ([String](), Set<[Int32]>())
        try write(count, of: sampler) { line, bytes in
            drawn.insert(line)
            if json { return lines.append(String(decoding: bytes, as: UTF8.self)) }
            try write(bytes + [UInt8(ascii: "\n")])
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
        if json { return try Terminal.write(json: LinesResult(lines: lines, unique: unique, novel: novel, seed: seed.number)) }
        let share = novel.map { ", \($0.asPercent) of these novel" } ?? ""
        Terminal.writeError("\(count.grouped) lines, \(unique.asPercent) unique\(share)\n")
    }

    /// Texts after the same prompt, which is not told again with each.
    private func sample<Scalar: CoreScalar>(
        texts count: Int, of model: Model<Scalar>, after symbols: [Int32], _ prompt: [UInt8], endingAt stops: [[Int32]]
    ) throws {
        let sampler = try TextSampler(
            model, prompt: symbols, endingAt: stops, options: drawing.options, seed: seed.number)
        var texts: [String] = []
        try write(count, of: sampler) { _, bytes in
            if json { return texts.append(String(decoding: bytes, as: UTF8.self)) }
            try write(bytes + [UInt8(ascii: "\n")])
        }
        if json {
            let prompt = String(decoding: prompt, as: UTF8.self)
            try Terminal.write(json: TextsResult(prompt: prompt, texts: texts, seed: seed.number))
        }
    }

    /// Draws texts and hands over each, with its bytes.
    private func write<Scalar>(
        _ count: Int, of sampler: TextSampler<Scalar>, to body: ([Int32], [UInt8]) throws -> Void
    ) throws {
        for first in stride(from: 0, to: count, by: 256) {
            for text in try sampler.texts(first..<min(first + 256, count), longest: max(1, longest)) {
                try body(text, text.flatMap(sampler.vocabulary.bytes(of:)))
            }
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        try Terminal.write(raw ? Data(bytes) : Data(VisibleText.of(String(decoding: bytes, as: UTF8.self)).utf8))
    }

    /// One text, symbol by symbol as it is written.
    private func sample<Scalar: CoreScalar>(
        _ model: Model<Scalar>, after symbols: [Int32], _ prompt: [UInt8], endingAt stops: [[Int32]]
    ) throws {
        let vocabulary = try model.vocabulary
        var sampler = try Sampler(
            model, prompt: symbols, options: drawing.options, generator: SeededGenerator(seed: seed.number))
        var (visible, stop, text) = (VisibleText(), StopTexts(stops, in: vocabulary), [UInt8]())
        func tell(_ bytes: [UInt8]) throws {
            guard json else { return try Terminal.write(raw ? Data(bytes) : Data(visible.append(bytes).utf8)) }
            text += bytes
        }
        if !json { try tell(prompt) }
        for _ in 0..<longest where !stop.isReached { try tell(stop.add(sampler.next()).flatMap(vocabulary.bytes(of:))) }
        try tell(stop.rest().flatMap(vocabulary.bytes(of:)))
        guard json else { return try Terminal.write(visible.finish() + "\n") }
        try Terminal.write(
            json: Result(
                prompt: String(decoding: prompt, as: UTF8.self), text: String(decoding: text, as: UTF8.self),
                seed: seed.number))
    }

    private var longest: Int { length ?? 500 }

    private func promptBytes() throws -> [UInt8] {
        guard let promptFile else { return try written(prompt ?? "").systemBytes }
        do { return try SystemFiles.contents(of: promptFile == "-" ? "/dev/stdin" : promptFile) } catch {
            throw DataError.unreadable(text: promptFile, reason: error.reason)
        }
    }

    /// A text of the command line as it is meant.
    private func written(_ text: String) throws -> String { escapes ? try unescaped(text) : text }
}
