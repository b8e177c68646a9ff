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
        let trainingBytes: Int?
        let step: Int
        let training: TrainingRecord?
        let tensors: [String: [Int]]

        enum CodingKeys: String, CodingKey {
            case path, parameters, symbols, step, training, tensors
            case trainingBytes = "training_bytes"
        }
    }

    private func trainingMemory(_ record: TrainingRecord, _ layout: ModelLayout) throws -> (bytes: Int, least: Int) {
        func memory<Scalar: TrainingScalar>(as scalar: Scalar.Type) throws -> (bytes: Int, least: Int) {
            try (
                Trainer<Scalar>.requiredBytes(record.configuration, symbols: layout.symbols),
                Trainer<Scalar>.leastBytes(record.configuration, symbols: layout.symbols)
            )
        }
        return switch record.configuration.precision {
        case .float: try memory(as: Float.self)
        case .double: try memory(as: Double.self)
        }
    }

    /// What there is to say of its training.
    private func lines(of record: TrainingRecord, _ memory: (bytes: Int, least: Int)) -> String {
        let (configuration, optimizer) = (record.configuration, record.configuration.optimizer)
        let best = record.bestValidBPC.map {
            let predictions = record.validPredictions.map { " over \($0.grouped) predictions" } ?? ""
            return "\($0.rounded(to: 4)) BPC\(predictions) at step \((record.bestStep ?? 0).grouped)"
        }
        let all = record.heldOutLoss.map { ", \($0.figure) at the end" } ?? ""
        return """
            training    \(configuration.batchSize) lanes of \(configuration.sequenceLength) symbols in \(configuration.shards) shards, \
            \(record.optimizerSummary), clip norm \(optimizer.clipNorm), \
            memory \(configuration.carryMemory ? "carried" : "emptied") between segments, seed \(configuration.seed)
            progress    step \(record.step.grouped), \(record.symbols.grouped) symbols, \(record.seconds.asTime)
            held-out    \(best ?? "none")\(all)
            memory      \(memory.bytes.asBytes) in training\
            \(memory.least < memory.bytes ? ", \(memory.least.asBytes) at least with --memory-limit" : "")
            """
    }

    func run() throws {
        let header = try checkpoint.header()
        let (layout, record) = (header.layout, header.trainingRecord)
        let memory = try record.map { try trainingMemory($0, layout) }
        if json {
            let tensors = Dictionary(uniqueKeysWithValues: layout.parameters.map { ($0.name, $0.shape) })
            return try Terminal.write(
                json: Result(
                    path: header.file.path, parameters: layout.parameterCount, symbols: layout.symbols,
                    trainingBytes: memory?.bytes, step: header.step, training: record, tensors: tensors))
        }
        let training =
            if let record, let memory { lines(of: record, memory) } else {
                "training    by another program, \(header.step.grouped) steps"
            }
        try Terminal.write(
            """
            \(header.file.path)
            model       \(layout.configuration.summary), \(header.precision.rawValue)
            vocabulary  \(layout.symbols) \(header.vocabulary.kind.rawValue)
            \(training)

            \("parameters".padded(to: 26))\(layout.parameterCount.grouped.leftPadded(to: 12))

            """)
        for tensor in layout.parameters {
            let shape = "[" + tensor.shape.map(String.init).joined(separator: ", ") + "]"
            try Terminal.write("  \(tensor.name.padded(to: 24))\(tensor.count.grouped.leftPadded(to: 12))  \(shape)\n")
        }
    }
}
