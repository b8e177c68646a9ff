// Training: the loss of a segment of text and its gradient.
internal import CDNCCore

/// The loss over some targets.
public struct Loss: Hashable, Sendable {
    /// The sum of -log(probability of the target), natural logarithm. Infinite or NaN when the parameters are.
    public var nats: Double
    /// How many targets counted.
    public var count: Int

    /// No loss yet, unless given.
    public init(nats: Double = 0, count: Int = 0) {
        self.nats = nats
        self.count = count
    }

    /// The mean in bits; NaN when nothing counted.
    public var bitsPerSymbol: Double { nats / (Double(count) * 0.693147180559945309) }  // ln 2

    /// Joins the losses of two parts.
    public static func += (total: inout Loss, part: Loss) {
        total.nats += part.nats
        total.count += part.count
    }
}

/// Computes the loss and the gradient of segments. Owns the memory for it and allocates nothing later. One runner serves one
/// thread at a time; several threads can divide the lanes, each with a runner of its own.
/// Every call limits OpenBLAS to one thread.
public final class SegmentRunner<Scalar: CoreScalar> {
    /// The model that it runs.
    public let layout: ModelLayout
    /// Steps of the largest segment, T.
    public let steps: Int
    /// Lanes of the largest segment, B.
    public let lanes: Int
    /// Of a DNC's temporal links, every how many steps one is kept; those between are computed again by `backward`.
    public let linkInterval: Int
    /// Whether the outputs where nothing is asked are left out, and zeros: for training, where few steps of many symbols are asked.
    public var answersAskedAlone = false
    /// Whether `phaseTimes` are taken.
    public var timesPhases = false
    /// What the calls while `timesPhases` was set have spent their time on, in seconds.
    public private(set) var phaseTimes: [Phase: Double] = [:]
    private let workspace: Workspace
    /// Steps and lanes of the segment that forward has run; nil after backward.
    private var held: (steps: Int, lanes: Int)?

    /// Allocates the memory.
    /// - Parameters:
    ///   - layout: the model to run.
    ///   - steps: of the largest segment, T.
    ///   - lanes: of the largest segment, B.
    ///   - linkInterval: above 1, less memory for some time, and the same bits.
    /// - Throws: `CoreError` when a size is out of range or this machine has too little memory.
    public init(_ layout: ModelLayout, steps: Int, lanes: Int, linkInterval: Int = 1) throws(CoreError) {
        workspace = try Workspace(
            bytes: Self.requiredBytes(layout, steps: steps, lanes: lanes, linkInterval: linkInterval),
            for: "the workspace for \(steps) steps and \(lanes) lanes")
        self.layout = layout
        self.steps = steps
        self.lanes = lanes
        self.linkInterval = linkInterval
    }

    /// Bytes of memory that a runner of this shape owns; dnc.h has the formula.
    /// - Throws: `CoreError` when a size is out of range or the whole exceeds the address space.
    public static func requiredBytes(
        _ layout: ModelLayout, steps: Int, lanes: Int, linkInterval: Int = 1
    ) throws(CoreError) -> Int {
        try checkSize("steps", steps)
        try checkSize("lanes", lanes)
        try checkSize("the link interval", linkInterval)
        var (config, run) = (layout.config, layout.run(steps: steps, lanes: lanes, linkInterval: linkInterval))
        return try size("the workspace for \(steps) steps and \(lanes) lanes") {
            Scalar._core.segmentWorkspace(&config, &run, &$0)
        }
    }

    /// Bytes of memory that this runner owns.
    public var workspaceBytes: Int { workspace.bytes }

    /// Runs the segment from `state`, which becomes the state after it, and records what `backward` needs.
    /// - Parameters:
    ///   - parameters: flat, as `layout.parameters` says.
    ///   - segment: of at most this runner's steps and lanes, and of the layout's input and output.
    ///   - state: of as many lanes as the segment's.
    /// - Throws: `CoreError.wrongCount`, `.outOfRange` or `.symbolOutOfRange`.
    public func forward(
        parameters: [Scalar], segment: Segment, state: inout RecurrentState<Scalar>
    ) throws(CoreError) -> Loss {
        try state.values.withUnsafeMutableBufferPointer { state throws(CoreError) in
            try parameters.withUnsafeBufferPointer { parameters throws(CoreError) in
                try forward(parameters: parameters, segment: segment, state: state)
            }
        }
    }

