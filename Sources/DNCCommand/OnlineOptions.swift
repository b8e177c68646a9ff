// dnc eval --online: a model that learns from a text while it reads it.
import ArgumentParser
import DNC
import DNCTraining
import Foundation

struct OnlineOptions: ParsableArguments {
    @Flag(help: "Learn from each piece of --data after it has been predicted: dynamic evaluation, in one stream.")
    var online = false
    @Flag(help: "With a model that knows nothing yet, in place of a checkpoint.")
    var fromScratch = false
    @Option(help: ArgumentHelp("Keep what was learned in this checkpoint.", valueName: "file"), completion: .file())
    var save: String?
    @Option(
        parsing: .unconditional, help: "Symbols of a piece. (default: 20, or 10 from scratch)")
    var seqLength: Int?
    @Option(
        parsing: .unconditional,
        help: "Of Adam, which learns. (default: 0.0003, or 0.008 from scratch, which falls to an eighth)")
    var learningRate: Double?
    @Option(help: ArgumentHelp("From scratch: the network, as in train. (default: lstm)", valueName: "kind"))
    var model: ModelKind?
    @Option(parsing: .unconditional, help: "From scratch: units of the controller. (default: 128)")
    var hidden: Int?
    @Option(parsing: .unconditional, help: "From scratch: layers of the controller. (default: 2)")
    var layers: Int?

    func validate() throws {
        if fromScratch, !online { throw ValidationError("--from-scratch is for --online; give that too, or leave it out.") }
        for (flag, isGiven) in [
            ("--save", save != nil), ("--seq-length", seqLength != nil), ("--learning-rate", learningRate != nil),
        ] where isGiven && !online {
            throw ValidationError("\(flag) is for --online; give that too, or leave it out.")
        }
        for (flag, isGiven) in [("--model", model != nil), ("--hidden", hidden != nil), ("--layers", layers != nil)]
        where isGiven && !fromScratch {
            throw ValidationError("\(flag) is for --from-scratch; a checkpoint's model is what it is. Leave it out.")
        }
        try checkSize("--seq-length", seqLength)
        try checkSize("--hidden", hidden)
        try check("--layers", layers, "1 ... \(ModelLayout.allowedLayers.upperBound)", ModelLayout.allowedLayers.contains)
        try check("--learning-rate", learningRate, "a positive number") { $0 > 0 && $0.isFinite }
    }

    /// How a model learns a text; of a checkpoint's layout, or nil from scratch.
    func configuration(of trained: ModelLayout?, on corpus: Corpus) throws -> TrainingConfiguration {
        let given = try ModelOptions.parse([
            "--model=\((model ?? .lstm).rawValue)", "--hidden=\(hidden ?? 128)", "--layers=\(layers ?? 2)",
        ])
        let configuration = try trained?.configuration ?? given.configuration(defaults: TrainingConfiguration().model)
        var training = TrainingConfiguration(
            readingOnline: configuration, size: corpus.training.byteCount, isTrained: trained != nil)
        (training.tokens, training.sequenceLength) = (corpus.vocabulary.kind, seqLength ?? training.sequenceLength)
        training.optimizer.learningRate = learningRate ?? training.optimizer.learningRate
        return training
    }
}

/// The figure of a text that was read so.
private struct OnlineResult: Encodable {
    let loss: Double
    let measure: Measure
    let nats: Double
    let predictions: Int
    let predictionsPerSecond: Double
    let isComplete: Bool

    enum CodingKeys: String, CodingKey {
        case loss, measure, nats, predictions, predictionsPerSecond
        case isComplete = "complete"
    }
}

extension OnlineOptions {
    /// Reads a text, of which `training` is read, and tells how well it was predicted.
    func read<Scalar: TrainingScalar>(
        _ corpus: Corpus, named name: String, from model: Model<Scalar>?, json: Bool, isQuiet: Bool
    ) async throws {
        var reading = try OnlineEvaluation(
            of: corpus, from: model, configuration(of: model?.layout, on: corpus))
        let start = ContinuousClock.now
        var progress = ReadingProgress("read", isQuiet: isQuiet)
        while try await !reading.advance(until: .now + .milliseconds(100)), Interruption.signal == nil {
            progress.report(reading.part, reading.measure.shown(reading.loss))
        }
        progress.end()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let isComplete = reading.part == 1
        guard reading.loss.count > 0 else { throw DataError.nothingToPredict(text: name) }
        if let save { try await reading.trainer.checkpoint().write(to: save) }
        let (value, count) = (reading.measure.value(of: reading.loss), reading.loss.count)
        let result = OnlineResult(
            loss: value, measure: reading.measure, nats: reading.loss.nats, predictions: count,
            predictionsPerSecond: Double(count) / seconds, isComplete: isComplete)
        if json { return try Terminal.write(json: result) }
        let figure = HeldOutLoss(value: value, predictions: count, streams: 1).figure(reading.measure)
        let speed = "\(Int(result.predictionsPerSecond).grouped) \(reading.measure.predictions)/s"
        try Terminal.write(
            "\(figure), learning meanwhile, \(speed)\(isComplete ? "" : ", of which \(reading.part.asShare) was read")\n")
    }
}
