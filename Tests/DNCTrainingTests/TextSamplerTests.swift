import DNCCore
import DNCData
import Testing

@testable import DNCTraining

@Suite struct TextSamplerTests {
    /// A DNC with large random parameters.
    private let model: Model<Double>

    init() throws { model = try SamplerTests().model }

    /// What is told of a text, and whether it has ended, for texts at which it ends.
    @Test(arguments: [
        (["xy"], "abc", "abc", false), (["xy"], "abxyz", "ab", true), (["xy"], "abx", "abx", false),
        (["xy"], "xxxy", "xx", true),
        (["aab"], "aaab", "a", true), (["b", "abc"], "xabc", "xa", true), (["abc", "bc"], "xabc", "x", true),
        ([], "ab", "ab", false),
        ([""], "ab", "ab", false), (["aba"], "ababa", "", true), (["aab", "ab"], "aaab", "a", true),
    ])
    func endsBefore(_ stops: [String], _ written: String, _ told: String, _ ends: Bool) throws {
        let vocabulary = Vocabulary.bytes
        var (stop, text) = (StopTexts(try stops.map(vocabulary.encode), in: vocabulary), [Int32]())
        for symbol in try vocabulary.encode(written) where !stop.isReached { text += stop.add(symbol) }
        text += stop.rest()
        #expect(vocabulary.decode(text) == told && stop.isReached == ends)
    }

    /// A text is what a `Sampler` writes with the same random numbers, up to where it ends.
    @Test func textsAreASamplers() throws {
        let (vocabulary, seed, longest) = (try model.vocabulary, UInt64(3), 40)
        let options = try SamplingOptions(temperature: 1.2, topP: 0.9, repetitionPenalty: 1.1, repetitionWindow: 5)
        let prompt = try vocabulary.encode("bad face")
        let stops = try ["a", "gh"].map(vocabulary.encode)
        let many = try TextSampler(model, prompt: prompt, endingAt: stops, options: options, seed: seed)
        let texts = try many.texts(5..<75, longest: longest)
        #expect(Set(texts.map(\.count)).count > 5)
        for (number, text) in zip(5..., texts) {
            let generator = SeededGenerator(seed: seed, purpose: 0, index: UInt64(number))
            var sampler = try Sampler(model, prompt: prompt, options: options, generator: generator)
            let written = try (0..<longest).map { _ in try sampler.next() }
            let end = written.indices.first { last in stops.contains { written[...last].suffix($0.count).elementsEqual($0) } }
            let expected = end.map { last in
                written[...last].dropLast(
                    stops.filter { written[...last].suffix($0.count).elementsEqual($0) }.map(\.count).max() ?? 0)
            }
            #expect(text == Array(expected ?? written[...]))
        }
    }

    // A text ends where it is written, whatever words it is a part of.
    @Test func wordsEndWithinThem() throws {
        let vocabulary = try Corpus(text: "an ant, an aunt", tokens: .words, wordFloor: 1, validFraction: 0).vocabulary
        let layout = try ModelLayout(.lstm(hidden: 6), symbols: vocabulary.count)
        let model = try Model<Double>(
            layout: layout, vocabulary: vocabulary, parameters: layout.initialParameters(seed: 2).map { 2 * $0 })
        let (options, stop) = (try SamplingOptions(), "n a")
        let sampler = try TextSampler(model, endingAt: [vocabulary.encode(stop)], options: options, seed: 4)
        var ended = 0
        for (number, text) in zip(0..., try sampler.texts(0..<60, longest: 30)) {
            var single = try Sampler(
                model, options: options, generator: SeededGenerator(seed: 4, purpose: 0, index: UInt64(number)))
            let written = try single.text(length: 30)
            let end = written.ranges(of: stop).first
            #expect(vocabulary.decode(text) == written[..<(end?.lowerBound ?? written.endIndex)])
            ended += end == nil ? 0 : 1
        }
        #expect((1..<60).contains(ended))
    }

    @Test func withoutAPromptItIsTheSamplers() throws {
        let options = try SamplingOptions()
        let text = try TextSampler(model, options: options, seed: 1).texts(0..<1, longest: 20)[0]
        var sampler = try Sampler(model, options: options, generator: SeededGenerator(seed: 1, purpose: 0, index: 0))
        #expect(try model.vocabulary.decode(text) == sampler.text(length: 20))
    }
}
