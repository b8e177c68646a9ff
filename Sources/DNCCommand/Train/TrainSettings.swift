// What holds in a run of `dnc train`: what was given, what was saved, and defaults.
import ArgumentParser
import DNC
import DNCTraining
import SystemFiles

extension TrainOptions {
    /// The settings: what was given, and for the rest those of the run to go on with, or the library's own.
    func configuration(goingOnWith saved: TrainingConfiguration?) throws -> TrainingConfiguration {
        let source = try work.source(goingOnWith: saved?.source)
        let header = saved == nil ? try initial() : nil
        let usual = try saved ?? TrainingConfiguration(learning: source)
        var base = try saved ?? preset.map { try ModelPreset.named($0).applied(to: usual) } ?? usual
        if let header { base.model = header.layout.configuration }
        if saved == nil, let rule = rule(for: source) {
            if header == nil { base.model = model.defaults(by: rule) }
            base = rule.configuration(of: try model.configuration(defaults: base.model))
        }
        // As of a text: where the time is known, the rate ends at its lowest when that does.
        if saved == nil, case .babi = source, timeLimit != nil { base.schedule = LearningRateSchedule(.cosine) }
        if let header {
            base.precision = header.precision
            if case .text(let vocabulary) = header.alphabet { base.tokens = vocabulary.kind }
        }
        let kind = tokens ?? base.tokens
        if kind == .words, source != .text {
            throw ValidationError("--tokens words is for a text that is read on and on; lines are of characters or bytes.")
        }
        if wordFloor != nil, kind != .words {
            throw ValidationError("--word-floor is for --tokens words, and these are \(kind); leave it out.")
        }
        if thinkSteps != nil, source.isText {
            throw ValidationError("--think-steps is for tasks and episodes, which ask something now and then; leave it out.")
        }
        if lanes != nil, source == .text {
            throw ValidationError("--lanes is for tasks and episodes; of a text, --batch-size says how many lanes there are.")
        }
        return try TrainingConfiguration(
            model: model.configuration(defaults: base.model),
            source: source,
            tokens: kind,
            wordFloor: wordFloor ?? base.wordFloor,
            batchSize: batchSize ?? base.batchSize,
            lanes: lanes ?? base.lanes.map { min($0, batchSize ?? base.batchSize) },
            sequenceLength: seqLength ?? base.sequenceLength,
            shards: shards ?? saved?.shards,
            carryMemory: carryMemory ?? base.carryMemory,
            restart: restart ?? base.restart,
            stretch: stretch.map { $0 > 0 ? $0 : nil } ?? base.stretch,
            dropout: DropoutRates(
                layers: layerDropout ?? base.dropout.layers, bypass: bypassDropout ?? base.dropout.bypass,
                inputs: inputDropout ?? base.dropout.inputs, recurrent: recurrentDropout ?? base.dropout.recurrent),
            optimizer: optimizerConfiguration(base.optimizer),
            schedule: learningRateSchedule(base.schedule),
            accumulate: accumulate ?? base.accumulate,
            thinkSteps: thinkSteps ?? base.thinkSteps,
            symbolRange: symbolRange.map { $0 > 0 ? $0 : nil } ?? base.symbolRange,
            seed: seed?.number ?? base.seed,
            validFraction: validFraction ?? base.validFraction,
            plateauEvery: plateauEvery ?? base.plateauEvery,
            validateEvery: validEvery ?? base.validateEvery,
            validSymbols: validSymbols ?? base.validSymbols,
            validEpisodes: validEpisodes ?? base.validEpisodes,
            plateauFactor: plateauFactor ?? base.plateauFactor,
            onNonFinite: onNonFinite ?? base.onNonFinite,
            precision: precision ?? base.precision)
    }

    /// What chooses for a text what was not given; nil for something else, and where a preset does that.
    func rule(for source: TrainingSource) -> TextRule? {
        guard source == .text, preset == nil else { return nil }
        let size = paths(in: work.data).map(SystemFiles.size).reduce(0, +)
        // What comes through a pipe may have any.
        return TextRule(size: size > 0 ? size : 500_000, time: timeLimit.map { .seconds($0) })
    }

    /// Whether a run may have been begun with the preset: its parts are those of that model, whatever its sizes.
    private func isBegun(_ saved: TrainingConfiguration) throws -> Bool {
        guard let published = try preset.map(ModelPreset.named)?.model else { return true }
        let (own, variant) = (saved.model, try model.variant(of: published.variant))
        return own.memory == model.model?.memory ?? published.memory && own.variant == variant
            && own.controller == model.controller ?? published.controller
    }

    /// The checkpoint to begin with.
    func initial() throws -> CheckpointHeader? {
        try initFrom.map { try CheckpointHeader(contentsOf: RunDirectory.checkpoint(at: $0)) }
    }

