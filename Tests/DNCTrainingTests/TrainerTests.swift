import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

@Suite struct TrainerTests {
    let corpus: Corpus

    init() throws {
        corpus = try smallCorpus()
    }

    // MARK: Dropout before the network

    /// What is left out of the recurrent weights does not move, and everything else does.
    @Test(arguments: smallModels)
    func weightsLeftOutStay(_ model: ModelConfiguration) async throws {
        var configuration = TrainingConfiguration.small(
            model, optimizer: OptimizerConfiguration(.sgd, learningRate: 0.1, clipNorm: 0, momentum: 0))
        configuration.dropout.recurrent = 0.3
        let trainer = try Trainer<Double>(corpus, configuration)
        let layout = await trainer.currentModel.layout
        let recurrent = try #require(layout.parameters.first { $0.name == "controller.0.weight_hh" }).range
        var left: [Set<Int>] = []
        for _ in 0..<20 {
            let before = await trainer.currentModel.parameters
            try await trainer.step()
            let after = await trainer.currentModel.parameters
            left.append(Set(recurrent.filter { before[$0] == after[$0] }))
        }
        #expect(left[8] != left[9])
        let share = Double(left.map(\.count).reduce(0, +)) / Double(20 * recurrent.count)
        #expect(abs(share - 0.3) < 5 * (0.3 * 0.7 / Double(20 * recurrent.count)).squareRoot())
    }

    /// What is left out of one vector is left out of another, as of the parameters and their gradient; the rest makes up for it.
    @Test func gradientOfWhatIsLeft() {
        let generator = SeededGenerator(seed: 5, purpose: .recurrentDropout, index: 7)
        var (ones, others) = ([Float](repeating: 1, count: 10_007), (0..<10_007).map(Float.init))
        drop(&ones, in: [3..<5000, 6000..<10_006], rate: 0.25, using: generator)
        drop(&others, in: [3..<5000, 6000..<10_006], rate: 0.25, using: generator)
        #expect(others == ones.indices.map { Float($0) * ones[$0] })
        #expect((Array(0..<3) + Array(5000..<6000) + [10_006]).allSatisfy { ones[$0] == 1 })
        let inside = Array(ones[3..<5000]) + ones[6000..<10_006]
        #expect(inside.allSatisfy { $0 == 0 || $0 == Float(1 / 0.75) })
        #expect(abs(Double(inside.count { $0 == 0 }) / 9003 - 0.25) < 5 * (0.25 * 0.75 / 9003).squareRoot())
    }

    @Test func inputsLeftOut() throws {
        let symbols = (0..<10_000).map { Int32($0 % 7) }
        func dropped(_ rate: Double, number: Int) -> [Int32] {
            var segment = Segment(inputs: symbols, targets: symbols, lanes: 10)
            segment.dropInputs(DropoutRates(inputs: rate), seed: 1, number: number)
            #expect(segment.targets == symbols)
            return segment.inputs
        }
        #expect(dropped(0, number: 1) == symbols)
        #expect(dropped(0.2, number: 1) == dropped(0.2, number: 1))
        #expect(dropped(0.2, number: 1) != dropped(0.2, number: 2))
        let left = zip(dropped(0.2, number: 1), symbols)
        #expect(left.allSatisfy { $0 == $1 || $0 == Segment.noSymbol })
        #expect(abs(Double(left.count { $0 != $1 }) - 2000) < 5 * (10_000 * 0.2 * 0.8).squareRoot())
    }

    // MARK: Against an obvious training loop

    /// Lanes wrap within 20 steps, all of them; clipping at 0.2 shortens most gradients, and some not.
    @Test(arguments: smallModels, [true, false])
    func agreesWithObviousLoop(_ model: ModelConfiguration, carryMemory: Bool) async throws {
        let optimizer = OptimizerConfiguration(.sgd, learningRate: 0.5, clipNorm: 0.2)
        let configuration = TrainingConfiguration.small(
            model, shards: 1, carryMemory: carryMemory, optimizer: optimizer)
        let trainer = try Trainer<Double>(corpus, configuration)
        let expected = try obviousLoop(corpus, configuration, steps: 20)
        for loss in expected.losses {
            let found = try await trainer.step()
            #expect(found.count == loss.count)
            #expect(abs(found.nats - loss.nats) < 1e-9)
        }
        let parameters = await trainer.currentModel.parameters
        #expect(difference(parameters, expected.parameters) < 1e-10)
    }

