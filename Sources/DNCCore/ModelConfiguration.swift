// What a model is: its parts and their sizes.

/// The networks that have a name of their own.
public enum ModelKind: String, Codable, Sendable, CaseIterable {
    /// A recurrent network with tanh units.
    case rnn
    /// A network with long short-term memory.
    case lstm
    /// A network of gated recurrent units.
    case gru
    /// A Differentiable Neural Computer: a controller with an external memory.
    case dnc
    /// A controller with the memory of DeltaNet.
    case delta
    /// A controller with a holographic memory.
    case holographic

    /// What it keeps outside of the controller.
    public var memory: MemoryKind {
        switch self {
        case .rnn, .lstm, .gru: .none
        case .dnc: .dnc
        case .delta: .delta
        case .holographic: .holographic
        }
    }
}

/// What makes a hidden state of what is read.
public enum Controller: String, Codable, Sendable, CaseIterable {
    /// Recurrent units: h = tanh(W x + U h + b).
    case tanh
    /// Long short-term memory.
    case lstm
    /// Layers that remember nothing, and so need a memory.
    case feedForward
    /// Gated recurrent units (Cho et al. 2014).
    case gru
    /// Long short-term memory whose stored cell is squashed, as in krocki/dnc.
    case squashedLSTM
}

/// The function of a feed-forward controller's units.
public enum Activation: String, Codable, Sendable, CaseIterable {
    /// Hyperbolic tangent.
    case tanh
    /// max(0, x).
    case relu
}

/// What is kept outside of the controller.
public enum MemoryKind: String, Codable, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// The memory of the Differentiable Neural Computer (Graves et al. 2016).
    case dnc
    /// That of DeltaNet, of which each read head has one: `slots` numbers of a key find `width` numbers of a value.
    case delta
    /// Sums of keys times values, of which each read head has one: `slots` numbers of `width` components each, 1 of a real number, 2
    /// of a complex one, 4 of a quaternion or 8 of an octonion.
    case holographic

    /// A width to begin with, where not any will do.
    package var usualWidth: Int? { self == .holographic ? 4 : nil }
}

/// A model's parts and their sizes, but for what it reads and answers, which its task decides. JSON:
/// `{"activation":"tanh","controller":"lstm","hidden":128,"layers":1,"memory":"dnc","readHeads":1,"slots":16,"width":16}`, with the
/// keys of a `ModelVariant`; but for controller and hidden, what is absent is as in `init`. Any numbers can be stored; `ModelLayout` refuses those that make no model.
public struct ModelConfiguration: Hashable, Sendable, Codable {
    /// What makes the hidden state.
    public var controller: Controller
    /// Units of the controller, H.
    public var hidden: Int
    /// Layers of the controller. Each recurrent one sees what is read and the layer below, and all are seen by the memory and the
    /// output; of a feed-forward controller only the last is.
    public var layers: Int
    /// The function of a feed-forward controller's units.
    public var activation: Activation
    /// What is kept outside of the controller.
    public var memory: MemoryKind
    /// Slots (rows) of the memory, N; 0 without one.
    public var slots: Int
    /// Numbers in a slot, W; 0 without a memory.
    public var width: Int
    /// Read heads, R; 0 without a memory.
    public var readHeads: Int
    /// What is otherwise than in the paper.
    public var variant: ModelVariant

    /// Any parts, with the sizes they have.
    public init(
        controller: Controller = .lstm, hidden: Int, layers: Int = 1, activation: Activation = .tanh,
        memory: MemoryKind = .none, slots: Int = 0, width: Int = 0, readHeads: Int = 0, variant: ModelVariant = ModelVariant()
    ) {
        (self.controller, self.hidden, self.layers, self.activation) = (controller, hidden, layers, activation)
        (self.memory, self.slots, self.width, self.readHeads) = (memory, slots, width, readHeads)
        self.variant = variant
    }

    /// A recurrent network.
    public static func rnn(hidden: Int) -> Self { Self(controller: .tanh, hidden: hidden) }

    /// A long short-term memory.
    public static func lstm(hidden: Int) -> Self { Self(hidden: hidden) }

