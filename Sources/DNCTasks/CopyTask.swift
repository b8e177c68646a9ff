public import DNCCore

/// Copy: read L random vectors and a flag, then give the vectors back.
///
/// From Graves et al., "Neural Turing Machines" (arXiv 1410.5401), section 4.1. With several sequences, that are read and
/// given back one after another, it is the task of Extended Data Figure 1 of the DNC's paper, which shows that a memory of
/// fewer slots than there are vectors is freed and used again: `CopyTask(length: 5...5, sequences: 10)`.
///
/// Step by step, with 2 bits and L = 2, channels as columns:
///
/// ```text
/// reads  asks
/// 1 0 0
/// 1 1 0
/// 0 0 1          the flag
/// 0 0 0  1 0
/// 0 0 0  1 1
/// ```
public struct CopyTask: EpisodeTask {
    public static let name = "copy"
    public static let summary = "Read vectors of random bits, then give them back in the same order"

    /// The bits of a vector. The input has another channel, for the flag.
    public var bits = 8
    /// How many vectors a sequence has, L; drawn for each.
    public var length = 1...20
    /// How many sequences an episode has, one after another.
    public var sequences = 1

    public init() {}

    /// With other options than the usual ones.
    public init(bits: Int = 8, length: ClosedRange<Int> = 1...20, sequences: Int = 1) {
        (self.bits, self.length, self.sequences) = (bits, length, sequences)
    }

    public var input: ModelInput { .vector(bits + 1) }
    public var output: ModelOutput { .bits(bits) }
    public var longest: Int { sequences * (2 * length.upperBound + 1) }
    public var stretches: Int { sequences }
    /// With hardly more slots than vectors a DNC learns to spend one on each, which it then does with more of both.
    public var settings: TaskSettings { TaskSettings(model: .dnc(hidden: 100, slots: 24, width: 20, readHeads: 1)) }

    public func validate() throws(TaskError) {
        try require("bits", bits, in: 1...TaskLimits.bits)
        try require("length", length, in: TaskLimits.counts)
        try require("sequences", sequences, in: TaskLimits.counts)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        var builder = EpisodeBuilder(input, output)
        for _ in 0..<sequences {
            let vectors = (0..<generator.integer(in: length)).map { _ in generator.bits(bits) }
            for vector in vectors { builder.add(reads: .vector(vector)) }
            builder.add(reads: .channel(bits))
            for vector in vectors { builder.add(asks: .vector(vector)) }
        }
        return builder.episode
    }
}
