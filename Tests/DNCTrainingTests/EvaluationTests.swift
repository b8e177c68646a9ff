// The loss over a text, however it is cut and whoever reads it.

import DNCCore
import DNCTasks
import Foundation
import Testing

@testable import DNCData
@testable import DNCTraining

@Suite struct EvaluationTests {
    let corpus: Corpus

    init() throws { corpus = try smallCorpus() }

    private func symbols() throws -> [Int32] { try corpus.vocabulary.encode(smallText) }

    /// All 136 predictions of the text as one segment, or as segments of 6 with the memory emptied before each.
    @Test(arguments: smallModels, [true, false])
    func evaluateAgreesWithSegments(_ configuration: ModelConfiguration, carryMemory: Bool) async throws {
        let model = try await trainedModel(configuration, carryMemory: carryMemory)
        let symbols = try symbols()
        let steps = carryMemory ? symbols.count - 1 : 6
        var state = try RecurrentState<Double>(model.layout, lanes: 1)
        var nats = 0.0
        for start in stride(from: 0, to: symbols.count - 1, by: steps) {
            let end = min(start + steps, symbols.count - 1)
            if !carryMemory { state.resetMemory() }
            let runner = try SegmentRunner<Double>(model.layout, steps: end - start, lanes: 1)
            nats += try runner.forward(
                parameters: model.parameters, inputs: Array(symbols[start..<end]),
                targets: Array(symbols[start + 1...end]), state: &state
            ).nats
        }
        let loss = try model.evaluate(corpus.whole)
        #expect(loss.count == symbols.count - 1)
        #expect(abs(loss.nats - nats) < 1e-10)
    }

    @Test(arguments: [(0, 0), (1, 0), (2, 1), (20, 19), (137, 136), (500, 136)])
    func limitCountsSymbols(_ limit: Int, _ predictions: Int) async throws {
        #expect(try await trainedModel(smallModels[0]).evaluate(corpus.whole, limit: limit).count == predictions)
    }

