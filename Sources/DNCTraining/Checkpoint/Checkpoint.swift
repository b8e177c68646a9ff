// All of a run, as the one file of a checkpoint holds it.
public import DNCCore
public import SafeTensors

/// A number type that can be computed with and stored: `Float` and `Double`.
public typealias TrainingScalar = CoreScalar & SafeTensorsElement

/// A model with all that it takes to go on training it. One file in safetensors format: the parameters under their own names,
/// `optimizer.<moment>.<parameter>`, `state.<tensor>` (lanes first), `data.cursors`, `rng.state`, and no others; and as metadata
/// the JSON of `ModelConfiguration` with its input and output (`dnc.config`), of a text `Vocabulary` (`dnc.vocabulary`), of a file of
/// episodes `EpisodeEncoding` (`dnc.episodes`), `TrainingRecord` (`dnc.training`), and the format's version (`dnc.schema`).
/// Only runs on a text have `data.cursors`.
///
/// A model that another program trained, and wrote with `dnc_checkpoint_write` of the C core, has neither the tensors besides the
/// parameters nor a full `TrainingRecord`: what there is of it is `ModelRecord`. It is read as a `Model`.
///
/// A changed byte is noticed: `dnc.fingerprint` is the `Fingerprint` of all that follows the header, `dnc.fingerprint.metadata`
/// that of all other metadata (sorted by key, key and value each followed by a zero byte), both as JSON strings; and what else is
/// in the header follows from these. They are for accidents; nothing tells who wrote a file.
public struct Checkpoint<Scalar: TrainingScalar>: Sendable {
    /// The model, to use or to train on.
    public let model: Model<Scalar>
    /// How far training had come.
    public private(set) var record: TrainingRecord
    let optimizer: any Optimizer<Scalar>
    let state: RecurrentState<Scalar>
    let cursors: [Int]
    let generator: SeededGenerator
    /// Where it was read from.
    public let path: String?

    init(
        model: Model<Scalar>, record: TrainingRecord, optimizer: any Optimizer<Scalar>,
        state: RecurrentState<Scalar>, cursors: [Int], generator: SeededGenerator, path: String? = nil
    ) {
        self.model = model
        self.record = record
        self.optimizer = optimizer
        self.state = state
        self.cursors = cursors
        self.generator = generator
        self.path = path
    }

    /// Keeps what the model has come to on all that is held out.
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
}