    /// A Differentiable Neural Computer.
    public static func dnc(
        hidden: Int, slots: Int, width: Int, readHeads: Int, controller: Controller = .lstm, layers: Int = 1,
        activation: Activation = .tanh, variant: ModelVariant = ModelVariant()
    ) -> Self {
        Self(
            controller: controller, hidden: hidden, layers: layers, activation: activation, memory: .dnc, slots: slots,
            width: width, readHeads: readHeads, variant: variant)
    }

    /// Which of the networks it is, whatever the controller of a memory.
    public var model: ModelKind {
        switch (memory, controller) {
        case (.dnc, _): .dnc
        case (.delta, _): .delta
        case (.holographic, _): .holographic
        case (.none, .tanh): .rnn
        case (.none, .gru): .gru
        case (.none, _): .lstm
        }
    }

    /// In words.
    public var summary: String {
        let units = layers > 1 ? "\(layers) x \(hidden)" : "\(hidden)"
        var parts = ["\(model.rawValue), \(units) hidden"]
        switch controller {
        case .feedForward: parts = ["\(model.rawValue), feed-forward, \(layers) x \(hidden) \(activation.rawValue)"]
        case .squashedLSTM: parts[0] += " squashed"
        case .tanh where memory != .none, .gru where memory != .none: parts[0] += " \(controller.rawValue)"
        case .tanh, .lstm, .gru: break
        }
        if memory != .none {
            parts += ["\(slots) slots of width \(width)", "\(readHeads) read head\(readHeads == 1 ? "" : "s")"]
        }
        if variant != ModelVariant() { parts.append("\(variant)") }
        return parts.joined(separator: ", ")
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case activation, controller, hidden, layers, memory, readHeads, slots, width
    }

    /// - Throws: `DecodingError` for a key that is not known, since it stands for a model that would be another one without it.
    public init(from decoder: any Decoder) throws { try self.init(from: decoder, besides: []) }

    /// The same beside keys of others.
    package init(from decoder: any Decoder, besides others: [String]) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try decoder.refuseKeysOfModel(besides: CodingKeys.allCases.map(\.rawValue) + ModelVariant.names + others)
        func value<Value: Decodable>(_ key: CodingKeys, _ property: KeyPath<Self, Value>, of usual: Self) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? usual[keyPath: property]
        }
        let usual = Self(
            controller: try container.decode(Controller.self, forKey: .controller),
            hidden: try container.decode(Int.self, forKey: .hidden))
        self.init(
            controller: usual.controller, hidden: usual.hidden,
            layers: try value(.layers, \.layers, of: usual), activation: try value(.activation, \.activation, of: usual),
            memory: try value(.memory, \.memory, of: usual), slots: try value(.slots, \.slots, of: usual),
            width: try value(.width, \.width, of: usual), readHeads: try value(.readHeads, \.readHeads, of: usual),
            variant: try ModelVariant(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(activation, forKey: .activation)
        try container.encode(controller, forKey: .controller)
        try container.encode(hidden, forKey: .hidden)
        try container.encode(layers, forKey: .layers)
        try container.encode(memory, forKey: .memory)
        try container.encode(readHeads, forKey: .readHeads)
        try container.encode(slots, forKey: .slots)
        try container.encode(width, forKey: .width)
        try variant.encode(to: encoder)
    }

    /// Checked here rather than in the C core, whose sentence names the size that it refuses, but not its value.
    func validate() throws(CoreError) {
        try checkSize("hidden", hidden)
        let allowed = ModelLayout.allowedLayers
        guard allowed.contains(layers) else { throw .outOfRange(name: "layers", value: layers, allowed: allowed) }
        guard activation == .tanh || controller == .feedForward else { throw .onlyFeedForward(name: "activation") }
        guard controller != .feedForward || memory != .none else { throw .needsMemory }
        for (name, value) in [("slots", slots), ("width", width), ("readHeads", readHeads)] {
            if memory != .none {
                try checkSize(name, value)
            } else if value != 0 {
                throw .onlyInDNC(name: name, value: value)
            }
        }
    }
}
