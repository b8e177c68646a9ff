// What is in front of a checkpoint's tensors, and whether it fits them.
public import DNCCore
public import DNCData
import Foundation
public import SafeTensors

/// What a checkpoint says of itself, read without the numbers in its tensors.
public struct CheckpointHeader: Sendable {
    enum Key {
        static let configuration = "dnc.config", vocabulary = "dnc.vocabulary", training = "dnc.training"
        static let episodes = "dnc.episodes"
        static let schema = "dnc.schema", fingerprint = "dnc.fingerprint", metadataFingerprint = "dnc.fingerprint.metadata"
    }

    /// The version of what is written; `CheckpointMigration` reads older ones.
    package static let schema = 4

    /// The file, open; its tensors have not been read.
    public let file: SafeTensorsFile
    /// The model's sizes and tensors.
    public let layout: ModelLayout
    /// What the model's symbols stand for.
    public let alphabet: Alphabet
    /// How far training had come; nil where another program trained the model, and left nothing to go on from.
    public let trainingRecord: TrainingRecord?
    private let modelRecord: ModelRecord

    /// Checks everything but the numbers in the tensors; what passes has tensors of the declared sizes, and no others.
    /// - Throws: `SafeTensorsError` or `TrainingError.invalidCheckpoint`.
    public init(contentsOf path: String) throws { try self.init(SafeTensorsFile(contentsOf: path)) }

    /// The same of a file that is open.
    package init(_ file: SafeTensorsFile) throws {
        self.file = file
        func invalid(_ problem: String) -> TrainingError { .invalidCheckpoint(path: file.path, problem: problem) }
        func entry(_ key: String) throws -> String {
            guard let text = file.metadata[key] else { throw invalid("it has no \(key): it is no checkpoint of dnc") }
            return text
        }
        let schema = try entry(Key.schema)
        let schemas = CheckpointMigration.schemas
        guard let version = Int(schema), "\(version)" == schema, schemas.contains(version) else {
            let isNewer = Int(schema).map { $0 > Self.schema } ?? false
            let remedy = isNewer ? "use a newer dnc" : "train the model again, or use the dnc that wrote it"
            let known = "\(schemas.lowerBound) ... \(schemas.upperBound)"
            throw invalid("it has the format \(printable(schema)), this program reads \(known): \(remedy)")
        }
        func decode<Value: Decodable>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
            try Self.decode(type, from: entry(key), of: key, schema: version, in: file.path)
        }

