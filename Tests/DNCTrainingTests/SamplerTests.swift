import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

@Suite struct SamplerTests {
    /// A DNC with large random parameters, so that its next symbol depends on what it has read.
    let model: Model<Double>

    init() throws {
        let vocabulary = Vocabulary(characters: "\n abcdefgh".unicodeScalars)
        let layout = try ModelLayout(smallModels[2], symbols: vocabulary.count)
        let parameters: [Double] = try layout.initialParameters(seed: 1)
        model = try Model(
            layout: layout, vocabulary: vocabulary, parameters: parameters.map { 5 * $0 }, memoryLifetime: nil)
    }

    private func text(
        temperature: Double = 1, topK: Int? = nil, seed: UInt64 = 1, prompt: String = "", length: Int = 60
    ) throws -> String {
        let options = try SamplingOptions(temperature: temperature, topK: topK)
        var sampler = try Sampler(model, prompt: prompt, options: options, generator: SeededGenerator(seed: seed))
        return try sampler.text(length: length)
    }

    @Test func temperatureZeroTakesTheLikeliest() throws {
        var session = try InferenceSession(model)
        for symbol in try model.vocabulary.encode("bad") { try session.read(symbol) }
        var expected: [Int32] = []
        for _ in 0..<60 {
            let likeliest = Int32(try #require(session.logits.indices.max { session.logits[$0] < session.logits[$1] }))
            expected.append(likeliest)
            try session.read(likeliest)
        }
        let greedy = try text(temperature: 0, prompt: "bad")
        #expect(try greedy == model.vocabulary.decode(expected))
        #expect(Set(greedy).count > 1)
        #expect(try text(temperature: -0.0, seed: 2, prompt: "bad") == greedy)
        #expect(try text(topK: 1, seed: 3, prompt: "bad") == greedy)
        #expect(try text(temperature: 1e-300, seed: 4, prompt: "bad") == greedy)
    }

    @Test func seedDeterminesTheText() throws {
        #expect(try text() == text())
        #expect(try text() != text(seed: 2))
        #expect(try text(topK: 99) == text())
    }

    @Test func continuesFromTheGenerator() throws {
        let options = try SamplingOptions()
        var whole = try Sampler(model, options: options, generator: SeededGenerator(seed: 1))
        let first = try whole.text(length: 10)
        var rest = try Sampler(model, prompt: "\n" + first, options: options, generator: whole.generator)
        #expect(try whole.text(length: 20) == rest.text(length: 20))
    }

    @Test func emptyPromptReadsALineEndOrTheFirstSymbol() throws {
        #expect(try text() == text(prompt: "\n"))
        let lineless = try Model(
            layout: model.layout, vocabulary: Vocabulary(characters: "0123456789".unicodeScalars),
            parameters: model.parameters, memoryLifetime: nil)
        let texts = try ["", "0"].map { prompt in
            var sampler = try Sampler(
                lineless, prompt: prompt, options: SamplingOptions(), generator: SeededGenerator(seed: 1))
            return try sampler.text(length: 30)
        }
        #expect(texts[0] == texts[1])
    }

    /// Chi-square of 20000 draws against softmax(logits / temperature) over the likeliest `topK`; with up to 5 degrees
    /// of freedom it exceeds 40 for less than one seed in a million.
    @Test(arguments: [(1.0, nil), (0.5, nil), (2.0, nil), (1.0, 3), (1.5, 2)] as [(Double, Int?)])
    func drawsFromTheSoftmax(_ temperature: Double, _ topK: Int?) throws {
        let logits = [0.3, -1.0, 1.2, 0.0, 0.7, -0.4]
        var sampler = try Sampler(
            constantModel(of: "abcdef", logits: logits),
            options: SamplingOptions(temperature: temperature, topK: topK), generator: SeededGenerator(seed: 11))
        var counts = logits.map { _ in 0 }
        for _ in 0..<20_000 { counts[Int(try sampler.next())] += 1 }

        let least = logits.sorted(by: >)[(topK ?? logits.count) - 1]
        let weights = logits.map { $0 < least ? 0 : exp($0 / temperature) }
        var chiSquare = 0.0
        for (count, weight) in zip(counts, weights) {
            let expected = 20_000 * weight / weights.reduce(0, +)
            if weight == 0 { #expect(count == 0) } else { chiSquare += pow(Double(count) - expected, 2) / expected }
        }
        #expect(chiSquare < 40)
    }

    /// What is drawn are just the symbols that the definitions leave, by hand: of e^2, e^1, e^0.5, e^0, e^-1 the likeliest has 0.563
    /// of the sum, two have 0.770, three 0.896; the others are 0.368, 0.223, 0.135 and 0.050 times as likely as the likeliest.
    @Test(
        arguments: [
            (0.5, nil, 1), (0.56, nil, 1), (0.57, nil, 2), (0.78, nil, 3), (1, nil, 5), (nil, 0, 5), (nil, 0.13, 4),
            (nil, 0.3, 2),
            (nil, 1, 1), (0.81, 0.3, 2), (0.5, 0.01, 1),
        ] as [(Double?, Double?, Int)])
    func drawsFromWhatIsLeft(_ topP: Double?, _ minP: Double?, _ left: Int) throws {
        var sampler = try Sampler(
            constantModel(of: "abcde", logits: [2, 1, 0.5, 0, -1]), options: SamplingOptions(topP: topP, minP: minP),
            generator: SeededGenerator(seed: 5))
        #expect(try Set((0..<3000).map { _ in try sampler.next() }) == Set(0..<Int32(left)))
    }

    /// At temperature 0 each of the best is taken until the penalty makes it worse than the next: 3 / 2 < 2, then 2 / 2 < 1.5 ...; where all
    /// are recent, it is the best again.
    @Test func recentSymbolsAreLessLikely() throws {
        func text(window: Int, prompt: String = "d") throws -> String {
            var sampler = try Sampler(
                constantModel(of: "abcd", logits: [3, 2, 1.6, -1]), prompt: prompt,
                options: SamplingOptions(temperature: 0, repetitionPenalty: 2, repetitionWindow: window),
                generator: SeededGenerator(seed: 5))
            return try sampler.text(length: 6)
        }
        #expect(try text(window: 1) == "ababab")
        #expect(try text(window: 2) == "abcabc")
        #expect(try text(window: 100) == "abcaaa")
        #expect(try text(window: 2, prompt: "a") == "bcabca")
    }

    @Test func refusesAPromptOutsideTheVocabulary() throws {
        #expect { try text(prompt: "abxy") } throws: { error in
            guard case .unknownSymbol("'x'", _, offset: 2, line: 1) = error as? DataError else { return false }
            return true
        }
    }

    @Test func refusesLogitsThatAreNotFinite() throws {
        var sampler = try Sampler(
            constantModel(of: "abc", logits: [0, .nan, 0]), options: SamplingOptions(),
            generator: SeededGenerator(seed: 1))
        #expect(throws: TrainingError.nonFiniteLogits) { try sampler.next() }
    }

    @Test(arguments: [(-0.1, 1), (.nan, 1), (.infinity, 1), (1, 0), (1, -3)])
    func refusesOptions(_ temperature: Double, _ topK: Int) {
        #expect(throws: TrainingError.self) { try SamplingOptions(temperature: temperature, topK: topK) }
    }

    @Test func refusesWhatLeavesNothing() {
        for topP in [0, -1, 1.1, .nan] { #expect(throws: TrainingError.self) { try SamplingOptions(topP: topP) } }
        for minP in [-0.1, 1.1, .nan] { #expect(throws: TrainingError.self) { try SamplingOptions(minP: minP) } }
        for penalty in [0.9, .infinity, .nan] {
            #expect(throws: TrainingError.self) { try SamplingOptions(repetitionPenalty: penalty) }
        }
        #expect(throws: TrainingError.self) { try SamplingOptions(repetitionWindow: 0) }
    }
}
