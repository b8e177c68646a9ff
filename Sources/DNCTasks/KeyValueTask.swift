public import DNCCore

/// Key-value: read pairs of a key and a value, then the keys in another order, and give back the value of each; two-way, after that
/// also the values in another order, and give back the key of each.
///
/// As in the code of Csordas and Schmidhuber (arXiv 1904.10278, github.com/RobertCsordas/dnc), whose sizes these are, without its last
/// step, at which nothing is asked. There the two ways show what masks are for: a lookup by half of what is in a slot. Questions are
/// read where keys were, of either kind, and the channels behind the pair say which kind follows. Keys differ; two-way, so do
/// values, so that there is one answer.
///
/// With 2 bits and two pairs, two-way:
///
/// ```text
/// reads        asks
/// 1 0 0 1 0 0
/// 1 1 0 0 0 0
/// 0 0 0 0 1 0         keys follow
/// 1 1 0 0 0 0  0 0
/// 1 0 0 0 0 0  0 1
/// 0 0 0 0 0 1         values follow
/// 0 1 0 0 0 0  1 0
/// 0 0 0 0 0 0  1 1
/// ```
public struct KeyValueTask: EpisodeTask {
    public static let name = "key-value"
    public static let summary = "Read pairs of a key and a value, then keys, and give back the value of each"

    /// The bits of a key, and of a value.
    public var bits = 6
    /// How many pairs are read; drawn for each episode.
    public var length = 2...16
    /// Whether the key of each value is asked for, too.
    public var twoWay = false

    public init() {}

    /// With other options than the usual ones.
    public init(bits: Int = 6, length: ClosedRange<Int> = 2...16, twoWay: Bool = false) {
        (self.bits, self.length, self.twoWay) = (bits, length, twoWay)
    }

    public var input: ModelInput { .vector(2 * bits + stretches) }
    public var output: ModelOutput { .bits(bits) }
    public var longest: Int { length.upperBound + stretches * (length.upperBound + 1) }
    public var stretches: Int { twoWay ? 2 : 1 }
    /// The authors' sizes.
    public var settings: TaskSettings {
        TaskSettings(model: .dnc(hidden: 32, slots: 16, width: 32, readHeads: 1), batchSize: 16)
    }

    public func validate() throws(TaskError) {
        try require("bits", bits, in: 1...TaskLimits.bits)
        try require("length", length, in: TaskLimits.counts)
        // With half of all keys at most in an episode, it takes few tries to draw another one.
        if bits < 32, 1 << bits < 2 * length.upperBound {
            throw .tooFewItems(task: Self.name, possible: 1 << bits, needed: length.upperBound)
        }
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let count = generator.integer(in: length)
        let keys = generator.differentBits(bits, count: count)
        let values = twoWay ? generator.differentBits(bits, count: count) : (0..<count).map { _ in generator.bits(bits) }
        var builder = EpisodeBuilder(input, output)
        for (key, value) in zip(keys, values) { builder.add(reads: .vector(key + value)) }
        for (way, (questions, answers)) in [(keys, values), (values, keys)].prefix(stretches).enumerated() {
            builder.add(reads: .channel(2 * bits + way))
            for pair in generator.permutation(of: count) {
                builder.add(reads: .vector(questions[pair]), asks: .vector(answers[pair]))
            }
        }
        return builder.episode
    }
}
