// A model's parts, and the session that sampling reads with.

import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

@Suite struct ModelTests {
    let corpus: Corpus

    init() throws {
        corpus = try smallCorpus()
    }

    private func symbols() throws -> [Int32] { try corpus.vocabulary.encode(smallText) }

    // MARK: InferenceSession

    @Test(arguments: smallModels)
    func probabilitiesAddUpToOne(_ configuration: ModelConfiguration) async throws {
        var session = try InferenceSession(try await trainedModel(configuration))
        for symbol in try symbols().prefix(20) {
            let sum = (0..<Int32(corpus.vocabulary.count)).reduce(0) { $0 + exp(session.logProbability(of: $1)) }
            #expect(abs(sum - 1) < 1e-12)
            try session.read(symbol)
        }
    }

    /// e^1000 is beyond any number, and yet log(e^1000 / (2 e^1000)) = -log 2.
    @Test func logProbabilitiesOfHugeLogits() throws {
        var session = try InferenceSession(try constantModel(of: "abc", logits: [1000, 1000, -1000]))
        try session.read(0)
        #expect(abs(session.logProbability(of: 0) + log(2.0)) < 1e-12)
        #expect(abs(session.logProbability(of: 2) + 2000 + log(2.0)) < 1e-12)
    }

    @Test func copiesGoSeparateWays() async throws {
        var session = try InferenceSession(try await trainedModel(smallModels[2]))
        try session.read(3)
        var copy = session
        try copy.read(1)
        let logits = copy.logits
        try session.read(2)
        try session.read(1)
        #expect(copy.logits == logits && session.logits != logits)
        #expect(throws: CoreError.self) { try session.read(Int32(corpus.vocabulary.count)) }
        #expect(throws: CoreError.self) { try session.read(-2) }
    }

    // MARK: init

    @Test func refusesWhatDoesNotFit() throws {
        let (layout, two) = (try ModelLayout(.rnn(hidden: 2), symbols: 2), Vocabulary(characters: "ab".unicodeScalars))
        let three = Vocabulary(characters: "abc".unicodeScalars)
        // W_ih (2, 2), W_hh (2, 2), b (2), W_y (2, 2), b_y (2)
        let parameters = [Double](repeating: 0, count: 16)
        #expect(throws: CoreError.wrongCount(name: "the vocabulary", count: 3, expected: 2)) {
            try Model(layout: layout, vocabulary: three, parameters: parameters)
        }
        #expect(throws: CoreError.wrongCount(name: "parameters", count: 15, expected: 16)) {
            try Model(layout: layout, vocabulary: two, parameters: parameters.dropLast())
        }
        #expect(try Model(layout: layout, vocabulary: two, parameters: parameters).memoryLifetime == nil)
    }

    // MARK: withoutReads, tensor

    /// A DNC that is blind to its memory is the LSTM that it has as controller.
    @Test(arguments: [1, 2]) func withoutReadsLeavesTheController(layers: Int) async throws {
        var configuration = smallModels[2]
        configuration.layers = layers
        let dnc = try await trainedModel(configuration)
        let (symbols, hidden) = (dnc.layout.symbols, dnc.layout.configuration.hidden)
        var parameters: [Double] = []
        let layout = try ModelLayout(ModelConfiguration(hidden: hidden, layers: layers), symbols: symbols)
        for tensor in layout.parameters {
            let (shape, values) = try #require(dnc.tensor(tensor.name))
            let rowLength = try #require(shape.last)
            parameters += values.indices.filter { $0 % rowLength < tensor.shape.last! }.map { values[$0] }
        }
        let controller = try Model(
            layout: layout, vocabulary: dnc.vocabulary, parameters: parameters, memoryLifetime: nil)
        let blind = try dnc.withoutReads().evaluate(corpus.whole).nats
        #expect(try abs(blind - controller.evaluate(corpus.whole).nats) < 1e-10)
        #expect(try abs(blind - dnc.evaluate(corpus.whole).nats) > 1e-3)
    }

    @Test(arguments: smallModels.prefix(2))
    func withoutReadsChangesNothingElsewhere(_ configuration: ModelConfiguration) async throws {
        let model = try await trainedModel(configuration)
        #expect(model.withoutReads().parameters == model.parameters)
    }

    @Test func tensorsTogetherAreTheParameters() async throws {
        let model = try await trainedModel(smallModels[2])
        #expect(model.layout.parameters.flatMap { model.tensor($0.name)?.values ?? [] } == model.parameters)
        #expect(model.tensor("output.bias")?.shape == [corpus.vocabulary.count])
        #expect(model.tensor("no.such.tensor") == nil)
    }
}
