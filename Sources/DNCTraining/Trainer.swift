// The training loop.
public import DNCCore
public import DNCData

/// Trains a language model on a corpus.
///
///     let corpus = try Corpus(contentsOf: "book.txt")
///     let trainer = try Trainer<Float>(corpus, TrainingConfiguration(model: .lstm(hidden: 256)))
///     for try await progress in trainer.run(TrainingLimits(maxSteps: 2000)) { print(progress.step, progress.trainBPC) }
///     try await trainer.checkpoint().write(to: "book.safetensors")
public actor Trainer<Scalar: TrainingScalar> {
    public nonisolated let configuration: TrainingConfiguration
    private let corpus: Corpus
    private var model: LanguageModel<Scalar>
    private var optimizer: any Optimizer<Scalar>
    private var state: RecurrentState<Scalar>
    private var batcher: SegmentBatcher
    private var generator: SeededGenerator
    private var record: TrainingRecord
    private let batch: BatchRunner<Scalar>
    /// Bytes that training takes, not counting the program itself.
    public nonisolated let memoryBytes: Int
    /// Of a DNC's temporal links, every how many steps one is kept; see `init`'s `memoryLimit`.
    public nonisolated let linkInterval: Int

    // Of the period since the last validation; a resumed run counts its speed anew.
    private var periodTime = Duration.zero
    private var periodSymbols = 0
    private var gradientNorm = 0.0
    private var timesPhases = false
    private var optimizerTime = Duration.zero
    /// Why training cannot go on.
    private var divergence: TrainingError?

    /// At the beginning of training.
    /// - Parameters:
    ///   - threads: how many threads share the shards of the configuration; does not change the result.
    ///   - memoryLimit: bytes that training may take. Where the history of a DNC's temporal links is too large for it, fewer of
    ///     them are kept, and the others computed again when they are needed; does not change the result.
    /// - Throws: `DataError`, `CoreError` or `TrainingError` for settings that do not work with each other, the text or the
    ///   memory of this machine; nothing large has been allocated then.
    public init(
        _ corpus: Corpus, _ configuration: TrainingConfiguration, threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        let memory = try Self.memory(configuration, symbols: corpus.vocabulary.count, limit: memoryLimit)
        let layout = try ModelLayout(configuration.model, symbols: corpus.vocabulary.count)
        guard configuration.tokens == corpus.vocabulary.kind else {
            throw TrainingError.invalid(
                name: "the kind of tokens", value: configuration.tokens.rawValue,
                allowed: "that of the text, \(corpus.vocabulary.kind)")
        }
        let record = TrainingRecord(
            configuration: configuration, textFingerprint: corpus.fingerprint, trainingBytes: corpus.training.byteCount)
        try self.init(
            corpus, record, threads: threads, memory: memory,
            batcher: SegmentBatcher(
                corpus.training, vocabulary: corpus.vocabulary, lanes: configuration.batchSize,
                steps: configuration.sequenceLength),
            model: LanguageModel(
                layout: layout, vocabulary: corpus.vocabulary,
                parameters: layout.initialParameters(seed: configuration.seed),
                memoryLifetime: configuration.memoryLifetime),
            optimizer: configuration.optimizer.makeOptimizer(count: layout.parameterCount),
            state: RecurrentState(layout, lanes: configuration.batchSize),
            generator: SeededGenerator(seed: configuration.seed))
    }

    /// Where a checkpoint left off: goes on to the same bits as if there had been no interruption.
    /// - Parameter optimizer: nil, or settings of the same kind of optimizer to go on with.
    /// - Throws: `TrainingError.differentText` when the corpus is not the checkpoint's, and what the other `init` throws.
    public init(
        resuming checkpoint: Checkpoint<Scalar>, _ corpus: Corpus, optimizer: OptimizerConfiguration? = nil,
        threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        guard checkpoint.record.textFingerprint == corpus.fingerprint, checkpoint.model.vocabulary == corpus.vocabulary else {
            throw TrainingError.differentText(path: checkpoint.path ?? "the checkpoint")
        }
        var record = checkpoint.record
        guard record.trainingBytes == corpus.training.byteCount else {
            throw TrainingError.differentConfiguration(
                path: checkpoint.path ?? "the checkpoint", differences: ["another part of the text is held out"])
        }
        if let optimizer {
            let kind = record.configuration.optimizer.kind
            guard optimizer.kind == kind else {
                let difference = "the optimizer was \(kind), now \(optimizer.kind)"
                throw TrainingError.differentConfiguration(
                    path: checkpoint.path ?? "the checkpoint", differences: [difference])
            }
            if optimizer.learningRate != record.configuration.optimizer.learningRate { record.learningRateFactor = 1 }
            record.configuration.optimizer = optimizer
        }
        let configuration = record.configuration
        let memory = try Self.memory(configuration, symbols: corpus.vocabulary.count, limit: memoryLimit)
        var batcher = try SegmentBatcher(
            corpus.training, vocabulary: corpus.vocabulary, lanes: configuration.batchSize,
            steps: configuration.sequenceLength)
        try batcher.restore(cursors: checkpoint.cursors)
        try self.init(
            corpus, record, threads: threads, memory: memory, batcher: batcher, model: checkpoint.model,
            optimizer: checkpoint.optimizer, state: checkpoint.state, generator: checkpoint.generator)
    }

    private init(
        _ corpus: Corpus, _ record: TrainingRecord, threads: Int, memory: (bytes: Int, linkInterval: Int),
        batcher: SegmentBatcher, model: LanguageModel<Scalar>, optimizer: any Optimizer<Scalar>,
        state: RecurrentState<Scalar>, generator: SeededGenerator
    ) throws {
        configuration = record.configuration
        self.corpus = corpus
        self.record = record
        self.batcher = batcher
        self.model = model
        self.optimizer = optimizer
        self.state = state
        self.generator = generator
        (memoryBytes, linkInterval) = memory
        batch = try BatchRunner(
            model.layout, steps: configuration.sequenceLength, lanes: configuration.batchSize,
            shards: configuration.shards, threads: max(1, threads), linkInterval: linkInterval)
    }

    /// Bytes that training with this configuration and so many symbols takes, not counting the program itself.
    /// - Parameter linkInterval: of a DNC's temporal links, every how many steps one is kept; nil for what suits the sizes.
    public static func requiredBytes(
        _ configuration: TrainingConfiguration, symbols: Int, linkInterval: Int? = nil
    ) throws -> Int {
        try configuration.validate()
        guard configuration.precision == Precision(of: Scalar.self) else {
            throw TrainingError.invalid(
                name: "the precision", value: configuration.precision.rawValue, allowed: "\(Precision(of: Scalar.self)) here")
        }
        let layout = try ModelLayout(configuration.model, symbols: symbols)
        let perParameter = 1 + configuration.optimizer.makeOptimizer(count: 0, as: Scalar.self).moments.count
        let vectors =
            Double(layout.parameterCount) * Double(perParameter)
            + Double(layout.stateCount) * Double(configuration.batchSize)
        let bytes =
            try vectors * Double(MemoryLayout<Scalar>.stride)
            + BatchRunner<Scalar>.requiredBytes(
                layout, steps: configuration.sequenceLength, lanes: configuration.batchSize, shards: configuration.shards,
                linkInterval: linkInterval ?? linkIntervals(configuration).lowerBound)
        guard bytes < 0x1p62 else {
            throw CoreError.tooLarge("training with these sizes takes more memory than can be addressed; choose smaller sizes")
        }
        return Int(bytes)
    }

    /// The least that training with this configuration and so many symbols takes: with the link interval that saves most.
    public static func leastBytes(_ configuration: TrainingConfiguration, symbols: Int) throws -> Int {
        try requiredBytes(configuration, symbols: symbols, linkInterval: linkIntervals(configuration).upperBound)
    }

    /// The link intervals worth choosing from, the fastest first and the one of least memory last. T / k + k links of every lane
    /// are kept, which is least for the square root of T. Where all T of them would not stay in a processor's cache, reading them
    /// from memory takes longer than computing three of four again.
    private static func linkIntervals(_ configuration: TrainingConfiguration) throws -> ClosedRange<Int> {
        try configuration.validate()
        let (model, steps) = (configuration.model, configuration.sequenceLength)
        guard model.model == .dnc else { return 1...1 }
        let history = Double(configuration.batchSize) * Double(steps) * Double(model.slots) * Double(model.slots)
        let least = max(1, Int(Double(steps).squareRoot().rounded(.up)))
        return (history * Double(MemoryLayout<Scalar>.stride) < 8e6 ? 1 : min(4, least))...least
    }

    /// The smallest link interval within the limit, and what it takes.
    private static func memory(
        _ configuration: TrainingConfiguration, symbols: Int, limit: Int?
    ) throws -> (bytes: Int, linkInterval: Int) {
        for interval in try linkIntervals(configuration) {
            let bytes = try requiredBytes(configuration, symbols: symbols, linkInterval: interval)
            if bytes <= limit ?? .max {
                try checkMemory(for: "training with these sizes", of: UInt8.self, bytes)
                return (bytes, interval)
            }
        }
        let least = try leastBytes(configuration, symbols: symbols)
        throw TrainingError.invalid(
            name: "the memory limit", value: "\(limit ?? 0) bytes",
            allowed: "at least \(least) bytes for these sizes; or make batch, sequence or model smaller")
    }

    /// Makes `phaseTimes` begin or end.
    public func timePhases(_ isOn: Bool = true) {
        timesPhases = isOn
        batch.timePhases(isOn)
    }

    /// What the steps since `timePhases` have spent their time on, in seconds of all threads together; `optimizer` is the
    /// gradient's norm and the update of the parameters.
    public var phaseTimes: [(name: String, seconds: Double)] {
        let times = batch.phaseTimes
        return Phase.allCases.map { ($0.rawValue, times[$0] ?? 0) } + [("optimizer", optimizerTime / .seconds(1))]
    }

    /// Training as a sequence of progress reports, until one of the limits is reached.
    public nonisolated func run(_ limits: TrainingLimits = TrainingLimits()) -> TrainingRun<Scalar> {
        TrainingRun(trainer: self, limits: limits)
    }

    /// All that it takes to go on from here, or to use the model.
    /// - Throws: `TrainingError.nonFiniteParameters`, so that no worthless checkpoint replaces a good one.
    public func checkpoint() throws(TrainingError) -> Checkpoint<Scalar> {
        if let divergence { throw divergence }
        if let tensor = model.nonFiniteTensor() { throw .nonFiniteParameters(step: record.step, tensor: tensor) }
        return Checkpoint(
            model: model, record: record, optimizer: optimizer, state: state, cursors: batcher.cursors,
            generator: generator)
    }

    /// The model as it is now.
    public var currentModel: LanguageModel<Scalar> { model }

    /// Text that the model writes now, drawn with the run's own random numbers.
    public func sample(length: Int, prompt: String = "", options: SamplingOptions) throws -> String {
        var sampler = try Sampler(model, prompt: prompt, options: options, generator: generator)
        let text = try sampler.text(length: length)
        generator = sampler.generator
        return text
    }

    /// One segment forward and backward, and one update of the parameters. Returns the loss before the update. Validation, and
    /// what follows from it for the learning rate, is up to `run`.
    /// - Throws: `DataError` when the text cannot be read; `TrainingError` when the loss or the gradient is not finite, with the
    ///   parameters as they were before the step.
    @discardableResult
    public func step() throws -> Loss {
        if let divergence { throw divergence }
        let start = ContinuousClock.now
        let segment = try batcher.next()
        for lane in segment.lanesToReset { state.reset(lane: lane) }
        if !configuration.carryMemory { state.resetMemory() }
        let loss = try batch.run(segment, parameters: model.parameters, state: &state)
        let updateStart = ContinuousClock.now
        let step = record.step + 1
        guard loss.nats.isFinite else {
            throw diverged(.nonFiniteLoss(step: step, tensor: model.largestTensor()))
        }
        gradientNorm = norm(batch.gradient)
        guard gradientNorm.isFinite else {
            let tensor = model.layout.tensorOfFirstNonFinite(in: batch.gradient) ?? "all tensors together"
            throw diverged(.nonFiniteGradient(step: step, tensor: tensor))
        }
        let settings = configuration.optimizer
        let clip = settings.clipNorm > 0 && gradientNorm > settings.clipNorm ? settings.clipNorm / gradientNorm : 1
        optimizer.update(
            &model.parameters, gradient: batch.gradient, scale: Scalar(clip), learningRate: Scalar(record.learningRate),
            step: step)
        if timesPhases { optimizerTime += ContinuousClock.now - updateStart }
        record.step = step
        record.symbols += loss.count
        record.period += loss
        periodSymbols += loss.count
        periodTime += ContinuousClock.now - start
        return loss
    }

    /// Keeps the error, since the state and the cursors are beyond the parameters now.
    private func diverged(_ error: TrainingError) -> TrainingError {
        divergence = error
        return error
    }

    /// Trains to the next report; nil at the end.
    func advance(within limits: TrainingLimits, since start: ContinuousClock.Instant) throws -> TrainingProgress? {
        let reportStart = ContinuousClock.now
        while !Task.isCancelled {
            if isFinished(limits, since: start) {
                return record.period.count > 0 ? try endPeriod(since: reportStart) : nil
            }
            try step()
            if record.step % configuration.validateEvery == 0 { return try endPeriod(since: reportStart) }
            let isDue = limits.reportEvery.map { record.step % $0 == 0 } ?? false
            if isDue || ContinuousClock.now - reportStart >= limits.reportInterval { return report(since: reportStart) }
        }
        return nil
    }

    private func isFinished(_ limits: TrainingLimits, since start: ContinuousClock.Instant) -> Bool {
        if let maxSteps = limits.maxSteps, record.step >= maxSteps { return true }
        if let timeLimit = limits.timeLimit, ContinuousClock.now - start >= timeLimit { return true }
        if let patience = limits.patience, record.validationsSinceBest >= patience { return true }
        return false
    }

    /// Validates, where something is held out, and begins a new period.
    private func endPeriod(since start: ContinuousClock.Instant) throws -> TrainingProgress {
        var progress = report(since: start)
        let validationStart = ContinuousClock.now
        let loss = try model.evaluate(corpus.validation, limit: configuration.validSymbols)
        if loss.count > 0 {
            guard loss.nats.isFinite else {
                throw diverged(.nonFiniteLoss(step: record.step, tensor: model.largestTensor()))
            }
            progress.validBPC = loss.bitsPerSymbol
            progress.isBest = record.validated(loss.bitsPerSymbol)
        }
        progress.endsPeriod = true
        record.period = Loss()
        (periodTime, periodSymbols) = (.zero, 0)
        record.seconds += (ContinuousClock.now - validationStart) / .seconds(1)
        progress.seconds = record.seconds
        return progress
    }

    private func report(since start: ContinuousClock.Instant) -> TrainingProgress {
        record.seconds += (ContinuousClock.now - start) / .seconds(1)
        return TrainingProgress(
            step: record.step, symbols: record.symbols, seconds: record.seconds,
            trainBPC: record.period.bitsPerSymbol, validBPC: nil,
            symbolsPerSecond: Double(periodSymbols) / max(periodTime / .seconds(1), .leastNormalMagnitude),
            learningRate: record.learningRate, gradientNorm: gradientNorm, isBest: false,
            endsPeriod: false)
    }
}
