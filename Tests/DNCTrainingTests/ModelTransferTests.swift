import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

@Suite struct ModelTransferTests {
    private static let all =
        smallModels + [
            ModelConfiguration(hidden: 7, layers: 2, memory: .dnc, slots: 4, width: 3, readHeads: 2),
            ModelConfiguration(
                controller: .feedForward, hidden: 6, layers: 2, memory: .delta, slots: 4, width: 3, readHeads: 1),
        ]

    /// A text of the symbols that the model had is predicted as before, but for the share that new ones take: with their logits far
    /// below the others, as before to the last digits.
    @Test(arguments: all)
    func whatWasKnownStaysSo(_ configuration: ModelConfiguration) throws {
        let vocabulary = Vocabulary(characters: "bdf gh".unicodeScalars)
        let layout = try ModelLayout(configuration, symbols: vocabulary.count)
        let parameters: [Double] = try layout.initialParameters(seed: 1)
        let model = try Model(layout: layout, vocabulary: vocabulary, parameters: parameters.map { 3 * $0 })
        let more = Vocabulary(characters: "abcdef ghié".unicodeScalars)
        var extended = try model.extended(to: more, seed: 2)
        #expect(extended.layout.symbols == 11)
        let new = try more.encode("aceié")
        let bias = try #require(extended.layout.parameters.first { $0.name == "output.bias" })
        for symbol in new { extended.parameters[bias.offset + Int(symbol)] = -1000 }
        let text = "bad fgh".filter { $0 != "a" }
        var (before, after) = (try InferenceSession(model), try InferenceSession(extended))
        for character in text {
            try before.read(vocabulary.encode(String(character))[0])
            try after.read(more.encode(String(character))[0])
            for known in "bdf gh" {
                let expected = before.logProbability(of: try vocabulary.encode(String(known))[0])
                #expect(abs(after.logProbability(of: try more.encode(String(known))[0]) - expected) < 1e-12)
            }
        }
        #expect(try model.extended(to: vocabulary, seed: 9).parameters == model.parameters)
    }

    /// What belongs to new symbols is what a model has at the beginning.
    @Test func whatIsNewIsRandom() throws {
        let vocabulary = Vocabulary(characters: "bd".unicodeScalars)
        let layout = try ModelLayout(.lstm(hidden: 3), symbols: 2)
        let model = try Model(
            layout: layout, vocabulary: vocabulary, parameters: [Double](repeating: 7, count: layout.parameterCount))
        let extended = try model.extended(to: Vocabulary(characters: "abcd".unicodeScalars), seed: 5)
        let fresh: [Double] = try extended.layout.initialParameters(seed: 5)
        for tensor in extended.layout.parameters {
            let columns = tensor.shape.dropFirst().reduce(1, *)
            for index in 0..<tensor.count {
                let (row, column) = index.quotientAndRemainder(dividingBy: columns)
                let isNew =
                    tensor.name.hasSuffix("weight_ih")
                    ? column.isMultiple(of: 2) : tensor.name.hasPrefix("output") && row.isMultiple(of: 2)
                #expect(
                    extended.parameters[tensor.offset + index] == (isNew ? fresh[tensor.offset + index] : 7), "\(tensor.name)")
            }
        }
    }

    @Test func aSymbolMustNotGetLost() throws {
        let layout = try ModelLayout(.rnn(hidden: 2), symbols: 2)
        let model = try Model<Double>(
            layout: layout, vocabulary: Vocabulary(characters: "ab".unicodeScalars),
            parameters: layout.initialParameters(seed: 1))
        for other in [Vocabulary(characters: "bc".unicodeScalars), .bytes] {
            #expect(throws: TrainingError.self) { try model.extended(to: other, seed: 1) }
        }
    }

    /// Training on a text begins with the model's loss, not with that of random numbers; and resumes to the same bits.
    @Test func trainingBeginsWithIt() async throws {
        let first = try smallCorpus()
        let model = try await trainedModel(smallModels[2])
        let other = try Corpus(text: smallText + "Ünknown", validFraction: 0.2).including(first.vocabulary)
        let trainer = try Trainer<Double>(TextSegments(other, .small(smallModels[2])), .small(smallModels[2]), from: model)
        let begun = await trainer.currentModel
        #expect(begun.parameters == (try model.extended(to: other.vocabulary, seed: trainer.configuration.seed).parameters))
        try await trainer.steps(3)
        let checkpoint = try await trainer.checkpoint()
        let resumed = try Trainer(resuming: checkpoint, Corpus(text: smallText + "Ünknown", validFraction: 0.2))
        try await trainer.steps(2)
        try await resumed.steps(2)
        #expect(await trainer.currentModel.parameters == resumed.currentModel.parameters)
    }

    // A model of words knows those of another text besides its own, and goes on with the same bits, from within a word if need be.
    @Test func wordsOfAnotherText() async throws {
        func corpus(_ text: String) throws -> Corpus {
            try Corpus(text: text, tokens: .words, wordFloor: 3, validFraction: 0.2)
        }
        var configuration = TrainingConfiguration.small(smallModels[2])
        (configuration.tokens, configuration.wordFloor) = (.words, 3)
        let trained = try Trainer<Double>(corpus(String(repeating: "an ant, an aunt.\n", count: 40)), configuration)
        try await trained.steps(2)
        let model = await trained.currentModel
        let text = String(repeating: "ten aunts, an uncle.\n", count: 20) + String(repeating: "unusual, ", count: 2)
        let source = try TextSegments(corpus(text), as: model.alphabet, configuration)
        let words = try source.corpus.vocabulary.encode(
            "x an ant uncle"
                .replacingOccurrences(of: "x", with: ",")
        ).map { source.corpus.vocabulary.decode([$0]) }
        #expect(words == [",", " an", " ant", " uncle"])
        let trainer = try Trainer<Double>(source, configuration, from: model)
        for _ in 0..<30 {
            try await trainer.steps(1)
            let checkpoint = try await trainer.checkpoint()
            let resumed = try Trainer(resuming: checkpoint, corpus(text))
            try await resumed.steps(1)
            try await trainer.steps(1)
            #expect(await trainer.currentModel.parameters == resumed.currentModel.parameters)
        }
    }

    @Test func anotherModelIsRefused() async throws {
        let model = try await trainedModel(smallModels[2])
        #expect(throws: TrainingError.self) {
            _ = try Trainer<Double>(TextSegments(smallCorpus(), .small(smallModels[1])), .small(smallModels[1]), from: model)
        }
    }
}
