// Traces of episodes, of every kind of input and output: what is recorded is what the model answers, and the file has it.

import DNCCore
import DNCData
import DNCTasks
import Foundation
import SafeTensors
import TestSupport
import Testing

@testable import DNCTraining

/// A kind of model, small, with what its symbols stand for.
private struct Kind: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let configuration: ModelConfiguration
    let input: ModelInput
    let output: ModelOutput
    var alphabet = Alphabet.none

    /// Words of a file of episodes: two a step read, two answered.
    static var words: Alphabet {
        get throws {
            let json = """
                {"inputKind": "symbols", "inputWords": ["the", "cat", "sat", "?", "😀"], "targetWords": ["cat", "dog", "sat"],
                 "input": {"symbols": 5, "symbolsPerStep": 2}, "output": {"kind": "symbols", "size": 3, "groups": 2}}
                """
            return .words(try JSONDecoder().decode(EpisodeEncoding.self, from: Data(json.utf8)))
        }
    }

    static let bits = Kind(
        testDescription: "bits", configuration: .dnc(hidden: 6, slots: 5, width: 3, readHeads: 2), input: .vector(4),
        output: .bits(3))
    static let all: [Kind] = [
        bits,
        Kind(
            testDescription: "reals",
            configuration: .dnc(hidden: 5, slots: 4, width: 3, readHeads: 1, controller: .feedForward, layers: 2),
            input: .vector(2), output: .reals(3)),
        Kind(
            testDescription: "symbols and vectors to groups",
            configuration: .dnc(hidden: 4, slots: 3, width: 2, readHeads: 1, controller: .tanh),
            input: ModelInput(symbols: 5, symbolsPerStep: 3, vector: 2), output: .symbols(4, groups: 2)),
        Kind(
            testDescription: "words", configuration: .lstm(hidden: 4), input: .symbols(5, perStep: 2),
            output: .symbols(3, groups: 2), alphabet: (try? words) ?? .none),
        Kind(testDescription: "single symbols", configuration: .rnn(hidden: 4), input: .symbols(5), output: .symbols(2)),
    ]

    /// With parameters large enough for the memory to count.
    func model() throws -> Model<Double> {
        let layout = try ModelLayout(configuration, input: input, output: output)
        var generator = SeededGenerator(seed: 5)
        let parameters = (0..<layout.parameterCount).map { _ in 3 * generator.unit() - 1.5 }
        return try Model(layout: layout, alphabet: alphabet, parameters: parameters)
    }

    /// Longer than a piece in which a trace is recorded; some steps ask nothing, others count half.
    func episode(steps: Int = 70) -> Episode {
        var generator = SeededGenerator(seed: 9)
        func symbols(_ count: Int, of alphabet: Int) -> [Int32] {
            (0..<count).map { _ in Int32(generator.integer(in: -1...alphabet - 1)) }
        }
        func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(2 * generator.unit() - 1) } }
        let asksSymbols = output.kind == .symbols
        let asked = output.kind == .bits ? generator.bits(steps * output.size) : numbers(steps * output.size)
        return Episode(
            symbols: symbols(steps * input.symbolsPerStep, of: input.symbols), vectors: numbers(steps * input.vector),
            targetSymbols: asksSymbols ? symbols(steps * output.groups, of: output.size) : [],
            targetVectors: asksSymbols ? [] : asked,
            weights: (0..<steps).map { [0, 1, 0.5][$0 % 3] })
    }
}

@Suite struct EpisodeTraceTests {
    // MARK: What is recorded

    @Test(arguments: Kind.all) private func theOutputsAreTheAnswers(_ kind: Kind) throws {
        let (model, episode) = (try kind.model(), kind.episode())
        let trace = try model.trace(episode)
        #expect(trace.episode == episode && trace.resets.isEmpty && trace.steps == 70)
        let answers = try model.answers(to: [episode])[0]
        #expect(difference(trace.outputs.map(Double.init), answers.map(Double.init)) < 1e-5)
        let (output, name) = (kind.output, kind.output.kind == .reals ? "outputs" : "logits")
        #expect(trace[name]?.shape == (output.groups > 1 ? [70, output.groups, output.size] : [70, output.size]))
        for (name, values) in [
            ("input_vectors", episode.vectors), ("target_vectors", episode.targetVectors), ("weights", episode.weights),
        ] {
            #expect(trace[name]?.values ?? [] == values, "\(name)")
        }
    }

