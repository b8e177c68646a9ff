// What a model answers to episodes.
import DNCCore
public import DNCTasks

/// Has a runner answer batches of episodes, each from the zero state.
struct EpisodeAnswers<Scalar: CoreScalar> {
    let layout: ModelLayout

    /// The summed loss, and of each episode the outputs of all its steps, steps x `output.count`: logits, or numbers.
    func compute(
        _ episodes: [Episode], with runner: SegmentRunner<Scalar>, parameters: UnsafeBufferPointer<Scalar>
    ) throws -> (loss: Loss, outputs: [[Float]]) {
        let (input, output) = (layout.input, layout.output)
        let batch = try EpisodeBatch(episodes, input, output)
        // Every lane begins in it.
        var state = try RecurrentState<Scalar>(layout, lanes: episodes.count)
        let loss = try state.values.withUnsafeMutableBufferPointer { state in
            try runner.forward(parameters: parameters, segment: batch.segment, state: state)
        }
        let outputs = try runner.recordedOutputs()
        return (loss, episodes.indices.map { batch.elements(of: $0, in: outputs, perStep: output.count) })
    }
}

extension SegmentRunner {
    /// A runner for `forward` alone: of a DNC's links, none of which is needed again, the fewest are kept.
    convenience init(readingAlone layout: ModelLayout, steps: Int, lanes: Int) throws(CoreError) {
        try self.init(
            layout, steps: steps, lanes: lanes, linkInterval: Int(Double(steps).squareRoot().rounded(.up)))
    }

    /// What `forward` has put out, (steps, lanes, `output.count`).
    func recordedOutputs() throws(CoreError) -> [Float] {
        try recorded(layout.output.kind == .reals ? "outputs" : "logits").values.map { Float($0) }
    }
}

extension Model {
    /// What the model puts out at each step of each episode, steps x `layout.output.count`: logits, or numbers. The same whatever
    /// other episodes there are, but for rounding.
    /// - Throws: `EpisodeError` for an episode that does not fit the model; `CoreError` when there is too little memory.
    public func answers(to episodes: [Episode]) throws -> [[Float]] {
        guard let longest = episodes.map(\.steps).max() else { return [] }
        let lanes = min(32, episodes.count)
        let runner = try SegmentRunner<Scalar>(readingAlone: layout, steps: longest, lanes: lanes)
        let answers = EpisodeAnswers<Scalar>(layout: layout)
        return try stride(from: 0, to: episodes.count, by: lanes).flatMap { first in
            try parameters.withUnsafeBufferPointer { parameters in
                try answers.compute(
                    Array(episodes[first..<min(first + lanes, episodes.count)]), with: runner, parameters: parameters
                ).outputs
            }
        }
    }
}
