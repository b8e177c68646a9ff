import ArgumentParser
import DNC

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measure how well a model predicts a text.",
        discussion: "The text is one stream from the zero state: n symbols give n - 1 predictions.")

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(help: ArgumentHelp("The text.", valueName: "file"), completion: .file())
    var data: String
    @Option(parsing: .unconditional, help: "Read only this part at the end of the text, as training holds it out; 0 reads all.")
    var validFraction = 0.0
    @Flag(help: "Set every read vector to zero: what the loss rises by is what the memory is worth.")
    var withoutReads = false
    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws { try checkFraction("--valid-fraction", validFraction) }

    private struct Result: Encodable {
        let bpc: Double
        let nats: Double
        let symbols: Int
    }

    func run() throws {
        let header = try checkpoint.header()
        switch header.precision {
        case .float: try evaluate(Checkpoint<Float>(header).model)
        case .double: try evaluate(Checkpoint<Double>(header).model)
        }
    }

    private func evaluate<Scalar: CoreScalar>(_ model: LanguageModel<Scalar>) throws {
        let corpus = try Corpus(contentsOf: data, vocabulary: model.vocabulary, validFraction: validFraction)
        let loss = try (withoutReads ? model.withoutReads() : model)
            .evaluate(validFraction > 0 ? corpus.validation : corpus.whole)
        guard loss.count > 0 else { throw DataError.nothingToPredict(text: data) }
        if json { return try Terminal.write(json: Result(bpc: loss.bitsPerSymbol, nats: loss.nats, symbols: loss.count)) }
        try Terminal.write("\(loss.bitsPerSymbol.rounded(to: 4)) BPC over \(loss.count.grouped) predictions\n")
    }
}
