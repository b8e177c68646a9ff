public import DNCCore

/// Associative recall: read items, then one of them again, and give back the one that followed it.
///
/// From Graves et al., "Neural Turing Machines" (arXiv 1410.5401), section 4.3, whose sizes these are; those of Csordas and
/// Schmidhuber (arXiv 1904.10278) are `AssociativeRecallTask(bits: 8, itemLength: 3, length: 2...16)`. The input has two
/// channels behind the bits: a delimiter before each item, and another before and after the query. Items differ, so that
/// there is one answer.
///
/// With 2 bits, items of one vector and 2 of these, of which the first is asked for:
///
/// ```text
/// reads    asks
/// 0 0 1 0        a delimiter
/// 1 0 0 0
/// 0 0 1 0
/// 1 1 0 0
/// 0 0 0 1        the query begins
/// 1 0 0 0
/// 0 0 0 1        and ends
/// 0 0 0 0  1 1
/// ```
public struct AssociativeRecallTask: EpisodeTask {
    public static let name = "associative-recall"
    public static let summary = "Read items of random bits, then one of them again, and give back the one that followed it"

    /// The bits of a vector.
    public var bits = 6
    /// How many vectors an item has.
    public var itemLength = 3
    /// How many items are read; drawn for each episode.
    public var length = 2...6

    public init() {}

    /// With other options than the usual ones.
    public init(bits: Int = 6, itemLength: Int = 3, length: ClosedRange<Int> = 2...6) {
        (self.bits, self.itemLength, self.length) = (bits, itemLength, length)
    }

    public var input: ModelInput { .vector(bits + 2) }
    public var output: ModelOutput { .bits(bits) }
    public var longest: Int { (length.upperBound + 2) * (itemLength + 1) }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) {
        try require("bits", bits, in: 1...TaskLimits.bits)
        try require("itemLength", itemLength, in: TaskLimits.counts)
        try require("length", length, in: 2...TaskLimits.steps)
        // With half of all items at most in an episode, it takes few tries to draw another one.
        let itemBits = bits * itemLength
        if itemBits < 32, 1 << itemBits < 2 * length.upperBound {
            throw .tooFewItems(task: Self.name, possible: 1 << itemBits, needed: length.upperBound)
        }
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let count = generator.integer(in: length)
        let items = generator.differentBits(bits * itemLength, count: count)
        let query = generator.integer(in: 0...count - 2)

        var builder = EpisodeBuilder(input, output)
        for item in items {
            builder.add(reads: .channel(bits))
            for vector in vectors(of: item) { builder.add(reads: .vector(vector)) }
        }
        builder.add(reads: .channel(bits + 1))
        for vector in vectors(of: items[query]) { builder.add(reads: .vector(vector)) }
        builder.add(reads: .channel(bits + 1))
        for vector in vectors(of: items[query + 1]) { builder.add(asks: .vector(vector)) }
        return builder.episode
    }

    private func vectors(of item: [Float]) -> [[Float]] {
        (0..<itemLength).map { Array(item[$0 * bits..<($0 + 1) * bits]) }
    }
}
