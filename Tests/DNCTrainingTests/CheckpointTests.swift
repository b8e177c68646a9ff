// What a checkpoint file holds, and which files are refused.

import DNCCore
import DNCData
import Foundation
import SafeTensors
import TestSupport
import Testing

@testable import DNCTraining

@Suite struct CheckpointTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A checkpoint after some steps, in the file of this name.
    @discardableResult
    private func save(
        _ configuration: TrainingConfiguration, text: String = smallText, steps: Int = 3, as name: String
    ) async throws -> Checkpoint<Double> {
        let trainer = try Trainer<Double>(try smallCorpus(text), configuration)
        try await trainer.steps(steps)
        let checkpoint = try await trainer.checkpoint()
        try checkpoint.write(to: folder.path(name))
        return checkpoint
    }

    // MARK: Contents

    @Test func metadata() async throws {
        var configuration = TrainingConfiguration.small(smallModels[2])
        configuration.seed = .max
        try await save(configuration, text: String(repeating: "ab\né\"", count: 20), steps: 0, as: "a")
        let metadata = try SafeTensorsFile(contentsOf: folder.path("a")).metadata
        #expect(
            metadata.keys.sorted() == [
                "dnc.config", "dnc.fingerprint", "dnc.fingerprint.metadata", "dnc.schema", "dnc.training", "dnc.vocabulary",
                "format",
            ])
        #expect(metadata["format"] == "dnc" && metadata["dnc.schema"] == "4")
        #expect(
            metadata["dnc.config"]
                == #"{"activation":"tanh","controller":"lstm","hidden":6,"input":{"symbols":5,"symbolsPerStep":1,"vector":0},"#
                + #""layers":1,"memory":"dnc","output":{"groups":1,"kind":"symbols","size":5},"readHeads":2,"slots":5,"width":3}"#
        )
        #expect(metadata["dnc.vocabulary"] == #"{"kind":"characters","symbols":["\n","\"","a","b","é"]}"#)
        let training = try #require(metadata["dnc.training"])
        let record = try #require(try JSONSerialization.jsonObject(with: Data(training.utf8)) as? [String: Any])
        for key in ["step", "predictions", "seconds", "validationsSinceBest"] {
            #expect(record[key] as? Int == 0, "\(key)")
        }
        #expect((record["fingerprint"] as? String)?.hasSuffix("-120") == true)
        let settings = """
            {"batchSize": 7, "carryMemory": true, "plateauFactor": 0.5, "precision": "double", "restart": "beginning", "dropout": {"bypass": 0, "inputs": 0, "layers": 0, "recurrent": 0}, "sequenceLength": 6,
            "shards": 3, "source": {"kind": "text"}, "tokens": "characters", "wordFloor": 5, "validEpisodes": 256, "validFraction": 0.2, "validSymbols": 20, "plateauEvery": 4,
            "seed": 18446744073709551615, "accumulate": 1, "thinkSteps": 0,
            "optimizer": {"clipNorm": 5, "clipValue": 0, "kind": "adagrad", "learningRate": 0.1, "momentum": 0.9, "decay": 0.9,
            "epsilon": 1e-8, "epsilonInside": true, "weightDecay": 0},
            "schedule": {"kind": "plateau", "warmUp": 0, "periodFactor": 0.5, "leastRate": 0, "restarts": false},
            "onNonFinite": "stop", "model": {"activation": "tanh", "controller": "lstm", "hidden": 6, "layers": 1,
            "memory": "dnc", "readHeads": 2, "slots": 5, "width": 3}}
            """
        let expected = try JSONSerialization.jsonObject(with: Data(settings.utf8)) as? NSDictionary
        #expect(record["configuration"] as? NSDictionary == expected)
    }

    /// 3 symbols, 6 hidden units, 5 slots of width 3, 2 read heads: 28 numbers of interface, 24 gates, 9 inputs.
    @Test func tensors() async throws {
        let configuration = TrainingConfiguration.small(smallModels[2], optimizer: OptimizerConfiguration(.adam))
        let checkpoint = try await save(configuration, text: String(repeating: "abc", count: 40), as: "a")
        let parameters = [
            ("controller.0.weight_ih", [24, 9]), ("controller.0.weight_hh", [24, 6]), ("controller.0.bias", [24]),
            ("interface.weight", [28, 6]), ("interface.bias", [28]),
            ("output.weight", [3, 6]), ("output.bias", [3]), ("output.weight_read", [3, 6]),
        ]
        let state = [
            ("hidden", [6]), ("cell", [6]), ("read_vectors", [2, 3]), ("memory", [5, 3]), ("usage", [5]),
            ("precedence", [5]), ("link", [5, 5]), ("write_weighting", [5]), ("read_weightings", [2, 5]),
        ]
        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        func values(_ name: String, _ shape: [Int]) throws -> [Double] { try file.values(name, shape: shape) }
        let moments = checkpoint.optimizer.moments
        for (name, shape) in parameters {
            let range = try #require(checkpoint.model.layout.parameters.first { $0.name == name }).range
            #expect(try values(name, shape)[...] == checkpoint.model.parameters[range])
            for moment in ["mean", "mean_of_squares"] {
                #expect(try values("optimizer.\(moment).\(name)", shape)[...] == moments[moment]?[range])
            }
        }
        for (name, shape) in state {
            #expect(try values("state." + name, [7] + shape) == checkpoint.state.tensor(name).values)
        }
        #expect(try file.values("data.cursors", as: Int64.self, shape: [7]) == checkpoint.cursors.map { Int64($0) })
        #expect(try file.values("rng.state", as: UInt64.self, shape: [4]) == SeededGenerator(seed: 3).state)
        #expect(file.tensors.count == 3 * parameters.count + state.count + 2)
    }

    @Test(arguments: smallModels, OptimizerConfiguration.Kind.allCases)
    func readingGivesBackWhatWasWritten(
        _ model: ModelConfiguration, _ optimizer: OptimizerConfiguration.Kind
    ) async throws {
        let configuration = TrainingConfiguration.small(
            model, carryMemory: false, optimizer: OptimizerConfiguration(optimizer))
        let written = try await save(configuration, as: "a")
        let read = try Checkpoint<Double>(contentsOf: folder.path("a"))
        #expect(read.path == folder.path("a") && written.path == nil)
        #expect(isSame(read, written) && read.record == written.record)
        #expect(read.model.alphabet == written.model.alphabet && read.model.memoryLifetime == 6)
        try read.write(to: folder.path("b"))
        #expect(try folder.bytes("b") == folder.bytes("a"))
        let header = try CheckpointHeader(contentsOf: folder.path("a"))
        #expect(try header.record == written.record && header.layout == written.model.layout)
        #expect(header.precision == .double)
    }

    /// Whether all numbers are the same.
    private func isSame(_ a: Checkpoint<Double>, _ b: Checkpoint<Double>) -> Bool {
        a.model.parameters == b.model.parameters && a.optimizer.moments == b.optimizer.moments && a.state == b.state
            && a.cursors == b.cursors && a.generator == b.generator
    }

    /// Both by their definition, from the bytes of the file.
    @Test func fingerprints() async throws {
        try await save(.small(smallModels[2]), as: "a")
        func fingerprint(_ bytes: [UInt8]) -> String {
            var fingerprint = Fingerprint()
            fingerprint.add(bytes.span.bytes)
            return "\"\(fingerprint)\""
        }
        let (bytes, metadata) = try (folder.bytes("a"), SafeTensorsFile(contentsOf: folder.path("a")).metadata)
        let data = fingerprint(Array(bytes[(8 + headerLength(of: bytes))...]))
        #expect(metadata["dnc.fingerprint"] == data)
        let keys = ["dnc.config", "dnc.fingerprint", "dnc.schema", "dnc.training", "dnc.vocabulary", "format"]
        let text = keys.map { "\($0)\0\(metadata[$0] ?? "")\0" }.joined()
        #expect(metadata["dnc.fingerprint.metadata"] == fingerprint(Array(text.utf8)))
    }

    /// The largest vocabulary that a text may have, in characters that take the most room.
    @Test func everyVocabularyCanBeSaved() throws {
        let scalars = Array("\0\u{1F}\"\\".unicodeScalars) + (0x10_0000..<0x10_0000 + 65_534).compactMap(Unicode.Scalar.init)
        let others = (0x2_0000..<0x2_0000 + 134_462).compactMap(Unicode.Scalar.init)
        let corpus = try Corpus(text: String(String.UnicodeScalarView(scalars + others)), validFraction: 0.2)
        #expect(corpus.vocabulary.count == 200_000)
        let configuration = TrainingConfiguration.small(.rnn(hidden: 1))
        let layout = try ModelLayout(configuration.model, symbols: corpus.vocabulary.count)
        let checkpoint = Checkpoint(
            model: try Model(
                layout: layout, vocabulary: corpus.vocabulary,
                parameters: try layout.initialParameters(seed: 1, as: Double.self),
                memoryLifetime: nil),
            record: TrainingRecord(
                configuration: configuration, fingerprint: corpus.fingerprint, size: corpus.training.byteCount),
            optimizer: configuration.optimizer.makeOptimizer(count: layout.parameterCount),
            state: try RecurrentState(layout, lanes: configuration.batchSize),
            cursors: Array(repeating: 0, count: configuration.batchSize), generator: SeededGenerator(seed: 1))
        try checkpoint.write(to: folder.path("a"))
        let read = try Checkpoint<Double>(contentsOf: folder.path("a"))
        let isSameVocabulary = try read.model.vocabulary == corpus.vocabulary
        #expect(isSameVocabulary)
    }

    // MARK: Files that are refused

    @Test func everyMissingTensorIsNamed() async throws {
        try await save(.small(smallModels[2], optimizer: OptimizerConfiguration(.rmsprop)), as: "a")
        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        for name in file.tensors.keys {
            let path = try rewrite(file, without: name)
            #expect(throws: SafeTensorsError.missingTensor(file: path, tensor: name)) {
                _ = try CheckpointHeader(contentsOf: path)
            }
        }
    }

    /// One number less in the first dimension, or the same numbers in one row.
    @Test func everyWrongShapeIsRefused() async throws {
        try await save(.small(smallModels[2]), as: "a")
        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        for (name, tensor) in file.tensors {
            let rest = tensor.shape.dropFirst()
            for shape in [[tensor.shape[0] - 1] + rest, [1, tensor.count]] {
                let path = try rewrite(file, without: name) { writer in
                    let count = shape.reduce(1, *)
                    switch tensor.type {
                    case .f64: try writer.add(name, shape: shape, values: [Double](repeating: 0, count: count))
                    case .i64: try writer.add(name, shape: shape, values: [Int64](repeating: 0, count: count))
                    default: try writer.add(name, shape: shape, values: [UInt64](repeating: 1, count: count))
                    }
                }
                #expect("\(name) \(shape)") { _ = try CheckpointHeader(contentsOf: path) } throws: { error in
                    if case .mismatch(_, name, _, _) = error as? SafeTensorsError { true } else { false }
                }
            }
        }
    }

    /// In the parameters, the moments and the state alike: each would spoil the run in the end.
    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func everyNumberThatIsNotFiniteIsRefused(_ value: Double) async throws {
        try await save(.small(smallModels[2]), as: "a")
        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        for (name, tensor) in file.tensors where tensor.type == .f64 {
            let path = try rewrite(file, without: name) { writer in
                var values = try file.values(name, as: Double.self)
                values[values.count - 1] = value
                try writer.add(name, shape: tensor.shape, values: values)
            }
            #expect("\(name)") { _ = try Checkpoint<Double>(contentsOf: path) } throws: { error in
                guard case .invalidCheckpoint(path, let problem) = error as? TrainingError else { return false }
                return problem.contains(name)
            }
        }
    }

    /// Each is a change of the JSON that still can be parsed, and of which only its meaning tells.
    @Test(arguments: [
        ("dnc.config", #""hidden":6"#, #""hidden":7"#),
        ("dnc.config", #""hidden":6"#, #""hidden":0"#),
        ("dnc.config", #""controller":"lstm""#, #""controller":"tanh""#),
        ("dnc.config", #""controller":"lstm""#, #""controller":"hopfield""#),
        ("dnc.config", #""memory":"dnc""#, #""memory":"dnc","wiping":true"#),
        ("dnc.config", #""vector":0"#, #""vector":0,"embedding":3"#),
        ("dnc.config", #""groups":1"#, #""groups":1,"labelSmoothing":0.1"#),
        ("dnc.training", #""memory":"dnc""#, #""memory":"dnc","wiping":true"#),
        ("dnc.config", #""readHeads":2"#, #""readHeads":1000000"#),
        ("dnc.vocabulary", #""a","#, ""),
        ("dnc.vocabulary", #""a""#, #""b""#),
        ("dnc.vocabulary", #""kind":"characters""#, #""kind":"bytes""#),
        ("dnc.training", #""batchSize":7"#, #""batchSize":6"#),
        ("dnc.training", #""batchSize":7"#, #""batchSize":0"#),
        ("dnc.training", #""batchSize":7"#, #""batchSize":9223372036854775807"#),
        ("dnc.training", #""sequenceLength":6"#, #""sequenceLength":0"#),
        ("dnc.training", #""shards":3"#, #""shards":0"#),
        ("dnc.training", #""shards":3"#, #""shards":8"#),
        ("dnc.training", #""hidden":6"#, #""hidden":7"#),
        ("dnc.training", #""kind":"adagrad""#, #""kind":"adam""#),
        ("dnc.training", #""learningRate":0.1"#, #""learningRate":0"#),
        ("dnc.training", #""precision":"double""#, #""precision":"float""#),
        ("dnc.training", #""tokens":"characters""#, #""tokens":"bytes""#),
        ("dnc.training", #""step":3"#, #""step":-1"#),
        ("dnc.training", #""step":3"#, #""step":9223372036854775807"#),
        ("dnc.training", #""predictions":"#, #""predictions":-"#),
        ("dnc.training", #""periodCount":"#, #""periodCount":-"#),
        ("dnc.training", #""validationsSinceBest":0"#, #""validationsSinceBest":9223372036854775807"#),
        ("dnc.training", #""plateauEvery":4"#, #""plateauEvery":0"#),
        ("dnc.training", #""plateauFactor":0.5"#, #""plateauFactor":2"#),
        ("dnc.training", #""accumulate":1"#, #""accumulate":0"#),
        ("dnc.training", #""thinkSteps":0"#, #""thinkSteps":-1"#),
        ("dnc.training", #""momentum":0.9"#, #""momentum":1"#),
        ("dnc.training", #""kind":"plateau""#, #""kind":"exponential""#),
        ("dnc.training", #""learningRateFactor":1"#, #""learningRateFactor":1,"scheduleStart":4"#),
        ("dnc.training", #""learningRateFactor":1"#, #""learningRateFactor":-1"#),
        ("dnc.training", #""learningRateFactor":1"#, #""learningRateFactor":1e300"#),
    ])
    func contradictoryMetadataIsRefused(_ key: String, _ old: String, _ new: String) async throws {
        try await save(.small(smallModels[2]), as: "a")
        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        let text = try #require(file.metadata[key])
        #expect(text.contains(old))
        let path = try rewrite(file, metadata: [key: text.replacingOccurrences(of: old, with: new)])
        #expect(throws: (any Error).self) { _ = try Checkpoint<Double>(contentsOf: path) }
    }

    @Test func missingMetadataIsNamed() async throws {
        try await save(.small(smallModels[0]), as: "a")
        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        for key in ["dnc.config", "dnc.vocabulary", "dnc.training", "dnc.schema"] {
            let path = try rewrite(file, metadata: [key: nil])
            #expect { try CheckpointHeader(contentsOf: path) } throws: { error in
                guard case .invalidCheckpoint(path, let problem) = error as? TrainingError else { return false }
                return problem.contains(key)
            }
        }
    }

    /// The number of slots is in no parameter's shape. That the file lacks such a state is to be seen before the state
    /// is allocated, and so before it is refused as larger than this machine's memory.
    @Test func shapesAreComparedBeforeTheStateIsAllocated() async throws {
        try await save(.small(.dnc(hidden: 1, slots: 2, width: 1, readHeads: 1)), as: "a")
        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        let metadata = file.metadata.mapValues {
            $0.replacingOccurrences(of: #""slots":2"#, with: #""slots":1048576"#)
        }
        let path = try rewrite(file, metadata: metadata)
        #expect("the state's shape") { _ = try Checkpoint<Double>(contentsOf: path) } throws: { $0 is SafeTensorsError }
    }

    @Test func otherPrecisionIsRefused() async throws {
        try await save(.small(smallModels[0]), as: "a")
        #expect(throws: (any Error).self) { _ = try Checkpoint<Float>(contentsOf: folder.path("a")) }
    }

    // MARK: Tools

    /// A copy of the file with changed metadata, without one tensor, and with what `add` adds; its fingerprints are right.
    private func rewrite(
        _ file: SafeTensorsFile, metadata: [String: String?] = [:], without omitted: String? = nil,
        _ add: (inout SafeTensorsWriter) throws -> Void = { _ in }
    ) throws -> String {
        var writer = SafeTensorsWriter(metadata: file.metadata)
        for (key, text) in metadata { writer.metadata[key] = text }
        for (name, tensor) in file.tensors where name != omitted {
            switch tensor.type {
            case .f64: try writer.add(name, shape: tensor.shape, values: file.values(name, as: Double.self))
            case .i64: try writer.add(name, shape: tensor.shape, values: file.values(name, as: Int64.self))
            case .u64: try writer.add(name, shape: tensor.shape, values: file.values(name, as: UInt64.self))
            default: Issue.record("unexpected \(tensor.type)")
            }
        }
        try add(&writer)
        try writer.addFingerprints()
        let path = folder.path("rewritten")
        try writer.write(to: path)
        return path
    }
}
