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
            optimizer: optimizer, seed: 3, validFraction: 0.2, validateEvery: 4, validSymbols: 20, plateauFactor: 0.5,
            precision: precision)
    }
}

/// The corpus of the small runs.
func smallCorpus(_ text: String = smallText) throws -> Corpus { try Corpus(text: text, validFraction: 0.2) }

extension Trainer {
    func steps(_ count: Int) throws {
        for _ in 0..<count { try step() }
    }
}

/// A model that gives each symbol of `text` the logit at its place, whatever it has read.
func constantModel(of text: String, logits: [Double]) throws -> LanguageModel<Double> {
    let vocabulary = Vocabulary(characters: text.unicodeScalars)
    let layout = try ModelLayout(.rnn(hidden: 1), symbols: vocabulary.count)
    let rest = layout.parameterCount - layout.symbols  // all but output.bias, which is the last tensor of an RNN
    return LanguageModel(
        layout: layout, vocabulary: vocabulary, parameters: Array(repeating: 0, count: rest) + logits,
        memoryLifetime: nil)
}

/// The largest difference of two vectors; infinite when one has a NaN or another length.
func difference(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
}

/// The number of header bytes of a safetensors file, which follow the 8 bytes that say so.
func headerLength(of file: [UInt8]) -> Int { file[..<8].reversed().reduce(0) { $0 * 256 + Int($1) } }
