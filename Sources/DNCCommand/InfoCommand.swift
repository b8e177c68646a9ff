import ArgumentParser
import DNC

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show what a checkpoint holds.")

    @OptionGroup var checkpoint: CheckpointArgument
    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Result: Encodable {
        let path: String
        let parameters: Int
        let symbols: Int
        let trainingBytes: Int
        let training: TrainingRecord
        let tensors: [String: [Int]]

        enum CodingKeys: String, CodingKey {
            case path, parameters, symbols, training, tensors
            case trainingBytes = "training_bytes"
        }
    }

    private func memory<Scalar: TrainingScalar>(
        _ configuration: TrainingConfiguration, _ layout: ModelLayout, as scalar: Scalar.Type
    ) throws -> (bytes: Int, least: Int) {
        try (
            Trainer<Scalar>.requiredBytes(configuration, symbols: layout.symbols),
            Trainer<Scalar>.leastBytes(configuration, symbols: layout.symbols)
        )
    }

    func run() throws {
        let header = try checkpoint.header()
        let (layout, record) = (header.layout, header.record)
        let configuration = record.configuration
        let (bytes, least) =
            switch header.precision {
            case .float: try memory(configuration, layout, as: Float.self)
            case .double: try memory(configuration, layout, as: Double.self)
            }
        if json {
            let tensors = Dictionary(uniqueKeysWithValues: layout.parameters.map { ($0.name, $0.shape) })
            return try Terminal.write(
                json: Result(
                    path: header.file.path, parameters: layout.parameterCount, symbols: layout.symbols,
                    trainingBytes: bytes, training: record, tensors: tensors))
        }
        let best = record.bestValidBPC.map {
            let predictions = record.validPredictions.map { " over \($0.grouped) predictions" } ?? ""
            return "\($0.rounded(to: 4)) BPC\(predictions) at step \((record.bestStep ?? 0).grouped)"
        }
        let all = record.heldOutLoss.map { ", \($0.figure) at the end" } ?? ""
        let optimizer = configuration.optimizer
        try Terminal.write(
            """
            \(header.file.path)
            model       \(configuration.model.summary), \(configuration.precision.rawValue)
            vocabulary  \(layout.symbols) \(header.vocabulary.kind.rawValue)
            training    \(configuration.batchSize) lanes of \(configuration.sequenceLength) symbols in \(configuration.shards) shards, \
            \(record.optimizerSummary), clip norm \(optimizer.clipNorm), \
            memory \(configuration.carryMemory ? "carried" : "emptied") between segments, seed \(configuration.seed)
            progress    step \(record.step.grouped), \(record.symbols.grouped) symbols, \(record.seconds.asTime)
            held-out    \(best ?? "none")\(all)
            memory      \(bytes.asBytes) in training\(least < bytes ? ", \(least.asBytes) at least with --memory-limit" : "")

            \("parameters".padded(to: 26))\(layout.parameterCount.grouped.leftPadded(to: 12))

            """)
        for tensor in layout.parameters {
            let shape = "[" + tensor.shape.map(String.init).joined(separator: ", ") + "]"
            try Terminal.write("  \(tensor.name.padded(to: 24))\(tensor.count.grouped.leftPadded(to: 12))  \(shape)\n")
        }
    }
}
