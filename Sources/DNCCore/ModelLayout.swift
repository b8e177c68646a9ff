// Where the tensors of a model lie in its flat vectors.
internal import CDNCCore

/// A named tensor within a flat vector: row-major, without gaps.
public struct TensorLayout: Hashable, Sendable {
    /// The name in checkpoints, such as `output.weight`.
    public let name: String
    /// Elements before it in the vector.
    public let offset: Int
    /// Sizes of its dimensions; the last varies fastest.
    public let shape: [Int]
    /// What it is.
    public let role: Role

    /// What a tensor is.
    public enum Role: Int, Sendable {
        /// A parameter: a matrix.
        case weight = 1
        /// A parameter: a vector that is added.
        case bias
        /// Of the state, the controller's.
        case controllerState
        /// Of the state, the memory's.
        case memoryState
        /// What forward records.
        case record
        /// A parameter: a vector that multiplies, 1 at first.
        case scale
    }

    /// How many elements it has.
    public var count: Int { shape.reduce(1, *) }

    /// Its indices in the vector.
    public var range: Range<Int> { offset..<offset + count }
}

/// A configuration that has been checked, for what is read and answered, with the layout of its parameters and its state.
public struct ModelLayout: Hashable, Sendable {
    /// The parts and sizes of the model.
    public let configuration: ModelConfiguration
    /// What it reads at every step.
    public let input: ModelInput
    /// What it answers at every step.
    public let output: ModelOutput
    /// The instructions that everything with this layout runs on.
    public let instructionSet: InstructionSet
    /// The tensors of the flat parameter vector, in order.
    public let parameters: [TensorLayout]
    /// Elements of the flat parameter vector, and of a gradient.
    public let parameterCount: Int
    /// The tensors of one lane's recurrent state, in order.
    public let state: [TensorLayout]
    /// Elements of one lane's recurrent state.
    public let stateCount: Int

    /// What every size of a model, and steps and lanes, may be.
    public static let allowedSizes = 1...Int(DNC_MAX_SIZE)

    /// How many layers a controller may have.
    public static let allowedLayers = 1...Int(DNC_MAX_LAYERS)

    /// Checks the sizes.
    /// - Parameters:
    ///   - configuration: the parts and sizes of the model.
    ///   - input: what it reads at every step.
    ///   - output: what it answers at every step.
    ///   - instructionSet: nil for the preferred one.
    /// - Throws: `CoreError` naming the size that is out of range, or the instruction set that this machine lacks.
    public init(
        _ configuration: ModelConfiguration, input: ModelInput, output: ModelOutput,
        instructionSet: InstructionSet? = nil
    ) throws(CoreError) {
        let instructionSet = if let instructionSet { instructionSet } else { try InstructionSet.preferred() }
        try configuration.validate()
        try checkSize("symbols", input.symbols == 0 && input.vector != 0 ? 1 : input.symbols)
        try checkSize("symbols of a step", input.symbols == 0 ? 1 : input.symbolsPerStep)
        try checkSize("the input vector", input.vector == 0 ? 1 : input.vector)
        try checkSize("the output", output.size)
        try checkSize("the groups of the output", output.groups)
        guard instructionSet.resolved != nil else { throw .unavailable(instructionSet) }

        var config = dnc_config(configuration, input: input, output: output)
        if let problem = dnc_config_problem(&config), configuration.variant != ModelVariant() {
            throw .contradiction(String(cString: problem))
        }
        try check(dnc_config_validate(&config))
        (self.configuration, self.input, self.output) = (configuration, input, output)
        self.instructionSet = instructionSet
        parameters = try tensors(config, count: dnc_parameter_tensor_count, tensor: dnc_parameter_tensor)
        parameterCount = try size { dnc_parameter_count(&config, &$0) }
        state = try tensors(config, count: dnc_state_tensor_count, tensor: dnc_state_tensor)
        stateCount = try size { dnc_state_count(&config, &$0) }
    }

    /// To read and predict `symbols` symbols, one a step, as a model of text does.
    /// - Parameters:
    ///   - configuration: the parts and sizes of the model.
    ///   - symbols: how many it reads and predicts, V.
    ///   - instructionSet: nil for the preferred one.
    /// - Throws: as the other `init`.
    public init(
        _ configuration: ModelConfiguration, symbols: Int, instructionSet: InstructionSet? = nil
    ) throws(CoreError) {
        try self.init(
            configuration, input: .symbols(symbols), output: .symbols(symbols), instructionSet: instructionSet)
    }

    /// How many symbols the model reads; of a model of text, also how many it predicts.
    public var symbols: Int { input.symbols }

    /// Fresh parameters, a function of the seed alone: every weight matrix uniform in +-1/sqrt(H), biases 0 but for the
    /// forget gate's, which is 1. The `Float` ones are the `Double` ones, rounded.
    /// - Parameters:
    ///   - seed: what they are a function of.
    ///   - symbolRange: weights by which the controller reads symbols are uniform up to this instead, in either direction. Of many
    ///     symbols one alone is 1 at a time, as if it were all that a unit reads; 2 is about as wide as an embedding drawn with
    ///     variance 1, and learned from far sooner.
    /// - Throws: `CoreError.tooLarge` when this machine has less memory.
    public func initialParameters<Scalar: CoreScalar>(
        seed: UInt64, symbolRange: Double? = nil, as scalar: Scalar.Type = Scalar.self
    ) throws(CoreError) -> [Scalar] {
        try checkMemory(for: "the parameters", of: Scalar.self, parameterCount)
        var config = config
        var parameters = [Scalar](repeating: 0, count: parameterCount)
        try check(Scalar._core.initialize(&config, seed, &parameters))
        if let symbolRange {
            let scale = Scalar(symbolRange * Double(configuration.hidden).squareRoot())
            for row in inputWeights(of: ..<symbols) {
                for index in row { parameters[index] *= scale }
            }
        }
        return parameters
    }

