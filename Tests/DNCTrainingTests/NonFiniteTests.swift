import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

/// What becomes of a step whose loss or gradient is not finite.
@Suite struct NonFiniteTests {
    let corpus: Corpus

    init() throws { corpus = try smallCorpus() }

    /// A trainer whose model has no finite weights for this symbol, so that each segment with it fails, and no other.
    private func trainer(
        _ model: ModelConfiguration, failingAt symbol: Character, _ policy: NonFinitePolicy
    ) async throws -> Trainer<Double> {
        var configuration = TrainingConfiguration.small(
            model, shards: 2, optimizer: OptimizerConfiguration(.sgd, learningRate: 0.5, clipNorm: 0.2))
        (configuration.onNonFinite, configuration.plateauEvery) = (policy, 1000)
        let start = try await Trainer<Double>(corpus, configuration).checkpoint()
        var poisoned = start.model
        for index in try inputWeights(of: symbol, in: start.model.layout) { poisoned.parameters[index] = .nan }
        return try Trainer(
            resuming: Checkpoint(
                model: poisoned, record: start.record, optimizer: start.optimizer, state: start.state, cursors: start.cursors,
                generator: start.generator), corpus)
    }

    private func inputWeights(of symbol: Character, in layout: ModelLayout) throws -> [Int] {
        let weights = try #require(layout.parameters.first { $0.name == "controller.0.weight_ih" })
        let column = Int(try #require(try corpus.vocabulary.encode(String(symbol)).first))
        return weights.range.filter { ($0 - weights.offset) % weights.shape[1] == column }
    }

    /// The numbers of the segments, from 1, in which a lane reads the symbol.
    private func segments(with symbol: Character, of count: Int) throws -> [Int] {
        let code = try #require(try corpus.vocabulary.encode(String(symbol)).first)
        var batcher = try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 7, steps: 6)
        return try (1...count).filter { _ in try batcher.next().inputs.contains(code) }
    }

