// Small models and texts, temporary files, and comparison of vectors.

import DNCCore
import DNCData
import Foundation

@testable import DNCTraining

/// One small model of each kind.
let smallModels: [ModelConfiguration] = [
    .rnn(hidden: 6), .lstm(hidden: 5), .dnc(hidden: 6, slots: 5, width: 3, readHeads: 2),
]

/// Short enough that lanes come to its end and begin anew within a few segments; 137 characters of 1 to 3 bytes.
let smallText =
    "Ein Ring, sie zu knechten, sie alle zu finden,\nins Dunkel zu treiben und ewig zu binden.\n"
    + "Größe zählt nicht – „urteile nicht nach Größe“?\n"

extension TrainingConfiguration {
    /// A run of a few milliseconds: 7 lanes in 3 unequal shards, validated every fourth step.
    static func small(
        _ model: ModelConfiguration, sequenceLength: Int = 6, shards: Int = 3, carryMemory: Bool = true,
        optimizer: OptimizerConfiguration = OptimizerConfiguration(learningRate: 0.1), precision: Precision = .double
    ) -> Self {
        Self(
            model: model, batchSize: 7, sequenceLength: sequenceLength, shards: shards, carryMemory: carryMemory,
            optimizer: optimizer, seed: 3, validFraction: 0.2, plateauEvery: 4, validSymbols: 20, plateauFactor: 0.5,
            precision: precision)
    }
}

/// The corpus of the small runs.
func smallCorpus(_ text: String = smallText) throws -> Corpus { try Corpus(text: text, validFraction: 0.2) }

/// A model of the small corpus, trained a little, so that nothing is symmetric.
func trainedModel(
    _ configuration: ModelConfiguration = smallModels[2], carryMemory: Bool = true
) async throws -> Model<Double> {
    let trainer = try Trainer<Double>(smallCorpus(), .small(configuration, carryMemory: carryMemory))
    try await trainer.steps(15)
    return await trainer.currentModel
}

extension Trainer {
    func steps(_ count: Int) throws {
        for _ in 0..<count { try step() }
    }
}

/// What a trainer should do, in the plainest way: momentum descent on the whole batch as one shard, with lanes zeroed tensor by
/// tensor. Steps of these numbers, from 1, are left out, and all lanes begin anew after them.
func obviousLoop(
    _ corpus: Corpus, _ configuration: TrainingConfiguration, steps: Int, without leftOut: [Int] = []
) throws -> (losses: [Loss], parameters: [Double]) {
    let layout = try ModelLayout(configuration.model, symbols: corpus.vocabulary.count)
    let (lanes, settings) = (configuration.batchSize, configuration.optimizer)
    let runner = try SegmentRunner<Double>(layout, steps: configuration.sequenceLength, lanes: lanes)
    var batcher = try SegmentBatcher(
        corpus.training, vocabulary: corpus.vocabulary, lanes: lanes, steps: configuration.sequenceLength)
    var parameters: [Double] = try layout.initialParameters(seed: configuration.seed)
    var momentum = parameters.map { _ in 0.0 }
    var state = try RecurrentState<Double>(layout, lanes: lanes)
    var losses: [Loss] = []
    for step in 1...steps {
        var (loss, gradient) = (Loss(), parameters.map { _ in 0.0 })
        for _ in 0..<configuration.accumulate {
            let segment = try batcher.next()
            guard !leftOut.contains(step) else { continue }
            for tensor in layout.state {
                var values = try state.tensor(tensor.name).values
                let begins = !configuration.carryMemory && tensor.name != "hidden" && tensor.name != "cell"
                for lane in 0..<lanes where begins || segment.lanesToReset.contains(lane) {
                    for index in 0..<tensor.count { values[lane * tensor.count + index] = 0 }
                }
                try state.setTensor(tensor.name, to: values)
            }
            loss += try runner.forward(
                parameters: parameters, inputs: segment.inputs, targets: segment.targets, state: &state)
            try runner.backward(inputs: segment.inputs, targets: segment.targets, gradient: &gradient)
        }
        guard !leftOut.contains(step) else {
            state = try RecurrentState(layout, lanes: lanes)
            continue
        }
        gradient = gradient.map { $0 / Double(loss.count) }
        if settings.clipValue > 0 {
            gradient = gradient.map { abs($0) > settings.clipValue ? ($0 < 0 ? -1 : 1) * settings.clipValue : $0 }
        }
        let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let scale = norm > settings.clipNorm ? settings.clipNorm / norm : 1
        let rate = settings.learningRate * configuration.schedule.factor(step: step - 1)
        let weights = layout.parameters.filter { $0.shape.count == 2 }.flatMap(\.range)
        if step <= settings.weightDecaySteps ?? steps {
            for index in weights { parameters[index] -= rate * settings.weightDecay * parameters[index] }
        }
        for index in parameters.indices {
            momentum[index] = settings.momentum * momentum[index] + scale * gradient[index]
            parameters[index] -= rate * momentum[index]
        }
        losses.append(loss)
    }
    return (losses, parameters)
}

/// A model that gives each symbol of `text` the logit at its place, whatever it has read.
func constantModel(of text: String, logits: [Double]) throws -> Model<Double> {
    let vocabulary = Vocabulary(characters: text.unicodeScalars)
    let layout = try ModelLayout(.rnn(hidden: 1), symbols: vocabulary.count)
    let rest = layout.parameterCount - layout.symbols  // all but output.bias, which is the last tensor of an RNN
    return try Model(
        layout: layout, vocabulary: vocabulary, parameters: Array(repeating: 0, count: rest) + logits,
        memoryLifetime: nil)
}

/// A report at the end of a period.
func report(_ step: Int, validLoss: Double? = nil) -> TrainingProgress {
    TrainingProgress(
        step: step, predictions: 100 * step, seconds: 1.5, measure: .bitsPerCharacter, trainLoss: 2.5, validLoss: validLoss,
        validPredictions: validLoss.map { _ in 99 }, predictionsPerSecond: 100, learningRate: 0.1, gradientNorm: 0.25,
        endsPeriod: true, setbacks: 0)
}

/// The largest difference of two vectors; infinite when one has a NaN or another length.
func difference(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
}

/// The number of header bytes of a safetensors file, which follow the 8 bytes that say so.
func headerLength(of file: [UInt8]) -> Int { file[..<8].reversed().reduce(0) { $0 * 256 + Int($1) } }
