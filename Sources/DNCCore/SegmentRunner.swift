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

/// Computes the loss and the gradient of segments of one shape. Owns the memory for it and allocates nothing later. One
/// runner serves one thread at a time; several threads can divide the lanes, each with a runner of its own.
/// Every call limits OpenBLAS to one thread.
public final class SegmentRunner<Scalar: CoreScalar> {
    /// The model that it runs.
    public let layout: ModelLayout
    /// Symbols of a segment in each lane, T.
    public let steps: Int
    /// Sequences side by side, B.
    public let lanes: Int
    /// Of a DNC's temporal links, every how many steps one is kept; those between are computed again by `backward`.
    public let linkInterval: Int
    /// Whether `phaseTimes` are taken.
    public var timesPhases = false
    /// What the calls while `timesPhases` was set have spent their time on, in seconds.
    public private(set) var phaseTimes: [Phase: Double] = [:]
    private let workspace: Workspace
    private var holdsForward = false

    /// Allocates the memory.
    /// - Parameters:
    ///   - layout: the model to run.
    ///   - steps: symbols of a segment in each lane, T.
    ///   - lanes: sequences side by side, B.
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
        var config = layout.config
        config.link_interval = Int32(linkInterval)
        return try size("the workspace for \(steps) steps and \(lanes) lanes") {
            Scalar._core.segmentWorkspace(&config, Int32(steps), Int32(lanes), &$0)
        }
    }

    /// Bytes of memory that this runner owns.
    public var workspaceBytes: Int { workspace.bytes }

    /// Runs the segment from `state`, which becomes the state after it, and records what `backward` needs.
    /// - Parameters:
    ///   - parameters: flat, as `layout.parameters` says.
    ///   - inputs: (steps, lanes) symbols: all lanes' first, then all lanes' second, ...
    ///   - targets: (steps, lanes) symbols to predict; -1 where there is none, which adds nothing to the loss.
    ///   - state: of as many lanes as the runner's.
    /// - Throws: `CoreError.wrongCount` or `.symbolOutOfRange`.
    public func forward(
        parameters: [Scalar], inputs: [Int32], targets: [Int32], state: inout RecurrentState<Scalar>
    ) throws(CoreError) -> Loss {
        try checkCount("parameters", parameters.count, layout.parameterCount)
        try checkCounts(inputs: inputs.count, targets: targets.count)
        try checkCount("state", state.values.count, lanes * layout.stateCount)
        return try forward(parameters, inputs, targets, &state.values)
    }

    /// Adds `scale` times the gradient of the last `forward`'s loss in nats to `gradient`, laid out as the parameters.
    /// Takes the symbols that that call took, and may follow it once. The state before the segment counts as constant.
    /// - Throws: `CoreError.wrongCount`, `.symbolOutOfRange` or `.noForward`.
    public func backward(
        inputs: [Int32], targets: [Int32], scale: Scalar = 1, gradient: inout [Scalar]
    ) throws(CoreError) {
        try checkCounts(inputs: inputs.count, targets: targets.count)
        try checkCount("gradient", gradient.count, layout.parameterCount)
        try backward(inputs, targets, scale, &gradient)
    }

    /// `forward` on parts of shared arrays: `state` is that of this runner's lanes.
    package func forward(
        parameters: UnsafeBufferPointer<Scalar>, inputs: UnsafeBufferPointer<Int32>,
        targets: UnsafeBufferPointer<Int32>, state: UnsafeMutableBufferPointer<Scalar>
    ) throws(CoreError) -> Loss {
        try checkCount("parameters", parameters.count, layout.parameterCount)
        try checkCounts(inputs: inputs.count, targets: targets.count)
        try checkCount("state", state.count, lanes * layout.stateCount)
        return try forward(parameters.baseAddress, inputs.baseAddress, targets.baseAddress, state.baseAddress)
    }

    /// `backward` on parts of shared arrays.
    package func backward(
        inputs: UnsafeBufferPointer<Int32>, targets: UnsafeBufferPointer<Int32>, scale: Scalar,
        gradient: UnsafeMutableBufferPointer<Scalar>
    ) throws(CoreError) {
        try checkCounts(inputs: inputs.count, targets: targets.count)
        try checkCount("gradient", gradient.count, layout.parameterCount)
        try backward(inputs.baseAddress, targets.baseAddress, scale, gradient.baseAddress)
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
        var config = layout.config
        config.link_interval = Int32(linkInterval)
        return try tensors(config, count: dnc_record_tensor_count) { config, index, entry in
            dnc_record_tensor(config, Int32(steps), Int32(lanes), index, entry)
        }
    }

    /// A tensor of `recordedTensors` that `forward` recorded, until `backward`.
    /// - Throws: `CoreError.unknownTensor` or `.noForward`.
    public func recorded(_ name: String) throws(CoreError) -> (shape: [Int], values: [Scalar]) {
        guard holdsForward else { throw .noForward }
        let known = try Self.recordedTensors(
            layout, steps: steps, lanes: lanes, linkInterval: linkInterval)
        let tensor = try known.named(name)
        var (config, values) = (config, [Scalar](repeating: 0, count: tensor.count))
        try check(
            Scalar._core.record(
                &config, Int32(steps), Int32(lanes), workspace.base, workspace.bytes, known.firstIndex(of: tensor) ?? 0,
                &values))
        return (tensor.shape, values)
    }

    // Arrays and buffers both pass as pointers; their lengths have been checked.

    private func forward(
        _ parameters: UnsafePointer<Scalar>?, _ inputs: UnsafePointer<Int32>?, _ targets: UnsafePointer<Int32>?,
        _ state: UnsafeMutablePointer<Scalar>?
    ) throws(CoreError) -> Loss {
        var loss = dnc_loss(struct_size: UInt32(MemoryLayout<dnc_loss>.size), nats: 0, count: 0)
        let status = run(inputs, targets) {
            Scalar._core.forward(&$0, parameters, &$1, state, workspace.base, workspace.bytes, &loss)
        }
        try checkStatus(status, inputs, targets)
        holdsForward = true
        return Loss(nats: loss.nats, count: Int(loss.count))
    }

    private func backward(
        _ inputs: UnsafePointer<Int32>?, _ targets: UnsafePointer<Int32>?, _ scale: Scalar,
        _ gradient: UnsafeMutablePointer<Scalar>?
    ) throws(CoreError) {
        guard holdsForward else { throw .noForward }
        let status = run(inputs, targets) {
            Scalar._core.backward(&$0, &$1, workspace.base, workspace.bytes, scale, gradient)
        }
        try checkStatus(status, inputs, targets)
        holdsForward = false
    }

    /// Calls the C core on a segment, and takes the times of its phases where they are wanted.
    private func run(
        _ inputs: UnsafePointer<Int32>?, _ targets: UnsafePointer<Int32>?,
        _ call: (inout dnc_config, inout dnc_segment) -> dnc_status
    ) -> dnc_status {
        LargeProducts.useOneThread()
        var config = config
        var segment = dnc_segment(
            struct_size: UInt32(MemoryLayout<dnc_segment>.size), steps: Int32(steps), batch: Int32(lanes), inputs: inputs,
            targets: targets, phase_ticks: nil)
        guard timesPhases else { return call(&config, &segment) }
        var ticks = [UInt64](repeating: 0, count: Int(DNC_PHASE_COUNT.rawValue))
        let start = ContinuousClock.now
        let status = ticks.withUnsafeMutableBufferPointer {
            segment.phase_ticks = $0.baseAddress
            return call(&config, &segment)
        }
        // How long a tick is depends on the processor.
        let secondsPerTick = (ContinuousClock.now - start) / .seconds(1) / Double(max(1, ticks.reduce(0, +)))
        for (phase, ticks) in zip(Phase.allCases, ticks) { phaseTimes[phase, default: 0] += Double(ticks) * secondsPerTick }
        return status
    }

    private var config: dnc_config {
        var config = layout.config
        config.link_interval = Int32(linkInterval)
        return config
    }

    private func checkCounts(inputs: Int, targets: Int) throws(CoreError) {
        try checkCount("inputs", inputs, steps * lanes)
        try checkCount("targets", targets, steps * lanes)
    }

    /// Names the symbol when the C core found one out of range.
    private func checkStatus(
        _ status: dnc_status, _ inputs: UnsafePointer<Int32>?, _ targets: UnsafePointer<Int32>?
    ) throws(CoreError) {
        if status == DNC_ERROR_SYMBOL_RANGE {
            try checkSymbols(inputs, steps: steps, lanes: lanes, in: layout)
            try checkSymbols(targets, steps: steps, lanes: lanes, in: layout, areTargets: true)
        }
        try check(status)
    }
}
