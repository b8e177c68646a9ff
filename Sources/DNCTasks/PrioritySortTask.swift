public import DNCCore

/// Priority sort: read vectors with a priority each, then give back those of the highest, from the highest down.
///
/// From Graves et al., "Neural Turing Machines" (arXiv 1410.5401), section 4.5, whose sizes these are: 20 vectors of 8 bits, of which 16
/// are asked for. Priorities are of -1 ... 1, in the channel behind the bits; the one behind it is for the flag.
///
/// With 2 bits, three vectors and two to give back:
///
/// ```text
/// reads         asks
/// 1 0  0.2 0
/// 1 1  0.9 0
/// 0 1 -0.4 0
/// 0 0  0   1           the flag
/// 0 0  0   0    1 1
/// 0 0  0   0    1 0
/// ```
public struct PrioritySortTask: EpisodeTask {
    public static let name = "priority-sort"
    public static let summary = "Read vectors with priorities, then give back those of the highest in their order"

    /// The bits of a vector.
    public var bits = 8
    /// How many vectors are read; drawn for each episode.
    public var length = 20...20
    /// How many are given back at most, of the highest priorities.
    public var kept = 16

    public init() {}

    /// With other options than the usual ones.
    public init(bits: Int = 8, length: ClosedRange<Int> = 20...20, kept: Int = 16) {
        (self.bits, self.length, self.kept) = (bits, length, kept)
    }

    public var input: ModelInput { .vector(bits + 2) }
    public var output: ModelOutput { .bits(bits) }
    public var longest: Int { length.upperBound + 1 + min(kept, length.upperBound) }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) {
        try require("bits", bits, in: 1...TaskLimits.bits)
        try require("length", length, in: TaskLimits.counts)
        try require("kept", kept, in: TaskLimits.counts)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let read = (0..<generator.integer(in: length)).map { _ in
            (vector: generator.bits(bits), priority: Float(2 * generator.unit() - 1))
        }
        var builder = EpisodeBuilder(input, output)
        for (vector, priority) in read { builder.add(reads: .vector(vector + [priority])) }
        builder.add(reads: .channel(bits + 1))
        for (vector, _) in read.sorted(by: { $0.priority > $1.priority }).prefix(kept) {
            builder.add(asks: .vector(vector))
        }
        return builder.episode
    }
}