        alphabet = try Self.alphabet(of: file, schema: version)
        modelRecord = try decode(Key.training)
        if modelRecord.fingerprint == nil {
            trainingRecord = nil
        } else {
            let record = try decode(Key.training, as: TrainingRecord.self)
            guard record.configuration.plateauEvery != nil else { throw invalid("in its settings, plateauEvery is missing") }
            trainingRecord = record
        }
        let model = try decode(Key.configuration, as: DescribedModel.self)
        guard model.configuration == modelRecord.configuration.model else {
            throw invalid("dnc.config and dnc.training name different models")
        }
        do {
            try trainingRecord?.configuration.validate()
            layout = try ModelLayout(
                model.configuration, input: model.input ?? alphabet.input, output: model.output ?? alphabet.output)
        } catch {
            throw invalid("in its settings, \(error)")
        }
        if let contradiction = alphabet.contradiction(layout) { throw invalid(contradiction) }
        if case .text(let vocabulary) = alphabet, modelRecord.configuration.tokens != vocabulary.kind {
            throw invalid("dnc.vocabulary and dnc.training name different kinds of symbols")
        }
        if let record = trainingRecord, record.configuration.source.isText != alphabet.isText {
            throw invalid(
                "a model of \(record.configuration.source.kind) \(alphabet.isText ? "has a" : "has no") dnc.vocabulary")
        }
        if let impossible = trainingRecord?.impossible ?? modelRecord.impossible {
            throw invalid("in its dnc.training, \(impossible)")
        }
        try file.checkTensors(tensors)
        guard try entry(Key.metadataFingerprint) == Self.fingerprint(of: file.metadata) else {
            throw invalid("its metadata are not those of its dnc.fingerprint.metadata: it is damaged")
        }
        _ = try entry(Key.fingerprint)
    }

    /// What a metadata entry of this version of the format means.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from text: String, of key: String, schema: Int = Self.schema, in path: String
    ) throws -> Value {
        try checkJSON(text, of: key, in: path)
        do {
            let today = try CheckpointMigration.migrated(text, of: key, from: schema)
            return try JSONDecoder().decode(type, from: Data(today.utf8))
        } catch {
            let problem = "its \(key) cannot be understood (\(printable("\(error)", limit: 300)))"
            throw TrainingError.invalidCheckpoint(path: path, problem: problem)
        }
    }

    /// What the metadata say that symbols stand for.
    static func alphabet(of file: SafeTensorsFile, schema: Int) throws -> Alphabet {
        func decoded<Value: Decodable>(_ key: String) throws -> Value? {
            try file.metadata[key].map { try decode(Value.self, from: $0, of: key, schema: schema, in: file.path) }
        }
        if let vocabulary: Vocabulary = try decoded(Key.vocabulary) { return .text(vocabulary) }
        return try decoded(Key.episodes).map { .words($0) } ?? .none
    }

    /// In what the model's losses are told.
    public var measure: Measure { Measure(alphabet, layout.output) }

    /// The number type of the tensors.
    public var precision: Precision { modelRecord.configuration.precision }

    /// Steps of training behind the model, whoever trained it.
    public var step: Int { modelRecord.step }

    /// The symbols of a model of text.
    /// - Throws: `TrainingError.noText` where it is of something else.
    public var vocabulary: Vocabulary { get throws(TrainingError) { try alphabet.vocabulary } }

    /// After how many symbols of a text a DNC's memory is emptied; nil if never.
    var memoryLifetime: Int? {
        guard trainingRecord?.configuration.source ?? .text == .text, alphabet.isText else { return nil }
        return modelRecord.configuration.carryMemory ? nil : modelRecord.configuration.sequenceLength
    }

    /// How far training had come, for who wants to go on with it.
    /// - Throws: `TrainingError.invalidCheckpoint` where another program trained the model.
    public var record: TrainingRecord {
        get throws(TrainingError) {
            if let trainingRecord { return trainingRecord }
            let problem = "another program trained it, and wrote nothing of that; dnc sample, eval, info and trace can use it"
            throw .invalidCheckpoint(path: file.path, problem: problem)
        }
    }

    /// The tensors that the file must have.
    private var tensors: [(name: String, type: TensorType, shape: [Int])] {
        let type: TensorType = precision == .float ? .f32 : .f64
        var tensors: [(name: String, type: TensorType, shape: [Int])] = []
        for tensor in layout.parameters { tensors.append((tensor.name, type, tensor.shape)) }
        guard let record = trainingRecord else { return tensors }
        let lanes = record.configuration.laneCount
        for moment in record.configuration.optimizer.makeOptimizer(count: 0, as: Float.self).moments.keys {
            for tensor in layout.parameters { tensors.append(("optimizer.\(moment).\(tensor.name)", type, tensor.shape)) }
        }
        for tensor in layout.state { tensors.append(("state.\(tensor.name)", type, [lanes] + tensor.shape)) }
        if record.configuration.source == .text { tensors.append(("data.cursors", .i64, [lanes])) }
        return tensors + [("rng.state", .u64, [4])]
    }
}

extension Alphabet {
    /// As files have it.
    var metadata: [String: String] {
        get throws {
            switch self {
            case .none: [:]
            case .text(let vocabulary): [CheckpointHeader.Key.vocabulary: try json(vocabulary)]
            case .words(let encoding): [CheckpointHeader.Key.episodes: try json(encoding)]
            }
        }
    }
}
