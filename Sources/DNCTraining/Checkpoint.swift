// Checkpoints: one safetensors file that holds all of a run.
public import DNCCore
public import DNCData
import Foundation
public import SafeTensors

/// A number type that can be computed with and stored: `Float` and `Double`.
public typealias TrainingScalar = CoreScalar & SafeTensorsElement

/// How far a run has come, as a checkpoint records it under `dnc.training`.
public struct TrainingRecord: Hashable, Sendable, Codable {
    public var configuration: TrainingConfiguration
    /// `Corpus.fingerprint` of the text.
    public var textFingerprint: String
    public var step = 0
    public var symbols = 0
    /// Time spent, over all sittings.
    public var seconds = 0.0
    /// The best held-out bits per symbol, and the step at which it was.
    public var bestValidBPC: Double?
    public var bestStep: Int?
    public var validationsSinceBest = 0
    /// The training loss since the last validation.
    var periodNats = 0.0
    var periodCount = 0

    init(configuration: TrainingConfiguration, textFingerprint: String) {
        self.configuration = configuration
        self.textFingerprint = textFingerprint
    }

    var period: Loss {
        get { Loss(nats: periodNats, count: periodCount) }
        set { (periodNats, periodCount) = (newValue.nats, newValue.count) }
    }

    /// Notes a validation.
    mutating func validated(_ bpc: Double) {
        if bpc < bestValidBPC ?? .infinity {
            (bestValidBPC, bestStep, validationsSinceBest) = (bpc, step, 0)
        } else {
            validationsSinceBest += 1
        }
    }
}

/// A model with all that it takes to go on training it. One file in safetensors format: the parameters under their own names,
/// `optimizer.<moment>.<parameter>`, `state.<tensor>` (lanes first), `data.cursors`, `rng.state`; and as metadata the JSON of
/// `ModelConfiguration` (`dnc.config`), `Vocabulary` (`dnc.vocabulary`) and `TrainingRecord` (`dnc.training`).
public struct Checkpoint<Scalar: TrainingScalar>: Sendable {
    public let model: LanguageModel<Scalar>
    public let record: TrainingRecord
    let optimizer: any Optimizer<Scalar>
    let state: RecurrentState<Scalar>
    let cursors: [Int]
    let generator: SeededGenerator
    /// Where it was read from.
    public private(set) var path: String?

    init(
        model: LanguageModel<Scalar>, record: TrainingRecord, optimizer: any Optimizer<Scalar>,
        state: RecurrentState<Scalar>, cursors: [Int], generator: SeededGenerator
    ) {
        self.model = model
        self.record = record
        self.optimizer = optimizer
        self.state = state
        self.cursors = cursors
        self.generator = generator
    }

    /// Writes the file in one step: whatever happens, there is the old one or the new one.
    public func write(to path: String) throws {
        var file = SafeTensorsWriter(metadata: [
            "format": "dnc",
            CheckpointHeader.Key.configuration: try json(model.layout.configuration),
            CheckpointHeader.Key.vocabulary: try json(model.vocabulary),
            CheckpointHeader.Key.training: try json(record),
        ])
        for tensor in model.layout.parameters {
            try file.add(tensor.name, shape: tensor.shape, values: Array(model.parameters[tensor.range]))
        }
        for (moment, values) in optimizer.moments {
            for tensor in model.layout.parameters {
                try file.add(
                    "optimizer.\(moment).\(tensor.name)", shape: tensor.shape, values: Array(values[tensor.range]))
            }
        }
        for tensor in state.layout.state {
            let (shape, values) = try state.tensor(tensor.name)
            try file.add("state.\(tensor.name)", shape: shape, values: values)
        }
        try file.add("data.cursors", shape: [cursors.count], values: cursors.map(Int64.init))
        try file.add("rng.state", shape: [generator.state.count], values: generator.state)
        try file.write(to: path)
    }