    @Test(arguments: Kind.all) private func theLossIsThatOfTheCore(_ kind: Kind) throws {
        let (model, episode) = (try kind.model(), kind.episode())
        let trace = try model.trace(episode)
        let runner = try SegmentRunner<Double>(model.layout, steps: 70, lanes: 1)
        let expected = try model.parameters.withUnsafeBufferPointer {
            try runner.answer([episode], parameters: $0).loss
        }
        #expect(trace.loss.count == expected.count && expected.count > 20)
        #expect(abs(trace.loss.nats - expected.nats) < 1e-4 * expected.nats)
        #expect(trace.measure == Measure(kind.output))
        let weighted = (0..<70).reduce(0.0) { $0 + Double(episode.weights[$1]) * trace.loss(at: $1).nats }
        #expect(abs(weighted - expected.nats) < 1e-4 * expected.nats)
    }

    @Test(arguments: Kind.all) private func theScoreIsThatOfTheAnswers(_ kind: Kind) throws {
        let trace = try kind.model().trace(kind.episode())
        #expect(trace.score == (try EpisodeScore(trace.episode, outputs: trace.outputs, kind.output)))
        let steps = (0..<70).map(trace.score(at:))
        #expect(steps.reduce(0) { $0 + $1.answers } == trace.score.answers)
        #expect(steps.reduce(0) { $0 + $1.wrongAnswers } == trace.score.wrongAnswers)
        #expect(steps[0] == EpisodeScore())
    }

    @Test func anEpisodeThatDoesNotFitIsRefused() throws {
        var episode = Kind.bits.episode()
        episode.targetVectors[7] = 0.5
        #expect(throws: EpisodeError.notABit(0.5, step: 2)) { _ = try Kind.bits.model().trace(episode) }
        #expect(throws: TrainingError.noText) { _ = try Kind.all[4].model().trace([1, 2]) }
    }

