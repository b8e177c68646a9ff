public import DNCCore

/// In-context recall: read pairs of a key and a value, keys again and again with the same value, and tell the value of each that has been.
///
/// Of the sizes of Poli et al. (MAD, arXiv 2403.17844): 16 symbols, half of them keys. What a key's value is changes from episode to
/// episode; it is asked for where the key is read, before the value is.
///
/// ```text
/// reads  asks
///   3
///  12
///   5
///   9
///   3     4    12 is the fifth of the values
///  12
/// ```
public struct InContextRecallTask: EpisodeTask {
    public static let name = "in-context-recall"
    public static let summary = "Read pairs of a key and a value, again and again, and tell the value of each key that has been"

    /// How many symbols there are, the first half of them keys.
    public var symbols = 16
    /// How many pairs are read; drawn for each episode.
    public var length = 32...32

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 16, length: ClosedRange<Int> = 32...32) { (self.symbols, self.length) = (symbols, length) }

    private var keys: Int { symbols / 2 }
    private var values: Int { symbols - keys }

    public var input: ModelInput { .symbols(symbols) }
    public var output: ModelOutput { .symbols(values) }
    public var longest: Int { 2 * length.upperBound }

    public func validate() throws(TaskError) {
        try require("symbols", symbols, in: 2...TaskLimits.symbols.upperBound)
        // Of so many pairs one is of a key that has been.
        try require("length", length, in: 2...TaskLimits.steps)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        var pairs = generator.symbols(generator.integer(in: length), of: keys)
        // The last is asked, as there.
        pairs[pairs.count - 1] = pairs[generator.integer(in: 0...pairs.count - 2)]
        var known: [Int: Int] = [:]
        var builder = EpisodeBuilder(input, output)
        for key in pairs {
            let value = known[key] ?? generator.integer(in: 0...values - 1)
            builder.add(reads: .symbol(key), asks: known[key].map { .symbol($0) } ?? .nothing)
            builder.add(reads: .symbol(keys + value))
            known[key] = value
        }
        return builder.episode
    }
}
