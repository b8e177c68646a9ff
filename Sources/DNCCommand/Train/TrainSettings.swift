// What holds in a run of `dnc train`: what was given, what was saved, and defaults.
import DNC
import DNCTraining

extension TrainOptions {
    /// The settings: what was given, and for the rest those of the run to go on with, or the library's own.
    func configuration(goingOnWith saved: TrainingConfiguration?) throws -> TrainingConfiguration {
        let source = try work.source(goingOnWith: saved?.source)
        let usual = try saved ?? TrainingConfiguration(learning: source)
        let base = try preset.map { try ModelPreset.named($0).applied(to: usual) } ?? usual
        var optimizer = OptimizerConfiguration(optimizer ?? base.optimizer.kind, clipNorm: clipNorm ?? base.optimizer.clipNorm)
        let isUsual = optimizer.kind == base.optimizer.kind
        optimizer.learningRate = learningRate ?? (isUsual ? base.optimizer.learningRate : optimizer.learningRate)
        return TrainingConfiguration(
            model: try model.configuration(defaults: base.model),
            source: source,
            tokens: tokens ?? base.tokens,
            batchSize: batchSize ?? base.batchSize,
            sequenceLength: seqLength ?? base.sequenceLength,
            shards: shards ?? saved?.shards,
            carryMemory: carryMemory ?? base.carryMemory,
            optimizer: optimizer,
            seed: seed ?? base.seed,
            validFraction: validFraction ?? base.validFraction,
            plateauEvery: plateauEvery ?? base.plateauEvery,
            validateEvery: validEvery ?? base.validateEvery,
            validSymbols: validSymbols ?? base.validSymbols,
            validEpisodes: validEpisodes ?? base.validEpisodes,
            plateauFactor: plateauFactor ?? base.plateauFactor,
            onNonFinite: onNonFinite ?? base.onNonFinite,
            precision: precision ?? base.precision)
    }

    var settings: [Setting] { get throws { try settings(in: nil) } }

    /// Every setting, with what holds in a run that is begun, or gone on with as this was saved. All that is to be known of a setting
    /// elsewhere comes from here: the names in files, `--print-config`, what `--resume` refuses.
    func settings(in saved: TrainingConfiguration?) throws -> [Setting] {
        let now = try configuration(goingOnWith: saved)
        let fixed = saved ?? now
        let memory = fixed.model.memory != .none ? fixed.model : nil
        let layered = fixed.model.controller == .feedForward ? fixed.model : nil
        let data = work.data.isEmpty ? nil : work.data
        let isNamed = data != nil || work.task != nil || work.episodes != nil
        let (task, given) = (fixed.source.task, now.source.task)
        let isText = fixed.source == .text
        let reading = fixed.source.reading
        return try [
            Setting("data", data, data),
            Setting("episodes", work.episodes, work.episodes),
            Setting("valid", work.valid, work.valid),
            Setting("out", out, isNamed ? runPath : out),
            // What a run in progress must keep.
            Setting("lines", work.lines ? true : nil, fixed.source.kind == "lines" ? true : nil),
            Setting("task", work.task, task?.name),
            Setting(
                "task-options", work.taskOptions.flatMap { _ in try? DNCTraining.json(given?.options) },
                task.flatMap { try? DNCTraining.json($0.options) }),
            Setting(
                "curriculum", work.curriculum.flatMap { _ in try? DNCTraining.json(given?.curriculum) },
                task?.curriculum.flatMap { try? DNCTraining.json($0) }),
            Setting("max-length", work.lengths.maxLength, reading?.maximumLength),
            Setting("overlong", work.lengths.overlong, reading?.overlong),
            Setting("inputs", work.inputs, reading?.inputs),
            Setting("outputs", work.outputs, reading?.outputs),
            Setting("preset", preset, nil),
            Setting("model", model.model, fixed.model.model),
            Setting("controller", model.controller, memory?.controller),
            Setting("hidden", model.hidden, fixed.model.hidden),
            Setting("layers", model.layers, layered?.layers),
            Setting("activation", model.activation, layered?.activation),
            Setting("slots", model.slots, memory?.slots),
            Setting("width", model.width, memory?.width),
            Setting("read-heads", model.readHeads, memory?.readHeads),
            Setting("variant", model.variant.map { _ in "\(now.model.variant)" }, memory.map { "\($0.variant)" }),
            Setting("tokens", tokens, fixed.source.isText ? fixed.tokens : nil),
            Setting("batch-size", batchSize, fixed.batchSize),
            Setting("optimizer", optimizer, fixed.optimizer.kind),
            Setting("carry-memory", carryMemory, isText ? fixed.carryMemory : nil),
            Setting("valid-fraction", validFraction, task == nil ? fixed.validFraction : nil),
            Setting("seed", seed, fixed.seed),
            Setting("precision", precision, fixed.precision),
            // What may change when it goes on.
            Setting("seq-length", seqLength, isText ? now.sequenceLength : nil),
            Setting("shards", shards, now.shards),
            Setting("learning-rate", learningRate, now.optimizer.learningRate),
            Setting("clip-norm", clipNorm, now.optimizer.clipNorm),
            Setting("on-nonfinite", onNonFinite, now.onNonFinite),
            Setting("plateau-every", plateauEvery, now.plateauEvery),
            Setting("plateau-factor", plateauFactor, now.plateauFactor),
            Setting("valid-every", validEvery, now.validateEvery),
            Setting("valid-symbols", validSymbols, isText ? now.validSymbols : nil),
            Setting("valid-episodes", validEpisodes, isText ? nil : now.validEpisodes),
            Setting("max-steps", maxSteps, maxSteps),
            Setting("time-limit", timeLimit, timeLimit),
            Setting("patience", patience, patience),
            Setting("sample-every", sampleEvery, sampleEvery),
            Setting("threads", threads, threads),
            Setting("memory-limit", memoryLimit, memoryLimit),
            Setting("watch", watch, watch),
            Setting("tensorboard", tensorboard, tensorboard),
        ]
    }
}

extension TrainingConfiguration {
    /// What it is known to be learned with.
    init(learning source: TrainingSource) throws {
        switch source {
        case .text: self.init()
        case .lines:
            // Many small steps learn more in the same time than few large ones.
            self.init(
                source: source, batchSize: 16,
                optimizer: OptimizerConfiguration(.adam, learningRate: 0.004, clipNorm: 1))
        case .episodes:
            let usual = TaskSettings()
            self.init(
                model: usual.model, source: source, batchSize: usual.batchSize,
                optimizer: OptimizerConfiguration(.adam, learningRate: usual.learningRate, clipNorm: usual.clipNorm))
        case .task(let description):
            self.init(try description.task())
            self.source = source
        }
    }
}
