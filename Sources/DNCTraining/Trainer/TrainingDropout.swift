// What a trainer leaves out at random, before the network: of the symbols, and of the weights.
import DNCCore

extension Segment {
    /// Reads nothing in place of a share of the symbols, which is a function of the seed and the segment's number.
    mutating func dropInputs(_ rates: DropoutRates, seed: UInt64, number: Int) {
        guard rates.inputs > 0 else { return }
        var generator = SeededGenerator(seed: seed, purpose: .inputDropout, index: number)
        for i in inputs.indices where generator.unit() < rates.inputs { inputs[i] = Self.noSymbol }
    }
}

/// Weights by which the layers of a controller read their own last step, without some that an update does without.
struct RecurrentDropout {
    private let ranges: [Range<Int>]
    private let rate: Double
    private let generator: SeededGenerator

    /// Nil where nothing is left out.
    init?(_ configuration: TrainingConfiguration, _ layout: ModelLayout, step: Int) {
        rate = configuration.dropout.recurrent
        if rate == 0 { return nil }
        ranges = layout.parameters.filter { $0.name.hasSuffix(".weight_hh") }.map(\.range)
        generator = SeededGenerator(seed: configuration.seed, purpose: .recurrentDropout, index: step)
    }

    /// Of parameters, or of their gradient: what is left out of the one has none in the other.
    func drop<Scalar: CoreScalar>(of vector: inout [Scalar]) {
        DNCTraining.drop(&vector, in: ranges, rate: rate, using: generator)
    }
}
