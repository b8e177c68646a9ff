// The result of a validation, or of all of the held-out text.
import DNCCore

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