    // Words are predicted one by one, and count as their characters; however many streams there are.
    @Test(arguments: [1, 3, nil])
    func wordsCountAsTheirCharacters(streams: Int?) async throws {
        let text = String(repeating: "an ant, an aunt and ten’s\n", count: 60)
        let corpus = try Corpus(text: text, tokens: .words, wordFloor: 5, validFraction: 0.2)
        var configuration = TrainingConfiguration.small(smallModels[1])
        (configuration.tokens, configuration.wordFloor) = (.words, 5)
        let trainer = try Trainer<Double>(corpus, configuration)
        let first = try await trainer.step()
        // Of two segments of four lanes: as many characters as their targets have.
        var batcher = try SegmentBatcher(
            corpus.training, vocabulary: corpus.vocabulary, lanes: configuration.batchSize, steps: configuration.sequenceLength)
        let targets = try batcher.next().targets
        #expect(first.count == targets.reduce(0) { $0 + corpus.vocabulary.decode([$1]).unicodeScalars.count })
        #expect(first.count > targets.count)

        let model = await trainer.currentModel
        var (session, nats, count) = (try InferenceSession(model), 0.0, 0)
        let symbols = try corpus.vocabulary.encode(text)
        for (input, target) in zip(symbols, symbols.dropFirst()) {
            try session.read(input)
            nats -= session.logProbability(of: target)
            count += corpus.vocabulary.decode([target]).unicodeScalars.count
        }
        let loss = try model.evaluate(corpus.whole, streams: streams)
        #expect(loss.count == count && loss.count == text.unicodeScalars.count - 2)  // without the first word, "an"
        if streams == 1 { #expect(abs(loss.nats - nats) < 1e-9) }
        let trace = try model.trace(symbols).loss
        #expect(trace.count == count && abs(trace.nats - nats) < 1e-3)
    }

    @Test func floatAgreesWithDouble() async throws {
        let trainer = try Trainer<Float>(corpus, .small(smallModels[2], precision: .float))
        let float = await trainer.currentModel
        let double = try Model<Double>(
            layout: float.layout, vocabulary: float.vocabulary, parameters: float.parameters.map { Double($0) },
            memoryLifetime: nil)
        let losses = try (float.evaluate(corpus.whole), double.evaluate(corpus.whole))
        #expect(abs(losses.0.bitsPerSymbol - losses.1.bitsPerSymbol) < 1e-5)
    }

    // MARK: Streams

    /// About 1,400 characters of 1 to 3 bytes, so that cuts fall inside of them.
    private func longCorpus() throws -> Corpus { try Corpus(text: String(repeating: smallText, count: 10), validFraction: 0.2) }

    /// What the streams should come to, symbol by symbol: each begins at the first character from its share of the bytes on, reads those
    /// of the 64 bytes before that are whole, and counts from its own first to the next one's.
    private func expected(
        _ model: Model<Double>, _ text: String, streams: Int
    ) throws -> Loss {
        let bytes = Array(text.utf8)
        func boundary(_ offset: Int) -> Int {
            (offset...bytes.count).first { $0 == bytes.count || bytes[$0] & 0xC0 != 0x80 } ?? 0
        }
        let starts = (0..<streams).map { boundary(bytes.count * $0 / streams) } + [bytes.count]
        var loss = Loss()
        for stream in 0..<streams {
            let (start, end) = (starts[stream], starts[stream + 1])
            var offset = boundary(max(0, start - 64))
            var session = try InferenceSession(model)
            let part = try model.vocabulary.encode(String(decoding: bytes[offset..<end], as: UTF8.self))
            for (index, symbol) in part.enumerated() {
                if index > 0, offset >= start { loss += Loss(nats: -session.logProbability(of: symbol), count: 1) }
                try session.read(symbol)
                offset += try model.vocabulary.bytes(of: symbol).count
            }
        }
        return loss
    }

    @Test(arguments: smallModels, [1, 2, 3, 16, 17, 33, 100])
    func streamsAreReadSymbolBySymbol(_ configuration: ModelConfiguration, streams: Int) async throws {
        let (corpus, text) = (try longCorpus(), String(repeating: smallText, count: 10))
        for carryMemory in [true, false] {
            let model = try await trainedModel(configuration, carryMemory: carryMemory)
            let (found, wanted) = (
                try model.evaluate(corpus.whole, streams: streams, threads: 2), try expected(model, text, streams: streams)
            )
            #expect(found.count == text.unicodeScalars.count - 1 && wanted.count == found.count)
            #expect(abs(found.nats - wanted.nats) < 1e-9, "\(streams) streams")
        }
    }

    /// More streams than there are bytes, and texts of nothing and of one symbol.
    @Test func aTextMayBeTooShort() async throws {
        let model = try await trainedModel(smallModels[1])
        for (text, predictions) in [("", 0), ("E", 0), ("Ei", 1), ("ß", 0), ("ßß–", 2)] {
            guard !text.isEmpty else {
                let nothing = TextRange(text: corpus.whole.text, bytes: 5..<5)
                #expect(try model.evaluate(nothing) == Loss() && model.evaluate(nothing, streams: 9) == Loss())
                continue
            }
            let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try Data(text.utf8).write(to: url)
            defer { try? FileManager.default.removeItem(at: url) }
            let short = try Corpus(contentsOf: url.path, vocabulary: model.vocabulary, validFraction: 0)
            for streams in [nil, 1, 2, 1000] {
                #expect(try model.evaluate(short.whole, streams: streams).count == predictions, "\(text), \(streams ?? 0)")
            }
        }
    }

    @Test(arguments: smallModels)
    func threadsAndPausesDoNotChangeABit(_ configuration: ModelConfiguration) async throws {
        let (corpus, model) = (try longCorpus(), try await trainedModel(configuration))
        let whole = try model.evaluate(corpus.whole, streams: 70)
        for threads in [2, 3, 8] {
            var evaluation = try Evaluation(model, of: corpus.whole, streams: 70, threads: threads)
            var (pauses, part) = (0, evaluation.part)
            while try !evaluation.advance(until: .now) {
                #expect(evaluation.part >= part && evaluation.part < 1 && evaluation.loss.count < whole.count)
                (pauses, part) = (pauses + 1, evaluation.part)
            }
            #expect(pauses > 0 && evaluation.part == 1 && evaluation.loss == whole)
        }
    }

    /// What a figure's name says of how it was made goes by the length alone.
    @Test func usualStreamsGoByTheLength() {
        let streams = [0, 1, 511, 512, 1023, 1024, 15_209, 65_535, 65_536, 1 << 40].map(Evaluation<Float>.usualStreams)
        #expect(streams == [1, 1, 1, 1, 1, 2, 29, 127, 128, 128])
    }

    // MARK: The memory's influence

    /// A controller and a memory of one number each, of known strengths.
    private func known(_ input: ModelInput, _ output: ModelOutput, _ alphabet: Alphabet) throws -> Model<Double> {
        let layout = try ModelLayout(.dnc(hidden: 1, slots: 1, width: 1, readHeads: 1), input: input, output: output)
        var parameters = [Double](repeating: 0, count: layout.parameterCount)
        for (name, index, value) in [
            ("controller.0.bias", 2, 0.5),  // g, so that there is some output
            ("interface.bias", 5, 3),  // the write vector's only element
            ("output.weight", 0, 2), ("output.weight_read", 0, 0.25), ("output.bias", 0, -0.25),
        ] {
            parameters[try #require(layout.parameters.first { $0.name == name }).offset + index] = value
        }
        return try Model(layout: layout, alphabet: alphabet, parameters: parameters)
    }

    /// Over all steps at which something is asked: with one output y = 2 h + 0.25 r - 0.25, a bit's probability is s(y), and that of
    /// the first of two symbols too, whose other changes by as much.
    private func share(_ traces: [Trace]) throws -> Double {
        func s(_ y: Double) -> Double { 1 / (1 + exp(-y)) }
        var (memory, controller) = (0.0, 0.0)
        for trace in traces {
            let (hidden, read) = (try #require(trace["hidden"]).values, try #require(trace["read_vectors"]).values)
            for step in 0..<trace.steps where trace.episode.weights[step] > 0 {
                let (h, r) = (Double(hidden[step]), Double(read[step]))
                memory += abs(s(2 * h + 0.25 * r - 0.25) - s(2 * h - 0.25))
                controller += abs(s(2 * h + 0.25 * r - 0.25) - s(0.25 * r - 0.25))
            }
        }
        return memory / (memory + controller)
    }

    /// Of unequal lengths, which leave lanes empty.
    @Test func theMemorysInfluenceOnEpisodes() throws {
        let task = CopyTask(bits: 1, length: 1...5)
        let model = try known(task.input, task.output, .none)
        let episodes = try TaskEpisodes(task, batchSize: 1, seed: 3)
        let expected = try share((0..<50).map { try model.trace(episodes.heldOut($0)) })
        for threads in [1, 3] {
            var evaluation = try Evaluation(model, of: episodes, count: 50, threads: threads, influence: true)
            _ = try evaluation.advance()
            let found = try #require(evaluation.influence?.share)
            #expect(abs(found - expected) < 1e-5 && (0.1...0.9).contains(found))
        }
        var without = try Evaluation(model, of: episodes, count: 5)
        _ = try without.advance()
        #expect(without.influence == nil)
    }

    /// What streams read in advance asks for nothing.
    @Test func theMemorysInfluenceOnAText() throws {
        let corpus = try Corpus(text: String(repeating: "abbab", count: 30), validFraction: 0)
        let model = try known(.symbols(2), .symbols(2), .text(corpus.vocabulary))
        let symbols = try corpus.vocabulary.encode(String(repeating: "abbab", count: 30))
        var evaluation = try Evaluation(model, of: corpus.whole, streams: 1, influence: true)
        _ = try evaluation.advance()
        #expect(abs(try #require(evaluation.influence?.share) - share([model.trace(symbols)])) < 1e-5)
        let lstm = try ModelLayout(.lstm(hidden: 2), symbols: 2)
        let other = try Model<Double>(
            layout: lstm, vocabulary: corpus.vocabulary, parameters: lstm.initialParameters(seed: 1))
        evaluation = try Evaluation(other, of: corpus.whole, influence: true)
        #expect(evaluation.influence == nil)
    }
}
