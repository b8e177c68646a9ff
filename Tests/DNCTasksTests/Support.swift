// What the tests of tasks share.

import DNCCore
import Testing

@testable import DNCTasks

/// The episodes that seeds give.
func draw(_ task: some EpisodeTask, seeds: Range<UInt64>) -> [Episode] {
    seeds.map { seed in
        var generator = SeededGenerator(seed: seed)
        return task.episode(using: &generator)
    }
}

/// The parts of an array, of a size each.
func rows<Element>(_ elements: [Element], _ size: Int) -> [[Element]] {
    stride(from: 0, to: elements.count, by: size).map { Array(elements[$0..<$0 + size]) }
}

/// An episode of symbols, one read and one asked in each step; -1 for none.
func symbolEpisode(_ reads: [Int32], _ asks: [Int32]) -> Episode {
    Episode(symbols: reads, targetSymbols: asks, weights: asks.map { $0 < 0 ? 0 : 1 })
}

/// The message of what `body` throws.
func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "nothing was thrown"
}

/// A task as somebody may write one of their own: the one in the documentation of `EpisodeTask`.
struct EchoTask: EpisodeTask {
    static let name = "echo"
    static let summary = "Say again what was read some steps ago"
    var delay = 2
    var letters = 4
    var length = 5...10
    var longest: Int { length.upperBound + delay }
    var input: ModelInput { .symbols(letters) }
    var output: ModelOutput { .symbols(letters) }

    func validate() throws(TaskError) {
        try require("letters", letters, in: 1...1000)
        try require("delay", delay, in: 0...1000)
        try require("length", length, in: 1...1000)
    }

    func episode(using generator: inout SeededGenerator) -> Episode {
        let symbols = (0..<generator.integer(in: length)).map { _ in generator.integer(in: 0...letters - 1) }
        var builder = EpisodeBuilder(input, output)
        for step in 0..<symbols.count + delay {
            builder.add(
                reads: step < symbols.count ? .symbol(symbols[step]) : .nothing,
                asks: step >= delay ? .symbol(symbols[step - delay]) : .nothing)
        }
        return builder.episode
    }
}
