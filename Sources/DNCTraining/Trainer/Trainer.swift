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
    /// The settings of the run.
    public nonisolated let configuration: TrainingConfiguration
    let corpus: Corpus
    nonisolated let memory: MemoryPlan
    let batch: BatchRunner<Scalar>

    // What a checkpoint holds.
    private(set) var model: LanguageModel<Scalar>
    private var optimizer: any Optimizer<Scalar>
    var state: RecurrentState<Scalar>
    private var batcher: SegmentBatcher
    private var generator: SeededGenerator
    var record: TrainingRecord

    var speed = Speed()
    /// That of the last step.
    private(set) var gradientNorm = 0.0
    var optimizerClock = OptimizerClock()
    var recovery: Recovery<Scalar>
    var validation = Validation<Scalar>()

    /// At the beginning of training.
    /// - Parameters:
    ///   - corpus: the text, made with the configuration's kind of tokens.
    ///   - configuration: all else that determines the result.
    ///   - threads: how many threads share the shards of the configuration; does not change the result.
    ///   - memoryLimit: bytes that training may take. Where the history of a DNC's temporal links is too large for it, fewer of
    ///     them are kept, and the others computed again when they are needed; does not change the result.
    /// - Throws: `DataError`, `CoreError` or `TrainingError` for settings that do not work with each other, the text or the
    ///   memory of this machine; nothing large has been allocated then.
    public init(
        _ corpus: Corpus, _ configuration: TrainingConfiguration, threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        let memory = try Self.memoryPlan(configuration, symbols: corpus.vocabulary.count, limit: memoryLimit)
        let layout = try ModelLayout(configuration.model, symbols: corpus.vocabulary.count)
        guard configuration.tokens == corpus.vocabulary.kind else {
            throw TrainingError.invalid(
                name: "the kind of tokens", value: configuration.tokens.rawValue,
                allowed: "that of the text, \(corpus.vocabulary.kind)")
        }
        var configuration = configuration
        let plateauEvery = configuration.defaultPlateauEvery(trainingBytes: corpus.training.byteCount)
        configuration.plateauEvery = configuration.plateauEvery ?? plateauEvery
        let record = TrainingRecord(
            configuration: configuration, textFingerprint: corpus.fingerprint, trainingBytes: corpus.training.bytes.upperBound)
        let batcher = try SegmentBatcher(
            corpus.training, vocabulary: corpus.vocabulary, lanes: configuration.batchSize,
            steps: configuration.sequenceLength)
        let start = try Checkpoint<Scalar>(
            model: LanguageModel(
                layout: layout, vocabulary: corpus.vocabulary,
                parameters: layout.initialParameters(seed: configuration.seed),
                memoryLifetime: configuration.memoryLifetime),
            record: record,
            optimizer: configuration.optimizer.makeOptimizer(count: layout.parameterCount),
            state: RecurrentState(layout, lanes: configuration.batchSize),
            cursors: batcher.cursors,
            generator: SeededGenerator(seed: configuration.seed))
        try self.init(corpus, batcher, from: start, threads: threads, memory: memory)
    }

    /// Where a checkpoint left off: goes on to the same bits as if there had been no interruption.
    /// - Parameters:
    ///   - checkpoint: the run so far.
    ///   - corpus: the text that the run was started with.
    ///   - configuration: nil, or settings to go on with: `TrainingRecord.currentConfiguration` with changes. Whatever the checkpoint's
    ///     numbers and the division of the text depend on must be as it was: all but how a gradient becomes a step (of the same kind of
    ///     optimizer), validation, plateaus, `sequenceLength`, `shards` and `onNonFinite`.
    ///   - threads: as in the other `init`; need not be as many as before.
    ///   - memoryLimit: as in the other `init`; need not be the same as before.
    /// - Throws: `TrainingError.differentText` when the corpus is not the checkpoint's, `.differentConfiguration` for settings that
    ///   cannot change, and what the other `init` throws.
    public init(
        resuming checkpoint: Checkpoint<Scalar>, _ corpus: Corpus, configuration: TrainingConfiguration? = nil,
        threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        let corpus = checkpoint.model.vocabulary == corpus.vocabulary ? corpus : corpus.withByteOrderMark()
        guard checkpoint.record.textFingerprint == corpus.fingerprint, checkpoint.model.vocabulary == corpus.vocabulary else {
            throw TrainingError.differentText(path: checkpoint.path ?? "the checkpoint")
        }
        var record = checkpoint.record
        guard record.trainingBytes == corpus.training.bytes.upperBound else {
            throw TrainingError.differentConfiguration(
                path: checkpoint.path ?? "the checkpoint", differences: ["another part of the text is held out"])
        }
        record.heldOutLoss = nil  // of a model that is trained on now
        if let configuration {
            let differences = record.configuration.fixedDifferences(from: configuration)
            guard differences.isEmpty else {
                throw TrainingError.differentConfiguration(path: checkpoint.path ?? "the checkpoint", differences: differences)
            }
            record.goOn(with: configuration)
        }
        let configuration = record.configuration
        let memory = try Self.memoryPlan(configuration, symbols: corpus.vocabulary.count, limit: memoryLimit)
        var batcher = try SegmentBatcher(
            corpus.training, vocabulary: corpus.vocabulary, lanes: configuration.batchSize,
            steps: configuration.sequenceLength)
        try batcher.restore(cursors: checkpoint.cursors)
        let start = try Checkpoint(
            model: LanguageModel(
                layout: checkpoint.model.layout, vocabulary: corpus.vocabulary, parameters: checkpoint.model.parameters,
                memoryLifetime: configuration.memoryLifetime), record: record, optimizer: checkpoint.optimizer,
            state: checkpoint.state,
            cursors: checkpoint.cursors, generator: checkpoint.generator)
        try self.init(corpus, batcher, from: start, threads: threads, memory: memory)
    }

    /// - Parameter batcher: at the checkpoint's cursors.
    private init(
        _ corpus: Corpus, _ batcher: SegmentBatcher, from start: Checkpoint<Scalar>, threads: Int, memory: MemoryPlan
    ) throws {
        configuration = start.record.configuration
        self.corpus = corpus
        self.batcher = batcher
        (model, record, optimizer, state, generator) = (
            start.model, start.record, start.optimizer, start.state, start.generator
        )
        self.memory = memory
        recovery = Recovery(lastGood: configuration.onNonFinite == .rollback ? start : nil)
        batch = try BatchRunner(
            model.layout, steps: configuration.sequenceLength, lanes: configuration.batchSize,
            shards: configuration.shards, threads: max(1, threads), linkInterval: memory.linkInterval)
    }

    /// One segment forward and backward, and one update of the parameters. Returns the loss before the update; no loss where the
    /// step has been left out or taken back, as the configuration's `onNonFinite` says. Validation, and what follows from it for
    /// the learning rate, is up to `run`.
    /// - Throws: `DataError` when the text cannot be read; `TrainingError` when the loss or the gradient is not finite, with the
    ///   parameters as they were before the step.
    @discardableResult
    public func step() throws -> Loss {
        if let divergence = recovery.divergence { throw divergence }
        let start = WorkClock.now
        let segment = try batcher.next()
        if !configuration.carryMemory { state.resetMemory() }
        let loss = try batch.run(segment, parameters: model.parameters, state: &state)
        let updateStart = WorkClock.now
        let step = record.step + 1
        guard loss.nats.isFinite else {
            try recover(from: .nonFiniteLoss(step: step, tensor: model.largestTensor(), clipNorm: clipNorm))
            return Loss()
        }
        let gradientNorm = norm(batch.gradient)
        guard gradientNorm.isFinite else {
            let tensor = model.layout.tensorOfFirstNonFinite(in: batch.gradient) ?? "all tensors together"
            try recover(from: .nonFiniteGradient(step: step, tensor: tensor, clipNorm: clipNorm))
            return Loss()
        }
        let settings = configuration.optimizer
        let clip = settings.clipNorm > 0 && gradientNorm > settings.clipNorm ? settings.clipNorm / gradientNorm : 1
        optimizer.update(
            &model.parameters, gradient: batch.gradient, scale: Scalar(clip), learningRate: Scalar(record.learningRate),
            step: step)
        optimizerClock.add(since: updateStart)
        self.gradientNorm = gradientNorm
        record.step = step
        record.symbols += loss.count
        record.period += loss
        if configuration.onNonFinite == .skip { record.setbacksInARow = 0 }
        speed.add(loss.count, since: start)
        return loss
    }

    /// As errors tell it.
    var clipNorm: Double { configuration.optimizer.clipNorm }

    /// All that it takes to go on from here, or to use the model.
    /// - Throws: `TrainingError.nonFiniteParameters`, so that no worthless checkpoint replaces a good one.
    public func checkpoint() throws(TrainingError) -> Checkpoint<Scalar> {
        if let divergence = recovery.divergence { throw divergence }
        let checkpoint = snapshot
        if let tensor = checkpoint.nonFiniteTensor() {
            throw .nonFiniteParameters(step: record.step, tensor: tensor, clipNorm: clipNorm)
        }
        return checkpoint
    }

    /// Training as it is now, finite or not.
    var snapshot: Checkpoint<Scalar> {
        Checkpoint(
            model: model, record: record, optimizer: optimizer, state: state, cursors: batcher.cursors,
            generator: generator)
    }

    /// Makes training what it was then.
    func goBack(to then: Checkpoint<Scalar>) throws {
        try batcher.restore(cursors: then.cursors)
        (model, optimizer, state, generator, record) = (
            then.model, then.optimizer, then.state, then.generator, then.record
        )
    }

    /// The optimizer in words, with the learning rate as it is now.
    package var optimizerSummary: String { record.optimizerSummary }

    /// The model as it is now.
    public var currentModel: LanguageModel<Scalar> { model }

    /// Text that the model writes now, drawn with the run's own random numbers.
    public func sample(length: Int, prompt: String = "", options: SamplingOptions) throws -> String {
        var sampler = try Sampler(model, prompt: prompt, options: options, generator: generator)
        let text = try sampler.text(length: length)
        generator = sampler.generator
        return text
    }
}
