// Checkpoints: one safetensors file that holds all of a run.
public import DNCCore
public import DNCData
import Foundation
public import SafeTensors

/// A number type that can be computed with and stored: `Float` and `Double`.
public typealias TrainingScalar = CoreScalar & SafeTensorsElement

/// How far a run has come, as a checkpoint records it under `dnc.training`.
public struct TrainingRecord: Hashable, Sendable, Codable {
    /// The settings of the run, as its last sitting had them.
    public var configuration: TrainingConfiguration
    /// `Corpus.fingerprint` of the text.
    public var textFingerprint: String
    /// How much of the text is not held out.
    public var trainingBytes: Int
    /// Updates of the parameters so far, those that `NonFinitePolicy.skip` left out among them.
    public var step = 0
    /// Symbols that were predicted so far.
    public var symbols = 0
    /// Time spent, over all sittings.
    public var seconds = 0.0
    /// The best held-out bits per symbol; nil before the first validation.
    public var bestValidBPC: Double?
    /// The step at which that was.
    public var bestStep: Int?
    /// How many validations in a row have not been better than the ones before. Like the next, it goes by the validations that
    /// `plateauEvery` asks for alone, so that it does not depend on others or on interruptions.
    public var validationsSinceBest = 0
    /// What `plateauFactor` has made of the learning rate.
    public var learningRateFactor = 1.0
    /// How many steps have been left out or taken back, in all and since the last that was not; see `NonFinitePolicy`.
    public var setbacks = 0
    var setbacksInARow = 0
    /// Over how many predictions a validation goes; nil where there was none.
    public var validPredictions: Int?
    /// Into how many streams the text is cut for it.
    public var validStreams: Int?
    /// What the best model has come to on all of the held-out text, when training last ended; only in the best checkpoint.
    public var heldOutLoss: HeldOutLoss?
    /// `TrainingProgress.isWorseThanGuessing` when a plateau last ended.
    public var isWorseThanGuessing: Bool?
    /// The best of the validations that `plateauEvery` asks for.
    var bestScheduledBPC: Double?
    /// Whether a validation comes next: the run was interrupted in it.
    var validationIsDue = false
    /// The training loss since the last validation.
    var periodNats = 0.0
    var periodCount = 0

    init(configuration: TrainingConfiguration, textFingerprint: String, trainingBytes: Int) {
        self.configuration = configuration
        self.textFingerprint = textFingerprint
        self.trainingBytes = trainingBytes
    }

    /// The first of the numbers that no run could have come to.
    fileprivate var impossible: String? {
        for (name, count) in [
            ("step", step), ("symbols", symbols), ("periodCount", periodCount), ("trainingBytes", trainingBytes),
            ("validationsSinceBest", validationsSinceBest), ("setbacks", setbacks), ("setbacksInARow", setbacksInARow),
            ("validPredictions", validPredictions ?? 0), ("validStreams", validStreams ?? 0),
            ("heldOutLoss.predictions", heldOutLoss?.predictions ?? 0), ("heldOutLoss.streams", heldOutLoss?.streams ?? 0),
        ] where !(0..<1 << 53).contains(count) {
            return "\(name) is \(count)"
        }
        if !(0..<0x1p53).contains(seconds) { return "seconds is \(seconds)" }
        if !(0...1).contains(learningRateFactor) { return "learningRateFactor is \(learningRateFactor)" }
        if let bestStep, !(0...step).contains(bestStep) { return "bestStep is \(bestStep) of \(step) steps" }
        return nil
    }

    /// The best validation; nil before the first, and where an older version has not written over what it goes.
    public var bestValidation: HeldOutLoss? {
        guard let bestValidBPC, let validPredictions, let validStreams else { return nil }
        return HeldOutLoss(bpc: bestValidBPC, predictions: validPredictions, streams: validStreams)
    }

    var period: Loss {
        get { Loss(nats: periodNats, count: periodCount) }
        set { (periodNats, periodCount) = (newValue.nats, newValue.count) }
    }

    /// Whether this step ends a period of `plateauEvery` steps.
    var isAtPlateauEnd: Bool { configuration.plateauEvery.map(step.isMultiple) ?? false }