    /// The gradient of the mean loss does not depend on how it is cut up, but for rounding.
    @Test(arguments: smallModels, [2, 3, 7])
    func shardsAgreeWithObviousLoop(_ model: ModelConfiguration, shards: Int) async throws {
        let optimizer = OptimizerConfiguration(.sgd, learningRate: 0.5, clipNorm: 0.2)
        let configuration = TrainingConfiguration.small(model, shards: shards, optimizer: optimizer)
        let trainer = try Trainer<Double>(corpus, configuration)
        try await trainer.steps(20)
        let parameters = await trainer.currentModel.parameters
        #expect(try difference(parameters, obviousLoop(corpus, configuration, steps: 20).parameters) < 1e-10)
    }

    /// All that goes into an update: the mean gradient of three segments, numbers of it clipped, then its norm; weights that
    /// shrink in the first steps, and biases that do not; the schedule's rate.
    @Test(arguments: smallModels, [1, 3])
    func everySettingAgreesWithObviousLoop(_ model: ModelConfiguration, shards: Int) async throws {
        let optimizer = OptimizerConfiguration(
            .sgd, learningRate: 0.5, clipNorm: 0.1, clipValue: 0.03, momentum: 0.5, weightDecay: 0.25, weightDecaySteps: 13)
        var configuration = TrainingConfiguration.small(model, shards: shards, optimizer: optimizer)
        (configuration.schedule, configuration.accumulate) = (LearningRateSchedule(.cosine, warmUp: 4, period: 30), 3)
        let trainer = try Trainer<Double>(corpus, configuration)
        let expected = try obviousLoop(corpus, configuration, steps: 20)
        for loss in expected.losses {
            let found = try await trainer.step()
            #expect(found.count == loss.count && abs(found.nats - loss.nats) < 1e-9)
        }
        #expect(difference(await trainer.currentModel.parameters, expected.parameters) < 1e-10)
        var other = configuration
        for change: (inout TrainingConfiguration) -> Void in [
            { $0.optimizer.clipValue = 0 }, { $0.optimizer.weightDecay = 0 },
            { $0.optimizer.weightDecaySteps = 12 }, { $0.optimizer.weightDecaySteps = nil }, { $0.accumulate = 1 },
            { $0.schedule = LearningRateSchedule() }, { $0.optimizer.momentum = 0.9 },
        ] {
            other = configuration
            change(&other)
            #expect(try difference(obviousLoop(corpus, other, steps: 20).parameters, expected.parameters) > 1e-6)
        }
    }

    // MARK: Threads

    @Test(arguments: smallModels)
    func threadsDoNotChangeBits(_ model: ModelConfiguration) async throws {
        try await compareThreads(model, as: Float.self, precision: .float)
        try await compareThreads(model, as: Double.self, precision: .double)
    }

    /// 200 steps with validations on up to as many threads as there are shards: the same file.
    private func compareThreads<Scalar: TrainingScalar>(
        _ model: ModelConfiguration, as scalar: Scalar.Type, precision: Precision
    ) async throws {
        var configuration = TrainingConfiguration.small(model, shards: 8, precision: precision)
        (configuration.batchSize, configuration.plateauFactor) = (9, 0.97)
        var single: [UInt8]?
        for threads in [1, 2, 3, 4, 7, 8] {
            let trainer = try Trainer<Scalar>(corpus, configuration, threads: threads)
            for try await _ in trainer.run(TrainingLimits(maxSteps: 200)) {}
            let bytes = try await trainer.checkpoint().timelessBytes()
            let isSame = bytes == single ?? bytes
            #expect(isSame, "\(threads) threads")
            single = bytes
        }
    }

    // MARK: Learning