    @Test(arguments: smallModels)
    func stopNamesTheStepAndKeepsTheParameters(_ model: ModelConfiguration) async throws {
        let trainer = try await trainer(model, failingAt: "ß", .stop)
        let failing = try #require(try segments(with: "ß", of: 20).first)
        try await trainer.steps(failing - 1)
        let before = await trainer.currentModel.parameters.map(\.bitPattern)
        for _ in 0..<2 {
            await #expect(throws: TrainingError.nonFiniteLoss(step: failing, tensor: "controller.0.weight_ih", clipNorm: 0.2)) {
                try await trainer.step()
            }
        }
        #expect(await trainer.currentModel.parameters.map(\.bitPattern) == before)
        await #expect(throws: TrainingError.self) { _ = try await trainer.checkpoint() }
    }

    /// As a loop does that leaves out these segments and empties the state of all lanes.
    @Test(arguments: smallModels)
    func skipLeavesTheSegmentOut(_ model: ModelConfiguration) async throws {
        let steps = 12
        let trainer = try await trainer(model, failingAt: "ß", .skip)
        let failing = try segments(with: "ß", of: steps)
        #expect(!failing.isEmpty && failing.count < steps)
        for step in 1...steps {
            let isLeftOut = try await trainer.step().count == 0
            #expect(isLeftOut == failing.contains(step), "step \(step)")
        }

        let poisoned = try inputWeights(of: "ß", in: try ModelLayout(model, symbols: corpus.vocabulary.count))
        let expected = try obviousLoop(corpus, trainer.configuration, steps: steps, without: failing).parameters
        let found = await trainer.currentModel.parameters
        for (index, value) in found.enumerated() where !poisoned.contains(index) {
            #expect(abs(value - expected[index]) < 1e-10, "parameter \(index)")
        }
    }

    /// Steps so large that sums overflow; taken back to the beginning each time, they end where a run begins that had the smaller
    /// learning rate from the first.
    @Test(arguments: smallModels.dropLast())
    func rollbackHalvesTheLearningRate(_ model: ModelConfiguration) async throws {
        let learningRate = 3e38
        var configuration = TrainingConfiguration.small(
            model, optimizer: OptimizerConfiguration(.adagrad, learningRate: learningRate), precision: .float)
        (configuration.onNonFinite, configuration.plateauEvery) = (.rollback, 1000)
        let trainer = try Trainer<Float>(corpus, configuration)
        var reasons: [TrainingError] = []
        for try await progress in trainer.run(TrainingLimits(maxSteps: 9, reportEvery: 1)) {
            if let setback = progress.setback { reasons.append(setback) }
            #expect(progress.setbacks == reasons.count)
        }
        let record = try await trainer.checkpoint().record
        #expect(record.setbacks > 0 && record.setbacks == reasons.count && record.step == 9)
        #expect(reasons.allSatisfy { $0.divergence != nil })

        (configuration.onNonFinite, configuration.optimizer.learningRate) = (
            .stop, learningRate / exp2(Double(record.setbacks))
        )
        let steady = try Trainer<Float>(corpus, configuration)
        try await steady.steps(9)
        #expect(await steady.currentModel.parameters == trainer.currentModel.parameters)
    }

    // MARK: Finite divergence

    /// A model that each step throws far off, in finite numbers; guessing has log2 V bits.
    private func wild(_ policy: NonFinitePolicy) -> TrainingConfiguration {
        var configuration = TrainingConfiguration.small(
            smallModels[1], optimizer: OptimizerConfiguration(.sgd, learningRate: 300, clipNorm: 0))
        (configuration.onNonFinite, configuration.plateauFactor) = (policy, 1)
        return configuration
    }

    @Test(arguments: [NonFinitePolicy.stop, .skip])
    func worseThanGuessingIsSaid(_ policy: NonFinitePolicy) async throws {
        let guessing = log2(Double(corpus.vocabulary.count))
        let trainer = try Trainer<Double>(corpus, wild(policy))
        var bad = 0
        for try await report in trainer.run(TrainingLimits(maxSteps: 16, reportInterval: .seconds(999))) {
            let isWorse = report.trainLoss > 1.05 * guessing && report.validLoss ?? 0 > 1.05 * guessing
            #expect(report.isWorseThanGuessing == isWorse)
            bad += isWorse ? 1 : 0
        }
        #expect(bad > 0)
        #expect(try await trainer.checkpoint().record.isWorseThanGuessing == true)
    }

    /// Taken back until the learning rate is one that learns.
    @Test func rollbackSeesFiniteDivergence() async throws {
        let guessing = log2(Double(corpus.vocabulary.count))
        let trainer = try Trainer<Double>(corpus, wild(.rollback))
        var (reasons, last): ([TrainingError], Double) = ([], .infinity)
        for try await report in trainer.run(TrainingLimits(maxSteps: 16, reportInterval: .seconds(999))) {
            if let setback = report.setback { reasons.append(setback) }
            if report.endsPeriod { last = report.trainLoss }
        }
        #expect(!reasons.isEmpty && last < guessing)
        for case .worseThanGuessing(let step, let bits?, let told, .bitsPerCharacter, clipNorm: 0) in reasons {
            #expect(step % 4 == 0 && bits > guessing && told == guessing)
        }
        let record = try await trainer.checkpoint().record
        #expect(record.learningRate == 300 / exp2(Double(reasons.count)) && record.isWorseThanGuessing == false)
    }

    @Test func whatIsNotClippedCannotBeClippedAtLess() {
        for clipNorm in [0, 5.0] {
            for error in [
                TrainingError.nonFiniteLoss(step: 1, tensor: "t", clipNorm: clipNorm),
                .nonFiniteGradient(step: 1, tensor: "t", clipNorm: clipNorm),
                .nonFiniteParameters(step: 1, tensor: "t", clipNorm: clipNorm),
                .worseThanGuessing(step: 1, loss: 9, guessing: 3, measure: .bitsPerByte, clipNorm: clipNorm),
            ] {
                #expect(error.description.contains("--clip-norm below 5.0") == (clipNorm == 5), "\(error)")
                #expect(error.description.contains("clipped (--clip-norm 5)") == (clipNorm == 0), "\(error)")
            }
        }
    }

    /// What fails whatever the learning rate is given up.
    @Test(arguments: [NonFinitePolicy.skip, .rollback])
    func endlessSetbacksEnd(_ policy: NonFinitePolicy) async throws {
        let trainer = try await trainer(smallModels[0], failingAt: "e", policy)  // in every segment
        var setbacks = 0
        await #expect(throws: TrainingError.self) {
            for try await progress in trainer.run(TrainingLimits(maxSteps: 100)) { setbacks = progress.setbacks }
        }
        #expect(setbacks == NonFinitePolicy.mostInARow)
    }

    /// A moment can overflow where the parameters do not: such a checkpoint could not be read again.
    @Test func noCheckpointHoldsWhatIsNotFinite() async throws {
        let good = try await Trainer<Double>(corpus, .small(smallModels[2])).checkpoint()
        #expect(good.nonFiniteTensor() == nil)
        func tensor(_ change: (inout any Optimizer<Double>, inout RecurrentState<Double>) -> Void) -> String? {
            var (optimizer, state) = (good.optimizer, good.state)
            change(&optimizer, &state)
            return Checkpoint(
                model: good.model, record: good.record, optimizer: optimizer, state: state, cursors: good.cursors,
                generator: good.generator
            ).nonFiniteTensor()
        }
        #expect(
            tensor { optimizer, _ in optimizer.moments["sum_of_squares"]?[0] = .infinity }
                == "optimizer.sum_of_squares.controller.0.weight_ih")
        let memory = try #require(good.model.layout.state.first { $0.name == "memory" })
        #expect(tensor { _, state in state.values[good.model.layout.stateCount + memory.offset] = .nan } == "state.memory")
    }
}