    /// Notes a validation; returns whether it is the best.
    mutating func validated(_ bpc: Double) -> Bool {
        if isAtPlateauEnd {
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
    public var learningRate: Double { configuration.optimizer.learningRate * learningRateFactor }

    /// The optimizer in words, with the learning rate as it is now, and as it was where plateaus have made it smaller.
    package var optimizerSummary: String {
        let optimizer = configuration.optimizer
        let first = learningRateFactor == 1 ? "" : " (\(optimizer.learningRate) before it fell)"
        return "\(optimizer.kind.rawValue) at \(learningRate)\(first)"
    }

    /// The settings as they are now: those of the run, with the learning rate that plateaus have made of its own.
    public var currentConfiguration: TrainingConfiguration {
        var configuration = configuration
        configuration.optimizer.learningRate = learningRate
        return configuration
    }

    /// From now on with these settings.
    mutating func goOn(with new: TrainingConfiguration) {
        let rate = learningRate
        let base = configuration.optimizer.learningRate
        configuration = new
        if new.optimizer.learningRate == rate {
            configuration.optimizer.learningRate = base
        } else {
            // Another rate is another beginning: there is as much patience with it as with the first.
            (learningRateFactor, validationsSinceBest) = (1, 0)
        }
    }
}

/// How well held-out text is predicted: a figure, and over what.
public struct HeldOutLoss: Hashable, Sendable, Codable {
    /// Bits per symbol.
    public var bpc: Double
    /// How many symbols were predicted.
    public var predictions: Int
    /// Into how many streams the text was cut; see `Evaluation`.
    public var streams: Int

    /// A figure from elsewhere.
    public init(bpc: Double, predictions: Int, streams: Int) {
        (self.bpc, self.predictions, self.streams) = (bpc, predictions, streams)
    }

    /// What an evaluation has come to; nil where it has predicted nothing.
    public init?<Scalar>(_ evaluation: Evaluation<Scalar>) {
        guard evaluation.loss.count > 0 else { return nil }
        (bpc, predictions, streams) = (evaluation.loss.bitsPerSymbol, evaluation.loss.count, evaluation.streams)
    }
}

/// A model with all that it takes to go on training it. One file in safetensors format: the parameters under their own names,
/// `optimizer.<moment>.<parameter>`, `state.<tensor>` (lanes first), `data.cursors`, `rng.state`, and no others; and as metadata
/// the JSON of `ModelConfiguration` (`dnc.config`), `Vocabulary` (`dnc.vocabulary`) and `TrainingRecord` (`dnc.training`), and the
/// format's version (`dnc.schema`).
///
/// A model that another program trained, and wrote with `dnc_checkpoint_write` of the C core, has neither the tensors besides the
/// parameters nor a full `TrainingRecord`: what there is of it is `ModelRecord`. It is read as a `LanguageModel`.
///
/// A changed byte is noticed: `dnc.fingerprint` is the `Fingerprint` of all that follows the header, `dnc.fingerprint.metadata`
/// that of all other metadata (sorted by key, key and value each followed by a zero byte), both as JSON strings; and what else is
/// in the header follows from these. They are for accidents; nothing tells who wrote a file.
public struct Checkpoint<Scalar: TrainingScalar>: Sendable {
    /// The model, to use or to train on.
    public let model: LanguageModel<Scalar>
    /// How far training had come.
    public private(set) var record: TrainingRecord
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

    /// Keeps what the model has come to on all of the held-out text.
    public mutating func note(_ heldOutLoss: HeldOutLoss) { record.heldOutLoss = heldOutLoss }

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
            CheckpointHeader.Key.schema: String(CheckpointHeader.schema),
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
        try file.addFingerprints()
        try file.write(to: path)
    }

    /// Reads what `write(to:)` wrote.
    /// - Throws: `SafeTensorsError`, `TrainingError.invalidCheckpoint` or `CoreError`.
    public init(contentsOf path: String) throws { try self.init(CheckpointHeader(contentsOf: path)) }

    /// Reads the tensors of a file whose header has been read, which takes no more memory than they do and the largest once more.
    public init(_ header: CheckpointHeader) throws {
        let (file, layout, record) = try (header.file, header.layout, header.record)
        func invalid(_ problem: String) -> TrainingError { .invalidCheckpoint(path: file.path, problem: problem) }
        self.path = file.path
        self.record = record
        let configuration = record.configuration
        model = try LanguageModel(header)

        // Made empty, since its moments come from the file.
        var optimizer: any Optimizer<Scalar> = configuration.optimizer.makeOptimizer(count: 0)
        var moments: [String: [Scalar]] = [:]
        for moment in optimizer.moments.keys {
            moments[moment] = try layout.readVector(from: file, prefix: "optimizer.\(moment).")
        }
        optimizer.moments = moments
        self.optimizer = optimizer

        var state = try RecurrentState<Scalar>(layout, lanes: configuration.batchSize)
        for tensor in layout.state { try state.setTensor(tensor.name, to: file.finiteValues("state.\(tensor.name)")) }
        self.state = state
        cursors = try file.values("data.cursors", as: Int64.self).map { Int($0) }
        if let cursor = cursors.first(where: { !(0..<record.trainingBytes).contains($0) }) {
            throw invalid("data.cursors has \(cursor), outside of the \(record.trainingBytes) bytes of text that it trains on")
        }
        guard let generator = SeededGenerator(state: try file.values("rng.state")) else {
            throw invalid("its rng.state is all zero")
        }
        self.generator = generator
    }
}

extension LanguageModel where Scalar: TrainingScalar {
    /// Reads the model alone of a checkpoint, whoever trained it.
    /// - Throws: `SafeTensorsError`, `TrainingError.invalidCheckpoint` or `CoreError`.
    public init(contentsOf path: String) throws { try self.init(CheckpointHeader(contentsOf: path)) }