    /// A text of period 3 is certain once its beginning is known.
    @Test(arguments: smallModels)
    func learnsARepetitiveText(_ model: ModelConfiguration) async throws {
        let corpus = try Corpus(text: String(repeating: "abc", count: 60), validFraction: 0.2)
        let trainer = try Trainer<Float>(corpus, .small(model, precision: .float))
        let first = try await trainer.step().bitsPerSymbol
        try await trainer.steps(200)
        let last = try await trainer.step().bitsPerSymbol
        #expect(first > 1 && last < 0.1)
    }

    @Test func samplesWithItsOwnRandomNumbers() async throws {
        let trainer = try Trainer<Double>(corpus, .small(smallModels[1]))
        let twin = try Trainer<Double>(corpus, .small(smallModels[1]))
        let samples = try await [
            trainer.sample(length: 40, prompt: "Ring", options: SamplingOptions()),
            trainer.sample(length: 40, prompt: "Ring", options: SamplingOptions()),
        ]
        #expect(samples.allSatisfy { $0.unicodeScalars.count == 40 } && samples[0] != samples[1])
        #expect(try await twin.sample(length: 40, prompt: "Ring", options: SamplingOptions()) == samples[0])
        try await trainer.steps(5)
        try await twin.steps(5)
        #expect(await trainer.currentModel.parameters == twin.currentModel.parameters)
    }

    // MARK: Refusals

    /// Whether a step diverges or the update after it, no worthless checkpoint can be made afterwards.
    @Test(arguments: smallModels, [1e30, 1e38, 1e300])
    func divergenceIsAnError(_ model: ModelConfiguration, learningRate: Double) async throws {
        let optimizer = OptimizerConfiguration(.rmsprop, learningRate: learningRate)
        let trainer = try Trainer<Float>(corpus, .small(model, optimizer: optimizer, precision: .float))
        do {
            try await trainer.steps(20)
            #expect(learningRate < 1e38)  // tanh and the logistic function may bound everything
        } catch let error as TrainingError {
            switch error {
            case .nonFiniteLoss(let step, _, _), .nonFiniteGradient(let step, _, _):
                #expect((2...20).contains(step) && error.description.contains("step \(step)"))
            case .invalid: break  // beyond the range of Float
            default: Issue.record(error)
            }
            await #expect(throws: TrainingError.self) { _ = try await trainer.checkpoint() }
        }
    }

