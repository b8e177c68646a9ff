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
    /// How much of the text is not held out.
    public var trainingBytes: Int
    public var step = 0
    public var symbols = 0
    /// Time spent, over all sittings.
    public var seconds = 0.0
    /// The best held-out bits per symbol, and the step at which it was.
    public var bestValidBPC: Double?
    public var bestStep: Int?
    /// How many validations in a row have not been better than the ones before. Like the next, it goes by the validations that
    /// `validateEvery` asks for alone, so that it does not depend on interruptions.
    public var validationsSinceBest = 0
    /// What `plateauFactor` has made of the learning rate.
    public var learningRateFactor = 1.0
    /// How many steps have been left out or taken back, in all and since the last that was not; see `NonFinitePolicy`.
    public var setbacks = 0
    var setbacksInARow = 0
    /// The best of the validations that `validateEvery` asks for.
    var bestScheduledBPC: Double?
    /// Whether one of these comes next: the run was interrupted in it.
    var validationIsDue = false
    /// The training loss since the last validation.
    var periodNats = 0.0
    var periodCount = 0

    init(configuration: TrainingConfiguration, textFingerprint: String, trainingBytes: Int) {
        self.configuration = configuration
        self.textFingerprint = textFingerprint
        self.trainingBytes = trainingBytes
    }

    /// Numbers that count something.
    fileprivate var counts: [Int] {
        [step, symbols, periodCount, validationsSinceBest, trainingBytes, setbacks, setbacksInARow]
    }

    var period: Loss {
        get { Loss(nats: periodNats, count: periodCount) }
        set { (periodNats, periodCount) = (newValue.nats, newValue.count) }
    }

    /// Notes a validation; returns whether it is the best.
    mutating func validated(_ bpc: Double) -> Bool {
        if step % configuration.validateEvery == 0 {
            if bpc < bestScheduledBPC ?? .infinity {
                (bestScheduledBPC, validationsSinceBest) = (bpc, 0)
            } else {
                validationsSinceBest += 1
                learningRateFactor *= configuration.plateauFactor
            }
        }
        guard bpc < bestValidBPC ?? .infinity else { return false }
        (bestValidBPC, bestStep) = (bpc, step)
        return true
    }

    /// The learning rate as it is now.
    var learningRate: Double { configuration.optimizer.learningRate * learningRateFactor }
}

/// A model with all that it takes to go on training it. One file in safetensors format: the parameters under their own names,
/// `optimizer.<moment>.<parameter>`, `state.<tensor>` (lanes first), `data.cursors`, `rng.state`; and as metadata the JSON of
/// `ModelConfiguration` (`dnc.config`), `Vocabulary` (`dnc.vocabulary`) and `TrainingRecord` (`dnc.training`), with the format's version (`dnc.schema`).
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

    /// The name of the first tensor that holds an infinite or NaN number, because of which the file would not be read again.
    func nonFiniteTensor() -> String? {
        let layout = model.layout
        if let name = layout.tensorOfFirstNonFinite(in: model.parameters) { return name }
        for (moment, values) in optimizer.moments {
            if let name = layout.tensorOfFirstNonFinite(in: values) { return "optimizer.\(moment).\(name)" }
        }
        return firstNonFinite(in: state.values).flatMap { index in
            layout.state.first { $0.range.contains(index % layout.stateCount) }.map { "state.\($0.name)" }
        }
    }

    /// Writes the file in one step: whatever happens, there is the old one or the new one.
    public func write(to path: String) throws {
        var file = SafeTensorsWriter(metadata: [
            "format": "dnc",
            CheckpointHeader.Key.schema: CheckpointHeader.schema,
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
        guard header.precision == Precision(of: Scalar.self) else {
            throw TrainingError.invalidCheckpoint(path: file.path, problem: "its precision is \(header.precision)")
        }
        self.path = file.path
        self.record = record
        let configuration = record.configuration
        let parameters: [Scalar] = try layout.readVector(from: file)
        model = LanguageModel(
            layout: layout, vocabulary: header.vocabulary, parameters: parameters,
            memoryLifetime: configuration.memoryLifetime)

        var optimizer: any Optimizer<Scalar> = configuration.optimizer.makeOptimizer(count: layout.parameterCount)
        var moments: [String: [Scalar]] = [:]
        for moment in optimizer.moments.keys {
            moments[moment] = try layout.readVector(from: file, prefix: "optimizer.\(moment).")
        }
        optimizer.moments = moments
        self.optimizer = optimizer

        // Read before the state is made, so that an absurd size is seen by its shape.
        let stateTensors: [[Scalar]] = try layout.state.map {
            try file.finiteValues("state.\($0.name)", shape: [configuration.batchSize] + $0.shape)
        }
        var state = try RecurrentState<Scalar>(layout, lanes: configuration.batchSize)
        for (tensor, values) in zip(layout.state, stateTensors) { try state.setTensor(tensor.name, to: values) }
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
        static let schema = "dnc.schema"
    }

    /// The version of what is in the file, which rises when an older program could not read it.
    static let schema = "1"

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
        if let schema = file.metadata[Key.schema], schema != Self.schema {
            let problem = "it has format \(schema), this program reads \(Self.schema): use a newer dnc"
            throw TrainingError.invalidCheckpoint(path: path, problem: problem)
        }
        vocabulary = try decode(Key.vocabulary)
        record = try decode(Key.training)
        let configuration = try decode(Key.configuration, as: ModelConfiguration.self)
        guard configuration == record.configuration.model else {
            throw TrainingError.invalidCheckpoint(path: path, problem: "dnc.config and dnc.training name different models")
        }
        do {
            try record.configuration.validate()
            layout = try ModelLayout(configuration, symbols: vocabulary.count)
        } catch {
            throw TrainingError.invalidCheckpoint(path: path, problem: "in its settings, \(error)")
        }
        guard record.configuration.tokens == vocabulary.kind, record.counts.allSatisfy((0..<1 << 53).contains),
            (0..<0x1p53).contains(record.seconds),
            (0...1).contains(record.learningRateFactor)
        else {
            throw TrainingError.invalidCheckpoint(path: path, problem: "its dnc.training contradicts itself")
        }
    }

    /// The number type of the tensors.
    public var precision: Precision { record.configuration.precision }
}

extension ModelLayout {
    /// A vector laid out as the parameters are, from tensors of their names behind `prefix`. Shapes are checked before anything
    /// large is allocated.
    fileprivate func readVector<Scalar: TrainingScalar>(
        from file: SafeTensorsFile, prefix: String = ""
    ) throws -> [Scalar] {
        var vector: [Scalar] = []
        for tensor in parameters { vector += try file.finiteValues(prefix + tensor.name, shape: tensor.shape) }
        return vector
    }
}

extension SafeTensorsFile {
    fileprivate func finiteValues<Scalar: TrainingScalar>(_ name: String, shape: [Int]) throws -> [Scalar] {
        let values: [Scalar] = try self.values(name, shape: shape)
        guard firstNonFinite(in: values) == nil else {
            throw TrainingError.invalidCheckpoint(path: path, problem: "\(name) holds infinite or NaN numbers")
        }
        return values
    }
}

/// JSON with sorted keys, so that the same content gives the same bytes.
package func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
