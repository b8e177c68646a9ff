public import DNCCore

/// Fixed sequence: always the same, which whatever works learns in a moment.
///
/// As in brandontrabucco's experiment with a hypercomplex memory: read 0 and 1 by turns, and say 0, 1, 2 again and again.
///
/// ```text
/// reads  asks
///   0      0
///   1      1
///   0      2
///   1      0
/// ```
public struct FixedSequenceTask: EpisodeTask {
    public static let name = "fixed-sequence"
    public static let summary = "Read 0 and 1 by turns and say 0, 1, 2 again and again: what learns at all learns this"

    /// How many steps an episode has; drawn for each.
    public var length = 6...6

    public init() {}

    /// With another length than the usual one.
    public init(length: ClosedRange<Int>) { self.length = length }

    public var input: ModelInput { .symbols(2) }
    public var output: ModelOutput { .symbols(3) }
    public var longest: Int { length.upperBound }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) { try require("length", length, in: TaskLimits.counts) }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        var builder = EpisodeBuilder(input, output)
        for step in 0..<generator.integer(in: length) { builder.add(reads: .symbol(step % 2), asks: .symbol(step % 3)) }
        return builder.episode
    }
}
