// Reading symbol by symbol: what evaluation and sampling have in common.
public import DNCCore
import DNCTasks

/// A model in the middle of a text: what it has read is in its recurrent state, what it expects in `logits`.
public struct InferenceSession<Scalar: CoreScalar> {
    /// The model that reads.
    public let model: Model<Scalar>
    /// Scores of the symbol that comes next, up to a constant log probabilities; all 0 before the first symbol is read.
    public private(set) var logits: [Scalar]
    private var state: RecurrentState<Scalar>
    private var symbolsRead = 0
    private let runner: StepRunner<Scalar>

    /// Before the first symbol, in the zero state.
    public init(_ model: Model<Scalar>) throws(CoreError) {
        self.model = model
        runner = try StepRunner(model.layout)
        state = try RecurrentState(model.layout, lanes: 1)
        logits = Array(repeating: 0, count: model.layout.symbols)
    }

    /// Goes on by one symbol.
    public mutating func read(_ symbol: Int32) throws(CoreError) {
        if let lifetime = model.memoryLifetime, symbolsRead % lifetime == 0 { state.resetMemory() }
        try runner.step(symbol, parameters: model.parameters, state: &state, outputs: &logits)
        symbolsRead += 1
    }

    /// The natural logarithm of the probability that `symbol` comes next.
    public func logProbability(of symbol: Int32) -> Double {
        Double(logits[Int(symbol)]) - logSumExp(logits)
    }
}
