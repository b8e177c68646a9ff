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
        let fingerprint: String
        let size: Int
        let step: Int
        let predictions: Int
        let seconds: Double
        let measure: Measure
        @OrNull var lesson: Int?
        @OrNull var bestStep: Int?
        @OrNull var bestValid: Figure?
        @OrNull var heldOut: Figure?
        let validationsSinceBest: Int
        let learningRate: Double
        let setbacks: Int

        init(_ record: TrainingRecord, _ measure: Measure) {
            (configuration, fingerprint, size) = (Configuration(record.configuration), record.fingerprint, record.size)
            (step, predictions, seconds) = (record.step, record.predictions, record.seconds)
            (self.measure, lesson, bestStep) = (measure, record.curriculum?.lesson, record.bestStep)
            (bestValid, heldOut) = (record.bestValidation.map(Figure.init), record.heldOutLoss.map(Figure.init))
            (validationsSinceBest, setbacks) = (record.validationsSinceBest, record.setbacks)
            learningRate = record.currentConfiguration.optimizer.learningRate
        }
    }

    private struct Figure: Encodable {
        let loss: Double
        let predictions: Int
        @OrNull var streams: Int?
        @OrNull var sequencesRight: Double?
        @OrNull var errorRate: Double?

        init(_ loss: HeldOutLoss) {
            (self.loss, predictions, streams) = (loss.value, loss.predictions, loss.streams)
            (sequencesRight, errorRate) = (loss.score?.sequencesRightRate, loss.score?.errorRate)
        }
    }

    private struct Configuration: Encodable {
        let model: ModelConfiguration
        let source: Source
        let tokens: TokenKind
        let wordFloor: Int
        let batchSize: Int
        let lanes: Int
        let sequenceLength: Int
        let shards: Int
        let carryMemory: Bool
        let restart: TextRestart
        @OrNull var stretch: Int?
        let dropout: DropoutRates
        let optimizer: OptimizerConfiguration
        let schedule: Schedule
        let accumulate: Int
        let thinkSteps: Int
        @OrNull var symbolRange: Double?
        let seed: UInt64
        let validFraction: Double
        @OrNull var plateauEvery: Int?
        @OrNull var validateEvery: Int?
        let validSymbols: Int
        let validEpisodes: Int
        let plateauFactor: Double
        let onNonFinite: NonFinitePolicy
        let precision: Precision

        init(_ training: TrainingConfiguration) {
            (model, tokens, optimizer, seed) = (training.model, training.tokens, training.optimizer, training.seed)
            (batchSize, lanes) = (training.batchSize, training.laneCount)
            (sequenceLength, shards) = (training.sequenceLength, training.shards)
            (carryMemory, restart, precision) = (training.carryMemory, training.restart, training.precision)
            (wordFloor, onNonFinite, dropout) = (training.wordFloor, training.onNonFinite, training.dropout)
            (stretch, symbolRange) = (training.stretch, training.symbolRange)
            (source, validEpisodes) = (Source(training.source), training.validEpisodes)
            (validFraction, validSymbols) = (training.validFraction, training.validSymbols)
            (plateauEvery, validateEvery) = (training.plateauEvery, training.validateEvery)
            plateauFactor = training.plateauFactor
            (schedule, accumulate, thinkSteps) = (Schedule(training.schedule), training.accumulate, training.thinkSteps)
        }
    }

    private struct Schedule: Encodable {
        let kind: LearningRateSchedule.Kind
        let warmUp: Int
        @OrNull var period: Int?
        let periodFactor: Double
        let leastRate: Double
        let restarts: Bool

        init(_ schedule: LearningRateSchedule) {
            (kind, warmUp, period) = (schedule.kind, schedule.warmUp, schedule.period)
            (periodFactor, leastRate, restarts) = (schedule.periodFactor, schedule.leastRate, schedule.restarts)
        }
    }

    private struct Source: Encodable {
        let kind: String
        @OrNull var task: TaskDescription?
        @OrNull var reading: EpisodeReading?

        init(_ source: TrainingSource) { (kind, task, reading) = (source.kind, source.task, source.reading) }
    }

    private func trainingMemory(_ record: TrainingRecord, _ layout: ModelLayout) throws -> (bytes: Int, least: Int) {
        func memory<Scalar: TrainingScalar>(as scalar: Scalar.Type) throws -> (bytes: Int, least: Int) {
            try (
                Trainer<Scalar>.requiredBytes(record.configuration, layout, steps: record.segmentSteps),
                Trainer<Scalar>.leastBytes(record.configuration, layout, steps: record.segmentSteps)
            )
        }
        return switch record.configuration.precision {
        case .float: try memory(as: Float.self)
        case .double: try memory(as: Double.self)
        }
    }

    /// What there is to say of its training.
    private func lines(of record: TrainingRecord, _ measure: Measure, _ memory: (bytes: Int, least: Int)) -> String {
        let (configuration, optimizer) = (record.configuration, record.configuration.optimizer)
        let best = record.bestLoss.map {
            let figure = record.bestValidation?.figure(measure) ?? "\($0.rounded(to: 4)) \(measure.unit)"
            return "\(figure) at step \((record.bestStep ?? 0).grouped)"
        }
        let all = record.heldOutLoss.map { "; \($0.figure(measure)) at the end" } ?? ""
        let batch =
            configuration.source == .text
            ? "\(configuration.batchSize) lanes of \(configuration.sequenceLength) symbols"
            : "\(configuration.batchSize) episodes of \(configuration.source.summary)"
        let lesson = record.curriculum.map { ", lesson \($0.lesson + 1)" } ?? ""
        let carried =
            configuration.source == .text
            ? "memory \(configuration.carryMemory ? "carried" : "emptied") between segments, "
                + (configuration.restart == .random ? "restarts at random, " : "")
                + (configuration.stretch.map { "stretches of \($0.grouped) symbols, " } ?? "") : ""
        return """
            training    \(batch)\(configuration.segmentRemarks) in \(configuration.shards) shards, \
            \(record.optimizerSummary), clip norm \(optimizer.clipNorm), \
            \(carried)seed \(configuration.seed)
            progress    step \(record.step.grouped), \(record.predictions.grouped) \(measure.predictions), \
            \(record.seconds.asTime)\(lesson)
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
                    trainingBytes: memory?.bytes, step: header.step, training: record.map { Training($0, header.measure) },
                    tensors: tensors))
        }
        let training =
            if let record, let memory { lines(of: record, header.measure, memory) } else {
                "training    by another program, \(header.step.grouped) steps"
            }
        let reads =
            if case .text(let vocabulary) = header.alphabet {
                "vocabulary  \(layout.symbols) \(vocabulary.kind.rawValue)"
            } else { "reads       \(layout.input.summary), answers \(layout.output.summary)" }
        try Terminal.write(
            """
            \(header.file.path)
            model       \(layout.configuration.summary), \(header.precision.rawValue)
            \(reads)
            \(training)

            \("parameters".padded(to: 26))\(layout.parameterCount.grouped.leftPadded(to: 12))

            """)
        for tensor in layout.parameters {
            let shape = "[" + tensor.shape.map(String.init).joined(separator: ", ") + "]"
            try Terminal.write("  \(tensor.name.padded(to: 24))\(tensor.count.grouped.leftPadded(to: 12))  \(shape)\n")
        }
    }
}
