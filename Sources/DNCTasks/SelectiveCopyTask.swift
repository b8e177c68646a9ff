public import DNCCore

/// Selective copy: read some symbols among many blanks, then give them back in their order.
///
/// Of the sizes of Poli et al. (MAD, arXiv 2403.17844): 16 symbols to keep. A linear layer that does not look at what it reads, and keeps
/// all for the same time, cannot.
///
/// Of 2 symbols among 5:
///
/// ```text
/// reads  asks
///   8          a blank
///   3
///   8
///   8
///   5
///          3
///          5
/// ```
public struct SelectiveCopyTask: EpisodeTask {
    public static let name = "selective-copy"
    public static let summary = "Read symbols among many blanks, then give them back in their order"

    /// How many symbols there are, besides the blank.
    public var symbols = 15
    /// How many are to be given back.
    public var kept = 16
    /// How many are read, blanks too; drawn for each episode.
    public var length = 64...64

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 15, kept: Int = 16, length: ClosedRange<Int> = 64...64) {
        (self.symbols, self.kept, self.length) = (symbols, kept, length)
    }

    public var input: ModelInput { .symbols(symbols + 1) }
    public var output: ModelOutput { .symbols(symbols) }
    public var longest: Int { length.upperBound + kept }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) {
        try require("symbols", symbols, in: TaskLimits.symbols)
        try require("kept", kept, in: TaskLimits.counts)
        try require("length", length, in: kept...max(kept, TaskLimits.steps))
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let length = generator.integer(in: length)
        let kept = generator.symbols(kept, of: symbols)
        var read = Array(repeating: symbols, count: length)
        for (place, symbol) in zip(generator.permutation(of: length).prefix(kept.count).sorted(), kept) { read[place] = symbol }
        var builder = EpisodeBuilder(input, output)
        builder.read(read)
        builder.ask(kept)
        return builder.episode
    }
}
