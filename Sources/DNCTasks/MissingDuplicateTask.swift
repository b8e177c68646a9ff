public import DNCCore

/// Missing duplicate: read a string of bits twice, with a gap in place of one of its symbols, and tell what is missing.
///
/// As in Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500; a string of odd length has another symbol at its end.
///
/// ```text
/// reads  asks
///   1
///   0
///   1
///   2          the gap
///          0
/// ```
public struct MissingDuplicateTask: StringTask {
    public static let name = "missing-duplicate"
    public static let summary = "Read a string of bits twice but for one of them, and tell which is missing"

    /// How many symbols are read; drawn for each episode.
    public var length = 2...40

    public init() {}

    /// With another length than the usual one.
    public init(length: ClosedRange<Int>) { self.length = length }

    private enum Symbol { static let gap = 2, filling = 3 }

    public var symbols: Int { 4 }
    public var answerSymbols: Int { 2 }

    public func validate() throws(TaskError) { try require("length", length, in: 2...TaskLimits.steps) }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        let half = generator.symbols(length / 2, of: 2)
        var string = half + half + Array(repeating: Symbol.filling, count: length % 2)
        string[generator.integer(in: 0...2 * half.count - 1)] = Symbol.gap
        return string
    }

    public func longestAnswer(to length: Int) -> Int { 1 }

    public func answer(to string: [Int]) -> [Int] {
        let (first, second) = (string.prefix(string.count / 2), string.dropFirst(string.count / 2))
        return zip(first, second).filter { $0 != $1 }.map { $0 == Symbol.gap ? $1 : $0 }
    }
}
