// A sitting of training: progress, samples, saving, and the result at its end.
import ArgumentParser
import DNC
import DNCCore
import Foundation
import SystemFiles

struct TrainSession<Scalar: TrainingScalar> {
    let options: TrainOptions
    let trainer: Trainer<Scalar>
    let source: any SegmentSource
    let run: RunDirectory
    /// How far the run had come before; nil where it begins.
    let record: TrainingRecord?

    /// Training ends when what is held out is not predicted better any more; without that, it needs another end.
    func checkEnds() async throws {
        guard options.maxSteps == nil, options.timeLimit == nil else { return }
        if trainer.configuration.schedule.endsWithRun {
            throw ValidationError(
                "--schedule cosine without a --period ends with the run; say when: --time-limit or --max-steps.")
        }
        var few = try source.evaluation(of: await trainer.currentModel, limit: 2, runners: nil, threads: 1)
        _ = try few.advance()
        if few.loss.count == 0 {
            throw ValidationError("Nothing is held out by which to tell the end; give --max-steps or --time-limit.")
        }
    }

    /// Trains until that ends or a signal comes, and saves.
    func train() async throws {
        var limits = TrainingLimits(
            maxSteps: options.maxSteps, timeLimit: options.timeLimit.map { .seconds($0) },
            patience: options.usualPatience(trainer.configuration.schedule),
            reportEvery: options.sampleEvery > 0 ? options.sampleEvery : nil)
        limits.reservesHeldOutTime = true
        let start = WorkClock.now
        var reporter = ProgressReporter(
            isQuiet: options.quiet, limits: limits, firstStep: record?.step ?? 0, bestLoss: record?.bestLoss)
        reporter.note(try await introduction())
        if let seed = options.seed, seed.isDrawn { Terminal.writeError("--seed \(seed.number)\n") }
        if let remark = LargeProducts.remark { reporter.note(remark) }
        #if Watch
        if let watch = options.watch { reporter.note("watch it at \(try await WatchServer.start(run, port: watch))") }
        #endif

        if options.tensorboard { try run.beginEvents() }
        var sampledStep = record?.step ?? 0
        Interruption.begin()
        for try await progress in trainer.run(limits) {
            reporter.report(progress)
            if progress.step < sampledStep {
                try run.rewind(to: progress.step)
                sampledStep = progress.step
            }
            // Once a step: a validation may report several times.
            if options.sampleEvery > 0, progress.step % options.sampleEvery == 0, progress.step > sampledStep {
                try run.append(sample: VisibleText.of(await trainer.example()), step: progress.step)
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
        try finish(last, timeLeft: limits.timeLimit.map { $0 - (WorkClock.now - start) })
    }

    /// What is about to be done.
    private func introduction() async throws -> String {
        let configuration = trainer.configuration
        let model = await trainer.currentModel
        let links = trainer.linkInterval > 1 ? ", one link in \(trainer.linkInterval) kept" : ""
        let begun = options.initFrom.map { ", begun from \($0)" } ?? ""
        let start = record.map { "going on from step \($0.step.grouped) of \(run.path)" } ?? "a new run in \(run.path)\(begun)"
        let (period, limit) = (configuration.plateauEvery ?? 1, configuration.validLimit)
        let (about, epochs, remark) = about(model, configuration)
        let times =
            epochs.map {
                " (\((Double(period) * $0).rounded(to: 1)) times through the \(source.kind == .text ? "text" : "file"))"
            } ?? ""
        let part =
            source.kind == .text
            ? "the first \(limit.grouped) symbols held out"
            : "\(limit.grouped) of \(source.heldOutSize.grouped) held-out episodes"
        let validation =
            source.heldOutSize == 0
            ? "nothing is held out; a line of the log"
            : "validation\(limit < source.heldOutSize ? ", on \(part)," : "")"
        return """
            \(configuration.model.summary), \(model.layout.parameterCount.grouped) parameters, \
            \(await trainer.optimizerSummary)
            \(record == nil ? chosen(configuration) : "")\(about)
            \(validation) every \(period.grouped) steps\(times)
            \(start): \(min(options.threadCount, configuration.shards)) threads, \(trainer.memoryBytes.asBytes) \
            of memory\(links)\(remark)
            """
    }

    /// Why a text is learned so, where its rule has chosen some of it.
    private func chosen(_ configuration: TrainingConfiguration) -> String {
        guard let rule = options.rule(for: configuration.source) else { return "" }
        return rule.reason(configuration) + "\n"
    }

    /// What is trained on, how often a step goes through it, and what to say of that.
    private func about<Number>(
        _ model: Model<Number>, _ configuration: TrainingConfiguration
    ) -> (about: String, epochs: Double?, remark: String) {
        guard let corpus = (source as? TextSegments)?.corpus else {
            let sizes = "reads \(source.input.summary), answers \(source.output.summary)\(configuration.segmentRemarks)"
            if let task = configuration.source.task {
                let options = task.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                let lessons = source.lessonCount > 1 ? "; \(source.lessonCount) lessons" : ""
                return ("task \(task.name): \(options)\(lessons); \(sizes)", nil, "")
            }
            let episodes = source as? EpisodeSegments
            let cut = episodes?.cutEpisodes ?? 0
            let count = "\(source.size.grouped) \(source.kind.unit), \(source.heldOutSize.grouped) held out"
            return (
                "\(count)\(cut > 0 ? ", \(cut.grouped) cut" : ""), of at most \((episodes?.longest ?? source.steps).grouped) steps; \(sizes)",
                Double(configuration.batchSize * configuration.accumulate) / Double(max(1, source.size)), ""
            )
        }
        let isMarked = corpus.leavesOutByteOrderMark && model.alphabet == .text(corpus.vocabulary)
        let format = corpus.format.map {
            "\nnote: it is \($0.name); \($0.remedy), unless a model is to learn just these bytes"
        }
        let symbols = Double(configuration.batchSize * configuration.accumulate) * Double(configuration.sequenceLength)
        let epochs = symbols / Double(max(1, corpus.training.byteCount))
        let small =
            epochs < 1
            ? ""
            : "\nnote: a step reads the text \(epochs.rounded(to: 1)) times, so that it is soon known by heart; more text helps, or a "
                + "smaller --batch-size"
        let text = """
            text: \(corpus.whole.byteCount.grouped) bytes\(isMarked ? ", without its byte order mark" : ""), \
            \(model.layout.symbols) symbols, \(corpus.validation.byteCount.grouped) bytes held out\
            \(configuration.segmentRemarks)\(format ?? "")
            """
        return (text, epochs, small)
    }

    /// Why training has ended, and what would go on.
    private func advice(after record: TrainingRecord) -> String? {
        let configuration = record.configuration
        if let patience = options.usualPatience(configuration.schedule), record.validationsSinceBest >= patience {
            let (base, rate) = (configuration.optimizer.learningRate, record.learningRate)
            let remedy =
                rate == base || configuration.schedule.kind != .plateau
                ? "a larger --patience"
                : "--resume --learning-rate \((base * configuration.plateauFactor).significant), for example; now it is \(rate.significant)"
            if record.wasLearned == true { return "ended: learned, no wrong answer for long. To go on: a larger --patience" }
            let steps = (configuration.plateauEvery ?? 1).grouped
            return "ended: no better for \(patience) times \(steps) steps. To go on: \(remedy)"
        }
        return options.maxSteps.flatMap {
            record.step >= $0 ? "ended: step \(record.step.grouped) is reached; a larger --max-steps goes on" : nil
        }
    }

    /// The result: all that is held out, or what can be read of it in the time that is left, by the best model.
    private func finish(_ last: Checkpoint<Scalar>, timeLeft: Duration?) throws {
        let hasBest = last.record.bestStep != nil && SystemFiles.exists(run.best)
        var best = hasBest ? try Checkpoint<Scalar>(contentsOf: run.best) : last
        var evaluation = try source.evaluation(of: best.model, limit: .max, runners: nil, threads: options.threadCount)
        let isComplete = try evaluation.complete(isQuiet: options.quiet, until: timeLeft.map { .now + max($0, .zero) })
        Interruption.end()
        var heldOut = HeldOutLoss(evaluation)
        if isComplete, hasBest, let heldOut {
            best.note(heldOut)
            try best.write(to: run.best)
        }
        // What a validation has read says more than less of the same.
        if !isComplete, let validation = best.record.bestValidation, validation.predictions > heldOut?.predictions ?? 0 {
            heldOut = validation
        }
        let result = TrainingResult(
            run: run.path, step: last.record.step, predictions: last.record.predictions, seconds: last.record.seconds,
            measure: source.measure, bestStep: last.record.bestStep, validLoss: heldOut?.value,
            validPredictions: heldOut?.predictions, validStreams: heldOut?.streams,
            validSequencesRight: heldOut?.score?.sequencesRightRate, validErrorRate: heldOut?.score?.errorRate,
            memoryBytes: trainer.memoryBytes)
        if options.json {
            try Terminal.write(json: result)
        } else {
            let unit = source.kind == .text ? "bytes" : "episodes"
            let part = isComplete ? "" : " (of \(source.heldOutSize.grouped) \(unit) held out)"
            let figure =
                heldOut.map { "held-out \($0.figure(source.measure))\(part), step \(best.record.step.grouped)" }
                ?? "nothing held out"
            try Terminal.write("\(hasBest ? run.best : run.last): \(figure)\n")
        }
        if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
        let guessing = source.output.guessing
        if last.record.isWorseThanGuessing == true, heldOut?.value ?? .infinity > guessing {
            throw TrainingError.worseThanGuessing(
                step: last.record.step, loss: heldOut?.value, guessing: guessing, measure: source.measure,
                clipNorm: last.record.configuration.optimizer.clipNorm)
        }
    }
}