    /// Reads what `write(to:)` wrote.
    /// - Throws: `SafeTensorsError`, `TrainingError.invalidCheckpoint` or `CoreError`.
    public init(contentsOf path: String) throws { try self.init(CheckpointHeader(contentsOf: path)) }

    /// Reads the tensors of a file whose header has been read.
    public init(_ header: CheckpointHeader) throws {
        let (file, layout, record) = (header.file, header.layout, header.record)
        self.path = file.path
        self.record = record
        let configuration = record.configuration
        let parameters: [Scalar] = try layout.readVector(from: file)
        model = LanguageModel(
            layout: layout, vocabulary: header.vocabulary, parameters: parameters,
            memoryLifetime: configuration.memoryLifetime)
        if let tensor = model.nonFiniteTensor() {
            throw TrainingError.invalidCheckpoint(path: file.path, problem: "\(tensor) holds infinite or NaN numbers")
        }

        var optimizer: any Optimizer<Scalar> = configuration.optimizer.makeOptimizer(count: layout.parameterCount)
        var moments: [String: [Scalar]] = [:]
        for moment in optimizer.moments.keys {
            moments[moment] = try layout.readVector(from: file, prefix: "optimizer.\(moment).")
        }
        optimizer.moments = moments
        self.optimizer = optimizer

        var state = try RecurrentState<Scalar>(layout, lanes: configuration.batchSize)
        for tensor in layout.state {
            let values: [Scalar] = try file.values("state.\(tensor.name)", shape: [state.lanes] + tensor.shape)
            try state.setTensor(tensor.name, to: values)
        }
        self.state = state
        let cursors: [Int64] = try file.values("data.cursors", shape: [configuration.batchSize])
        self.cursors = cursors.map { Int($0) }
        guard let generator = SeededGenerator(state: try file.values("rng.state", shape: [4])) else {
            throw TrainingError.invalidCheckpoint(path: file.path, problem: "its rng.state is all zero")
        }
        self.generator = generator
    }
}

/// What a checkpoint says of itself, read without its tensors.
public struct CheckpointHeader: Sendable {
    enum Key {
        static let configuration = "dnc.config", vocabulary = "dnc.vocabulary", training = "dnc.training"
    }

    public let file: SafeTensorsFile
    public let layout: ModelLayout
    public let vocabulary: Vocabulary
    public let record: TrainingRecord

    /// - Throws: `SafeTensorsError`, `TrainingError.invalidCheckpoint` or `CoreError`.
    public init(contentsOf path: String) throws {
        let file = try SafeTensorsFile(contentsOf: path)
        self.file = file
        func decode<Value: Decodable>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
            guard let text = file.metadata[key] else {
                throw TrainingError.invalidCheckpoint(path: path, problem: "it has no \(key): it is no checkpoint of dnc")
            }
            do {
                return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
            } catch {
                throw TrainingError.invalidCheckpoint(path: path, problem: "its \(key) cannot be understood (\(error))")
            }
        }
        vocabulary = try decode(Key.vocabulary)
        record = try decode(Key.training)
        let configuration = try decode(Key.configuration, as: ModelConfiguration.self)
        guard configuration == record.configuration.model else {
            throw TrainingError.invalidCheckpoint(path: path, problem: "dnc.config and dnc.training name different models")
        }
        try record.configuration.validate()
        layout = try ModelLayout(configuration, symbols: vocabulary.count)
    }

    /// The number type of the tensors.
    public var precision: Precision { record.configuration.precision }
}

extension ModelLayout {
    /// A vector laid out as the parameters are, from tensors of their names behind `prefix`. Shapes are checked before anything
    /// large is allocated.
    fileprivate func readVector<Scalar: TrainingScalar>(
        from file: SafeTensorsFile, prefix: String = ""
    ) throws(SafeTensorsError) -> [Scalar] {
        var vector: [Scalar] = []
        for tensor in parameters { vector += try file.values(prefix + tensor.name, shape: tensor.shape) }
        return vector
    }
}

/// JSON with sorted keys, so that the same content gives the same bytes.
func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
