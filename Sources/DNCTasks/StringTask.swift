// Tasks from one string of symbols to another.
public import DNCCore

/// A task in which a string of symbols is read, and then, with nothing read, another is asked for that follows from the first.
///
/// Options apart, one is no more than what follows:
///
/// ```swift
/// struct ReverseTask: StringTask {
///     static let name = "reverse"
///     static let summary = "Read symbols, then give them back from the last to the first"
///     var symbols = 2
///     var length = 1...40
///     func answer(to string: [Int]) -> [Int] { string.reversed() }
/// }
/// ```
public protocol StringTask: EpisodeTask {
    /// How many symbols there are to read.
    var symbols: Int { get }
    /// How many there are to answer; usually the same.
    var answerSymbols: Int { get }

    /// Draws a string to read, of so many symbols; usually each is as likely as any other.
    func string(of length: Int, using generator: inout SeededGenerator) -> [Int]
    /// What is asked after a string.
    func answer(to string: [Int]) -> [Int]
    /// How many symbols are asked at most after so many; usually as many.
    func longestAnswer(to length: Int) -> Int
}

extension StringTask {
    public var answerSymbols: Int { symbols }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        generator.symbols(length, of: symbols)
    }

    public func longestAnswer(to length: Int) -> Int { length }

    public var input: ModelInput { .symbols(symbols) }
    public var output: ModelOutput { .symbols(answerSymbols) }
    public var longest: Int { length.upperBound + longestAnswer(to: length.upperBound) }
    /// All that is asked follows all that is read.
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) {
        try require("symbols", symbols, in: TaskLimits.symbols)
        try require("length", length, in: TaskLimits.counts)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let string = string(of: generator.integer(in: length), using: &generator)
        var builder = EpisodeBuilder(input, output)
        builder.read(string)
        builder.ask(answer(to: string))
        return builder.episode
    }
}

extension EpisodeBuilder {
    /// Adds a step for each symbol, at which it is read.
    public mutating func read(_ symbols: some Sequence<Int>) {
        for symbol in symbols { add(reads: .symbol(symbol)) }
    }

    /// Adds a step for each symbol, at which it is asked for and nothing is read.
    public mutating func ask(_ symbols: some Sequence<Int>) {
        for symbol in symbols { add(asks: .symbol(symbol)) }
    }
}

extension SeededGenerator {
    /// So many symbols, each below `alphabet`.
    public mutating func symbols(_ count: Int, of alphabet: Int) -> [Int] {
        (0..<count).map { _ in integer(in: 0...alphabet - 1) }
    }
}
