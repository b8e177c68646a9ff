// What a model answers to episodes.
import DNCCore
public import DNCTasks

extension SegmentRunner {
    /// A runner for `forward` alone: of a DNC's links, none of which is needed again, the fewest are kept.
    convenience init(readingAlone layout: ModelLayout, steps: Int, lanes: Int) throws(CoreError) {
        try self.init(
            layout, steps: steps, lanes: lanes, linkInterval: Int(Double(steps).squareRoot().rounded(.up)))
    }

    /// The summed loss of a batch of episodes, each from the zero state, and of each the outputs of all its steps, steps x
    /// `output.count`: logits, or numbers.
    func answer(
        _ episodes: [Episode], parameters: UnsafeBufferPointer<Scalar>
    ) throws -> (loss: Loss, outputs: [[Float]]) {
        let batch = try EpisodeBatch(episodes, layout.input, layout.output)
        // Every lane begins in it.
        var state = try RecurrentState<Scalar>(layout, lanes: episodes.count)
        let loss = try state.values.withUnsafeMutableBufferPointer { state in
            try forward(parameters: parameters, segment: batch.segment, state: state)
        }
        let outputs = try recordedOutputs()
        return (loss, episodes.indices.map { batch.elements(of: $0, in: outputs, perStep: layout.output.count) })
    }

    /// What `forward` has put out, (steps, lanes, `output.count`).
    func recordedOutputs() throws(CoreError) -> [Float] {
        let values = try recorded(layout.output.kind == .reals ? "outputs" : "logits").values
        guard Scalar.self == Float.self else { return values.map { Float($0) } }
        // Not one by one: there may be thousands of symbols at each of thousands of steps.
        return values.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
}

extension Model {
    /// What the model puts out at each step of each episode, steps x `layout.output.count`: logits, or numbers. The same whatever
    /// other episodes there are, but for rounding.
    /// - Throws: `EpisodeError` for an episode that does not fit the model; `CoreError` when there is too little memory.
    public func answers(to episodes: [Episode]) throws -> [[Float]] {
        var answers: [[Float]] = []
        let longest = episodes.map { $0.steps(thinking: thinkSteps) }.max() ?? 0
        try answer(episodes.count, longest: longest) {
            (episodes[$0], ())
        } take: {
            answers.append($2)
        }
        return answers
    }

    /// Answers episodes that are read some at a time, so that there may be more than the memory holds.
    /// - Parameters:
    ///   - count: how many there are.
    ///   - longest: how many steps the longest has, with those to think in.
    ///   - read: gives the episode of a number, from 0, and what else `take` wants to know of it.
    ///   - take: is given both of each in turn, and what the model puts out at each step, as `answers(to:)` has it.
    package func answer<Note>(
        _ count: Int, longest: Int, read: (Int) throws -> (episode: Episode, note: Note),
        take: (_ episode: Episode, _ note: Note, _ outputs: [Float]) throws -> Void
    ) throws {
        guard count > 0 else { return }
        let lanes = min(32, count)
        let runner = try SegmentRunner<Scalar>(readingAlone: layout, steps: longest, lanes: lanes)
        for first in stride(from: 0, to: count, by: lanes) {
            let batch = try (first..<min(first + lanes, count)).map(read)
            let outputs = try parameters.withUnsafeBufferPointer {
                try runner.answer(batch.map { $0.episode.thinking(thinkSteps) }, parameters: $0).outputs
            }
            for (read, outputs) in zip(batch, outputs) {
                let own = read.episode.own(outputs, perStep: layout.output.count, thinking: thinkSteps)
                try take(read.episode, read.note, own)
            }
        }
    }
}
