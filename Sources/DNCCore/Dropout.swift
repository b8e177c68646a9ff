// What is left out at random while a model is trained.
internal import CDNCCore

/// The shares of what is read in a place that are left out, each at least 0 and below 1. JSON: `{"bypass": 0.1, "inputs": 0,
/// "layers": 0, "recurrent": 0}`.
///
/// A `SegmentRunner` knows the places within the network, `layers` and `bypass`; a trainer leaves out symbols and weights before that.
public struct DropoutRates: Hashable, Sendable {
    /// Of what a layer of the controller reads of the one below (Zaremba, Sutskever & Vinyals 2014).
    public var layers: Double
    /// Of what the output reads of the controller: with a memory the bypass dropout of Franke, Niehues & Waibel 2018, by which it cannot
    /// do without that; of another network what is dropped behind the last layer (Zaremba, Sutskever & Vinyals 2014).
    public var bypass: Double
    /// Of the symbols that are read: nothing is read in their place (blank noising: Xie et al. 2017).
    public var inputs: Double
    /// Of the weights by which a layer of the controller reads its own last step, other ones at every update (Merity, Keskar & Socher 2018).
    public var recurrent: Double

    /// Nothing is left out, unless given.
    public init(layers: Double = 0, bypass: Double = 0, inputs: Double = 0, recurrent: Double = 0) {
        (self.layers, self.bypass, self.inputs, self.recurrent) = (layers, bypass, inputs, recurrent)
    }

    /// What a rate can be.
    package static let allowed = 0.0..<1.0

    /// Each with its name.
    package var all: [(name: String, rate: Double)] {
        [
            ("the dropout between layers", layers), ("the dropout of the bypass", bypass), ("the dropout of inputs", inputs),
            ("the dropout of recurrent weights", recurrent),
        ]
    }
}

extension DropoutRates: Codable {
    private enum CodingKeys: String, CodingKey { case layers, bypass, inputs, recurrent }

    /// What is absent is 0: files of before have two of them.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func rate(_ key: CodingKeys) throws -> Double { try container.decodeIfPresent(Double.self, forKey: key) ?? 0 }
        try self.init(
            layers: rate(.layers), bypass: rate(.bypass), inputs: rate(.inputs), recurrent: rate(.recurrent))
    }
}

/// What is left out of a segment: a function of all of this, and of the step, the lane and the unit, alone.
public struct Dropout: Hashable, Sendable {
    /// How much.
    public var rates: DropoutRates
    /// Of what is drawn.
    public var seed: UInt64
    /// The number of the segment's first step.
    public var step: UInt64
    /// The number of its first lane.
    public var lane: UInt64 = 0

    /// From the first lane on.
    public init(_ rates: DropoutRates, seed: UInt64, step: UInt64) { (self.rates, self.seed, self.step) = (rates, seed, step) }

    /// Of segments of a run, which draw apart from each other however many steps they have.
    package init?(_ rates: DropoutRates, seed: UInt64, segment: Int) {
        if rates.layers == 0 && rates.bypass == 0 { return nil }
        self.init(rates, seed: seed, step: UInt64(segment) << 20)  // at least as many as a segment can have
    }

    /// As the C core takes it.
    var core: dnc_dropout {
        var core = dnc_dropout()
        core.struct_size = UInt32(MemoryLayout<dnc_dropout>.size)
        (core.seed, core.step, core.lane) = (seed, step, lane)
        (core.layers, core.bypass) = (Float(rates.layers), Float(rates.bypass))
        return core
    }
}
