public import DNCCore

/// Adding: read small numbers, and give their sum.
///
/// As in pytorch-dnc (github.com/ixaxaar/pytorch-dnc), whose sizes these are. The sum is a number, and right within a tenth.
///
/// ```text
/// reads  asks
///   3
///   0
///   4
///          7
/// ```
public struct AddingTask: EpisodeTask {
    public static let name = "adding"
    public static let summary = "Read small numbers and give their sum"

    /// How many numbers there are to read, from 0.
    public var symbols = 5
    /// How many are read; drawn for each episode.
    public var length = 1...10

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 5, length: ClosedRange<Int> = 1...10) { (self.symbols, self.length) = (symbols, length) }

    public var input: ModelInput { .symbols(symbols) }
    public var output: ModelOutput { .reals(1) }
    public var longest: Int { length.upperBound + 1 }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) {
        try require("symbols", symbols, in: TaskLimits.symbols)
        try require("length", length, in: TaskLimits.counts)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let numbers = generator.symbols(generator.integer(in: length), of: symbols)
        var builder = EpisodeBuilder(input, output)
        builder.read(numbers)
        builder.add(asks: .vector([Float(numbers.reduce(0, +))]))
        return builder.episode
    }
}
