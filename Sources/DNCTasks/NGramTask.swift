internal import Foundation
public import DNCCore

/// Dynamic n-grams: read random bits, each drawn by a table from those just before it, and say the next; the table is new in each episode.
///
/// From Graves et al., "Neural Turing Machines" (arXiv 1410.5401), section 4.4: 200 bits, each drawn by the five before it, the
/// probabilities of the 32 possible contexts by a Beta(1/2, 1/2). What can be known is what has followed a context so far: of N1 ones and
/// N0 zeros the best guess of a one is (N1 + 1/2) / (N1 + N0 + 1), which costs 128.5 bits of the 195 that have a context, on average.
///
/// With contexts of one bit:
///
/// ```text
/// reads  asks
///   0      1
///   1      1
///   1      0
///   0
/// ```
public struct NGramTask: EpisodeTask {
    public static let name = "n-gram"
    public static let summary = "Read bits that depend on those just before, by a rule that is new each time, and say the next"

    /// How many bits the next one depends on.
    public var context = 5
    /// How many bits there are; drawn for each episode.
    public var length = 200...200

    public init() {}

    /// With other options than the usual ones.
    public init(context: Int = 5, length: ClosedRange<Int> = 200...200) { (self.context, self.length) = (context, length) }

    public var input: ModelInput { .symbols(2) }
    public var output: ModelOutput { .bits(1) }
    public var longest: Int { length.upperBound }
    public var stretches: Int { 1 }
    /// A memory of DeltaNet, with a key for each context: a DNC of as many slots counts as exactly, but takes longer.
    public var settings: TaskSettings {
        var variant = ModelVariant()
        variant.decay = true
        return TaskSettings(
            model: ModelConfiguration(hidden: 100, memory: .delta, slots: 32, width: 16, readHeads: 1, variant: variant),
            batchSize: 16, learningRate: 0.004)
    }

    public func validate() throws(TaskError) {
        try require("context", context, in: 1...16)
        try require("length", length, in: context + 1...TaskLimits.steps)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        // By the arcsine law, which a Beta(1/2, 1/2) is.
        let table = (0..<1 << context).map { _ in pow(sin(generator.unit() * .pi / 2), 2) }
        let length = generator.integer(in: length)
        var bits = generator.symbols(context, of: 2)
        while bits.count < length { bits.append(generator.unit() < table[number(bits.suffix(context))] ? 1 : 0) }
        var builder = EpisodeBuilder(input, output)
        for step in 0..<length {
            let isAsked = step + 1 >= context && step + 1 < length
            builder.add(reads: .symbol(bits[step]), asks: isAsked ? .vector([Float(bits[step + 1])]) : .nothing)
        }
        return builder.episode
    }

    private func number(_ bits: some Sequence<Int>) -> Int { bits.reduce(0) { 2 * $0 + $1 } }

    public func bestLogLikelihood(_ episode: Episode) -> Double? {
        var counts = Array(repeating: [0.5, 0.5], count: 1 << context)
        var sum = 0.0
        for step in episode.weights.indices where episode.weights[step] > 0 {
            let before = number(episode.symbols[step + 1 - context...step].map(Int.init))
            let bit = Int(episode.targetVectors[step])
            sum += log(counts[before][bit] / (counts[before][0] + counts[before][1]))
            counts[before][bit] += 1
        }
        return sum
    }
}
