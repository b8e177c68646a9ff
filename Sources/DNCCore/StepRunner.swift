// Inference: one step at a time.
internal import CDNCCore

/// Feeds each lane a step and gives what the model answers: logits, or numbers. Owns the memory for it and allocates none
/// later. One runner serves one thread at a time. Every call limits OpenBLAS to one thread.
public final class StepRunner<Scalar: CoreScalar> {
    /// The model that it runs.
    public let layout: ModelLayout
    /// Sequences side by side, B.
    public let lanes: Int
    private let workspace: Workspace

    /// Allocates the memory.
    /// - Throws: `CoreError` when `lanes` is out of range or this machine has too little memory.
    public init(_ layout: ModelLayout, lanes: Int = 1) throws(CoreError) {
        try checkSize("lanes", lanes)
        workspace = try Workspace(
            bytes: Self.workspaceBytes(layout, lanes: lanes), for: Self.purpose(lanes: lanes))
        self.layout = layout
        self.lanes = lanes
    }

    /// What the C core needs for a step.
    package static func workspaceBytes(_ layout: ModelLayout, lanes: Int = 1) throws(CoreError) -> Int {
        var (config, run) = (layout.config, layout.run(lanes: lanes))
        return try size(purpose(lanes: lanes)) { Scalar._core.stepWorkspace(&config, &run, &$0) }
    }

    private static func purpose(lanes: Int) -> String { "the workspace for one step of \(lanes) lanes" }

    /// Advances every lane by one symbol.
    /// - Parameters:
    ///   - symbols: one per lane.
    ///   - parameters: flat, as `layout.parameters` says.
    ///   - state: is advanced by one step.
    ///   - outputs: (lanes, layout.output.count), overwritten; of logits softmax makes probabilities.
    /// - Throws: `CoreError.wrongCount` or `.symbolOutOfRange`.
    public func step(
        _ symbols: [Int32], parameters: [Scalar], state: inout RecurrentState<Scalar>, outputs: inout [Scalar]
    ) throws(CoreError) {
        try checkCount("symbols", symbols.count, lanes * layout.input.symbolsPerStep)
        try run(symbols, nil, nil, parameters, &state, &outputs)
    }

    /// The same for a runner of one lane.
    public func step(
        _ symbol: Int32, parameters: [Scalar], state: inout RecurrentState<Scalar>, outputs: inout [Scalar]
    ) throws(CoreError) {
        try checkCount("symbols", 1, lanes * layout.input.symbolsPerStep)
        var symbol = symbol
        try run(&symbol, nil, nil, parameters, &state, &outputs)
    }

    /// Advances every lane by one step of any input.
    /// - Parameters:
    ///   - segment: of one step and this runner's lanes; its inputs, vectors and begins count.
    ///   - parameters: flat, as `layout.parameters` says.
    ///   - state: is advanced by one step.
    ///   - outputs: (lanes, layout.output.count), overwritten.
    /// - Throws: `CoreError.wrongCount` or `.symbolOutOfRange`.
    public func step(
        _ segment: Segment, parameters: [Scalar], state: inout RecurrentState<Scalar>, outputs: inout [Scalar]
    ) throws(CoreError) {
        try checkCount("inputs", segment.inputs.count, lanes * layout.input.symbolsPerStep)
        try checkCount("input vectors", segment.inputVectors.count, lanes * layout.input.vector)
        if !segment.begins.isEmpty { try checkCount("begins", segment.begins.count, lanes) }
        try run(
            segment.inputs, segment.inputVectors, segment.begins.isEmpty ? nil : segment.begins, parameters, &state, &outputs)
    }

    private func run(
        _ symbols: UnsafePointer<Int32>?, _ vectors: UnsafePointer<Float>?, _ begins: UnsafePointer<UInt8>?,
        _ parameters: [Scalar], _ state: inout RecurrentState<Scalar>, _ outputs: inout [Scalar]
    ) throws(CoreError) {
        try checkCount("parameters", parameters.count, layout.parameterCount)
        try checkCount("state", state.values.count, lanes * layout.stateCount)
        try checkCount("outputs", outputs.count, lanes * layout.output.count)
        LargeProducts.useOneThread()
        var (config, run, segment) = (layout.config, layout.run(lanes: lanes), dnc_segment())
        segment.struct_size = UInt32(MemoryLayout<dnc_segment>.size)
        (segment.inputs, segment.input_vectors, segment.begins) = (symbols, vectors, begins)
        let status = Scalar._core.step(
            &config, &run, parameters, &segment, &state.values, workspace.base, workspace.bytes, &outputs)
        if status == DNC_ERROR_SYMBOL_RANGE {
            try checkSymbols(
                symbols, steps: 1, lanes: lanes, each: layout.input.symbolsPerStep, count: layout.input.symbols)
        }
        try check(status)
    }
}