    /// From the controller's output and the read vectors anew, number by number, with what is left out left out.
    @Test(arguments: Kind.all.prefix(3)) private func theInfluenceByItsDefinition(_ kind: Kind) throws {
        let (model, output) = (try kind.model(), kind.output)
        let trace = try model.trace(kind.episode())
        let (own, read, bias) = try (
            #require(model.tensor("output.weight")).values, #require(model.tensor("output.weight_read")).values,
            #require(model.tensor("output.bias")).values
        )
        let (hidden, reads) = try (#require(trace["hidden"]).values, #require(trace["read_vectors"]).values)
        let (h, r) = (hidden.count / 70, reads.count / 70)
        func prediction(_ outputs: [Double]) -> [Double] {
            switch output.kind {
            case .reals: return outputs
            case .bits: return outputs.map { 1 / (1 + exp(-$0)) }
            case .symbols:
                var result: [Double] = []
                for group in 0..<output.groups {
                    let powers = (0..<output.size).map { exp(outputs[group * output.size + $0]) }
                    for power in powers { result.append(power / powers.reduce(0, +)) }
                }
                return result
            }
        }
        let influence = try #require(trace["memory_influence"])
        #expect(influence.shape == [70])
        for step in 0..<70 {
            func outputs(controller: Bool, memory: Bool) -> [Double] {
                (0..<output.count).map { y in
                    var sum = bias[y]
                    if controller { for i in 0..<h { sum += own[y * h + i] * Double(hidden[step * h + i]) } }
                    if memory { for i in 0..<r { sum += read[y * r + i] * Double(reads[step * r + i]) } }
                    return sum
                }
            }
            let whole = outputs(controller: true, memory: true)
            #expect(difference(whole, trace.outputs[step * output.count..<(step + 1) * output.count].map(Double.init)) < 1e-4)
            #expect(difference(prediction(whole), trace.predictions(at: step).map(Double.init)) < 1e-5)
            func change(_ other: [Double]) -> Double {
                zip(prediction(whole), prediction(other)).reduce(0) { $0 + abs($1.0 - $1.1) }
            }
            let (c, m) = (change(outputs(controller: true, memory: false)), change(outputs(controller: false, memory: true)))
            // With p_c the prediction without the read vectors, its change is the memory's.
            #expect(abs(Double(influence.values[step]) - (c + m > 0 ? c / (c + m) : 0)) < 1e-4)
        }
        #expect((influence.values.max() ?? 0) > 0.05)
    }

    // MARK: Files

    private static let givenNames = ["symbols", "targets", "input_vectors", "target_vectors", "weights"]

    @Test(arguments: Kind.all) private func theFileGivesItBack(_ kind: Kind) throws {
        let folder = try TemporaryFolder()
        let trace = try kind.model().trace(kind.episode())
        try trace.write(to: folder.path("trace"))
        let read = try Trace(contentsOf: folder.path("trace"))
        #expect(read.layout == trace.layout && read.alphabet == trace.alphabet && read.episode == trace.episode)
        #expect(read.resets.isEmpty && read.measure == trace.measure)
        for (name, shape) in try Trace.tensors(of: trace.layout, steps: trace.steps) {
            #expect(read[name]?.shape == shape && read[name]?.values == trace[name]?.values, "\(name)")
        }

        let file = try SafeTensorsFile(contentsOf: folder.path("trace"))
        #expect(file.metadata["dnc.trace.schema"] == "3" && file.metadata["dnc.vocabulary"] == nil)
        #expect((file.metadata["dnc.episodes"] != nil) == (kind.alphabet != .none))
        let (input, output) = (kind.input, kind.output)
        let shapes: [String: [Int]] = [
            "symbols": [70] + (input.symbolsPerStep == 1 ? [] : [input.symbolsPerStep]), "input_vectors": [70, input.vector],
            "targets": [70] + (output.groups == 1 ? [] : [output.groups]), "target_vectors": [70, output.size], "weights": [70],
        ]
        let isThere = [input.symbols > 0, output.kind == .symbols, input.vector > 0, output.kind != .symbols, true]
        for (name, isThere) in zip(Self.givenNames, isThere) {
            #expect(file.tensors[name]?.shape == (isThere ? shapes[name] : nil), "\(name)")
        }
    }

    /// A copy of a trace's file with some of it changed.
    private func copy(
        of file: SafeTensorsFile, to path: String, without left: Set<String> = [], metadata: [String: String?] = [:],
        integers: (String, inout [Int32]) -> Void = { _, _ in }, numbers: (String, inout [Float]) -> Void = { _, _ in },
        extra: (inout SafeTensorsWriter) throws -> Void = { _ in }
    ) throws {
        var copy = SafeTensorsWriter(metadata: file.metadata)
        for (key, value) in metadata { copy.metadata[key] = value }
        for (name, tensor) in file.tensors where !left.contains(name) {
            if tensor.type == .i32 {
                var values: [Int32] = try file.values(name)
                integers(name, &values)
                try copy.add(name, shape: tensor.shape, values: values)
            } else {
                var values: [Float] = try file.values(name)
                numbers(name, &values)
                try copy.add(name, shape: tensor.shape, values: values)
            }
        }
        try extra(&copy)
        try copy.write(to: path)
    }

    /// Traces of texts from when there were no others: without weights, and with a model in other words.
    @Test(arguments: ["1", "2"]) func olderFilesAreRead(_ schema: String) async throws {
        let folder = try TemporaryFolder()
        let trace = try await trainedModel(carryMemory: false).trace(smallCorpus().vocabulary.encode(smallText))
        try trace.write(to: folder.path("trace"))
        let config =
            schema == "1"
            ? #"{"model":"dnc","hidden":6,"slots":5,"width":3,"readHeads":2}"#
            : #"{"controller":"lstm","hidden":6,"memory":"dnc","slots":5,"width":3,"readHeads":2}"#
        let file = try SafeTensorsFile(contentsOf: folder.path("trace"))
        try copy(
            of: file, to: folder.path("old"), without: ["weights"],
            metadata: ["dnc.trace.schema": schema, "dnc.config": config])
        let old = try Trace(contentsOf: folder.path("old"))
        #expect(old.layout == trace.layout && old.alphabet == trace.alphabet && old.episode == trace.episode)
        #expect(old.resets == trace.resets && old.outputs == trace.outputs && old.loss == trace.loss)

        try copy(
            of: file, to: folder.path("none"), without: ["weights"],
            metadata: ["dnc.trace.schema": schema, "dnc.config": config, "dnc.vocabulary": nil])
        #expect {
            _ = try Trace(contentsOf: folder.path("none"))
        } throws: {
            "\($0)".contains("dnc.vocabulary")
        }
    }

