public import DNCCore

/// Repeat copy: read a flag, L random vectors and a number R, then give the vectors back R times and mark the end.
///
/// As in the code that the DNC's authors published (github.com/google-deepmind/dnc), whose defaults these are. The input has
/// two channels behind the bits: one for the flag, and one for R divided by `normalization`. The output has one, for the
/// mark. L (R + 1) + 3 steps:
///
/// ```text
/// reads      asks
/// 0 0 1 0            the flag
/// 1 0 0 0
/// 1 1 0 0
/// 0 0 0 0.2          R = 2
/// 0 0 0 0    1 0 0
/// 0 0 0 0    1 1 0
/// 0 0 0 0    1 0 0
/// 0 0 0 0    1 1 0
/// 0 0 0 0    0 0 1   the mark
/// ```
public struct RepeatCopyTask: EpisodeTask {
    public static let name = "repeat-copy"
    public static let summary = "Read vectors of random bits and a number, then give the vectors back that many times"

    /// The bits of a vector.
    public var bits = 4
    /// How many vectors are read, L; drawn for each episode.
    public var length = 1...2
    /// How many times they are to be given back, R; drawn for each episode.
    public var repeats = 1...2
    /// What R is divided by.
    public var normalization = 10

    public init() {}

    /// With other options than the usual ones.
    public init(
        bits: Int = 4, length: ClosedRange<Int> = 1...2, repeats: ClosedRange<Int> = 1...2, normalization: Int = 10
    ) {
        (self.bits, self.length, self.repeats, self.normalization) = (bits, length, repeats, normalization)
    }

    public var input: ModelInput { .vector(bits + 2) }
    public var output: ModelOutput { .bits(bits + 1) }
    public var longest: Int { length.upperBound * (repeats.upperBound + 1) + 3 }
    public var stretches: Int { 1 }
    /// The sizes of the authors' code.
    public var settings: TaskSettings {
        TaskSettings(model: .dnc(hidden: 64, slots: 16, width: 16, readHeads: 4), batchSize: 16)
    }

    public func validate() throws(TaskError) {
        try require("bits", bits, in: 1...TaskLimits.bits)
        try require("length", length, in: TaskLimits.counts)
        try require("repeats", repeats, in: TaskLimits.counts)
        try require("normalization", normalization, in: TaskLimits.counts)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let length = generator.integer(in: length)
        let repeats = generator.integer(in: repeats)
        let vectors = (0..<length).map { _ in generator.bits(bits) }
        var builder = EpisodeBuilder(input, output)
        builder.add(reads: .channel(bits))
        for vector in vectors { builder.add(reads: .vector(vector)) }
        builder.add(reads: .channel(bits + 1, value: Float(repeats) / Float(normalization)))
        for _ in 0..<repeats {
            for vector in vectors { builder.add(asks: .vector(vector)) }
        }
        builder.add(asks: .channel(bits))
        return builder.episode
    }
}
