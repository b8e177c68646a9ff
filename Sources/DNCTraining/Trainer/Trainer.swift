// The training loop.
public import DNCCore
public import DNCData
public import DNCTasks

/// Trains a model on a text, or on episodes.
///
///     let corpus = try Corpus(contentsOf: "book.txt")
///     let trainer = try Trainer<Float>(corpus, TrainingConfiguration(model: .lstm(hidden: 256)))
///     for try await progress in trainer.run(TrainingLimits(maxSteps: 2000)) { print(progress.step, progress.trainLoss) }
///     try await trainer.checkpoint().write(to: "book.safetensors")
///
/// `Trainer<Float>(CopyTask())` is one of a task.
public actor Trainer<Scalar: TrainingScalar> {
    /// The settings of the run.
    public nonisolated let configuration: TrainingConfiguration
    /// In what losses are told.
    public nonisolated let measure: Measure
    nonisolated let memory: MemoryPlan
    let batch: BatchRunner<Scalar>

    // What a checkpoint holds.
    private(set) var model: Model<Scalar>
    private var optimizer: any Optimizer<Scalar>
    var state: RecurrentState<Scalar>
    var source: any SegmentSource
    private var generator: SeededGenerator
    var record: TrainingRecord

    var speed = Speed()
    /// That of the last step.
    private(set) var gradientNorm = 0.0
    var optimizerClock = OptimizerClock()
    var recovery: Recovery<Scalar>
    var validation = Validation<Scalar>()
    /// For a schedule that ends with the run.
    var pace: Pace?

    /// At the beginning of training.
    /// - Parameters:
    ///   - source: what is trained on, made with the same configuration.
    ///   - configuration: all else that determines the result.
    ///   - model: nil, or one of the same configuration to begin with in place of random numbers. One of text may lack symbols of the
    ///     source.
    ///   - threads: how many threads share the shards of the configuration; does not change the result.
    ///   - memoryLimit: bytes that training may take. Where the history of a DNC's temporal links is too large for it, fewer of
    ///     them are kept, and the others computed again when they are needed; does not change the result.
    /// - Throws: `DataError`, `CoreError` or `TrainingError` for settings that do not work with each other, the source or the
    ///   memory of this machine; nothing large has been allocated then.
    public init(
        _ source: any SegmentSource, _ configuration: TrainingConfiguration, from model: Model<Scalar>? = nil, threads: Int = 1,
        memoryLimit: Int? = nil
    ) throws {
        var (source, configuration) = (source, configuration)
        let layout = try ModelLayout(configuration.model, input: source.input, output: source.output)
        let memory = try Self.memoryPlan(configuration, layout, source, limit: memoryLimit)
        configuration.source = source.kind
        configuration.plateauEvery = configuration.plateauEvery ?? source.usualPlateauEvery
        var record = TrainingRecord(configuration: configuration, fingerprint: source.fingerprint, size: source.size)
        record.segmentSteps = source.steps
        if source.lessonCount > 1 { record.curriculum = CurriculumProgress() }
        try source.begin(at: nil)
        let start = try Checkpoint<Scalar>(
            model: Model(
                layout: layout, alphabet: source.alphabet,
                parameters: model?.parameters(for: source, layout, seed: configuration.seed)
                    ?? layout.initialParameters(seed: configuration.seed, symbolRange: configuration.symbolRange),
                memoryLifetime: configuration.memoryLifetime, thinkSteps: configuration.thinkSteps),
            record: record,
            optimizer: configuration.optimizer.makeOptimizer(count: layout.parameterCount),
            state: RecurrentState(layout, lanes: configuration.laneCount),
            cursors: source.cursors,
            generator: SeededGenerator(seed: configuration.seed))
        try self.init(source, from: start, threads: threads, memory: memory)
    }

    /// At the beginning of training on a text, made with the configuration's kind of tokens.
    public init(
        _ corpus: Corpus, _ configuration: TrainingConfiguration, threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        try self.init(TextSegments(corpus, configuration), configuration, threads: threads, memoryLimit: memoryLimit)
    }

    /// At the beginning of training on a task.
    /// - Parameters:
    ///   - task: which, with its options.
    ///   - configuration: also says in which lessons, by its source; nil for the task's usual settings.
    ///   - threads: as in the other `init`.
    ///   - memoryLimit: as in the other `init`.
    /// - Throws: what the other `init` throws, and `TaskError`.
    public init(
        _ task: some EpisodeTask, _ configuration: TrainingConfiguration? = nil, threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        let configuration = configuration ?? TrainingConfiguration(task)
        try self.init(EpisodeSegments(task, configuration), configuration, threads: threads, memoryLimit: memoryLimit)
    }

    /// Where a checkpoint left off: goes on to the same bits as if there had been no interruption.
    /// - Parameters:
    ///   - checkpoint: the run so far.
    ///   - source: what the run was started with, made with the configuration.
    ///   - configuration: nil, or settings to go on with: `TrainingRecord.currentConfiguration` with changes. Whatever the checkpoint's
    ///     numbers and the division of the text depend on must be as it was: all but how a gradient becomes a step (of the same kind of
    ///     optimizer), the schedule, validation, plateaus, `sequenceLength`, `shards` and `onNonFinite`.
    ///   - threads: as in the other `init`; need not be as many as before.
    ///   - memoryLimit: as in the other `init`; need not be the same as before.
    /// - Throws: `TrainingError.differentSource` when the source is not the checkpoint's, `.differentConfiguration` for settings that
    ///   cannot change, and what the other `init` throws.
    public init(
        resuming checkpoint: Checkpoint<Scalar>, _ source: any SegmentSource, configuration: TrainingConfiguration? = nil,
        threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        var (source, record) = (source, checkpoint.record)
        let path = checkpoint.path ?? "the checkpoint"
        let layout = checkpoint.model.layout
        guard record.fingerprint == source.fingerprint, checkpoint.model.alphabet == source.alphabet,
            record.configuration.source == source.kind, layout.input == source.input, layout.output == source.output
        else { throw TrainingError.differentSource(path: path, source: record.configuration.source.kind) }
        guard record.size == source.size else {
            throw TrainingError.differentConfiguration(
                path: path, differences: ["another part of the \(record.configuration.source.kind) is held out"])
        }
        record.heldOutLoss = nil  // of a model that is trained on now
        record.segmentSteps = source.steps
        if let configuration {
            let differences = record.configuration.fixedDifferences(from: configuration)
            guard differences.isEmpty else {
                throw TrainingError.differentConfiguration(path: path, differences: differences)
            }
            record.goOn(with: configuration)
        }
        let configuration = record.configuration
        let memory = try Self.memoryPlan(configuration, layout, source, limit: memoryLimit)
        try source.begin(at: checkpoint.cursors)
        // Of the same kind, which goes on with other settings from the same moments.
        var optimizer = configuration.optimizer.makeOptimizer(count: 0, as: Scalar.self)
        optimizer.moments = checkpoint.optimizer.moments
        let start = try Checkpoint(
            model: Model(
                layout: layout, alphabet: source.alphabet, parameters: checkpoint.model.parameters,
                memoryLifetime: configuration.memoryLifetime, thinkSteps: configuration.thinkSteps), record: record,
            optimizer: optimizer, state: checkpoint.state,
            cursors: checkpoint.cursors, generator: checkpoint.generator)
        try self.init(source, from: start, threads: threads, memory: memory)
    }

    /// The same of a text.
    public init(
        resuming checkpoint: Checkpoint<Scalar>, _ corpus: Corpus, configuration: TrainingConfiguration? = nil,
        threads: Int = 1, memoryLimit: Int? = nil
    ) throws {
        var settings = configuration ?? checkpoint.record.configuration
        settings.tokens = checkpoint.record.configuration.tokens  // others are told as a difference below
        let source = try TextSegments(corpus, as: checkpoint.model.alphabet, settings)
        try self.init(
            resuming: checkpoint, source, configuration: configuration, threads: threads, memoryLimit: memoryLimit)
    }

    /// - Parameter source: at the checkpoint's cursors.
    private init(
        _ source: any SegmentSource, from start: Checkpoint<Scalar>, threads: Int, memory: MemoryPlan
    ) throws {
        configuration = start.record.configuration
        measure = source.measure
        self.source = source
        (model, record, optimizer, state, generator) = (
            start.model, start.record, start.optimizer, start.state, start.generator
        )
        self.memory = memory
        recovery = Recovery(lastGood: configuration.onNonFinite == .rollback ? start : nil)
        batch = try BatchRunner(
            model.layout, steps: source.steps, lanes: configuration.laneCount,
            shards: configuration.shards, threads: max(1, threads), linkInterval: memory.linkInterval)
    }

    /// One segment, or as many as the configuration accumulates, forward and backward, and one update of the parameters. Returns the
    /// loss before the update; no loss where the step has been left out or taken back, as the configuration's `onNonFinite` says.
    /// Validation, and what follows from it for the learning rate, is up to `run`.
    /// - Throws: `DataError` when the text cannot be read; `TrainingError` when the loss or the gradient is not finite, with the
    ///   parameters as they were before the step.
    @discardableResult
    public func step() throws -> Loss {
        if let divergence = recovery.divergence { throw divergence }
        let start = WorkClock.now
        let lesson = record.curriculum?.lesson ?? 0
        let isLearning = lesson + 1 < source.lessonCount
        let parts = configuration.accumulate
        var (loss, predictions, right, answered) = (Loss(), 0, 0, 0)
        let weights = RecurrentDropout(configuration, model.layout, step: record.step)
        var parameters = model.parameters
        weights?.drop(of: &parameters)
        for part in 0..<parts {
            let number = record.step * parts + part
            var segment = try source.segment(step: number, lesson: lesson)
            segment.dropInputs(configuration.dropout, seed: configuration.seed, number: number)
            segment.dropout = Dropout(configuration.dropout, seed: configuration.seed, segment: number)
            if !configuration.carryMemory { state.resetMemory() }
            let own = try batch.run(
                segment, parameters: parameters, state: &state, scale: parts == 1 ? nil : 1, adds: part > 0,
                recordsOutputs: isLearning)
            loss += source.count(own, of: segment)
            predictions += own.count
            if isLearning {
                let score = source.score(batch.outputs(of: segment, each: model.layout.output.count), lesson: lesson)
                (right, answered) = (right + score.right, answered + score.count)
            }
        }
        _ = consume parameters  // so that the update changes the model's in place
        if parts > 1 { multiply(&batch.gradient, by: Scalar(1 / Double(max(1, predictions)))) }
        weights?.drop(of: &batch.gradient)
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
        update(gradientNorm, step: step)
        optimizerClock.add(since: updateStart)
        self.gradientNorm = gradientNorm
        record.step = step
        record.predictions += loss.count
        record.period += loss
        if isLearning, let curriculum = configuration.source.task?.curriculum {
            record.curriculum?.record(right: right, of: answered, in: curriculum)
        }
        if configuration.onNonFinite == .skip { record.setbacksInARow = 0 }
        speed.add(loss.count, since: start)
        return loss
    }

    /// Changes the parameters by the batch's gradient, of this norm.
    private func update(_ gradientNorm: Double, step: Int) {
        let (settings, rate) = (configuration.optimizer, record.learningRate)
        var norm = gradientNorm
        if settings.clipValue > 0 {
            clip(&batch.gradient, to: Scalar(settings.clipValue))
            norm = DNCTraining.norm(batch.gradient)
        }
        if settings.weightDecay > 0, step <= settings.weightDecaySteps ?? .max {
            let weights = model.layout.parameters.filter { $0.role == .weight }.map(\.range)
            shrink(&model.parameters, in: weights, by: Scalar(rate * settings.weightDecay))
        }
        let clip = settings.clipNorm > 0 && norm > settings.clipNorm ? settings.clipNorm / norm : 1
        optimizer.update(
            &model.parameters, gradient: batch.gradient, scale: Scalar(clip), learningRate: Scalar(rate), step: step)
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
            model: model, record: record, optimizer: optimizer, state: state, cursors: source.cursors,
            generator: generator)
    }

    /// Makes training what it was then.
    func goBack(to then: Checkpoint<Scalar>) throws {
        try source.begin(at: then.cursors)
        (model, optimizer, state, generator, record) = (
            then.model, then.optimizer, then.state, then.generator, then.record
        )
    }

    /// The optimizer in words, with the learning rate as it is now.
    package var optimizerSummary: String { record.optimizerSummary }

    /// The model as it is now.
    public var currentModel: Model<Scalar> { model }

    /// What the model does now: a text that it writes, or an episode with its answers; by the run's own random numbers.
    public func example() throws -> String {
        try source.example(of: model, step: record.step, using: &generator)
    }

    /// Text that a model of text writes now, drawn with the run's own random numbers.
    /// - Throws: `TrainingError.noText` where it is none.
    public func sample(length: Int, prompt: String = "", options: SamplingOptions) throws -> String {
        try model.text(length: length, prompt: prompt, options: options, using: &generator)
    }
}
