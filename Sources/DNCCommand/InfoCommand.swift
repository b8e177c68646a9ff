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
        @OrNull var trainingBytes: Int?
        let step: Int
        @OrNull var training: Training?
        let tensors: [String: [Int]]
    }

    /// What there is to know of a `TrainingRecord`, whose own form is that of checkpoints.
    private struct Training: Encodable {
        let configuration: Configuration
        let textFingerprint: String
        let textBytes: Int
        let step: Int
        let symbols: Int
        let seconds: Double
        @OrNull var bestValidBPC: Double?
        @OrNull var bestValidSymbols: Int?
        @OrNull var bestValidStreams: Int?
        @OrNull var bestStep: Int?
        @OrNull var heldOutBPC: Double?
        @OrNull var heldOutSymbols: Int?
        @OrNull var heldOutStreams: Int?
        let validationsSinceBest: Int
        let learningRate: Double
        let setbacks: Int

        init(_ record: TrainingRecord) {
            (configuration, textFingerprint) = (Configuration(record.configuration), record.textFingerprint)
            (textBytes, step, symbols, seconds) = (record.trainingBytes, record.step, record.symbols, record.seconds)
            (bestValidBPC, bestStep) = (record.bestValidBPC, record.bestStep)
            (bestValidSymbols, bestValidStreams) = (record.bestValidation?.predictions, record.bestValidation?.streams)
            (heldOutBPC, heldOutSymbols) = (record.heldOutLoss?.bpc, record.heldOutLoss?.predictions)
            heldOutStreams = record.heldOutLoss?.streams
            (validationsSinceBest, setbacks) = (record.validationsSinceBest, record.setbacks)
            learningRate = record.currentConfiguration.optimizer.learningRate
        }
    }

    private struct Configuration: Encodable {
        let model: ModelConfiguration
        let tokens: TokenKind
        let batchSize: Int
        let sequenceLength: Int
        let shards: Int
        let carryMemory: Bool
        let optimizer: OptimizerConfiguration
        let seed: UInt64
        let validFraction: Double
        @OrNull var plateauEvery: Int?
        @OrNull var validateEvery: Int?
        let validSymbols: Int
        let plateauFactor: Double
        let onNonFinite: NonFinitePolicy
        let precision: Precision

        init(_ training: TrainingConfiguration) {
            (model, tokens, optimizer, seed) = (training.model, training.tokens, training.optimizer, training.seed)
            (batchSize, sequenceLength, shards) = (training.batchSize, training.sequenceLength, training.shards)
            (carryMemory, onNonFinite, precision) = (training.carryMemory, training.onNonFinite, training.precision)
            (validFraction, validSymbols) = (training.validFraction, training.validSymbols)
            (plateauEvery, validateEvery) = (training.plateauEvery, training.validateEvery)
            plateauFactor = training.plateauFactor
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
                    trainingBytes: memory?.bytes, step: header.step, training: record.map(Training.init), tensors: tensors))
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
