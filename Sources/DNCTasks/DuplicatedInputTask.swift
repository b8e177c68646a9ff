public import DNCCore

/// Duplicated input: read a string of which each symbol comes several times, then give it back without.
///
/// As in Zaremba and Sutskever, "Reinforcement Learning Neural Turing Machines" (arXiv 1505.00521), with 30 symbols, each read three times.
///
/// ```text
/// reads  asks
///   7
///   7
///   7
///  21
///  21
///  21
///          7
///         21
/// ```
public struct DuplicatedInputTask: StringTask {
    public static let name = "duplicated-input"
    public static let summary = "Read symbols, each of them several times, then give each back once"

    /// How many symbols there are.
    public var symbols = 30
    /// How many times each is read.
    public var times = 3
    /// How many are given back; drawn for each episode.
    public var length = 1...10

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 30, times: Int = 3, length: ClosedRange<Int> = 1...10) {
        (self.symbols, self.times, self.length) = (symbols, times, length)
    }

    public var longest: Int { (times + 1) * length.upperBound }

    public func validate() throws(TaskError) {
        try require("symbols", symbols, in: TaskLimits.symbols)
        try require("times", times, in: TaskLimits.counts)
        try require("length", length, in: TaskLimits.counts)
    }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        generator.symbols(length, of: symbols).flatMap { Array(repeating: $0, count: times) }
    }

    public func answer(to string: [Int]) -> [Int] { stride(from: 0, to: string.count, by: times).map { string[$0] } }
}
