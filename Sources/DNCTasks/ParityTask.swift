public import DNCCore

/// Parity: read bits one after another, and say of all so far whether the ones among them are odd.
///
/// It takes one bit of memory, and to change it again and again, for as long as there are bits: what has learned it answers
/// sequences of any length. A linear memory whose eigenvalues are in 0 ... 1 cannot (Grazzi et al., arXiv 2411.12537). Lengths are those
/// that Delétang et al. train with (arXiv 2207.02098); they measure at 41 to 500.
///
/// Symbol by symbol, of length 4:
///
/// ```text
/// reads  asks
///   1      1
///   0      1
///   1      0
///   1      1
/// ```
public struct ParityTask: EpisodeTask {
    public static let name = "parity"
    public static let summary = "Read bits and say whether there have been an odd number of ones"

    /// How many bits are read; drawn for each episode.
    public var length = 1...40
    /// Whether it is asked after every bit, or after the last alone.
    public var everyStep = true

    public init() {}

    /// With other options than the usual ones.
    public init(length: ClosedRange<Int> = 1...40, everyStep: Bool = true) {
        (self.length, self.everyStep) = (length, everyStep)
    }

    public var input: ModelInput { .symbols(2) }
    public var output: ModelOutput { .bits(1) }
    public var longest: Int { length.upperBound }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) { try require("length", length, in: TaskLimits.counts) }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let bits = generator.bits(generator.integer(in: length))
        var builder = EpisodeBuilder(input, output)
        var parity: Float = 0
        for (step, bit) in bits.enumerated() {
            parity = bit == 1 ? 1 - parity : parity
            let isAsked = everyStep || step == bits.count - 1
            builder.add(reads: .symbol(Int(bit)), asks: isAsked ? .vector([parity]) : .nothing)
        }
        return builder.episode
    }
}