    /// The same of a text: (steps, lanes) symbols, all lanes' first, then all lanes' second, ...; targets are -1 where there is none.
    public func forward(
        parameters: [Scalar], inputs: [Int32], targets: [Int32], state: inout RecurrentState<Scalar>
    ) throws(CoreError) -> Loss {
        try forward(
            parameters: parameters, segment: text(inputs, targets, lanes: state.lanes), state: &state)
    }

    /// Adds `scale` times the gradient of the last `forward`'s loss to `gradient`, laid out as the parameters. Takes the segment that
    /// that call took, and may follow it once. The state before the segment counts as constant.
    /// - Throws: `CoreError.wrongCount`, `.symbolOutOfRange` or `.noForward`.
    public func backward(segment: Segment, scale: Scalar = 1, gradient: inout [Scalar]) throws(CoreError) {
        try gradient.withUnsafeMutableBufferPointer { gradient throws(CoreError) in
            try backward(segment: segment, scale: scale, gradient: gradient)
        }
    }

    /// The same of a text.
    public func backward(
        inputs: [Int32], targets: [Int32], scale: Scalar = 1, gradient: inout [Scalar]
    ) throws(CoreError) {
        guard let held else { throw .noForward }
        try backward(segment: text(inputs, targets, lanes: held.lanes), scale: scale, gradient: &gradient)
    }

    private func text(_ inputs: [Int32], _ targets: [Int32], lanes: Int) throws(CoreError) -> Segment {
        try checkCount("inputs", inputs.count, steps * lanes)
        return Segment(inputs: inputs, targets: targets, lanes: lanes)
    }

    /// `forward` on parts of shared arrays: `state` is that of the segment's lanes.
    package func forward(
        parameters: UnsafeBufferPointer<Scalar>, segment: Segment, state: UnsafeMutableBufferPointer<Scalar>
    ) throws(CoreError) -> Loss {
        try checkCount("parameters", parameters.count, layout.parameterCount)
        try checkCount("state", state.count, segment.lanes * layout.stateCount)
        var loss = dnc_loss(struct_size: UInt32(MemoryLayout<dnc_loss>.size), nats: 0, count: 0)
        try run(segment) {
            Scalar._core.forward(
                &$0, &$1, parameters.baseAddress, &$2, state.baseAddress, workspace.base, workspace.bytes, &loss)
        }
        held = (segment.steps, segment.lanes)
        return Loss(nats: loss.nats, count: Int(loss.count))
    }

    /// `backward` on parts of shared arrays.
    package func backward(
        segment: Segment, scale: Scalar, gradient: UnsafeMutableBufferPointer<Scalar>
    ) throws(CoreError) {
        try checkCount("gradient", gradient.count, layout.parameterCount)
        guard let shape = held, shape == (segment.steps, segment.lanes) else { throw .noForward }
        try run(segment) {
            Scalar._core.backward(&$0, &$1, &$2, workspace.base, workspace.bytes, scale, gradient.baseAddress)
        }
        held = nil
    }

    /// The tensors that `forward` records for a segment of this shape, by the names of `dnc_record_tensor` in dnc.h: the logits, the
    /// parts of the interface vector (after its squashing functions), the weightings, and every tensor of the state. The first two
    /// dimensions are (steps, lanes); of a state's, (steps + 1, lanes), beginning with the state before the segment. The temporal link
    /// is there only where every one is kept.
    public static func recordedTensors(
        _ layout: ModelLayout, steps: Int, lanes: Int, linkInterval: Int = 1
    ) throws(CoreError) -> [TensorLayout] {
        try checkSize("steps", steps)
        try checkSize("lanes", lanes)
        try checkSize("the link interval", linkInterval)
        var run = layout.run(steps: steps, lanes: lanes, linkInterval: linkInterval)
        return try tensors(layout.config, count: { dnc_record_tensor_count($0, &run, $1) }) { config, index, entry in
            dnc_record_tensor(config, &run, index, entry)
        }
    }

    /// A tensor of `recordedTensors` that `forward` recorded, until `backward`.
    /// - Throws: `CoreError.unknownTensor` or `.noForward`.
    public func recorded(_ name: String) throws(CoreError) -> (shape: [Int], values: [Scalar]) {
        guard let held else { throw .noForward }
        let known = try Self.recordedTensors(
            layout, steps: held.steps, lanes: held.lanes, linkInterval: linkInterval)
        let tensor = try known.named(name)
        var (config, values) = (layout.config, [Scalar](repeating: 0, count: tensor.count))
        var run = coreRun(steps: held.steps, lanes: held.lanes)
        try check(
            Scalar._core.record(
                &config, &run, workspace.base, workspace.bytes, known.firstIndex(of: tensor) ?? 0, &values))
        return (tensor.shape, values)
    }

