// What a trainer asks of what it trains on.
public import DNCCore

/// What a model is trained on: segments to learn from, one an update, and what it is measured by between them. `TextSegments` are of
/// a text, `EpisodeSegments` of episodes, wherever these come from.
public protocol SegmentSource: Sendable {
    /// As the configuration has it.
    var kind: TrainingSource { get }
    /// By which a resumed run recognises it.
    var fingerprint: String { get }
    /// How much there is to train on: bytes of a text, episodes of a file; 0 where there is no end.
    var size: Int { get }
    /// What a model of it reads.
    var input: ModelInput { get }
    /// What a model of it answers.
    var output: ModelOutput { get }
    /// What the model's symbols stand for.
    var alphabet: Alphabet { get }
    /// In what the loss is told.
    var measure: Measure { get }
    /// How many steps the longest segment has, T.
    var steps: Int { get }
    /// How many lessons it has; above 1, the answers to each segment decide when the next one comes.
    var lessonCount: Int { get }
    /// How much is held out, in the unit of `size`; 0 for nothing.
    var heldOutSize: Int { get }
    /// After how many steps a validation follows where nothing else is asked for.
    var usualPlateauEvery: Int { get }

    /// Bytes of memory that it takes itself, validation included. As Double, since they may exceed Int.
    func requiredBytes<Scalar: CoreScalar>(_ layout: ModelLayout, as scalar: Scalar.Type) -> Double
    /// Where it is: with the step all that is needed to go on.
    var cursors: [Int] { get }
    /// Goes to the beginning, or to where another one of the same had these cursors. Comes before the first segment.
    /// - Throws: `DataError`, and changes nothing, where it cannot be there.
    mutating func begin(at cursors: [Int]?) throws
    /// The next segment, the one after `step` others.
    /// - Throws: `DataError` or `EpisodeFileError` when a file cannot be read or has been changed.
    mutating func segment(step: Int, lesson: Int) throws -> Segment
    /// The loss of a segment as the measure counts it.
    func count(_ loss: Loss, of segment: Segment) -> Loss
    /// How the last segment's episodes of a lesson were answered.
    /// - Parameters:
    ///   - outputs: of the model, (steps, lanes, `output.count`).
    ///   - lesson: those of others do not count.
    func score(_ outputs: [Float], lesson: Int) -> (right: Int, count: Int)

    /// An evaluation of what is held out, or of the beginning of it.
    /// - Parameters:
    ///   - model: what is evaluated.
    ///   - limit: how many symbols or episodes count at most.
    ///   - runners: of training, which are free between two steps; nil for others.
    ///   - threads: how many there are.
    func evaluation<Scalar: CoreScalar>(
        of model: Model<Scalar>, limit: Int, runners: [SegmentRunner<Scalar>]?, threads: Int
    ) throws -> Evaluation<Scalar>

    /// What the model answers now, for people to read; a function of the step.
    func example<Scalar: CoreScalar>(of model: Model<Scalar>, step: Int, using generator: inout SeededGenerator) throws
        -> String
}
