// A run that is interrupted and resumed goes on to the same bits.

import DNCCore
import DNCData
import Foundation
import TestSupport
import Testing

@testable import DNCTraining

extension Checkpoint {
    /// The bytes of its file, but for the time spent.
    func timelessBytes() throws -> [UInt8] {
        var record = record
        record.seconds = 0
        let timeless = Checkpoint(
            model: model, record: record, optimizer: optimizer, state: state, cursors: cursors, generator: generator)
        let folder = try TemporaryFolder()
        try timeless.write(to: folder.path("checkpoint"))
        return try folder.bytes("checkpoint")
    }
}

@Suite struct ResumeTests {
    let folder: TemporaryFolder
    let corpus: Corpus

    init() throws {
        folder = try TemporaryFolder()
        corpus = try smallCorpus()
    }

    @Test(arguments: smallModels, OptimizerConfiguration.Kind.allCases)
    func resumedRunsEndInTheSameFile(
        _ model: ModelConfiguration, _ optimizer: OptimizerConfiguration.Kind
    ) async throws {
        try await compare(.small(model, optimizer: OptimizerConfiguration(optimizer)), as: Double.self)
        try await compare(
            .small(model, carryMemory: false, optimizer: OptimizerConfiguration(optimizer), precision: .float),
            as: Float.self)
    }

    @Test(arguments: [
        LearningRateSchedule(.constant, warmUp: 9), .init(.exponential, period: 10, periodFactor: 0.3),
        .init(.cosine, warmUp: 5, period: 8, leastRate: 0.1, restarts: true),
    ])
    func resumedWithOtherSettings(_ schedule: LearningRateSchedule) async throws {
        for optimizer in [
            OptimizerConfiguration(
                .rmsprop, clipValue: 0.02, momentum: 0.5, decay: 0.75, epsilon: 1e-3, epsilonInside: false, weightDecay: 0.5,
                weightDecaySteps: 9),
            OptimizerConfiguration(.sgd, momentum: 0.3), OptimizerConfiguration(.adam, epsilon: 0.01),
        ] {
            var configuration = TrainingConfiguration.small(smallModels[2], optimizer: optimizer)
            (configuration.schedule, configuration.accumulate, configuration.restart) = (schedule, 2, .random)
            (configuration.stretch, configuration.symbolRange) = (configuration.sequenceLength * 3, 2)
            configuration.dropout = DropoutRates(bypass: 0.3, inputs: 0.2, recurrent: 0.4)
            try await compare(configuration, as: Double.self)
        }
    }

    /// A longer run, interrupted more often; 20 times with DNC_FULL_TESTS=1.
    @Test(arguments: smallModels)
    func resumedAtRandomSteps(_ model: ModelConfiguration) async throws {
        let (stops, seed) = (isFullRun ? 20 : 3, UInt64.random(in: 0..<1_000_000))
        var configuration = TrainingConfiguration.small(model)
        configuration.plateauFactor = 0.97
        try await compare(configuration, as: Double.self, steps: 200, stops: stops, seed: seed)
        configuration.precision = .float
        try await compare(configuration, as: Float.self, steps: 200, stops: stops, seed: seed)
    }

    /// A run at once, and one with interruptions at random; validation every fourth step, a sample after the ninth and at the
    /// end.
    private func compare<Scalar: TrainingScalar>(
        _ configuration: TrainingConfiguration, as scalar: Scalar.Type, steps: Int = 25, stops: Int = 4, seed: UInt64 = 17
    ) async throws {
        let whole = try Trainer<Scalar>(corpus, configuration)
        try await run(whole, to: steps)

        var random = SeededGenerator(seed: seed)
        var trainer = try Trainer<Scalar>(corpus, configuration)
        for stop in (1..<steps).shuffled(using: &random).prefix(stops).sorted() {
            try await run(trainer, to: stop)
            try await trainer.checkpoint().write(to: folder.path("parts"))
            trainer = try Trainer(
                resuming: Checkpoint<Scalar>(contentsOf: folder.path("parts")), corpus, threads: stop % 4)
        }
        try await run(trainer, to: steps)
        let isSame = try await whole.checkpoint().timelessBytes() == trainer.checkpoint().timelessBytes()
        #expect(isSame, "seed \(seed)")  // the bytes not in #expect, which would search for the differences
        let options = try SamplingOptions()
        let samples = try await (whole.sample(length: 40, options: options), trainer.sample(length: 40, options: options))
        #expect(samples.0 == samples.1, "seed \(seed)")
    }

    /// Leaves the sequence, as an interruption does, rather than let it end by its own limits.
    private func run<Scalar: TrainingScalar>(_ trainer: Trainer<Scalar>, to stop: Int) async throws {
        for try await progress in trainer.run(TrainingLimits(reportEvery: 1)) {
            if progress.step == 9 { _ = try await trainer.sample(length: 5, options: SamplingOptions()) }
            if progress.step == stop { break }
        }
    }

