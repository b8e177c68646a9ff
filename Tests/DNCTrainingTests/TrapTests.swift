// The traps of training and measuring that programs of this family fell into, a test each, called as the trap. Those of the
// core are in csrc/tests/test_traps.c; and tested elsewhere are
//    data that are called random and never change       TaskEpisodesTests and EpisodeFileTests, by step, epoch and seed
//    a likelihood that depends on what is beside a line TaskTrainingTests.likelihoodsAreThoseOfReadingAlone

import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

@Suite struct TrapTests {
    let corpus: Corpus

    init() throws { corpus = try smallCorpus() }

    /// reinvent-dnc and pytorch-dnc draw the state in which a text is begun.
    @Test(arguments: smallModels)
    func randomInitialState(_ configuration: ModelConfiguration) async throws {
        let model = try await trainedModel(configuration)
        let symbols = try corpus.vocabulary.encode(smallText)
        func logits(after count: Int) throws -> [Double] {
            var session = try InferenceSession(model)
            for symbol in symbols.prefix(count) { try session.read(symbol) }
            return session.logits
        }
        let first = try logits(after: 1)
        #expect(try logits(after: 30) != first)
        #expect(try logits(after: 1) == first)
        #expect(try model.evaluate(corpus.whole, streams: 3) == model.evaluate(corpus.whole, streams: 3))
    }

    /// ADNC drops connections as it validates, too. Here validating twice gives the same, and takes nothing from training,
    /// whose random numbers are its own.
    @Test(arguments: smallModels)
    func dropoutInValidation(_ configuration: ModelConfiguration) async throws {
        var settings = TrainingConfiguration.small(configuration)
        if configuration.memory != .none { settings.dropout = DropoutRates(bypass: 0.5) }
        let trainer = try Trainer<Double>(corpus, settings)
        let twin = try Trainer<Double>(corpus, settings)
        for _ in 0..<5 {
            let model = await trainer.currentModel
            #expect(try model.evaluate(corpus.validation) == model.evaluate(corpus.validation))
            let (found, expected) = (try await trainer.step(), try await twin.step())
            #expect(found == expected)
        }
        #expect(await trainer.currentModel.parameters == twin.currentModel.parameters)
    }

    /// krocki/dnc reports nats as bits per character, of what it trains on alone. A model that always says 3/4 ß and 1/4 ä, of
    /// a text that ends otherwise than it begins: what is held out costs 2 bits a character, of two bytes each, what is trained
    /// on log2 4/3.
    @Test func anotherMetricThanReported() throws {
        let corpus = try smallCorpus(String(repeating: "ß", count: 80) + String(repeating: "ä", count: 20))
        let model = try constantModel(of: "ßä", logits: [log(3), 0])
        let measure = Measure(corpus.vocabulary.kind)
        #expect(measure.unit == "BPC")
        for (part, predictions, bits) in [(corpus.validation, 19, 2), (corpus.training, 79, log2(4 / 3.0))] {
            let loss = try model.evaluate(part)
            #expect(loss.count == predictions && abs(measure.value(of: loss) - bits) < 1e-12)
        }
    }

    /// krocki/dnc forgets a tensor as it updates the others.
    @Test(arguments: OptimizerConfiguration.Kind.allCases)
    func tensorMissingInTheUpdate(_ kind: OptimizerConfiguration.Kind) async throws {
        var variant = ModelVariant()
        (variant.masks, variant.sharpness, variant.interfaceNorm, variant.gateNorm) = (true, true, true, true)
        let models: [ModelConfiguration] =
            smallModels + [
                .dnc(hidden: 5, slots: 4, width: 3, readHeads: 2, variant: variant),
                ModelConfiguration(controller: .gru, hidden: 5, layers: 2, memory: .delta, slots: 4, width: 3, readHeads: 2),
                .dnc(hidden: 5, slots: 4, width: 3, readHeads: 2, controller: .feedForward, layers: 3),
            ]
        for configuration in models {
            let trainer = try Trainer<Double>(corpus, .small(configuration, optimizer: OptimizerConfiguration(kind)))
            let before = await trainer.currentModel
            try await trainer.steps(2)
            let after = await trainer.currentModel
            for name in before.layout.parameters.map(\.name) {
                #expect(before.tensor(name)?.values != after.tensor(name)?.values, "\(name) of \(configuration.summary)")
            }
        }
    }
}