    @Test func refusesSettings() throws {
        func expectRefusal(_ setting: String, _ change: (inout TrainingConfiguration) -> Void) {
            var configuration = TrainingConfiguration.small(smallModels[2])
            change(&configuration)
            #expect("\(setting)") { _ = try Trainer<Double>(corpus, configuration) } throws: { error in
                error is TrainingError || error is CoreError || error is DataError
            }
        }
        expectRefusal("no lanes") { $0.batchSize = 0 }
        expectRefusal("negative lanes") { $0.batchSize = -1 }
        expectRefusal("no steps") { $0.sequenceLength = 0 }
        expectRefusal("more steps than the text") { $0.sequenceLength = 1000 }
        expectRefusal("no shards") { $0.shards = 0 }
        expectRefusal("more shards than lanes") { $0.shards = 8 }
        expectRefusal("no slots") { $0.model.slots = 0 }
        expectRefusal("memory in an LSTM") { $0.model.memory = .none }
        expectRefusal("learning rate") { $0.optimizer.learningRate = 0 }
        expectRefusal("clip norm") { $0.optimizer.clipNorm = -1 }
        expectRefusal("a period of no cosine") { $0.schedule.period = 4 }
        expectRefusal("no segments") { $0.accumulate = 0 }
        expectRefusal("more segments than can be counted") { $0.accumulate = 1001 }
        expectRefusal("fewer steps to think in than none") { $0.thinkSteps = -1 }
        expectRefusal("no validation interval") { $0.validateEvery = 0 }
        expectRefusal("nothing to validate on") { $0.validSymbols = 0 }
        expectRefusal("no learning after a plateau") { $0.plateauFactor = 0 }
        expectRefusal("more learning after a plateau") { $0.plateauFactor = 1.5 }
        expectRefusal("plateau factor") { $0.plateauFactor = .nan }
        expectRefusal("bytes") { $0.tokens = .bytes }
        expectRefusal("precision") { $0.precision = .float }
        expectRefusal("more lanes than can be") { $0.batchSize = .max }
    }

    /// One vector of the parameters would fit, all of them together would not.
    @Test func refusesMoreThanTheMemoryOfThisMachine() throws {
        let configuration = TrainingConfiguration(
            model: .lstm(hidden: 1500), batchSize: 1 << 17, sequenceLength: 1, shards: 1 << 17)
        #expect(try Trainer<Float>.requiredBytes(configuration, symbols: 3) > 1 << 42)
        #expect(throws: (any Error).self) { _ = try Trainer<Float>(corpus, configuration) }
    }

    @Test(arguments: [
        TrainingConfiguration(batchSize: .max), TrainingConfiguration(sequenceLength: .max),
        TrainingConfiguration(model: .dnc(hidden: 128, slots: 1 << 20, width: 16, readHeads: 1), batchSize: 1 << 20),
        TrainingConfiguration(model: .lstm(hidden: 1 << 20), batchSize: 1 << 20, shards: 1 << 20),
    ])
    func requiredBytesRefusesWhatCannotBeCounted(_ configuration: TrainingConfiguration) {
        #expect(throws: (any Error).self) { try Trainer<Double>.requiredBytes(configuration, symbols: 3) }
    }

    /// A limit between the least and the most makes a trainer keep fewer links; what it computes has the same bits.
    @Test func memoryLimitChangesMemoryAlone() async throws {
        let configuration = TrainingConfiguration.small(
            .dnc(hidden: 6, slots: 20, width: 3, readHeads: 2), sequenceLength: 9)
        let most = try Trainer<Double>.requiredBytes(configuration, symbols: corpus.vocabulary.count)
        let least = try Trainer<Double>.leastBytes(configuration, symbols: corpus.vocabulary.count)
        #expect(least < most)
        let unlimited = try Trainer<Double>(corpus, configuration)
        #expect(unlimited.linkInterval == 1 && unlimited.memoryBytes == most)
        try await unlimited.steps(4)
        for (limit, interval) in [(most, 1), (most - 1, 2), (least, 3)] {
            let limited = try Trainer<Double>(corpus, configuration, memoryLimit: limit)
            #expect(limited.linkInterval == interval && limited.memoryBytes <= limit)
            try await limited.steps(4)
            #expect(await limited.currentModel.parameters == unlimited.currentModel.parameters)
        }
        #expect {
            _ = try Trainer<Double>(corpus, configuration, memoryLimit: least - 1)
        } throws: {
            "\($0)".contains("memory limit is \(least - 1) bytes") && "\($0)".contains("at least \(least) bytes")
        }
    }

    /// By hand: 3 symbols, 2 hidden units make 6 + 4 + 2 + 6 + 3 = 21 parameters; Adam keeps two numbers for each. Each lane reads
    /// 4096 bytes ahead, into an array, which has a header of 32; the 20,000 symbols of a validation are 39 streams, of 2 numbers of
    /// state each.
    @Test func requiredBytesCountsEverything() throws {
        let configuration = TrainingConfiguration(
            model: .rnn(hidden: 2), batchSize: 5, sequenceLength: 4, shards: 2, optimizer: .init(.adam))
        let layout = try ModelLayout(configuration.model, symbols: 3)
        let workspaces = try [2, 3].map { try SegmentRunner<Float>.requiredBytes(layout, steps: 4, lanes: $0) }
        let numbers = 21 * (1 + 2 + 2) + 5 * 2
        let streams = 39 * (4 * 2 + MemoryLayout<TextStream>.stride + 4096)
        let readers = 5 * (MemoryLayout<SymbolReader>.stride + 32 + 4096 + 8)
        #expect(
            try Trainer<Float>.requiredBytes(configuration, symbols: 3) == 4 * numbers + workspaces.reduce(0, +) + readers
                + streams)
    }
}
