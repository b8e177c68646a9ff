import ArgumentParser
import DNC
import Foundation

/// Which text a model is traced on: one that is given, or what it writes itself.
struct TracedText: ParsableArguments {
    @Option(parsing: .unconditional, help: "The text to read. (default: what the model itself writes)")
    var text: String?
    @Option(help: ArgumentHelp("A file with the text to read.", valueName: "file"))
    var data: String?
    @Option(parsing: .unconditional, help: "How many symbols at most.")
    var length = 500
    @Option(parsing: .unconditional, help: "Of the text that the model itself writes.")
    var seed: UInt64 = 1

    func validate() throws {
        try checkPositive("--length", length)
        if text != nil, data != nil { throw ValidationError("--text and --data were given; one text can be traced at a time.") }
    }

    /// Reads the text with the checkpoint's model.
    func trace(_ header: CheckpointHeader) throws -> Trace {
        switch header.precision {
        case .float: try trace(Checkpoint<Float>(header).model)
        case .double: try trace(Checkpoint<Double>(header).model)
        }
    }

    private func trace<Scalar: CoreScalar>(_ model: LanguageModel<Scalar>) throws -> Trace {
        let symbols = try symbols(model)
        guard !symbols.isEmpty else { throw ValidationError("There is no symbol to read in \(data ?? "--text").") }
        return try model.trace(symbols)
    }

    private func symbols<Scalar: CoreScalar>(_ model: LanguageModel<Scalar>) throws -> [Int32] {
        if let data {
            var reader = SymbolReader(
                try Corpus(contentsOf: data, vocabulary: model.vocabulary, validFraction: 0).whole, vocabulary: model.vocabulary)
            var symbols: [Int32] = []
            while symbols.count < length, let symbol = try reader.next() { symbols.append(symbol) }
            return symbols
        }
        if let text {
            if FileManager.default.fileExists(atPath: text) {
                Terminal.writeError("dnc: note: --text is the text itself; to read the file \(text) use --data\n")
            }
            return try Array(model.vocabulary.encode(text).prefix(length))
        }
        var sampler = try Sampler(
            model, options: SamplingOptions(temperature: 0.8), generator: SeededGenerator(seed: seed))
        return try sampler.prompt + (1..<max(1, length)).map { _ in try sampler.next() }
    }
}
