import ArgumentParser
import DNC
import DNCCore
import Foundation
import SystemFiles

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model on a text.",
        discussion: """
            Ends when the held-out text has stopped getting better, or at --max-steps or --time-limit. Ctrl-C saves and ends; \
            --resume goes on as if there had been no interruption, but for what is given beside it. The run's folder holds last.safetensors, best.safetensors, metrics.jsonl and \
            samples.txt.
            """)

    @Option(help: ArgumentHelp("The text, UTF-8 unless --tokens bytes. (required)", valueName: "file"), completion: .file())
    var data = ""
    @Option(help: ArgumentHelp("The run's folder. (default: runs/<data>-<model>)", valueName: "folder"), completion: .directory)
    var out: String?
    @Option(
        help: ArgumentHelp(
            #"Settings as JSON, such as {"data": "book.txt", "hidden": 64, "carry-memory": false}; flags beside it count more."#,
            valueName: "file"), completion: .file(extensions: ["json"]))
    var config: String?
    @Flag(help: "Print the settings, those of --config and all defaults too, as a file for --config, and end.")
    var printConfig = false
    @Flag(
        help:
            "Go on with the run in --out. Its settings are taken from there; a --learning-rate that is given begins anew at that."
    )
    var resume = false

    @OptionGroup(title: "Model (default: dnc, 128 hidden, 16 slots of width 16, 1 read head)")
    var model: ModelOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What a symbol is: characters (Unicode scalars) or bytes. (default: characters)", valueName: "kind"))
    var tokens: TokenKind?
    @Option(parsing: .unconditional, help: "Lanes that read the text side by side. (default: 32)")
    var batchSize: Int?
    @Option(parsing: .unconditional, help: "Symbols through which gradients are propagated back. (default: 32)")
    var seqLength: Int?
    @Option(parsing: .unconditional, help: "adagrad, rmsprop, adam or sgd. (default: adagrad)")
    var optimizer: OptimizerConfiguration.Kind?
    @Option(parsing: .unconditional, help: "Size of the steps. (default: depends on the optimizer)")
    var learningRate: Double?
    @Option(parsing: .unconditional, help: "Longer gradients are scaled down to this norm; 0 turns that off. (default: 5)")
    var clipNorm: Double?
    @Flag(inversion: .prefixedNo, help: "Keep the DNC's memory from segment to segment. (default: --carry-memory)")
    var carryMemory: Bool?
    @Option(parsing: .unconditional, help: "The part at the end of the text that is held out. (default: 0.1)")
    var validFraction: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Validate and save also every so many steps; changes nothing of what is learned. (default: by --plateau-every alone)"
        ))
    var validEvery: Int?
    @Option(
        parsing: .unconditional, help: "Read at most so many symbols of the held-out text for a validation. (default: 20000)")
    var validSymbols: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Validate, save and look every so many steps whether the held-out text is predicted better than ever; the learning rate and "
                + "the end go by that. (default: 250, or fewer for a small text: ten times through it)"))
    var plateauEvery: Int?
    @Option(
        parsing: .unconditional,
        help: "Where it is not, multiply the learning rate by this; 1 keeps it. (default: 0.3)")
    var plateauFactor: Double?
    @Option(
        name: .customLong("on-nonfinite"),
        help: ArgumentHelp(
            "When the loss or the gradient is infinite or NaN: stop, skip the segment, or rollback to the last validation with half "
                + "the learning rate, also after --plateau-every steps worse than guessing. (default: stop)",
            valueName: "policy"))
    var onNonFinite: NonFinitePolicy?
    @Option(parsing: .unconditional, help: "Of the initial parameters and the samples. (default: 1)")
    var seed: UInt64?
    @Option(parsing: .unconditional, help: "float or double. (default: float)")
    var precision: Precision?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Parts of the batch that threads share; changes results in the last digits. (default: by batch size)"))
    var shards: Int?

    @Option(parsing: .unconditional, help: "End after so many updates of the parameters.")
    var maxSteps: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End after this time, the last reading of the held-out text included.", valueName: "seconds"))
    var timeLimit: Double?
    @Option(parsing: .unconditional, help: "End after so many times --plateau-every steps without a better validation.")
    var patience = 8
    @Option(parsing: .unconditional, help: "Write a sample every so many steps; 0 for none.")
    var sampleEvery = 1000
    @Option(parsing: .unconditional, help: "Threads; does not change results. (default: all processors that it may use)")
    var threads: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What training may take, as 500MB or 2GB: of a DNC's temporal links only some are kept, and the others computed again. "
                + "Does not change results. (default: no limit)", valueName: "bytes"))
    var memoryLimit: ByteCount?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Serve the report page to browsers on this machine while training goes on; 0 takes any free port.",
            valueName: "port"))
    var watch: UInt16?
    @Flag(
        inversion: .prefixedNo,
        help: "Write the log also as TensorBoard reads it, to the run's folder; once begun, --resume keeps it up."
    )
    var tensorboard = false
    @Flag(help: "Print the result as JSON.")
    var json = false
    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false
    /// The `dnc sweep` that this is a trial of.
    @Option(help: .hidden)
    var parent: Int32?

    func validate() throws {
        if config == nil, !printConfig { try checkData() }
        try checkSize("--batch-size", batchSize)
        try checkSize("--seq-length", seqLength)
        try checkPositive("--shards", shards)
        try check("--shards", shards, "at most the batch size") { $0 <= batchSize ?? .max }
        try check("--learning-rate", learningRate, "a positive number") { $0 > 0 && $0.isFinite }
        try check("--clip-norm", clipNorm, "a positive number, or 0 to turn clipping off") { $0 >= 0 && $0.isFinite }
        try checkFraction("--valid-fraction", validFraction)
        try checkPositive("--valid-every", validEvery)
        try checkPositive("--plateau-every", plateauEvery)
        try check("--valid-symbols", validSymbols, "at least 2") { $0 >= 2 }
        try check("--plateau-factor", plateauFactor, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
        try checkPositive("--max-steps", maxSteps)
        try check("--time-limit", timeLimit, "a positive number of seconds") { $0 > 0 && $0 < 1e9 }
        try checkPositive("--patience", patience)
        try check("--sample-every", sampleEvery, "at least 0") { $0 >= 0 }
        try checkPositive("--threads", threads)
        #if !Watch
        if watch != nil {
            throw ValidationError("This dnc has no --watch; build it with: swift build -c release --traits Watch")
        }
        #endif
    }

    func run() async throws {
        let run = try RunDirectory(path: runPath)
        if printConfig {
            let saved = resume ? try header(of: run).record.currentConfiguration : nil
            let settings = try settings(in: saved)
            if let setting = settings.first(where: { $0.value?.description.isUTF8 == false }), let value = setting.value {
                throw CommandLineError(
                    description: "--\(setting.name) \(value) is not UTF-8, which a file of settings must be; rename it")
            }
            return try Terminal.write(Setting.file(settings))
        }
        try checkData()
        WorkClock.countNoStops()
        Interruption.ignoreClosedPipes()
        Interruption.noteSaveRequests()
        if let parent { Interruption.end(with: parent) }
        if resume {
            // Before the folder is made.
            guard run.holdsRun else { throw TrainingError.noRun(path: run.path) }
            try await run.locked {
                let header = try header(of: run)
                switch header.precision {
                case .float: try await go(on: Checkpoint<Float>(header), in: run)
                case .double: try await go(on: Checkpoint<Double>(header), in: run)
                }
            }
        } else {
            if run.holdsRun { throw TrainingError.runExists(path: run.path) }
            let configuration = configuration(goingOnWith: nil)
            switch configuration.precision {
            case .float: try await begin(configuration, in: run, as: Float.self)
            case .double: try await begin(configuration, in: run, as: Double.self)
            }
        }
    }

    private func checkData() throws {
        if data.isEmpty { throw ValidationError("--data is missing; give it a text to train on.") }
    }

    private var runPath: String {
        get throws { try out ?? "runs/\(folderName(after: data))-\((model.model ?? .dnc).rawValue)" }
    }

    /// The settings: what was given, and for the rest those of the run to go on with, or the library's own.
    private func configuration(goingOnWith saved: TrainingConfiguration?) -> TrainingConfiguration {
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
    private func settings(in saved: TrainingConfiguration?) throws -> [Setting] {
        let now = configuration(goingOnWith: saved)
        let fixed = saved ?? now
        let memory = fixed.model.model == .dnc ? fixed.model : nil
        let data = data.isEmpty ? nil : data
        return try [
            Setting("data", data, data),
            Setting("out", out, data == nil ? out : runPath),
            // What a run in progress must keep.
            Setting("model", model.model, fixed.model.model),
            Setting("hidden", model.hidden, fixed.model.hidden),
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

    /// The checkpoint of the run to resume, which flags must not contradict.
    private func header(of run: RunDirectory) throws -> CheckpointHeader {
        guard run.holdsRun else { throw TrainingError.noRun(path: run.path) }
        let header = try CheckpointHeader(contentsOf: run.latest)
        let differences = try settings(in: header.record.configuration).compactMap { setting in
            setting.given.flatMap { given in
                given == setting.value
                    ? nil : "--\(setting.name) was \(setting.value?.description ?? "none"), now \(given)"
            }
        }
        if !differences.isEmpty { throw TrainingError.differentConfiguration(path: run.path, differences: differences) }
        return header
    }

    private func begin<Scalar: TrainingScalar>(
        _ configuration: TrainingConfiguration, in run: RunDirectory, as scalar: Scalar.Type
    ) async throws {
        let corpus = try Corpus(
            contentsOf: data, tokens: configuration.tokens, validFraction: configuration.validFraction)
        let trainer = try Trainer<Scalar>(
            corpus, configuration, threads: threadCount, memoryLimit: memoryLimit?.bytes)
        try await checkEnds(trainer, corpus)
        try await run.locked {
            try run.begin()
            try await train(trainer, corpus, from: nil, in: run)
        }
    }

    private func go<Scalar: TrainingScalar>(
        on checkpoint: Checkpoint<Scalar>, in run: RunDirectory
    ) async throws {
        let saved = checkpoint.record.currentConfiguration
        let corpus = try Corpus(
            contentsOf: data, tokens: saved.tokens, validFraction: saved.validFraction)
        let trainer = try Trainer(
            resuming: checkpoint, corpus, configuration: configuration(goingOnWith: saved), threads: threadCount,
            memoryLimit: memoryLimit?.bytes)
        try await checkEnds(trainer, corpus)
        try run.rewind(to: checkpoint.record.step)
        try await train(trainer, corpus, from: checkpoint.record, in: run)
    }

    /// Training ends when the held-out text is not predicted better any more; without one, it needs another end.
    private func checkEnds<Scalar: TrainingScalar>(_ trainer: Trainer<Scalar>, _ corpus: Corpus) async throws {
        guard maxSteps == nil, timeLimit == nil else { return }
        if try await trainer.currentModel.evaluate(corpus.validation, limit: 2).count == 0 {
            throw ValidationError("Nothing is held out by which to tell the end; give --max-steps or --time-limit.")
        }
    }

    private var threadCount: Int { threads ?? defaultThreads }

    private func train<Scalar: TrainingScalar>(
        _ trainer: Trainer<Scalar>, _ corpus: Corpus, from record: TrainingRecord?, in run: RunDirectory
    ) async throws {
        var limits = TrainingLimits(
            maxSteps: maxSteps, timeLimit: timeLimit.map { .seconds($0) }, patience: patience,
            reportEvery: sampleEvery > 0 ? sampleEvery : nil)
        limits.reservesHeldOutTime = true
        let start = WorkClock.now
        var reporter = ProgressReporter(
            isQuiet: quiet, limits: limits, firstStep: record?.step ?? 0, bestValidBPC: record?.bestValidBPC)
        reporter.note(try await introduction(trainer, corpus, from: record, in: run))
        if let reason = LargeProducts.reasonForOwn { reporter.note("products without OpenBLAS: \(reason)") }
        #if Watch
        if let watch { reporter.note("watch it at \(try await WatchServer.start(run, port: watch))") }
        #endif

        if tensorboard { try run.beginEvents() }
        var sampledStep = record?.step ?? 0
        Interruption.begin()
        for try await progress in trainer.run(limits) {
            reporter.report(progress)
            if progress.step < sampledStep {
                try run.rewind(to: progress.step)
                sampledStep = progress.step
            }
            // Once a step: a validation may report several times.
            if sampleEvery > 0, progress.step % sampleEvery == 0, progress.step > sampledStep {
                let sample = try await trainer.sample(length: 300, options: SamplingOptions(temperature: 0.8))
                try run.append(sample: VisibleText.of(sample), step: progress.step)
                sampledStep = progress.step
            }
            if progress.endsPeriod { try run.append(progress) }
            let isAsked = Interruption.takeSaveRequest()
            if progress.endsPeriod || isAsked {
                let checkpoint = try await trainer.checkpoint()
                if progress.isBest { try checkpoint.write(to: run.best) }
                try checkpoint.write(to: run.last)
                if isAsked { reporter.note("saved \(run.last) at step \(progress.step.grouped)") }
            }
            if Interruption.signal != nil { break }
        }
        if let signal = Interruption.signal {
            Interruption.end()
            try await trainer.checkpoint().write(to: run.last)
            reporter.note("saved \(run.last); go on with the same command and --resume, without a --learning-rate")
            throw ExitCode(Interruption.exitCode(of: signal))
        }
        let last = try await trainer.checkpoint()
        // The time may have been too short for a single step.
        if !run.holdsRun { try last.write(to: run.last) }
        if let advice = advice(after: last.record) { reporter.note(advice) }
        try finish(last, corpus, in: run, timeLeft: limits.timeLimit.map { $0 - (WorkClock.now - start) })
    }

    private func introduction<Scalar: TrainingScalar>(
        _ trainer: Trainer<Scalar>, _ corpus: Corpus, from record: TrainingRecord?, in run: RunDirectory
    ) async throws -> String {
        let configuration = trainer.configuration
        let model = await trainer.currentModel
        let links = trainer.linkInterval > 1 ? ", one link in \(trainer.linkInterval) kept" : ""
        let mark = corpus.leavesOutByteOrderMark && corpus.vocabulary == model.vocabulary ? ", without its byte order mark" : ""
        let format = corpus.format.map {
            "\nnote: it is \($0.name); \($0.remedy), unless a model is to learn just these bytes"
        }
        let start = record.map { "going on from step \($0.step.grouped) of \(run.path)" } ?? "a new run in \(run.path)"
        let stepEpochs =
            Double(configuration.batchSize) * Double(configuration.sequenceLength) / Double(max(1, corpus.training.byteCount))
        let period = configuration.plateauEvery ?? 1
        let small =
            stepEpochs < 1
            ? ""
            : "\nnote: a step reads the text \(stepEpochs.rounded(to: 1)) times, so that it is soon known by heart; more text helps, or a "
                + "smaller --batch-size"
        let validation =
            corpus.validation.isEmpty
            ? "nothing is held out; a line of the log"
            : "validation\(configuration.validSymbols < corpus.validation.byteCount ? ", on the first \(configuration.validSymbols.grouped) symbols held out," : "")"
        return """
            \(configuration.model.summary), \(model.layout.parameterCount.grouped) parameters, \
            \(await trainer.optimizerSummary)
            text: \(corpus.whole.byteCount.grouped) bytes\(mark), \(model.vocabulary.count) symbols, \
            \(corpus.validation.byteCount.grouped) bytes held out\(format ?? "")
            \(validation) every \(period.grouped) steps (\((Double(period) * stepEpochs).rounded(to: 1)) times through the text)
            \(start): \(min(threadCount, configuration.shards)) threads, \(trainer.memoryBytes.asBytes) of memory\(links)\(small)
            """
    }

    /// Why training has ended, and what would go on.
    private func advice(after record: TrainingRecord) -> String? {
        let configuration = record.configuration
        if record.validationsSinceBest >= patience {
            let (base, rate) = (configuration.optimizer.learningRate, record.learningRate)
            let remedy =
                rate == base
                ? "a larger --patience"
                : "--resume --learning-rate \((base * configuration.plateauFactor).significant), for example; now it is \(rate.significant)"
            return
                "ended: no better for \(patience) times \((configuration.plateauEvery ?? 1).grouped) steps. To go on: \(remedy)"
        }
        return maxSteps.flatMap {
            record.step >= $0 ? "ended: step \(record.step.grouped) is reached; a larger --max-steps goes on" : nil
        }
    }

    /// The result: the whole held-out text, or what can be read of it in the time that is left, read by the best model.
    private func finish<Scalar: TrainingScalar>(
        _ last: Checkpoint<Scalar>, _ corpus: Corpus, in run: RunDirectory, timeLeft: Duration?
    ) throws {
        let hasBest = last.record.bestStep != nil && SystemFiles.exists(run.best)
        var best = hasBest ? try Checkpoint<Scalar>(contentsOf: run.best) : last
        var evaluation = try Evaluation(best.model, of: corpus.validation, threads: threadCount)
        let isComplete = try evaluation.complete(isQuiet: quiet, until: timeLeft.map { .now + max($0, .zero) })
        Interruption.end()
        var heldOut = HeldOutLoss(evaluation)
        if isComplete, hasBest, let heldOut {
            best.note(heldOut)
            try best.write(to: run.best)
        }
        // What a validation has read says more than less of the same text.
        if !isComplete, let validation = best.record.bestValidation, validation.predictions > heldOut?.predictions ?? 0 {
            heldOut = validation
        }
        let result = TrainingResult(
            run: run.path, step: last.record.step, symbols: last.record.symbols, seconds: last.record.seconds,
            bestStep: last.record.bestStep, validBPC: heldOut?.bpc, validSymbols: heldOut?.predictions,
            validStreams: heldOut?.streams)
        if json {
            try Terminal.write(json: result)
        } else {
            let part = isComplete ? "" : " (of \(corpus.validation.byteCount.grouped) bytes held out)"
            let figure = heldOut.map { "held-out \($0.figure)\(part), step \(best.record.step.grouped)" } ?? "nothing held out"
            try Terminal.write("\(hasBest ? run.best : run.last): \(figure)\n")
        }
        if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
        let guessing = log2(Double(corpus.vocabulary.count))
        if last.record.isWorseThanGuessing == true, heldOut?.bpc ?? .infinity > guessing {
            throw TrainingError.worseThanGuessing(
                step: last.record.step, bits: heldOut?.bpc, guessing: guessing,
                clipNorm: last.record.configuration.optimizer.clipNorm)
        }
    }
}

extension HeldOutLoss {
    /// In words.
    var figure: String {
        "\(bpc.rounded(to: 4)) BPC over \(predictions.grouped) predictions in \(streams) stream\(streams == 1 ? "" : "s")"
    }
}

/// What `dnc train --json` prints.
struct TrainingResult: Codable {
    let run: String
    let step: Int
    let symbols: Int
    let seconds: Double
    @OrNull var bestStep: Int?
    @OrNull var validBPC: Double?
    @OrNull var validSymbols: Int?
    @OrNull var validStreams: Int?

    enum CodingKeys: String, CodingKey {
        case run, step, symbols, seconds
        case bestStep = "best_step"
        case validBPC = "valid_bpc"
        case validSymbols = "valid_symbols"
        case validStreams = "valid_streams"
    }
}
