// How right the answers to stories' questions are.
public import DNCCore

/// How many questions were answered right, in both ways in which papers count.
public struct BabiScore: Hashable, Sendable {
    /// The questions.
    public private(set) var questions = 0
    /// Those of which a word is wrong.
    public private(set) var wrongQuestions = 0
    /// The words to answer.
    public private(set) var words = 0
    /// Those that are wrong.
    public private(set) var wrongWords = 0

    /// Of no questions.
    public init() {}

    /// Adds the questions of a story: stretches of steps at which something is asked.
    /// - Parameters:
    ///   - episode: what was asked.
    ///   - outputs: what the model put out, steps x `output.count`: logits.
    ///   - output: what the model answers.
    public mutating func add(_ episode: Episode, outputs: [Float], _ output: ModelOutput) {
        var (isAsked, isRight) = (false, true)
        func end(_ score: inout Self) {
            guard isAsked else { return }
            score.questions += 1
            if !isRight { score.wrongQuestions += 1 }
        }
        for step in 0..<episode.steps {
            guard episode.weights[step] > 0 else {
                end(&self)
                (isAsked, isRight) = (false, true)
                continue
            }
            isAsked = true
            let answered = Array(outputs[step * output.count..<(step + 1) * output.count])
            words += 1
            if output.likeliest(answered) != [episode.targetSymbols[step]] { (wrongWords, isRight) = (wrongWords + 1, false) }
        }
        end(&self)
    }

    /// The share of questions of which a word is wrong, as Graves et al. 2016 have it; nil of none.
    public var questionError: Double? { questions > 0 ? Double(wrongQuestions) / Double(questions) : nil }
    /// The share of words that are wrong, as Csordás and Schmidhuber 2019 have it; nil of none.
    public var wordError: Double? { words > 0 ? Double(wrongWords) / Double(words) : nil }
}