    /// What is not given is as in `base`, where that is of the same kind.
    private func optimizerConfiguration(_ base: OptimizerConfiguration) throws -> OptimizerConfiguration {
        let kind = optimizer ?? base.kind
        try refuse(
            [
                ("--momentum", momentum != nil, [.rmsprop, .sgd]), ("--decay", decay != nil, [.rmsprop]),
                ("--epsilon", epsilon != nil, [.adagrad, .rmsprop, .adam]),
                ("--epsilon-inside", epsilonInside != nil, [.rmsprop]),
            ], otherThan: kind, of: "--optimizer")
        let usual = kind == base.kind ? base : OptimizerConfiguration(kind, clipNorm: base.clipNorm)
        return OptimizerConfiguration(
            kind, learningRate: learningRate ?? usual.learningRate, clipNorm: clipNorm ?? usual.clipNorm,
            clipValue: clipValue ?? usual.clipValue, momentum: momentum ?? usual.momentum, decay: decay ?? usual.decay,
            epsilon: epsilon ?? usual.epsilon, epsilonInside: epsilonInside ?? usual.epsilonInside,
            weightDecay: weightDecay ?? usual.weightDecay, weightDecaySteps: weightDecaySteps ?? usual.weightDecaySteps)
    }

    /// The same of the schedule.
    private func learningRateSchedule(_ base: LearningRateSchedule) throws -> LearningRateSchedule {
        let kind = schedule ?? base.kind
        try refuse(
            [
                ("--period", period != nil, [.exponential, .cosine]), ("--period-factor", periodFactor != nil, [.exponential]),
                ("--least-rate", leastRate != nil, [.cosine]), ("--restarts", restarts != nil, [.cosine]),
                ("--plateau-factor", plateauFactor != nil, [.plateau]),
            ], otherThan: kind, of: "--schedule")
        let usual = kind == base.kind ? base : LearningRateSchedule(kind)
        let schedule = LearningRateSchedule(
            kind, warmUp: warmUp ?? usual.warmUp, period: period ?? usual.period,
            periodFactor: periodFactor ?? usual.periodFactor, leastRate: leastRate ?? usual.leastRate,
            restarts: restarts ?? usual.restarts)
        if schedule.period == nil, kind == .exponential || schedule.restarts {
            throw ValidationError(
                "--schedule \(kind)\(schedule.restarts ? " --restarts" : "") does not say in how many steps; give it a --period."
            )
        }
        return schedule
    }

    /// Refuses flags that say nothing to this kind.
    private func refuse<Kind: RawRepresentable<String>>(
        _ flags: [(flag: String, isGiven: Bool, kinds: [Kind])], otherThan kind: Kind, of option: String
    ) throws {
        for (flag, isGiven, kinds) in flags where isGiven && !kinds.contains(where: { $0.rawValue == kind.rawValue }) {
            let others = kinds.map(\.rawValue).alternatives
            throw ValidationError("\(flag) is for \(option) \(others), and this is \(kind.rawValue); leave one of them out.")
        }
    }

    var settings: [Setting] { get throws { try settings(in: nil) } }

