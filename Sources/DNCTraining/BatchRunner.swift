// Loss and gradient of a whole batch, cut into shards that threads share.
import DNCCore
import DNCData
import Dispatch
import Synchronization

/// A fixed part of the batch's lanes, with all the memory that it needs. Shards touch nothing of each other.
private final class Shard<Scalar: CoreScalar> {
    let lanes: Range<Int>
    let runner: SegmentRunner<Scalar>
    var gradient: [Scalar]
    private(set) var outcome: Result<Loss, CoreError> = .success(Loss())
    /// (steps, lanes, `output.count`) of the segment, where they are wanted.
    private(set) var outputs: [Float] = []
    private(set) var segment: Segment

    init(_ layout: ModelLayout, lanes: Range<Int>, steps: Int, linkInterval: Int) throws(CoreError) {
        self.lanes = lanes
        runner = try SegmentRunner(layout, steps: steps, lanes: lanes.count, linkInterval: linkInterval)
        runner.answersAskedAlone = true
        gradient = Array(repeating: 0, count: layout.parameterCount)
        segment = Segment(inputs: [], targets: [])
    }

    /// Takes this shard's lanes of the segment, without steps at the end in which none of them has anything, unless what is asked
    /// before those is answered by what is read in them.
    func load(_ segment: Segment) {
        let part = segment.part(lanes)
        self.segment = runner.layout.configuration.variant.bidirectional ? part : part.trimmed()
    }

    /// Computes `outcome` and `gradient`; `state` is that of all lanes of the batch, of which it changes its own.
    func run(
        parameters: UnsafeBufferPointer<Scalar>, state: UnsafeMutableBufferPointer<Scalar>, scale: Scalar, adds: Bool,
        recordsOutputs: Bool
    ) {
        let laneState = runner.layout.stateCount
        let ownState = UnsafeMutableBufferPointer(
            rebasing: state[lanes.lowerBound * laneState..<lanes.upperBound * laneState])
        if !adds { clear(&gradient) }
        outcome = Result { () throws(CoreError) in
            let loss = try runner.forward(parameters: parameters, segment: segment, state: ownState)
            if recordsOutputs { outputs = try runner.recordedOutputs() }
            try gradient.withUnsafeMutableBufferPointer { gradient throws(CoreError) in
                try runner.backward(segment: segment, scale: scale, gradient: gradient)
            }
            return loss
        }
    }
}

/// Computes segments of a batch on several threads. Which thread computes a shard does not matter, and the shards' losses and
/// gradients are summed in their order: the result is the same to the bit for any number of threads.
struct BatchRunner<Scalar: CoreScalar> {
    private let shards: [Shard<Scalar>]
    let threads: Int

    init(
        _ layout: ModelLayout, steps: Int, lanes: Int, shards: Int, threads: Int, linkInterval: Int
    ) throws(CoreError) {
        var parts: [Shard<Scalar>] = []
        for shard in 0..<shards {
            let part = lanes * shard / shards..<lanes * (shard + 1) / shards
            parts.append(try Shard(layout, lanes: part, steps: steps, linkInterval: linkInterval))
        }
        self.shards = parts
        self.threads = min(threads, shards)
    }

    /// Bytes that a runner of this shape allocates: workspaces and gradients. As Double, since they may exceed Int.
    static func requiredBytes(
        _ layout: ModelLayout, steps: Int, lanes: Int, shards: Int, linkInterval: Int
    ) throws(CoreError) -> Double {
        var bytes = Double(shards) * Double(layout.parameterCount) * Double(MemoryLayout<Scalar>.stride)
        // `lanes % shards` of the shards have one lane more than the others.
        for (count, lanes) in [(lanes % shards, lanes / shards + 1), (shards - lanes % shards, lanes / shards)]
        where count > 0 {
            let workspace = try SegmentRunner<Scalar>.requiredBytes(
                layout, steps: steps, lanes: lanes, linkInterval: linkInterval)
            bytes += Double(count) * Double(workspace)
        }
        return bytes
    }

    /// The summed loss of the segment; `state` goes on to its end, and `gradient` becomes that of the mean loss.
    /// - Parameters:
    ///   - scale: what the gradient of the summed loss is multiplied by; nil for that of the mean.
    ///   - adds: whether it is added to that of the segments before.
    ///   - recordsOutputs: whether `outputs(of:)` will be asked for.
    func run(
        _ segment: Segment, parameters: [Scalar], state: inout RecurrentState<Scalar>, scale: Scalar? = nil,
        adds: Bool = false, recordsOutputs: Bool = false
    ) throws(CoreError) -> Loss {
        let scale = scale ?? Scalar(1 / Double(max(1, segment.targetCount)))
        parameters.withUnsafeBufferPointer { parameters in
            state.values.withUnsafeMutableBufferPointer { state in
                // Safe to share: every shard is run by one thread, which alone touches it and its lanes of the state; the
                // parameters are only read; and all threads are done when concurrentPerform returns.
                nonisolated(unsafe) let (shards, parameters, state) = (shards, parameters, state)
                // Whoever is ready takes the next: of episodes, the first shards have the longest.
                let next = Atomic(0)
                DispatchQueue.concurrentPerform(iterations: threads) { _ in
                    while true {
                        let shard = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        if shard >= shards.count { return }
                        shards[shard].load(segment)
                        // The first has the sum of all.
                        shards[shard].run(
                            parameters: parameters, state: state, scale: scale, adds: adds && shard == 0,
                            recordsOutputs: recordsOutputs)
                    }
                }
            }
        }
        var loss = Loss()
        for shard in shards { loss += try shard.outcome.get() }
        for shard in shards.dropFirst() { add(shard.gradient, to: &shards[0].gradient) }
        return loss
    }

    /// What the model has put out in the last segment, (steps, lanes, each); 0 in steps that were left out.
    func outputs(of segment: Segment, each: Int) -> [Float] {
        var outputs = [Float](repeating: 0, count: segment.steps * segment.lanes * each)
        for shard in shards {
            let width = shard.lanes.count * each
            for step in 0..<shard.segment.steps {
                let start = (step * segment.lanes + shard.lanes.lowerBound) * each
                outputs.replaceSubrange(start..<start + width, with: shard.outputs[step * width..<(step + 1) * width])
            }
        }
        return outputs
    }

    /// What runs the shards; free between two segments.
    var runners: [SegmentRunner<Scalar>] { shards.map(\.runner) }

    /// Whether `phaseTimes` are taken.
    func timePhases(_ isOn: Bool) { for shard in shards { shard.runner.timesPhases = isOn } }

    /// Seconds of all threads together.
    var phaseTimes: [Phase: Double] {
        shards.reduce(into: [:]) { sum, shard in sum.merge(shard.runner.phaseTimes, uniquingKeysWith: +) }
    }

    /// Of the last segment, and of those before it that it was added to.
    var gradient: [Scalar] {
        get { shards[0].gradient }
        nonmutating _modify { yield &shards[0].gradient }
    }
}
