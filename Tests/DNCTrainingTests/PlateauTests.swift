// When the learning rate falls and training ends.

import DNCCore
import DNCData
import Testing

@testable import DNCTraining

@Suite struct PlateauTests {
    let corpus: Corpus

    init() throws { corpus = try smallCorpus() }

    private func run(
        _ configuration: TrainingConfiguration, _ limits: TrainingLimits
    ) async throws -> (reports: [TrainingProgress], end: Checkpoint<Double>) {
        let trainer = try Trainer<Double>(corpus, configuration)
        var reports: [TrainingProgress] = []
        for try await report in trainer.run(limits) where report.endsPeriod { reports.append(report) }
        return (reports, try await trainer.checkpoint())
    }

    /// Steps so large that plateaus come soon.
    private func restless(_ model: ModelConfiguration) -> TrainingConfiguration {
        .small(model, optimizer: OptimizerConfiguration(.sgd, learningRate: 8))
    }

    @Test(arguments: smallModels, [1, 3, 4, 5, 1000])
    func validatingMoreOftenChangesNothing(_ model: ModelConfiguration, every: Int) async throws {
        let seldom = restless(model)
        var often = seldom
        often.validateEvery = every
        let limits = TrainingLimits(maxSteps: 60, patience: 5, reportInterval: .seconds(999))
        let (one, other) = (try await run(seldom, limits), try await run(often, limits))
        #expect(one.end.record.learningRateFactor < 1)
        #expect(other.end.record.step == one.end.record.step && other.end.model.parameters == one.end.model.parameters)
        #expect(other.end.record.learningRateFactor == one.end.record.learningRateFactor)
        #expect(other.end.record.validationsSinceBest == one.end.record.validationsSinceBest)
        let steps = Set(other.reports.map(\.step))
        #expect(steps.isSuperset(of: one.reports.map(\.step)))
        #expect(stride(from: every, to: other.end.record.step, by: every).allSatisfy(steps.contains))
    }

    /// As the validations say, by hand.
    @Test func everyDecayIsReported() async throws {
        let (reports, end) = try await run(
            restless(smallModels[0]), TrainingLimits(maxSteps: 60, reportInterval: .seconds(999)))
        var (best, rate, decays) = (Double.infinity, 8.0, 0)
        for report in reports {
            let bpc = try #require(report.validLoss)
            let isBetter = bpc < best
            #expect(report.learningRate == rate)
            if isBetter { best = bpc } else { (rate, decays) = (rate / 2, decays + 1) }
            #expect(report.decayedLearningRate == (isBetter ? nil : rate))
        }
        #expect(decays > 0 && end.record.learningRate == rate)
    }

    /// By hand: ten times the text, in segments of 32 lanes of 32.
    @Test(arguments: [(0, 10), (360, 10), (1024, 10), (1025, 11), (20_000, 196), (25_600, 250), (1 << 40, 250)])
    func smallTextsHaveShortPeriods(bytes: Int, steps: Int) {
        #expect(TextSegments.plateauEvery(size: bytes, ofAStep: 32 * 32) == steps)
    }

    @Test func thePeriodIsResolvedByTheText() async throws {
        var configuration = TrainingConfiguration.small(smallModels[0])
        configuration.plateauEvery = nil
        // 10 * 120 bytes and some, of 7 lanes of 6.
        let trainer = try Trainer<Double>(corpus, configuration)
        #expect(trainer.configuration.plateauEvery == (10 * corpus.training.byteCount + 41) / 42)
    }

    // MARK: Another beginning

    private func ended() async throws -> Checkpoint<Double> {
        let end = try await run(restless(smallModels[0]), TrainingLimits(patience: 3, reportInterval: .seconds(999))).end
        #expect(end.record.validationsSinceBest == 3 && end.record.learningRate < 8)
        return end
    }

    /// The one that the run began with, too.
    @Test(arguments: [8.0, 2, 1e-3])
    func aGivenRateCounts(rate: Double) async throws {
        let end = try await ended()
        var configuration = end.record.currentConfiguration
        configuration.optimizer.learningRate = rate
        let trainer = try Trainer(resuming: end, corpus, configuration: configuration)
        try await trainer.step()
        let record = try await trainer.checkpoint().record
        #expect(record.learningRate == rate && record.validationsSinceBest == 0)
        #expect(record.configuration.optimizer.learningRate == rate && record.learningRateFactor == 1)
        var steps = 0
        for try await report in trainer.run(TrainingLimits(patience: 3)) where report.endsPeriod { steps = report.step }
        #expect(steps > end.record.step)
    }

    /// To the same bits, and with the same patience.
    @Test func theCurrentSettingsAreNoChange() async throws {
        let end = try await ended()
        let (same, plain) = (
            try Trainer(resuming: end, corpus, configuration: end.record.currentConfiguration),
            try Trainer(resuming: end, corpus)
        )
        #expect(same.configuration == plain.configuration)
        try await same.steps(5)
        try await plain.steps(5)
        #expect(await same.currentModel.parameters == plain.currentModel.parameters)
        #expect(try await same.checkpoint().record.validationsSinceBest == 3)
    }

    @Test func settingsThatMayChange() async throws {
        let checkpoint = try await ended()
        var configuration = checkpoint.record.currentConfiguration
        configuration.optimizer.clipNorm = 1
        (configuration.plateauFactor, configuration.plateauEvery, configuration.validateEvery) = (0.25, 3, 2)
        (configuration.validSymbols, configuration.onNonFinite) = (10, .skip)
        (configuration.sequenceLength, configuration.shards) = (9, 1)
        let trainer = try Trainer(resuming: checkpoint, corpus, configuration: configuration)
        var expected = configuration
        expected.optimizer.learningRate = 8  // which its factor makes what it is now
        #expect(trainer.configuration == expected)
        let symbols = try await trainer.step().count
        #expect(symbols > 7 * 6)
        for try await report in trainer.run(TrainingLimits(maxSteps: checkpoint.record.step + 6)) where report.endsPeriod {
            #expect(report.step % 2 == 0 || report.step % 3 == 0)
            #expect(report.validPredictions == 9)
        }
    }

    @Test func settingsThatMayNot() async throws {
        let checkpoint = try await ended()
        let changes: [(String, (inout TrainingConfiguration) -> Void)] = [
            ("the model", { $0.model = smallModels[1] }), ("the kind of tokens", { $0.tokens = .bytes }),
            ("the number of segments of an update", { $0.accumulate = 2 }),
            ("the number of steps to think in", { $0.thinkSteps = 1 }),
            ("the batch size", { $0.batchSize = 6 }), ("carrying the memory", { $0.carryMemory = false }),
            ("the optimizer", { $0.optimizer.kind = .adam }), ("the seed", { $0.seed = 4 }),
            ("the validation fraction", { $0.validFraction = 0.3 }), ("the precision", { $0.precision = .float }),
        ]
        for (name, change) in changes {
            var configuration = checkpoint.record.currentConfiguration
            change(&configuration)
            #expect("\(name)") { _ = try Trainer(resuming: checkpoint, corpus, configuration: configuration) } throws: {
                "\($0)".contains("\(name) was ")
            }
        }
    }
}
