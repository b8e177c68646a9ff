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

    /// How many elements it has.
    public var count: Int { shape.reduce(1, *) }

    /// Its indices in the vector.
    public var range: Range<Int> { offset..<offset + count }
}

/// A configuration that has been checked, for a number of symbols, with the layout of its parameters and its state.
public struct ModelLayout: Hashable, Sendable {
    /// The kind and sizes of the model.
    public let configuration: ModelConfiguration
    /// How many symbols the model reads and predicts, V.
    public let symbols: Int
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

    /// Checks the sizes.
    /// - Parameters:
    ///   - configuration: the kind and sizes of the model.
    ///   - symbols: how many it reads and predicts, V.
    ///   - instructionSet: nil for the preferred one.
    /// - Throws: `CoreError` naming the size that is out of range, or the instruction set that this machine lacks.
    public init(
        _ configuration: ModelConfiguration, symbols: Int, instructionSet: InstructionSet? = nil
    ) throws(CoreError) {
        let instructionSet = if let instructionSet { instructionSet } else { try InstructionSet.preferred() }
        try configuration.validate()
        try checkSize("symbols", symbols)
        guard instructionSet.resolved != nil else { throw .unavailable(instructionSet) }

        var config = dnc_config(configuration, symbols: symbols, instructionSet: instructionSet)
        try check(dnc_config_validate(&config))
        self.configuration = configuration
        self.symbols = symbols
        self.instructionSet = instructionSet
        parameters = try tensors(config, count: dnc_parameter_tensor_count, tensor: dnc_parameter_tensor)
        parameterCount = try size { dnc_parameter_count(&config, &$0) }
        state = try tensors(config, count: dnc_state_tensor_count, tensor: dnc_state_tensor)
        stateCount = try size { dnc_state_count(&config, &$0) }
    }

    /// Fresh parameters, a function of the seed alone: every weight matrix uniform in +-1/sqrt(H), biases 0 but for the
    /// forget gate's, which is 1. The `Float` ones are the `Double` ones, rounded.
    /// - Throws: `CoreError.tooLarge` when this machine has less memory.
    public func initialParameters<Scalar: CoreScalar>(
        seed: UInt64, as scalar: Scalar.Type = Scalar.self
    ) throws(CoreError) -> [Scalar] {
        try checkMemory(for: "the parameters", of: Scalar.self, parameterCount)
        var config = config
        var parameters = [Scalar](repeating: 0, count: parameterCount)
        try check(Scalar._core.initialize(&config, seed, &parameters))
        return parameters
    }

    /// The model, as the C core takes it.
    var config: dnc_config { dnc_config(configuration, symbols: symbols, instructionSet: instructionSet) }
}

extension dnc_config {
    init(_ configuration: ModelConfiguration, symbols: Int, instructionSet: InstructionSet) {
        self.init()
        let model =
            switch configuration.model {
            case .rnn: DNC_MODEL_RNN
            case .lstm: DNC_MODEL_LSTM
            case .dnc: DNC_MODEL_DNC
            }
        _ = dnc_config_init(&self, model)  // can only refuse other models
        self.symbols = Int32(symbols)
        hidden = Int32(configuration.hidden)
        slots = Int32(configuration.slots)
        width = Int32(configuration.width)
        read_heads = Int32(configuration.readHeads)
        isa = Int32(instructionSet.core.rawValue)
        own_products = LargeProducts.reasonForOwn == nil ? 0 : 1
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
        layouts.append(TensorLayout(name: String(cString: entry.name), offset: entry.offset, shape: Array(shape)))
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
