// The result of a validation, or of all that is held out.
import DNCCore
public import DNCTasks

/// How well what is held out is predicted or answered: a figure, and over what.
public struct HeldOutLoss: Hashable, Sendable, Codable {
    /// In the measure of what the model is trained on.
    public var value: Double
    /// Over how many predictions.
    public var predictions: Int
    /// Of a text: into how many streams it was cut; see `Evaluation`.
    public var streams: Int?
    /// Of episodes: how many answers were right.
    public var score: EpisodeScore?

    /// A figure from elsewhere.
    public init(value: Double, predictions: Int, streams: Int? = nil, score: EpisodeScore? = nil) {
        (self.value, self.predictions, self.streams, self.score) = (value, predictions, streams, score)
    }

    /// What an evaluation has come to; nil where it has predicted nothing.
    public init?<Scalar>(_ evaluation: Evaluation<Scalar>) {
        guard evaluation.loss.count > 0 else { return nil }
        (value, predictions) = (evaluation.measure.value(of: evaluation.loss), evaluation.loss.count)
        (streams, score) = (evaluation.streams, evaluation.score)
    }
}
