// A sitting of training: progress, samples, saving, and the result at its end.
import ArgumentParser
import DNC
import DNCCore
import Foundation
import SystemFiles

struct TrainSession<Scalar: TrainingScalar> {
    let options: TrainOptions
    let trainer: Trainer<Scalar>
    let corpus: Corpus
    let run: RunDirectory
    /// How far the run had come before; nil where it begins.
    let record: TrainingRecord?

    /// Training ends when the held-out text is not predicted better any more; without one, it needs another end.
    func checkEnds() async throws {
        guard options.maxSteps == nil, options.timeLimit == nil else { return }
        if try await trainer.currentModel.evaluate(corpus.validation, limit: 2).count == 0 {
            throw ValidationError("Nothing is held out by which to tell the end; give --max-steps or --time-limit.")
        }
    }

    /// Trains until that ends or a signal comes, and saves.
    func train() async throws {
        var limits = TrainingLimits(
            maxSteps: options.maxSteps, timeLimit: options.timeLimit.map { .seconds($0) }, patience: options.patience,
            reportEvery: options.sampleEvery > 0 ? options.sampleEvery : nil)
        limits.reservesHeldOutTime = true
        let start = WorkClock.now
        var reporter = ProgressReporter(
            isQuiet: options.quiet, limits: limits, firstStep: record?.step ?? 0, bestValidBPC: record?.bestValidBPC)
        reporter.note(try await introduction())
        if let reason = LargeProducts.reasonForOwn { reporter.note("products without OpenBLAS: \(reason)") }
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
        try finish(last, timeLeft: limits.timeLimit.map { $0 - (WorkClock.now - start) })
    }

    /// What is about to be done.
    private func introduction() async throws -> String {
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
            \(start): \(min(options.threadCount, configuration.shards)) threads, \(trainer.memoryBytes.asBytes) \
            of memory\(links)\(small)
            """
    }

    /// Why training has ended, and what would go on.
    private func advice(after record: TrainingRecord) -> String? {
        let configuration = record.configuration
        if record.validationsSinceBest >= options.patience {
            let (base, rate) = (configuration.optimizer.learningRate, record.learningRate)
            let remedy =
                rate == base
                ? "a larger --patience"
                : "--resume --learning-rate \((base * configuration.plateauFactor).significant), for example; now it is \(rate.significant)"
            let patience = "\(options.patience) times \((configuration.plateauEvery ?? 1).grouped) steps"
            return "ended: no better for \(patience). To go on: \(remedy)"
        }
        return options.maxSteps.flatMap {
            record.step >= $0 ? "ended: step \(record.step.grouped) is reached; a larger --max-steps goes on" : nil
        }
    }

    /// The result: the whole held-out text, or what can be read of it in the time that is left, read by the best model.
    private func finish(_ last: Checkpoint<Scalar>, timeLeft: Duration?) throws {
        let hasBest = last.record.bestStep != nil && SystemFiles.exists(run.best)
        var best = hasBest ? try Checkpoint<Scalar>(contentsOf: run.best) : last
        var evaluation = try Evaluation(best.model, of: corpus.validation, threads: options.threadCount)
        let isComplete = try evaluation.complete(isQuiet: options.quiet, until: timeLeft.map { .now + max($0, .zero) })
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
        if options.json {
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