    /// Where in the parameters the weights lie by which the controller's layers read these columns of their input, row by row: first
    /// the symbols, then the vector, and then what is read of the memory.
    package func inputWeights(of columns: some RangeExpression<Int>) -> [Range<Int>] {
        parameters.filter { $0.name.hasPrefix("controller.") && $0.name.hasSuffix(".weight_ih") }.flatMap { tensor in
            let own = columns.relative(to: 0..<tensor.shape[1])
            return stride(from: tensor.offset, to: tensor.range.upperBound, by: tensor.shape[1]).map { row in
                row + own.lowerBound..<row + own.upperBound
            }
        }
    }

    /// The model, as the C core takes it.
    var config: dnc_config { dnc_config(configuration, input: input, output: output) }

    /// How it is run.
    func run(steps: Int = 1, lanes: Int, linkInterval: Int = 1) -> dnc_run {
        var run = dnc_run_of(Int32(steps), Int32(lanes))
        run.isa = Int32(instructionSet.core.rawValue)
        run.link_interval = Int32(linkInterval)
        run.own_products = LargeProducts.reasonForOwn == nil ? 0 : 1
        return run
    }
}

extension dnc_config {
    init(_ configuration: ModelConfiguration, input: ModelInput, output: ModelOutput) {
        self.init()
        _ = dnc_config_init(&self)
        input_symbols = Int32(clamping: input.symbols)
        symbols_per_step = Int32(clamping: input.symbolsPerStep)
        input_vector = Int32(clamping: input.vector)
        controller = Int32(configuration.controller.core.rawValue)
        hidden = Int32(clamping: configuration.hidden)
        layers = Int32(clamping: configuration.layers)
        activation = Int32(configuration.activation.core.rawValue)
        memory = Int32(configuration.memory.core.rawValue)
        slots = Int32(clamping: configuration.slots)
        width = Int32(clamping: configuration.width)
        read_heads = Int32(clamping: configuration.readHeads)
        self.output = Int32(output.kind.core.rawValue)
        output_size = Int32(clamping: output.size)
        output_groups = Int32(clamping: output.groups)
        configuration.variant.apply(to: &self)
    }
}

// The kinds by the C core's names.

extension Controller {
    /// The end of its name in dnc_model.h.
    package var coreName: String {
        switch self {
        case .tanh: "TANH"
        case .lstm: "LSTM"
        case .feedForward: "FEED_FORWARD"
        case .gru: "GRU"
        case .squashedLSTM: "SQUASHED_LSTM"
        }
    }

    fileprivate var core: dnc_controller {
        switch self {
        case .tanh: DNC_CONTROLLER_TANH
        case .lstm: DNC_CONTROLLER_LSTM
        case .feedForward: DNC_CONTROLLER_FEED_FORWARD
        case .gru: DNC_CONTROLLER_GRU
        case .squashedLSTM: DNC_CONTROLLER_SQUASHED_LSTM
        }
    }
}

extension Activation {
    fileprivate var core: dnc_activation { self == .relu ? DNC_ACTIVATION_RELU : DNC_ACTIVATION_TANH }
}

extension MemoryKind {
    fileprivate var core: dnc_memory {
        switch self {
        case .none: DNC_MEMORY_NONE
        case .dnc: DNC_MEMORY_DNC
        case .delta: DNC_MEMORY_DELTA
        case .holographic: DNC_MEMORY_HOLOGRAPHIC
        }
    }
}

extension ModelOutput.Kind {
    fileprivate var core: dnc_output {
        switch self {
        case .symbols: DNC_OUTPUT_SYMBOLS
        case .bits: DNC_OUTPUT_BITS
        case .reals: DNC_OUTPUT_REALS
        }
    }
}

/// The answer of a size query of the C core.
func size(
    _ purpose: @autoclosure () -> String = "the model", _ query: (inout Int) -> dnc_status
) throws(CoreError) -> Int {
    var size = 0
    try check(query(&size), tooLarge: purpose())
    return size
}

/// A table of tensors of the C core.
func tensors(
    _ config: dnc_config,
    count: (UnsafePointer<dnc_config>?, UnsafeMutablePointer<Int>?) -> dnc_status,
    tensor: (UnsafePointer<dnc_config>?, Int, UnsafeMutablePointer<dnc_tensor>?) -> dnc_status
) throws(CoreError) -> [TensorLayout] {
    var config = config
    var layouts: [TensorLayout] = []
    for index in 0..<(try size { count(&config, &$0) }) {
        var entry = dnc_tensor()
        entry.struct_size = UInt32(MemoryLayout<dnc_tensor>.size)
        try check(tensor(&config, index, &entry))
        let (a, b, c, d) = entry.shape
        let shape = [a, b, c, d].prefix(Int(entry.rank))
        layouts.append(
            TensorLayout(
                name: String(cString: entry.name), offset: entry.offset, shape: Array(shape),
                role: TensorLayout.Role(rawValue: Int(entry.role)) ?? .record))
    }
    return layouts
}

extension [TensorLayout] {
    /// The tensor of this name.
    func named(_ name: String) throws(CoreError) -> TensorLayout {
        guard let tensor = first(where: { $0.name == name }) else {
            throw .unknownTensor(name: name, known: map(\.name))
        }
        return tensor
    }
}
