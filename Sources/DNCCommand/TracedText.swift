import ArgumentParser
import DNC
import SystemFiles

/// Which text a model is traced on.
enum TracedText {
    case given(String)
    case file(String)
    /// What the model itself writes.
    case own(seed: UInt64)

    /// Reads at most `length` symbols of it with the checkpoint's model.
    func trace(_ header: CheckpointHeader, length: Int) throws -> Trace {
        switch header.precision {
        case .float: try trace(Model<Float>(header), length)
        case .double: try trace(Model<Double>(header), length)
        }
    }

    private func trace<Scalar: CoreScalar>(_ model: Model<Scalar>, _ length: Int) throws -> Trace {
        let vocabulary = try model.vocabulary
        switch self {
        case .given(let text):
            guard !text.isEmpty else { throw ValidationError("--text is empty; give at least one symbol.") }
            return try model.trace(Array(vocabulary.encode(text.systemBytes, name: "the text").prefix(length)))
        case .file(let path):
            let text = try TextRange(contentsOf: path, vocabulary: vocabulary, atMost: length)
            var (reader, symbols) = (SymbolReader(text, vocabulary: vocabulary), [Int32]())
            while symbols.count < length, let symbol = try reader.next() { symbols.append(symbol) }
            return try model.trace(symbols)
        case .own(let seed):
            var sampler = try Sampler(
                model, options: SamplingOptions(temperature: 0.8), generator: SeededGenerator(seed: seed))
            return try model.trace(sampler.prompt + (1..<length).map { _ in try sampler.next() })
        }
    }
}

/// The flags that choose it.
struct TracedTextOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "The text to read. (default: what the model itself writes)")
    var text: String?
    @Option(help: ArgumentHelp("A file with the text to read.", valueName: "file"), completion: .file())
    var data: String?
    @Option(parsing: .unconditional, help: "How many symbols at most.")
    var length = 500
    @Option(parsing: .unconditional, help: "Of the text that the model itself writes.")
    var seed: UInt64 = 1

    func validate() throws {
        try checkPositive("--length", length)
        if text != nil, data != nil { throw ValidationError("--text and --data were given; one text can be traced at a time.") }
    }

    func trace(_ header: CheckpointHeader) throws -> Trace {
        if let text, SystemFiles.exists(text) {
            Terminal.writeError("dnc: note: --text is the text itself; to read the file \(VisibleText.of(text)) use --data\n")
        }
        let source: TracedText = text.map { .given($0) } ?? data.map { .file($0) } ?? .own(seed: seed)
        return try source.trace(header, length: length)
    }
}
