// Inference: one symbol at a time.
internal import CDNCCore

/// Feeds each lane a symbol and gives the logits of the symbol that follows. Owns the memory for it and allocates none
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
        var config = layout.config
        return try size(purpose(lanes: lanes)) { Scalar._core.stepWorkspace(&config, Int32(lanes), &$0) }
    }

    private static func purpose(lanes: Int) -> String { "the workspace for one step of \(lanes) lanes" }

    /// Advances every lane by one symbol.
    /// - Parameters:
    ///   - symbols: one per lane.
    ///   - parameters: flat, as `layout.parameters` says.
    ///   - state: is advanced by one step.
    ///   - logits: (lanes, layout.symbols), overwritten; softmax makes them probabilities.
    /// - Throws: `CoreError.wrongCount` or `.symbolOutOfRange`.
    public func step(
        _ symbols: [Int32], parameters: [Scalar], state: inout RecurrentState<Scalar>, logits: inout [Scalar]
    ) throws(CoreError) {
        try checkCount("symbols", symbols.count, lanes)
        try run(symbols, parameters, &state, &logits)
    }

    /// The same for a runner of one lane.
    public func step(
        _ symbol: Int32, parameters: [Scalar], state: inout RecurrentState<Scalar>, logits: inout [Scalar]
    ) throws(CoreError) {
        try checkCount("symbols", 1, lanes)
        var symbol = symbol
        try run(&symbol, parameters, &state, &logits)
    }

    private func run(
        _ symbols: UnsafePointer<Int32>?, _ parameters: [Scalar], _ state: inout RecurrentState<Scalar>,
        _ logits: inout [Scalar]
    ) throws(CoreError) {
        try checkCount("parameters", parameters.count, layout.parameterCount)
        try checkCount("state", state.values.count, lanes * layout.stateCount)
        try checkCount("logits", logits.count, lanes * layout.symbols)
        LargeProducts.useOneThread()
        var config = layout.config
        let status = Scalar._core.step(
            &config, parameters, Int32(lanes), symbols, &state.values, workspace.base, workspace.bytes, &logits)
        if status == DNC_ERROR_SYMBOL_RANGE { try checkSymbols(symbols, steps: 1, lanes: lanes, in: layout) }
        try check(status)
    }
}
