// What is left out at random while a model is trained.
internal import CDNCCore

/// The shares of what is read in a place that are left out, each at least 0 and below 1. JSON: `{"bypass": 0.1, "layers": 0}`.
public struct DropoutRates: Hashable, Sendable, Codable {
    /// Of what a layer of the controller reads of the one below (Zaremba, Sutskever & Vinyals 2014).
    public var layers: Double
    /// Of what the output reads of the controller: with a memory the bypass dropout of Franke, Niehues & Waibel 2018, by which it cannot
    /// do without that; of another network what is dropped behind the last layer (Zaremba, Sutskever & Vinyals 2014).
    public var bypass: Double

    /// Nothing is left out, unless given.
    public init(layers: Double = 0, bypass: Double = 0) { (self.layers, self.bypass) = (layers, bypass) }

    /// What a rate can be.
    package static let allowed = 0.0..<1.0
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
        if rates == DropoutRates() { return nil }
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
