// What a model is: its kind and its sizes.

/// The three networks.
public enum ModelKind: String, Codable, Sendable, CaseIterable {
    /// A recurrent network with tanh units.
    case rnn
    /// A network with long short-term memory.
    case lstm
    /// A Differentiable Neural Computer: an LSTM controller with an external memory.
    case dnc
}

/// A model's kind and sizes. JSON: `{"model":"dnc","hidden":128,"slots":16,"width":16,"readHeads":1}`, the last three
/// being 0 when absent. Any numbers can be stored; `ModelLayout` refuses those that make no model.
public struct ModelConfiguration: Hashable, Sendable, Codable {
    /// Which network.
    public var model: ModelKind
    /// Units of the controller, H.
    public var hidden: Int
    /// Slots (rows) of the memory, N; 0 unless the model is a DNC.
    public var slots: Int
    /// Numbers in a slot, W; 0 unless the model is a DNC.
    public var width: Int
    /// Read heads, R; 0 unless the model is a DNC.
    public var readHeads: Int

    /// Any kind, with the sizes it has.
    public init(model: ModelKind, hidden: Int, slots: Int = 0, width: Int = 0, readHeads: Int = 0) {
        self.model = model
        self.hidden = hidden
        self.slots = slots
        self.width = width
        self.readHeads = readHeads
    }

    /// A recurrent network.
    public static func rnn(hidden: Int) -> Self { Self(model: .rnn, hidden: hidden) }

    /// A long short-term memory.
    public static func lstm(hidden: Int) -> Self { Self(model: .lstm, hidden: hidden) }

    /// A Differentiable Neural Computer.
    public static func dnc(hidden: Int, slots: Int, width: Int, readHeads: Int) -> Self {
        Self(model: .dnc, hidden: hidden, slots: slots, width: width, readHeads: readHeads)
    }

    /// In words.
    public var summary: String {
        model == .dnc
            ? "dnc, \(hidden) hidden, \(slots) slots of width \(width), \(readHeads) read head\(readHeads == 1 ? "" : "s")"
            : "\(model.rawValue), \(hidden) hidden"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func memorySize(_ key: CodingKeys) throws -> Int { try container.decodeIfPresent(Int.self, forKey: key) ?? 0 }
        model = try container.decode(ModelKind.self, forKey: .model)
        hidden = try container.decode(Int.self, forKey: .hidden)
        slots = try memorySize(.slots)
        width = try memorySize(.width)
        readHeads = try memorySize(.readHeads)
    }

    /// Checked here rather than in the C core, whose sentence names the size that it refuses, but not its value.
    func validate() throws(CoreError) {
        try checkSize("hidden", hidden)
        for (name, value) in [("slots", slots), ("width", width), ("readHeads", readHeads)] {
            if model == .dnc {
                try checkSize(name, value)
            } else if value != 0 {
                throw .onlyInDNC(name: name, value: value)
            }
        }
    }
}