    private func coreRun(steps: Int, lanes: Int) -> dnc_run {
        var run = layout.run(steps: steps, lanes: lanes, linkInterval: linkInterval)
        run.asked_alone = answersAskedAlone ? 1 : 0
        return run
    }

    /// Calls the C core on a segment that fits, and takes the times of its phases where they are wanted.
    private func run(
        _ segment: Segment, _ call: (inout dnc_config, inout dnc_run, inout dnc_segment) -> dnc_status
    ) throws(CoreError) {
        let rows = segment.steps * segment.lanes
        for (name, value, most) in [("steps", segment.steps, steps), ("lanes", segment.lanes, lanes)]
        where !(1...most).contains(value) {
            throw .outOfRange(name: name, value: value, allowed: 1...most)
        }
        let (input, output) = (layout.input, layout.output)
        try checkCount("inputs", segment.inputs.count, rows * input.symbolsPerStep)
        try checkCount("input vectors", segment.inputVectors.count, rows * input.vector)
        try checkCount("targets", segment.targets.count, output.kind == .symbols ? rows * output.groups : 0)
        try checkCount("target vectors", segment.targetVectors.count, output.kind == .symbols ? 0 : rows * output.size)
        try checkCount("weights", segment.weights.count, segment.weights.isEmpty ? 0 : rows)
        try checkCount("begins", segment.begins.count, segment.begins.isEmpty ? 0 : rows)
        for (_, rate) in segment.dropout?.rates.all ?? [] {
            guard DropoutRates.allowed.contains(rate) else { throw .dropoutRate(rate) }
        }
        let status = segment.withCore { core in
            LargeProducts.useOneThread()
            var (config, run) = (layout.config, coreRun(steps: segment.steps, lanes: segment.lanes))
            guard timesPhases else { return call(&config, &run, &core) }
            var ticks = [UInt64](repeating: 0, count: Int(DNC_PHASE_COUNT.rawValue))
            let start = ContinuousClock.now
            let status = ticks.withUnsafeMutableBufferPointer {
                core.phase_ticks = $0.baseAddress
                return call(&config, &run, &core)
            }
            // How long a tick is depends on the processor.
            let secondsPerTick = (ContinuousClock.now - start) / .seconds(1) / Double(max(1, ticks.reduce(0, +)))
            for (phase, ticks) in zip(Phase.allCases, ticks) {
                phaseTimes[phase, default: 0] += Double(ticks) * secondsPerTick
            }
            return status
        }
        if status == DNC_ERROR_SYMBOL_RANGE {
            try checkSymbols(
                segment.inputs, steps: segment.steps, lanes: segment.lanes, each: input.symbolsPerStep,
                count: input.symbols)
            try checkSymbols(
                segment.targets, steps: segment.steps, lanes: segment.lanes, each: output.groups, count: output.size)
        }
        try check(status)
    }
}

extension Segment {
    /// As the C core takes it, while `body` runs.
    fileprivate func withCore<Result>(_ body: (inout dnc_segment) -> Result) -> Result {
        inputs.withUnsafeBufferPointer { inputs in
            inputVectors.withUnsafeBufferPointer { inputVectors in
                targets.withUnsafeBufferPointer { targets in
                    targetVectors.withUnsafeBufferPointer { targetVectors in
                        weights.withUnsafeBufferPointer { weights in
                            begins.withUnsafeBufferPointer { begins in
                                var core = dnc_segment()
                                core.struct_size = UInt32(MemoryLayout<dnc_segment>.size)
                                (core.inputs, core.input_vectors) = (inputs.baseAddress, inputVectors.baseAddress)
                                (core.targets, core.target_vectors) = (targets.baseAddress, targetVectors.baseAddress)
                                core.weights = weights.isEmpty ? nil : weights.baseAddress
                                core.begins = begins.isEmpty ? nil : begins.baseAddress
                                guard var dropout = dropout?.core else { return body(&core) }
                                return withUnsafePointer(to: &dropout) {
                                    core.dropout = $0
                                    return body(&core)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
