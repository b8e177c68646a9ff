import Foundation

/// Why training, a checkpoint or a run was refused or stopped. The description is a sentence for the user that says what to do.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A setting outside what is allowed.
    case invalid(name: String, value: String, allowed: String)
    /// The loss of a step became infinite or NaN; `tensor` names the parameters with the largest numbers, infinite or NaN ones
    /// before all.
    case nonFiniteLoss(step: Int, tensor: String, clipNorm: Double)
    /// The gradient of a step became infinite or NaN, first in `tensor`.
    case nonFiniteGradient(step: Int, tensor: String, clipNorm: Double)
    /// The loss is finite, but higher than that of a model which knows nothing.
    case worseThanGuessing(step: Int, loss: Double?, guessing: Double, measure: Measure, clipNorm: Double)
    /// The model is of episodes, and reads and writes no text.
    case noText
    /// The model gives logits that are not finite, so that no symbol can be drawn.
    case nonFiniteLogits
    /// A checkpoint would hold numbers that are not finite, and be worthless; `tensor` names the first such.
    case nonFiniteParameters(step: Int, tensor: String, clipNorm: Double)
    /// The file is no checkpoint of this package, or one that contradicts itself.
    case invalidCheckpoint(path: String, problem: String)
    /// The file is no trace of this package, or one that contradicts itself.
    case invalidTrace(path: String, problem: String)
    /// The run to resume was started with other settings.
    case differentConfiguration(path: String, differences: [String])
    /// The run to resume was started with another text, task or file of episodes.
    case differentSource(path: String, source: String)
    /// There is a run at this path already.
    case runExists(path: String)
    /// Another process trains in this run's folder.
    case runInUse(path: String)
    /// There is no run to resume at this path.
    case noRun(path: String)
    /// A model is to be exported where something is already.
    case exportExists(path: String)
    /// The system refused to write what is to be exported.
    case cannotExport(path: String, reason: String)
    /// The system refused to write to a run's folder.
    case cannotWrite(path: String, reason: String)

    public var description: String {
        switch self {
        case .invalid(let name, let value, let allowed):
            "\(name) is \(value); it must be \(allowed)"
        case .nonFiniteLoss(_, _, let clipNorm), .nonFiniteGradient(_, _, let clipNorm):
            (divergence ?? "") + Self.divergenceRemedy(clipNorm)
        case .worseThanGuessing(_, _, _, _, let clipNorm):
            (divergence ?? "") + Self.divergenceRemedy(clipNorm, isFinite: true)
        case .noText:
            "the model reads and writes no text; it answers episodes, with dnc eval and dnc predict"
        case .nonFiniteLogits:
            "the model's logits are not finite; use a checkpoint from before training diverged"
        case .nonFiniteParameters(let step, let tensor, let clipNorm):
            "\(tensor) holds infinite or NaN numbers at step \(step), which is not saved" + Self.divergenceRemedy(clipNorm)
        case .invalidCheckpoint(let path, let problem):
            "\(path): \(problem); use another checkpoint"
        case .invalidTrace(let path, let problem):
            "\(path): \(problem); use a file that dnc trace has written"
        case .differentConfiguration(let path, let differences):
            "\(path) was started with other settings: \(differences.joined(separator: "; ")). "
                + "Leave these flags out to resume it, or choose another --out"
        case .differentSource(let path, let source):
            "\(path) was started with another \(Self.noun(source)); resume with that one, or choose another --out"
        case .runExists(let path):
            "\(path) holds a run already; add --resume to go on with it, or choose another --out"
        case .runInUse(let path):
            "\(path) is in use by another process that trains there; wait for it to end, or choose another --out"
        case .noRun(let path):
            "\(path) holds no run to resume; leave out --resume to start one"
        case .exportExists(let path):
            "\(path) is there already; add --force to replace what an export writes, or choose another place"
        case .cannotExport(let path, let reason):
            "cannot write \(path): \(reason); free space, get write permission, or choose another place"
        case .cannotWrite(let path, let reason):
            "cannot write \(path): \(reason); free space, get write permission, or choose another --out"
        }
    }

    /// How a step or a period has diverged, without what the user can do; nil for other errors.
    public var divergence: String? {
        switch self {
        case .nonFiniteLoss(let step, let tensor, _):
            "the loss is not finite at step \(step), where \(tensor) has the largest numbers"
        case .nonFiniteGradient(let step, let tensor, _):
            "the gradient of \(tensor) is not finite at step \(step)"
        case .worseThanGuessing(let step, let loss, let guessing, let measure, _):
            "at step \(step) the loss\(loss.map { " of \(Self.figure($0)) \(measure.rawValue)" } ?? "") is worse than guessing, which has "
                + "\(Self.figure(guessing))"
        default: nil
        }
    }

    /// Gradients that are not clipped cannot be clipped at less.
    private static func divergenceRemedy(_ clipNorm: Double, isFinite: Bool = false) -> String {
        ": training diverged. "
            + (isFinite ? "Begin anew" : "Go on from the last checkpoint, which is kept, or where there is none begin anew,")
            + " with a smaller --learning-rate, with \(clipNorm == 0 ? "gradients clipped (--clip-norm 5)" : "a --clip-norm below \(clipNorm)"), or "
            + "with --on-nonfinite rollback"
    }

    private static func noun(_ source: String) -> String {
        switch source {
        case "episodes": "file of episodes"
        case "lines": "text"
        default: source
        }
    }

    private static func figure(_ loss: Double) -> String { String(format: "%.3f", loss) }
}