    /// The same of a file whose header has been read.
    public init(_ header: CheckpointHeader) throws {
        let file = header.file
        func invalid(_ problem: String) -> TrainingError { .invalidCheckpoint(path: file.path, problem: problem) }
        guard header.precision == Precision(of: Scalar.self) else { throw invalid("its precision is \(header.precision)") }
        let parameters: [Scalar] = try header.layout.readVector(from: file)
        var fingerprint = Fingerprint()
        try file.forEachPiece { fingerprint.add($0) }
        guard file.metadata[CheckpointHeader.Key.fingerprint] == fingerprint.json else {
            throw invalid("its numbers are not those of its dnc.fingerprint: it is damaged")
        }
        try self.init(
            layout: header.layout, vocabulary: header.vocabulary, parameters: parameters,
            memoryLifetime: header.memoryLifetime)
    }
}

/// What `dnc.training` says of the model itself: all that there is of a model that another program trained, and the beginning of
/// every `TrainingRecord`.
private struct ModelRecord: Decodable {
    struct Configuration: Decodable {
        let model: ModelConfiguration
        let tokens: TokenKind
        let precision: Precision
        let carryMemory: Bool
        /// Absent where the memory is carried, and nobody says how long segments were.
        let sequenceLength: Int?
    }

    let configuration: Configuration
    let step: Int
    /// Absent where another program trained the model.
    let textFingerprint: String?

    /// The first thing that cannot be.
    var impossible: String? {
        if !(0..<1 << 53).contains(step) { return "step is \(step)" }
        guard let length = configuration.sequenceLength else {
            return configuration.carryMemory ? nil : "nothing says after how many symbols the memory is emptied"
        }
        return (1...1 << 40).contains(length) ? nil : "sequenceLength is \(length)"
    }
}

/// What a checkpoint says of itself, read without the numbers in its tensors.
public struct CheckpointHeader: Sendable {
    enum Key {
        static let configuration = "dnc.config", vocabulary = "dnc.vocabulary", training = "dnc.training"
        static let schema = "dnc.schema", fingerprint = "dnc.fingerprint", metadataFingerprint = "dnc.fingerprint.metadata"
    }

    /// The version of what is in the file. Others are refused: 1, which nobody but its makers used, had no fingerprints.
    static let schema = 2

    /// The file, open; its tensors have not been read.
    public let file: SafeTensorsFile
    /// The model's sizes and tensors.
    public let layout: ModelLayout
    /// The symbols that the model knows.
    public let vocabulary: Vocabulary
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
        func decode<Value: Decodable>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
            try Self.decode(type, from: entry(key), of: key, in: file.path)
        }