    @Test func timeAddsUpOverSittings() async throws {
        let trainer = try Trainer<Double>(corpus, .small(smallModels[0]))
        try await run(trainer, to: 3)
        let checkpoint = try await trainer.checkpoint()
        #expect(checkpoint.record.seconds > 0)
        let resumed = try Trainer(resuming: checkpoint, corpus)
        try await run(resumed, to: 5)
        #expect(try await resumed.checkpoint().record.seconds > checkpoint.record.seconds)
    }

    @Test func anotherTextIsRefused() async throws {
        let checkpoint = try await Trainer<Double>(corpus, .small(smallModels[0])).checkpoint()
        for text in [smallText + "!", smallText.replacingOccurrences(of: "Ring", with: "Sing")] {
            #expect(throws: TrainingError.differentSource(path: "the checkpoint", source: "text")) {
                _ = try Trainer(resuming: checkpoint, smallCorpus(text))
            }
        }
    }

    /// A byte order mark at the beginning was a symbol once, and is none in runs that begin now. Both go on as they began.
    @Test func aByteOrderMark() async throws {
        let folder = try TemporaryFolder()
        let text = try Corpus(text: "\u{FEFF}" + smallText, validFraction: 0.2)
        for begun in [text, text.including(Vocabulary(characters: "\u{FEFF}".unicodeScalars))] {
            let trainer = try Trainer<Double>(begun, .small(smallModels[0]))
            // Until lanes begin the text anew.
            try await trainer.steps(40)
            let checkpoint = try await trainer.checkpoint()
            let file = folder.path + "/saved"
            try checkpoint.write(to: file)
            let resumed = try Trainer(resuming: Checkpoint<Double>(contentsOf: file), text)
            try await trainer.steps(3)
            try await resumed.steps(3)
            #expect(await trainer.currentModel.parameters == resumed.currentModel.parameters)
        }
    }

    /// The same text with more or less of it held out would go on to other bits.
    @Test func anotherDivisionOfTheTextIsRefused() async throws {
        let checkpoint = try await Trainer<Double>(corpus, .small(smallModels[0])).checkpoint()
        let divided = try Corpus(text: smallText, validFraction: 0.3)
        #expect(throws: (any Error).self) { _ = try Trainer(resuming: checkpoint, divided) }
    }

    /// The settings change from the next step on; the moments stay.
    @Test func otherOptimizerSettings() async throws {
        let trainer = try Trainer<Double>(
            corpus, .small(smallModels[0], optimizer: OptimizerConfiguration(.sgd, learningRate: 0.1)))
        try await trainer.steps(3)
        let checkpoint = try await trainer.checkpoint()
        let settings = OptimizerConfiguration(.sgd, learningRate: 0.3, clipNorm: 0)
        let resumed = try Trainer(resuming: checkpoint, corpus, configuration: configuration(of: checkpoint, with: settings))
        #expect(resumed.configuration.optimizer == settings)

        // p - 0.1 m and p - 0.3 m, of the same next step.
        let before = checkpoint.model.parameters
        try await trainer.step()
        try await resumed.step()
        let steps = await zip(before, zip(trainer.currentModel.parameters, resumed.currentModel.parameters))
            .map { ($1.0 - $0, $1.1 - $0) }
        #expect(difference(steps.map { 3 * $0.0 }, steps.map(\.1)) < 1e-14)
        #expect(try await resumed.checkpoint().record.configuration.optimizer == settings)
    }

    /// p - 0.1 (0.9 m + g) and p - 0.1 (0.4 m + g).
    @Test func anotherMomentum() async throws {
        let trainer = try Trainer<Double>(
            corpus, .small(smallModels[0], optimizer: OptimizerConfiguration(.sgd, learningRate: 0.1)))
        try await trainer.steps(3)
        let checkpoint = try await trainer.checkpoint()
        let settings = OptimizerConfiguration(.sgd, learningRate: 0.1, momentum: 0.4)
        let resumed = try Trainer(resuming: checkpoint, corpus, configuration: configuration(of: checkpoint, with: settings))
        let momentum = try #require(checkpoint.optimizer.moments["momentum"])
        try await trainer.step()
        try await resumed.step()
        let (one, other) = await (trainer.currentModel.parameters, resumed.currentModel.parameters)
        #expect(difference(zip(one, other).map { $1 - $0 }, momentum.map { 0.05 * $0 }) < 1e-14)
    }

    @Test(arguments: [
        OptimizerConfiguration(.adam), OptimizerConfiguration(.sgd, learningRate: .nan),
        OptimizerConfiguration(.sgd, learningRate: -1), OptimizerConfiguration(.sgd, clipNorm: -1),
    ])
    func otherOptimizersAreRefused(_ settings: OptimizerConfiguration) async throws {
        let trainer = try Trainer<Double>(corpus, .small(smallModels[0], optimizer: OptimizerConfiguration(.sgd)))
        let checkpoint = try await trainer.checkpoint()
        #expect(throws: TrainingError.self) {
            _ = try Trainer(resuming: checkpoint, corpus, configuration: configuration(of: checkpoint, with: settings))
        }
    }

    private func configuration(
        of checkpoint: Checkpoint<Double>, with optimizer: OptimizerConfiguration
    ) -> TrainingConfiguration {
        var configuration = checkpoint.record.currentConfiguration
        configuration.optimizer = optimizer
        return configuration
    }
}
