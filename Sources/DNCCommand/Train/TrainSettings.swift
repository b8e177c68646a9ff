// What holds in a run of `dnc train`: what was given, what was saved, and defaults.
import DNC

extension TrainOptions {
    /// The settings: what was given, and for the rest those of the run to go on with, or the library's own.
    func configuration(goingOnWith saved: TrainingConfiguration?) -> TrainingConfiguration {
        let base = saved ?? TrainingConfiguration()
        var optimizer = OptimizerConfiguration(optimizer ?? base.optimizer.kind, clipNorm: clipNorm ?? base.optimizer.clipNorm)
        optimizer.learningRate = learningRate ?? saved?.optimizer.learningRate ?? optimizer.learningRate
        return TrainingConfiguration(
            model: model.configuration(defaults: base.model),
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
            plateauFactor: plateauFactor ?? base.plateauFactor,
            onNonFinite: onNonFinite ?? base.onNonFinite,
            precision: precision ?? base.precision)
    }

    var settings: [Setting] { get throws { try settings(in: nil) } }

    /// Every setting, with what holds in a run that is begun, or gone on with as this was saved. All that is to be known of a setting
    /// elsewhere comes from here: the names in files, `--print-config`, what `--resume` refuses.
    func settings(in saved: TrainingConfiguration?) throws -> [Setting] {
        let now = configuration(goingOnWith: saved)
        let fixed = saved ?? now
        let memory = fixed.model.memory != .none ? fixed.model : nil
        let layered = fixed.model.controller == .feedForward ? fixed.model : nil
        let data = data.isEmpty ? nil : data
        return try [
            Setting("data", data, data),
            Setting("out", out, data == nil ? out : runPath),
            // What a run in progress must keep.
            Setting("model", model.model, fixed.model.model),
            Setting("controller", model.controller, memory?.controller),
            Setting("hidden", model.hidden, fixed.model.hidden),
            Setting("layers", model.layers, layered?.layers),
            Setting("activation", model.activation, layered?.activation),
            Setting("slots", model.slots, memory?.slots),
            Setting("width", model.width, memory?.width),
            Setting("read-heads", model.readHeads, memory?.readHeads),
            Setting("tokens", tokens, fixed.tokens),
            Setting("batch-size", batchSize, fixed.batchSize),
            Setting("optimizer", optimizer, fixed.optimizer.kind),
            Setting("carry-memory", carryMemory, fixed.carryMemory),
            Setting("valid-fraction", validFraction, fixed.validFraction),
            Setting("seed", seed, fixed.seed),
            Setting("precision", precision, fixed.precision),
            // What may change when it goes on.
            Setting("seq-length", seqLength, now.sequenceLength),
            Setting("shards", shards, now.shards),
            Setting("learning-rate", learningRate, now.optimizer.learningRate),
            Setting("clip-norm", clipNorm, now.optimizer.clipNorm),
            Setting("on-nonfinite", onNonFinite, now.onNonFinite),
            Setting("plateau-every", plateauEvery, now.plateauEvery),
            Setting("plateau-factor", plateauFactor, now.plateauFactor),
            Setting("valid-every", validEvery, now.validateEvery),
            Setting("valid-symbols", validSymbols, now.validSymbols),
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
