// The training loop.
public import DNCCore
public import DNCData
import Foundation

/// Trains a language model on a corpus.
///
///     let corpus = try Corpus(contentsOf: "book.txt")
///     let trainer = try Trainer<Float>(corpus, TrainingConfiguration(model: .lstm(hidden: 256)))
///     for try await progress in trainer.run(TrainingLimits(maxSteps: 2000)) { print(progress.step, progress.trainBPC) }
///     try await trainer.checkpoint().write(to: "book.safetensors")
public actor Trainer<Scalar: TrainingScalar> {
    /// The settings of the run.
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
    /// What the last step has been spared, to be reported.
    private var setback: TrainingError?
    /// Where `NonFinitePolicy.rollback` goes back to: the last validation, or where this sitting began.
    private var lastGood: Checkpoint<Scalar>?
    /// The validation under way.
    private var evaluation: Evaluation<Scalar>?
    /// How long it has taken so far, and how long the last whole one took for a prediction.
    private var evaluationTime = Duration.zero
    private var evaluationSeconds: Double?

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
        let memory = try Self.memory(configuration, symbols: corpus.vocabulary.count, limit: memoryLimit)
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
        let memory = try Self.memory(configuration, symbols: corpus.vocabulary.count, limit: memoryLimit)
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
        _ corpus: Corpus, _ batcher: SegmentBatcher, from start: Checkpoint<Scalar>, threads: Int,
        memory: (bytes: Int, linkInterval: Int)
    ) throws {
        configuration = start.record.configuration
        self.corpus = corpus
        self.batcher = batcher
        (model, record, optimizer, state, generator) = (
            start.model, start.record, start.optimizer, start.state, start.generator
        )
        (memoryBytes, linkInterval) = memory
        lastGood = configuration.onNonFinite == .rollback ? start : nil
        batch = try BatchRunner(
            model.layout, steps: configuration.sequenceLength, lanes: configuration.batchSize,
            shards: configuration.shards, threads: max(1, threads), linkInterval: linkInterval)
    }

    /// Bytes that training with this configuration and so many symbols takes, not counting the program itself.
    /// - Parameters:
    ///   - configuration: its sizes, optimizer and policy count.
    ///   - symbols: how many the model reads and predicts, V.
    ///   - linkInterval: of a DNC's temporal links, every how many steps one is kept; nil for what suits the sizes.
    /// - Throws: `TrainingError` or `CoreError` when the configuration is refused.
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
        let copies = configuration.onNonFinite == .rollback ? 2.0 : 1.0
        let validation =
            configuration.validFraction == 0
            ? 0 : Evaluation<Scalar>.requiredBytes(layout, bytes: configuration.validSymbols)
        let bytes =
            try validation + copies * vectors * Double(MemoryLayout<Scalar>.stride)
            + SegmentBatcher.requiredBytes(lanes: configuration.batchSize, steps: configuration.sequenceLength)
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
        let checkpoint = snapshot
        if let tensor = checkpoint.nonFiniteTensor() {
            throw .nonFiniteParameters(step: record.step, tensor: tensor, clipNorm: clipNorm)
        }
        return checkpoint
    }

    private var snapshot: Checkpoint<Scalar> {
        Checkpoint(
            model: model, record: record, optimizer: optimizer, state: state, cursors: batcher.cursors,
            generator: generator)
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

    /// One segment forward and backward, and one update of the parameters. Returns the loss before the update; no loss where the
    /// step has been left out or taken back, as the configuration's `onNonFinite` says. Validation, and what follows from it for
    /// the learning rate, is up to `run`.
    /// - Throws: `DataError` when the text cannot be read; `TrainingError` when the loss or the gradient is not finite, with the
    ///   parameters as they were before the step.
    @discardableResult
    public func step() throws -> Loss {
        if let divergence { throw divergence }
        let start = WorkClock.now
        let segment = try batcher.next()
        for lane in segment.lanesToReset { state.reset(lane: lane) }
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
        if timesPhases { optimizerTime += WorkClock.now - updateStart }
        self.gradientNorm = gradientNorm
        record.step = step
        record.symbols += loss.count
        record.period += loss
        if configuration.onNonFinite == .skip { record.setbacksInARow = 0 }
        periodSymbols += loss.count
        periodTime += WorkClock.now - start
        return loss
    }

    /// As errors tell it.
    private var clipNorm: Double { configuration.optimizer.clipNorm }

    /// After a segment whose loss or gradient is not finite, by which the parameters have not been changed: does what the policy
    /// says, or gives up.
    private func recover(from error: TrainingError) throws {
        let (setbacks, inARow) = (record.setbacks + 1, record.setbacksInARow + 1)
        switch (inARow > NonFinitePolicy.mostInARow ? .stop : configuration.onNonFinite, lastGood) {
        case (.skip, _):
            state.reset()
            record.step += 1
        case (.rollback, let good?):
            let (seconds, factor) = (record.seconds, record.learningRateFactor)
            (model, optimizer, state, generator, record) = (
                good.model, good.optimizer, good.state, good.generator, good.record
            )
            (record.seconds, record.learningRateFactor) = (seconds, factor / 2)
            try batcher.restore(cursors: good.cursors)
        default:
            throw diverged(error)
        }
        (record.setbacks, record.setbacksInARow) = (setbacks, inARow)
        setback = error
    }

    /// Keeps the error, since the state and the cursors are beyond the parameters now.
    private func diverged(_ error: TrainingError) -> TrainingError {
        divergence = error
        return error
    }

    /// Trains to the next report; nil at the end. A long validation is interrupted by reports as training is.
    func advance(within limits: TrainingLimits, since start: WorkClock.Instant) throws -> TrainingProgress? {
        let reportStart = WorkClock.now
        while !Task.isCancelled {
            if record.validationIsDue, evaluation == nil { evaluation = try beginValidation() }
            if evaluation != nil {
                let isComplete = try evaluate(until: reportStart + limits.reportInterval)
                return isComplete ? try endPeriod(since: reportStart) : report(since: reportStart)
            }
            if isFinished(limits, since: start) {
                if record.period.count == 0 { return nil }
                evaluation = try beginValidation()
                continue
            }
            let before = record.step
            try step()
            if record.step > before, configuration.validates(after: record.step) { record.validationIsDue = true }
            if setback != nil { return report(since: reportStart) }
            if record.validationIsDue { continue }
            let isDue = limits.reportEvery.map { record.step % $0 == 0 } ?? false
            if isDue || WorkClock.now - reportStart >= limits.reportInterval { return report(since: reportStart) }
        }
        return nil
    }

    private func beginValidation() throws -> Evaluation<Scalar> {
        try batch.evaluation(of: corpus.validation, by: model, limit: configuration.validSymbols)
    }

    /// Reads on in the validation, to its end or this instant; returns whether it has come to the end.
    private func evaluate(until end: WorkClock.Instant) throws -> Bool {
        let start = WorkClock.now
        let isComplete = try evaluation?.advance(until: .now + (end - start)) ?? true
        evaluationTime += WorkClock.now - start
        if isComplete, let count = evaluation?.loss.count, count > 0 {
            evaluationSeconds = evaluationTime / .seconds(1) / Double(count)
        }
        if isComplete { evaluationTime = .zero }
        return isComplete
    }

    /// About how long it takes to read all of the held-out text; a third of the time that it would take in training, before there
    /// has been a validation.
    public var heldOutTime: Duration {
        let training = periodSymbols > 0 ? periodTime / .seconds(1) / Double(periodSymbols) : 0
        return .seconds((evaluationSeconds ?? training / 3) * Double(corpus.validation.byteCount))
    }

    private func isFinished(_ limits: TrainingLimits, since start: WorkClock.Instant) -> Bool {
        if let maxSteps = limits.maxSteps, record.step >= maxSteps { return true }
        if let timeLimit = limits.timeLimit {
            let reserve = limits.reservesHeldOutTime ? min(heldOutTime, timeLimit / 10) : .zero
            if WorkClock.now - start >= timeLimit - reserve { return true }
        }
        if let patience = limits.patience, record.validationsSinceBest >= patience { return true }
        return false
    }

    /// Takes note of the validation, where something is held out, and begins a new period.
    private func endPeriod(since start: WorkClock.Instant) throws -> TrainingProgress {
        let heldOut = evaluation.flatMap { HeldOutLoss($0) }
        let loss = evaluation?.loss ?? Loss()
        evaluation = nil
        if loss.count > 0, !loss.nats.isFinite {
            let error = TrainingError.nonFiniteLoss(step: record.step, tensor: model.largestTensor(), clipNorm: clipNorm)
            guard configuration.onNonFinite == .rollback else { throw diverged(error) }
            try recover(from: error)
            return report(since: start)
        }
        let (trained, guessing) = (record.period.bitsPerSymbol, log2(Double(corpus.vocabulary.count)))
        if record.isAtPlateauEnd {
            let isWorse = trained > guessing && heldOut?.bpc ?? .infinity > guessing
            if isWorse, configuration.onNonFinite == .rollback {
                try recover(from: .worseThanGuessing(step: record.step, bits: trained, guessing: guessing, clipNorm: clipNorm))
                return report(since: start)
            }
            record.isWorseThanGuessing = isWorse
        }
        var progress = report(since: start)
        if let heldOut {
            let rate = record.learningRate
            progress.validBPC = heldOut.bpc
            progress.validPredictions = heldOut.predictions
            progress.isBest = record.validated(heldOut.bpc)
            (record.validPredictions, record.validStreams) = (heldOut.predictions, heldOut.streams)
            if record.learningRate < rate { progress.decayedLearningRate = record.learningRate }
        }
        progress.isWorseThanGuessing = record.isAtPlateauEnd && record.isWorseThanGuessing == true
        progress.endsPeriod = true
        record.period = Loss()
        record.validationIsDue = false
        (periodTime, periodSymbols) = (.zero, 0)
        // There is no way back to what has diverged.
        if configuration.onNonFinite == .rollback, !(trained > guessing) {
            record.setbacksInARow = 0
            lastGood = snapshot
        }
        return progress
    }

    private func report(since start: WorkClock.Instant) -> TrainingProgress {
        record.seconds += (WorkClock.now - start) / .seconds(1)
        defer { setback = nil }
        return TrainingProgress(
            step: record.step, symbols: record.symbols, seconds: record.seconds,
            trainBPC: record.period.bitsPerSymbol,
            symbolsPerSecond: Double(periodSymbols) / max(periodTime / .seconds(1), .leastNormalMagnitude),
            learningRate: record.learningRate, gradientNorm: gradientNorm, setbacks: record.setbacks, setback: setback)
    }
}
