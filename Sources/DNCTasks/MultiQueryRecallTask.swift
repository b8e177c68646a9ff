internal import Foundation
public import DNCCore

/// Multi-query associative recall, MQAR: read pairs of a key and a value, and then the keys once more among much that is not asked, and tell
/// the value of each.
///
/// As in Arora et al., "Zoology" (arXiv 2312.04927): of a large vocabulary, whose first half are keys; each key is asked once, soon rather
/// than late, after gaps whose frequencies fall by a power of their length; between them nothing is read.
///
/// Of two pairs in 12 steps:
///
/// ```text
/// reads  asks
///   2
///   8
///   4
///   7
///   4     1    7 is the second of the values
///   .
///   .
///   .
///   2     2
///   .
///   .
///   .
/// ```
public struct MultiQueryRecallTask: EpisodeTask {
    public static let name = "multi-query-recall"
    public static let summary = "Read pairs of a key and a value, then keys at random times, and tell the value of each"

    /// How many symbols there are, the first half of them keys.
    public var symbols = 8192
    /// How many pairs are read; drawn for each episode. With many the symbols are learned sooner.
    public var pairs = 2...16
    /// How many steps an episode has; drawn for each.
    public var length = 64...64
    /// By what power less one the frequencies of gaps fall: with 1 all are alike.
    public var power = 0.01

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 8192, pairs: ClosedRange<Int> = 2...16, length: ClosedRange<Int> = 64...64, power: Double = 0.01)
    {
        (self.symbols, self.pairs, self.length, self.power) = (symbols, pairs, length, power)
    }

    private var keys: Int { symbols / 2 }
    private var values: Int { symbols - keys }

    public var input: ModelInput { .symbols(symbols) }
    public var output: ModelOutput { .symbols(values) }
    public var longest: Int { length.upperBound }
    public var stretches: Int { pairs.upperBound }
    /// Of so many symbols each is seen seldom, so that they begin larger, and large steps are taken.
    public var settings: TaskSettings {
        TaskSettings(
            model: .dnc(hidden: 64, slots: 32, width: 32, readHeads: 1), learningRate: 0.01, symbolRange: 2)
    }

    public func validate() throws(TaskError) {
        try require("symbols", symbols, in: 2...TaskLimits.symbols.upperBound)
        try require("pairs", pairs, in: 1...TaskLimits.steps / 4)
        let most = pairs.upperBound
        // Half of all keys at most, so that it takes few tries to draw another one.
        guard 2 * most <= keys else { throw .tooFewItems(task: Self.name, possible: keys, needed: most) }
        try require("length", length, in: 4 * most...TaskLimits.steps)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let length = generator.integer(in: length), pairs = generator.integer(in: pairs)
        let keys = generator.different(pairs, of: keys), values = generator.different(pairs, of: values)
        var builder = EpisodeBuilder(input, output)
        for (key, value) in zip(keys, values) { builder.read([key, self.keys + value]) }
        let asked = times(of: pairs, among: (length - 2 * pairs) / 2, using: &generator)
        for step in 0..<length - 2 * pairs {
            let pair = step % 2 == 0 ? asked.firstIndex(of: step / 2) : nil
            builder.add(
                reads: pair.map { .symbol(keys[$0]) } ?? .nothing, asks: pair.map { .symbol(values[$0]) } ?? .nothing)
        }
        return builder.episode
    }

    /// When each pair is asked, of so many times: drawn one after another of those that are left, by their frequencies.
    private func times(of pairs: Int, among count: Int, using generator: inout SeededGenerator) -> [Int] {
        var weights = (1...count).map { pow(Double($0), power - 1) }
        return (0..<pairs).map { _ in
            var left = generator.unit() * weights.reduce(0, +)
            let time = weights.firstIndex { weight in
                left -= weight
                return left < 0
            }
            // By rounding nothing may be left: then the last that there is.
            let drawn = time ?? weights.lastIndex { $0 > 0 } ?? 0
            weights[drawn] = 0
            return drawn
        }
    }
}

extension SeededGenerator {
    /// So many symbols below `alphabet`, no two of them the same; there must be as many.
    mutating func different(_ count: Int, of alphabet: Int) -> [Int] {
        var drawn: Set<Int> = []
        return (0..<count).map { _ in
            while true {
                let symbol = integer(in: 0...alphabet - 1)
                if drawn.insert(symbol).inserted { return symbol }
            }
        }
    }
}
