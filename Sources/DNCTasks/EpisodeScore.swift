// How right the answers to an episode are.
public import DNCCore
internal import Foundation

/// How many answers were right, of one episode or of several that have been added.
///
/// An answer is a symbol, a bit or a number that was asked for, at a step whose weight is not 0. A question is a stretch of such steps.
public struct EpisodeScore: Hashable, Sendable {
    /// The episodes in which something was asked.
    public private(set) var sequences = 0
    /// Those of them without a wrong answer.
    public private(set) var sequencesRight = 0
    /// The questions.
    public private(set) var questions = 0
    /// Those of them of which an answer is wrong.
    public private(set) var wrongQuestions = 0
    /// What was asked.
    public private(set) var answers = 0
    /// How much of it was answered wrongly.
    public private(set) var wrongAnswers = 0
    /// The sum of the squared differences, of numbers alone.
    public private(set) var squaredError = 0.0

    /// Of no episodes.
    public init() {}

    /// The score of an episode.
    ///
    /// A symbol is right when its logit is the greatest, by itself; a bit when its logit has the right sign; a number when
    /// it is no more than `tolerance` away. No answer that is NaN is right, and no logit of 0 for a bit.
    /// - Parameters:
    ///   - episode: what was asked; it fits `output`.
    ///   - outputs: what the model put out, steps x `output.count`: logits, or numbers.
    ///   - output: what the model answers.
    ///   - tolerance: for numbers.
    /// - Throws: `EpisodeError.outputCount`.
    public init(
        _ episode: Episode, outputs: [Float], _ output: ModelOutput, tolerance: Float = 0.1
    ) throws(EpisodeError) {
        guard outputs.count == episode.steps * output.count else {
            throw .outputCount(outputs.count, steps: episode.steps, perStep: output.count)
        }
        var (isWithin, wrongBefore) = (false, 0)
        for step in 0...episode.steps {
            guard step < episode.steps, episode.weights[step] > 0 else {
                if isWithin, wrongAnswers > wrongBefore { wrongQuestions += 1 }
                isWithin = false
                continue
            }
            if !isWithin { (isWithin, wrongBefore, questions) = (true, wrongAnswers, questions + 1) }
            let answered = outputs[step * output.count..<(step + 1) * output.count]
            switch output.kind {
            case .symbols:
                for (group, target) in episode.targetSymbols[step * output.groups..<(step + 1) * output.groups].enumerated()
                where target >= 0 {
                    let logits = answered.dropFirst(group * output.size).prefix(output.size)
                    let best = logits.startIndex + Int(target)
                    add(
                        isRight: !logits[best].isNaN && logits.indices.allSatisfy { $0 == best || logits[$0] < logits[best] }
                    )
                }
            case .bits:
                for (target, logit) in zip(episode.targetVectors[step * output.size..<(step + 1) * output.size], answered) {
                    add(isRight: target == 1 ? logit > 0 : logit < 0)
                }
            case .reals:
                for (target, number) in zip(episode.targetVectors[step * output.size..<(step + 1) * output.size], answered) {
                    let difference = Double(number) - Double(target)
                    squaredError += difference * difference
                    add(isRight: abs(difference) <= Double(tolerance))
                }
            }
        }
        sequences = answers > 0 ? 1 : 0
        sequencesRight = answers > 0 && wrongAnswers == 0 ? 1 : 0
    }

    private mutating func add(isRight: Bool) {
        answers += 1
        if !isRight { wrongAnswers += 1 }
    }

    /// The score of both.
    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.sequences += right.sequences
        sum.sequencesRight += right.sequencesRight
        sum.questions += right.questions
        sum.wrongQuestions += right.wrongQuestions
        sum.answers += right.answers
        sum.wrongAnswers += right.wrongAnswers
        sum.squaredError += right.squaredError
        return sum
    }

    /// Adds the score of others.
    public static func += (left: inout Self, right: Self) { left = left + right }

    /// Whether there was something to answer, and every answer was right.
    public var isRight: Bool { sequences > 0 && sequences == sequencesRight }

    /// The fraction of episodes without a wrong answer; nil where nothing was asked.
    public var sequencesRightRate: Double? { sequences > 0 ? Double(sequencesRight) / Double(sequences) : nil }

    /// The fraction of answers that are wrong; nil where nothing was asked.
    public var errorRate: Double? { answers > 0 ? Double(wrongAnswers) / Double(answers) : nil }

    /// The fraction of questions of which an answer is wrong; nil where nothing was asked.
    public var questionErrorRate: Double? { questions > 0 ? Double(wrongQuestions) / Double(questions) : nil }
}

extension EpisodeScore: Codable {
    private enum CodingKeys: String, CodingKey {
        case sequences, sequencesRight, questions, wrongQuestions, answers, wrongAnswers, squaredError
    }

    /// Also what was kept before questions were counted: then there are none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sequences = try container.decode(Int.self, forKey: .sequences)
        sequencesRight = try container.decode(Int.self, forKey: .sequencesRight)
        questions = try container.decodeIfPresent(Int.self, forKey: .questions) ?? 0
        wrongQuestions = try container.decodeIfPresent(Int.self, forKey: .wrongQuestions) ?? 0
        answers = try container.decode(Int.self, forKey: .answers)
        wrongAnswers = try container.decode(Int.self, forKey: .wrongAnswers)
        squaredError = try container.decode(Double.self, forKey: .squaredError)
    }
}

extension Episode {
    /// The natural logarithm of the probability that a model gives to all that is asked, each weighted as its step is.
    /// - Parameters:
    ///   - outputs: what the model put out, steps x `output.count`: logits. Of numbers it is minus half the squared error, which is
    ///     the same but for a constant where the error is normal with variance 1.
    ///   - output: what the model answers.
    package func logLikelihood(_ outputs: [Float], _ output: ModelOutput) -> Double {
        (0..<steps).reduce(0) { sum, step in
            guard weights[step] > 0 else { return sum }
            let answered = outputs[step * output.count..<(step + 1) * output.count].map(Double.init)
            var own = 0.0
            switch output.kind {
            case .symbols:
                for (group, target) in targetSymbols[step * output.groups..<(step + 1) * output.groups].enumerated()
                where target >= 0 {
                    let logits = Array(answered[group * output.size..<(group + 1) * output.size])
                    own += logits[Int(target)] - logSumExp(logits)
                }
            case .bits:
                for (target, logit) in zip(targetVectors[step * output.size..<(step + 1) * output.size], answered) {
                    own -= max(logit, 0) - logit * Double(target) + log1p(exp(-abs(logit)))
                }
            case .reals:
                for (target, number) in zip(targetVectors[step * output.size..<(step + 1) * output.size], answered) {
                    own -= (number - Double(target)) * (number - Double(target)) / 2
                }
            }
            return sum + Double(weights[step]) * own
        }
    }
}

/// log sum_i e^(x_i), with the maximum subtracted. Specialised by hand, since other modules call it.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
package func logSumExp<Scalar: CoreScalar>(_ logits: [Scalar]) -> Double {
    logits.withUnsafeBufferPointer { logits in
        var maximum = logits[0]
        for logit in logits where logit > maximum { maximum = logit }
        var sum = 0.0
        for logit in logits { sum += exp(Double(logit - maximum)) }
        return Double(maximum) + log(sum)
    }
}