        let schema = try entry(Key.schema)
        guard schema == String(Self.schema) else {
            let isNewer = Int(schema).map { $0 > Self.schema } ?? false
            let remedy = isNewer ? "use a newer dnc" : "train the model again, or use the dnc that wrote it"
            throw invalid("it has the format \(printable(schema)), this program reads \(Self.schema): \(remedy)")
        }
        vocabulary = try decode(Key.vocabulary)
        modelRecord = try decode(Key.training)
        if modelRecord.textFingerprint == nil {
            trainingRecord = nil
        } else {
            var record = try decode(Key.training, as: TrainingRecord.self)
            // Before the two were told apart, plateaus went by all validations.
            record.configuration.plateauEvery = record.configuration.plateauEvery ?? record.configuration.validateEvery
            guard record.configuration.plateauEvery != nil else { throw invalid("in its settings, plateauEvery is missing") }
            trainingRecord = record
        }
        let configuration = try decode(Key.configuration, as: ModelConfiguration.self)
        guard configuration == modelRecord.configuration.model else {
            throw invalid("dnc.config and dnc.training name different models")
        }
        do {
            try trainingRecord?.configuration.validate()
            layout = try ModelLayout(configuration, symbols: vocabulary.count)
        } catch {
            throw invalid("in its settings, \(error)")
        }
        guard modelRecord.configuration.tokens == vocabulary.kind else {
            throw invalid("dnc.vocabulary and dnc.training name different kinds of symbols")
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

    /// What a metadata entry means.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from text: String, of key: String, in path: String
    ) throws -> Value {
        try checkJSON(text, of: key, in: path)
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            let problem = "its \(key) cannot be understood (\(printable("\(error)", limit: 300)))"
            throw TrainingError.invalidCheckpoint(path: path, problem: problem)
        }
    }

    /// The number type of the tensors.
    public var precision: Precision { modelRecord.configuration.precision }

    /// Steps of training behind the model, whoever trained it.
    public var step: Int { modelRecord.step }

    /// After how many symbols a DNC's memory is emptied; nil if never.
    var memoryLifetime: Int? { modelRecord.configuration.carryMemory ? nil : modelRecord.configuration.sequenceLength }

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
        let lanes = record.configuration.batchSize
        for moment in record.configuration.optimizer.makeOptimizer(count: 0, as: Float.self).moments.keys {
            for tensor in layout.parameters { tensors.append(("optimizer.\(moment).\(tensor.name)", type, tensor.shape)) }
        }
        for tensor in layout.state { tensors.append(("state.\(tensor.name)", type, [lanes] + tensor.shape)) }
        return tensors + [("data.cursors", .i64, [lanes]), ("rng.state", .u64, [4])]
    }

    /// The fingerprint of all entries but itself.
    package static func fingerprint(of metadata: [String: String]) -> String {
        var fingerprint = Fingerprint()
        for (key, value) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        where key != Key.metadataFingerprint {
            for text in [key, value] { fingerprint.add(Array((text + "\0").utf8).span.bytes) }
        }
        return fingerprint.json
    }
}

extension Fingerprint {
    fileprivate var json: String { "\"\(self)\"" }
}

extension ModelLayout {
    /// A vector laid out as the parameters are, from tensors of their names behind `prefix`, which have their shapes.
    fileprivate func readVector<Scalar: TrainingScalar>(
        from file: SafeTensorsFile, prefix: String = ""
    ) throws -> [Scalar] {
        var vector: [Scalar] = []
        vector.reserveCapacity(parameterCount)
        for tensor in parameters { vector += try file.finiteValues(prefix + tensor.name) }
        return vector
    }
}

extension SafeTensorsFile {
    fileprivate func finiteValues<Scalar: TrainingScalar>(_ name: String) throws -> [Scalar] {
        let values: [Scalar] = try self.values(name)
        guard firstNonFinite(in: values) == nil else {
            throw TrainingError.invalidCheckpoint(path: path, problem: "\(name) holds infinite or NaN numbers")
        }
        return values
    }
}

extension SafeTensorsWriter {
    /// Adds to the metadata the fingerprints of all else.
    mutating func addFingerprints() throws(SafeTensorsError) {
        var fingerprint = Fingerprint()
        try forEachPiece { fingerprint.add($0) }
        metadata[CheckpointHeader.Key.fingerprint] = fingerprint.json
        metadata[CheckpointHeader.Key.metadataFingerprint] = CheckpointHeader.fingerprint(of: metadata)
    }
}

/// JSON with sorted keys, so that the same content gives the same bytes.
/// - Parameter inSnakeCase: whether keys are written as `valid_bpc`, as all that is printed for other programs has them.
package func json(_ value: some Encodable, inSnakeCase: Bool = false) throws -> String {
    let encoder = JSONEncoder()
    if inSnakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