    /// Every setting, with what holds in a run that is begun, or gone on with as this was saved. All that is to be known of a setting
    /// elsewhere comes from here: the names in files, `--print-config`, what `--resume` refuses.
    func settings(in saved: TrainingConfiguration?) throws -> [Setting] {
        let now = try configuration(goingOnWith: saved)
        let fixed = saved ?? now
        let memory = fixed.model.memory != .none ? fixed.model : nil
        let feedForward = fixed.model.controller == .feedForward ? fixed.model : nil
        let data = work.data.isEmpty ? nil : work.data
        let isNamed = data != nil || work.task != nil || work.episodes != nil || work.babi != nil
        let (task, given) = (fixed.source.task, now.source.task)
        let isText = fixed.source == .text
        let reading = fixed.source.reading
        let (optimized, scheduled) = (now.optimizer, now.schedule)
        let (isCosine, isRMSProp) = (scheduled.kind == .cosine, optimized.kind == .rmsprop)
        return try [
            Setting("data", data, data),
            Setting("encoding", work.reading.encoding, work.reading.encoding),
            Setting("episodes", work.episodes, work.episodes),
            Setting("valid", work.valid, work.valid),
            Setting("babi", work.babi, work.babi),
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
            Setting("babi-tasks", work.babiTasks.flatMap { _ in now.source.reading?.shownTasks }, reading?.shownTasks),
            Setting("babi-augment", work.babiAugment, fixed.source.kind == "babi" ? reading?.augmented ?? false : nil),
            Setting("inputs", work.inputs, reading?.inputs),
            Setting("outputs", work.outputs, reading?.outputs),
            Setting("preset", preset, try saved.flatMap { try isBegun($0) ? preset : nil }),
            Setting("init-from", initFrom, initFrom),
            Setting("model", model.model, fixed.model.model),
            Setting("controller", model.controller, memory?.controller),
            Setting("hidden", model.hidden, fixed.model.hidden),
            Setting("layers", model.layers, fixed.model.layers),
            Setting("activation", model.activation, feedForward?.activation),
            Setting("slots", model.slots, memory?.slots),
            Setting("width", model.width, memory?.width),
            Setting("read-heads", model.readHeads, memory?.readHeads),
            Setting("variant", model.variant.map { _ in "\(now.model.variant)" }, "\(fixed.model.variant)"),
            Setting("tokens", tokens, fixed.source.isText ? fixed.tokens : nil),
            Setting("word-floor", wordFloor, fixed.source == .text && fixed.tokens == .words ? fixed.wordFloor : nil),
            Setting("batch-size", batchSize, fixed.batchSize),
            Setting("lanes", lanes, isText ? nil : fixed.laneCount),
            Setting("accumulate", accumulate, fixed.accumulate),
            Setting("think-steps", thinkSteps, fixed.source.isText ? nil : fixed.thinkSteps),
            Setting("optimizer", optimizer, fixed.optimizer.kind),
            Setting("carry-memory", carryMemory, isText ? fixed.carryMemory : nil),
            Setting("restart", restart, isText ? fixed.restart : nil),
            Setting("valid-fraction", validFraction, task == nil ? fixed.validFraction : nil),
            Setting("symbol-range", symbolRange, fixed.symbolRange ?? 0),
            Setting("seed", seed?.number, fixed.seed),
            Setting("precision", precision, fixed.precision),
            // What may change when it goes on.
            Setting("seq-length", seqLength, isText ? now.sequenceLength : nil),
            Setting("stretch", stretch, isText ? now.stretch ?? 0 : nil),
            Setting("shards", shards, now.shards),
            Setting("layer-dropout", layerDropout, fixed.model.layers > 1 ? now.dropout.layers : nil),
            Setting("bypass-dropout", bypassDropout, now.dropout.bypass),
            Setting("input-dropout", inputDropout, now.dropout.inputs),
            Setting(
                "recurrent-dropout", recurrentDropout, fixed.model.controller == .feedForward ? nil : now.dropout.recurrent),
            Setting("learning-rate", learningRate, optimized.learningRate),
            Setting("clip-norm", clipNorm, optimized.clipNorm),
            Setting("clip-value", clipValue, optimized.clipValue),
            Setting("momentum", momentum, isRMSProp || optimized.kind == .sgd ? optimized.momentum : nil),
            Setting("decay", decay, isRMSProp ? optimized.decay : nil),
            Setting("epsilon", epsilon, optimized.kind == .sgd ? nil : optimized.epsilon),
            Setting("epsilon-inside", epsilonInside, isRMSProp ? optimized.epsilonInside : nil),
            Setting("weight-decay", weightDecay, optimized.weightDecay),
            Setting("weight-decay-steps", weightDecaySteps, optimized.weightDecaySteps),
            Setting("schedule", schedule, scheduled.kind),
            Setting("warm-up", warmUp, scheduled.warmUp),
            Setting("period", period, scheduled.period),
            Setting("period-factor", periodFactor, scheduled.kind == .exponential ? scheduled.periodFactor : nil),
            Setting("least-rate", leastRate, isCosine ? scheduled.leastRate : nil),
            Setting("restarts", restarts, isCosine ? scheduled.restarts : nil),
            Setting("on-nonfinite", onNonFinite, now.onNonFinite),
            Setting("plateau-every", plateauEvery, now.plateauEvery),
            Setting("plateau-factor", plateauFactor, scheduled.kind == .plateau ? now.plateauFactor : nil),
            Setting("valid-every", validEvery, now.validateEvery),
            Setting("valid-symbols", validSymbols, isText ? now.validSymbols : nil),
            Setting("valid-episodes", validEpisodes, isText ? nil : now.validEpisodes),
            Setting("max-steps", maxSteps, maxSteps),
            Setting("time-limit", timeLimit, timeLimit),
            Setting("patience", patience, usualPatience(scheduled)),
            Setting("sample-every", sampleEvery, sampleEvery),
            Setting("threads", threads, threads),
            Setting("memory-limit", memoryLimit, memoryLimit),
            Setting("watch", watch, watch),
            Setting("tensorboard", tensorboard, tensorboard),
        ]
    }
}

extension EpisodeReading {
    /// The tasks as they are given.
    fileprivate var shownTasks: String? { tasks.map { $0.sorted().map(String.init).joined(separator: ",") } }
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
        case .babi:
            // DeltaNet's memory finds out how to recall in a fraction of the stories that a DNC's takes; read from the end, too, a story is
            // read with its questions known. By larger weights of the words, and where all tasks are learned together by dropout of the
            // bypass, deduction (task 15) is learned, and not its stories by heart.
            var variant = ModelVariant()
            (variant.decay, variant.bidirectional) = (true, true)
            self.init(
                model: ModelConfiguration(
                    hidden: 128, memory: .delta, slots: 32, width: 32, readHeads: 4, variant: variant), source: source,
                batchSize: 32, lanes: 8, dropout: DropoutRates(bypass: 0.1),
                optimizer: OptimizerConfiguration(.adam, learningRate: 0.003, clipNorm: 1), symbolRange: 2)
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