    /// Files with one thing wrong, and a word of the error that tells it.
    @Test(arguments: [
        ("weights", "negative", "weight of step 5"), ("weights", "nan", "must be a finite number"),
        ("target_vectors", "negative", "must be 0 or 1"), ("input_vectors", "nan", "must be a finite number"),
        ("logits", "nan", "logits holds infinite"), ("memory", "nan", "memory holds infinite"),
        ("target_vectors", "missing", "target_vectors"), ("weights", "missing", "weights"), ("symbols", "extra", "symbols"),
        ("resets", "large", "resets that cannot be"), ("size", "", "input_vectors"), ("vocabulary", "", "dnc.vocabulary"),
        ("episodes", "", "dnc.episodes"), ("nothing", "", "dnc.config"), ("kind", "", "outputs"),
    ])
    func hostileFilesAreRefused(_ name: String, _ change: String, _ words: String) throws {
        let folder = try TemporaryFolder()
        try Kind.bits.model().trace(Kind.bits.episode()).write(to: folder.path("trace"))
        let file = try SafeTensorsFile(contentsOf: folder.path("trace"))
        let config = try #require(file.metadata["dnc.config"])
        let plain = #"{"controller":"lstm","hidden":6,"memory":"dnc","slots":5,"width":3,"readHeads":2}"#
        let metadata: [String: String?] =
            switch name {
            case "size": ["dnc.config": config.replacingOccurrences(of: #""vector":4"#, with: #""vector":5"#)]
            case "kind": ["dnc.config": config.replacingOccurrences(of: #""bits""#, with: #""reals""#)]
            case "nothing": ["dnc.config": plain]
            case "vocabulary": ["dnc.vocabulary": try json(Vocabulary(characters: "ab".unicodeScalars))]
            case "episodes": ["dnc.episodes": (try Kind.words.metadata)["dnc.episodes"]]
            default: [:]
            }
        try copy(
            of: file, to: folder.path("changed"), without: change == "missing" || change == "large" ? [name] : [],
            metadata: metadata, numbers: { if $0 == name { $1[5] = change == "nan" ? .nan : -1 } },
            extra: {
                if change == "extra" { try $0.add(name, shape: [70], values: Array(repeating: Int32(0), count: 70)) }
                if change == "large" { try $0.add(name, shape: [1], values: [Int32(70)]) }
            })
        #expect {
            _ = try Trace(contentsOf: folder.path("changed"))
        } throws: { error in
            #expect("\(error)".contains(words), "\(error)")
            return error is SafeTensorsError || error is CoreError || error is TrainingError
        }
    }

    @Test func symbolsOutsideTheAlphabetAreRefused() throws {
        let folder = try TemporaryFolder()
        try Kind.all[2].model().trace(Kind.all[2].episode()).write(to: folder.path("trace"))
        let file = try SafeTensorsFile(contentsOf: folder.path("trace"))
        for (name, symbol) in [("symbols", Int32(5)), ("symbols", -2), ("targets", 4), ("targets", -2)] {
            try copy(of: file, to: folder.path("changed"), integers: { if $0 == name { $1[5] = symbol } })
            #expect {
                _ = try Trace(contentsOf: folder.path("changed"))
            } throws: {
                "\($0)".contains("changed: ") && "\($0)".contains("has \(symbol) at step")
            }
        }
    }
}
