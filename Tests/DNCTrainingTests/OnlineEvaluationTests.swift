// A text that is read once and learned from.

import DNCCore
import Foundation
import Testing

@testable import DNCData
@testable import DNCTraining

@Suite struct OnlineEvaluationTests {
    private func configuration(_ model: ModelConfiguration, steps: Int) -> TrainingConfiguration {
        TrainingConfiguration(
            model: model, batchSize: 1, sequenceLength: steps,
            optimizer: OptimizerConfiguration(.sgd, learningRate: 0.3, momentum: 0),
            validFraction: 0, precision: .double)
    }

    private func read(_ reading: inout OnlineEvaluation<Double>) async throws {
        while try await !reading.advance(until: .now + .seconds(10)) {}
    }

    /// A step at a time, in the plainest way: predict, then learn, with the state carried over.
    @Test(arguments: smallModels, [1, 5, 6, 136, 200])
    func everySymbolIsPredictedBeforeItIsLearned(_ model: ModelConfiguration, steps: Int) async throws {
        let corpus = try Corpus(text: smallText, validFraction: 0)
        let configuration = configuration(model, steps: min(steps, 136))
        var reading = try OnlineEvaluation<Double>(of: corpus, from: nil, configuration)
        try await read(&reading)
        let symbols = try corpus.vocabulary.encode(smallText)
        let layout = try ModelLayout(model, symbols: corpus.vocabulary.count)
        var parameters: [Double] = try layout.initialParameters(seed: configuration.seed)
        var (state, nats) = (try RecurrentState<Double>(layout, lanes: 1), 0.0)
        for start in stride(from: 0, to: symbols.count - 1, by: configuration.sequenceLength) {
            let end = min(start + configuration.sequenceLength, symbols.count - 1)
            let runner = try SegmentRunner<Double>(layout, steps: end - start, lanes: 1)
            let segment = Segment(inputs: Array(symbols[start..<end]), targets: Array(symbols[start + 1...end]))
            var gradient = [Double](repeating: 0, count: layout.parameterCount)
            let loss = try state.values.withUnsafeMutableBufferPointer { state in
                try parameters.withUnsafeBufferPointer { try runner.forward(parameters: $0, segment: segment, state: state) }
            }
            try gradient.withUnsafeMutableBufferPointer {
                try runner.backward(segment: segment, scale: 1 / Double(loss.count), gradient: $0)
            }
            nats += loss.nats
            let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let clip = norm > 5 ? 5 / norm : 1
            for i in parameters.indices { parameters[i] -= 0.3 * clip * gradient[i] }
        }
        #expect(reading.loss.count == symbols.count - 1 && reading.part == 1)
        #expect(abs(reading.loss.nats - nats) < 1e-9 * nats)
        let learned = await reading.trainer.currentModel.parameters
        #expect(zip(learned, parameters).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    /// Pauses change nothing, and a trained model begins with what it knows, and with the symbols that it lacks.
    @Test func aTrainedModelGoesOnFromWhatItKnows() async throws {
        let model = try await trainedModel()
        let text = String(repeating: String(smallText.reversed()), count: 30) + "日"
        let corpus = try Corpus(text: text, validFraction: 0)
        var slow = try OnlineEvaluation(of: corpus, from: model, configuration(smallModels[2], steps: 4))
        var (fast, pauses) = (slow, 0)
        fast = try OnlineEvaluation(of: corpus, from: model, configuration(smallModels[2], steps: 4))
        while try await !slow.advance(until: .now + .nanoseconds(1)) { pauses += 1 }
        try await read(&fast)
        #expect(slow.loss == fast.loss && pauses > 2)
        let learned = await slow.trainer.currentModel
        #expect(try learned.vocabulary.count == model.vocabulary.count + 1)
        let unlearned = try model.extended(to: learned.vocabulary, seed: 1).evaluate(corpus.whole)
        #expect(slow.loss.nats < unlearned.nats)
    }

    @Test func whatIsHeldOutCanBeReadAlone() async throws {
        let corpus = try smallCorpus()
        var reading = try OnlineEvaluation<Double>(of: corpus.heldOutAlone, from: nil, configuration(smallModels[0], steps: 4))
        try await read(&reading)
        let heldOut = String(decoding: try corpus.whole.text.bytes(in: corpus.validation.bytes), as: UTF8.self)
        #expect(reading.loss.count == heldOut.unicodeScalars.count - 1)
    }

    @Test func oneLaneAlone() throws {
        var two = configuration(smallModels[0], steps: 4)
        two.batchSize = 2
        #expect(throws: TrainingError.self) { try OnlineEvaluation<Double>(of: smallCorpus(), from: nil, two) }
    }

    @Test func inItsOrder() throws {
        var jumping = configuration(smallModels[0], steps: 4)
        jumping.stretch = 8
        #expect(throws: TrainingError.self) { try OnlineEvaluation<Double>(of: smallCorpus(), from: nil, jumping) }
    }
}
