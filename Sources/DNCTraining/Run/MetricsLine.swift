// The log of a run, line by line.
import DNCCore
import DNCTasks

/// A line of `metrics.jsonl`. What begins with `valid_` is null where nothing is held out, `valid_sequences_right` and
/// `valid_error_rate` are null of a text, `train_loss` is where every step was a setback, `lesson` is without a curriculum,
/// `decayed_learning_rate` is where the learning rate stays.
package struct MetricsLine: Codable, Sendable {
    package let step: Int
    let predictions: Int
    let seconds: Double
    package let measure: Measure
    @OrNull var lesson: Int?
    @OrNull var trainLoss: Double?
    @OrNull var validLoss: Double?
    @OrNull var validPredictions: Int?
    @OrNull var validSequencesRight: Double?
    @OrNull package var validErrorRate: Double?
    let predictionsPerSecond: Double
    let learningRate: Double
    @OrNull var decayedLearningRate: Double?
    let gradientNorm: Double
    let setbacks: Int

    enum CodingKeys: String, CodingKey {
        case step, predictions, seconds, measure, lesson, setbacks
        case trainLoss = "train_loss"
        case validLoss = "valid_loss"
        case validPredictions = "valid_predictions"
        case validSequencesRight = "valid_sequences_right"
        case validErrorRate = "valid_error_rate"
        case predictionsPerSecond = "predictions_per_second"
        case learningRate = "learning_rate"
        case decayedLearningRate = "decayed_learning_rate"
        case gradientNorm = "grad_norm"

        /// Before anything but texts was trained on.
        var before: String {
            switch self {
            case .predictions: "symbols"
            case .trainLoss: "train_bpc"
            case .validLoss: "valid_bpc"
            case .validPredictions: "valid_symbols"
            case .predictionsPerSecond: "symbols_per_second"
            default: rawValue
            }
        }
    }

    init(_ progress: TrainingProgress) {
        (step, predictions, seconds) = (progress.step, progress.predictions, progress.seconds)
        (measure, lesson) = (progress.measure, progress.lesson)
        (trainLoss, validLoss) = (progress.trainLoss.isFinite ? progress.trainLoss : nil, progress.validLoss)
        validPredictions = progress.validPredictions
        (validSequencesRight, validErrorRate) = (progress.validScore?.sequencesRightRate, progress.validScore?.errorRate)
        (predictionsPerSecond, learningRate) = (progress.predictionsPerSecond, progress.learningRate)
        decayedLearningRate = progress.decayedLearningRate
        (gradientNorm, setbacks) = (progress.gradientNorm, progress.setbacks)
    }

    /// Reads lines of older versions, too: no log is ever lost.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        func key(_ key: CodingKeys) -> AnyKey {
            let now = AnyKey(stringValue: key.rawValue)
            return container.contains(now) ? now : AnyKey(stringValue: key.before)
        }
        func value<Value: Decodable>(_ name: CodingKeys) throws -> Value { try container.decode(Value.self, forKey: key(name)) }
        func valueOrNil<Value: Decodable>(_ name: CodingKeys) throws -> Value? {
            try container.decodeIfPresent(Value.self, forKey: key(name))
        }
        (step, predictions, seconds) = try (value(.step), value(.predictions), value(.seconds))
        (measure, lesson) = try (valueOrNil(.measure) ?? .bitsPerCharacter, valueOrNil(.lesson))
        (trainLoss, validLoss) = try (valueOrNil(.trainLoss), valueOrNil(.validLoss))
        validPredictions = try valueOrNil(.validPredictions)
        (validSequencesRight, validErrorRate) = try (valueOrNil(.validSequencesRight), valueOrNil(.validErrorRate))
        (predictionsPerSecond, learningRate) = try (value(.predictionsPerSecond), value(.learningRate))
        decayedLearningRate = try valueOrNil(.decayedLearningRate)
        (gradientNorm, setbacks) = try (value(.gradientNorm), value(.setbacks))
    }

    /// The line as an event for TensorBoard, of the scalars that there are.
    func event(time: Double) -> [UInt8] {
        let scalars: [(CodingKeys, Double?)] = [
            (.trainLoss, trainLoss), (.validLoss, validLoss), (.validSequencesRight, validSequencesRight),
            (.validErrorRate, validErrorRate), (.predictionsPerSecond, predictionsPerSecond), (.learningRate, learningRate),
            (.gradientNorm, gradientNorm),
        ]
        let named = scalars.compactMap { key, value in value.map { (key.rawValue, $0) } }
        return EventFile.scalars(named, step: step, time: time)
    }
}
