public import DNCCore

/// Repeat copy: read a flag, L random vectors and a number R, then give the vectors back R times and mark the end.
///
/// As in the code that the DNC's authors published (github.com/google-deepmind/dnc), whose defaults these are. The input has
/// two channels behind the bits: one for the flag, and one for R divided by `normalization`. The output has one, for the
/// mark. L (R + 1) + 3 steps:
///
/// ```text
/// reads      asks
/// 0 0 1 0            the flag
/// 1 0 0 0
/// 1 1 0 0
/// 0 0 0 0.2          R = 2
/// 0 0 0 0    1 0 0
/// 0 0 0 0    1 1 0
/// 0 0 0 0    1 0 0
/// 0 0 0 0    1 1 0
/// 0 0 0 0    0 0 1   the mark
/// ```
///
/// With several operations, of which one is drawn for each episode, a step behind R tells it, in a channel of its own, and what is given
/// back is what it makes of the vectors: as in ksluck's Differentiable Neural Harvard Computer (github.com/ksluck/sl-dnhc).
public struct RepeatCopyTask: EpisodeTask {
    public static let name = "repeat-copy"
    public static let summary = "Read vectors of random bits and a number, then give the vectors back that many times"

    /// What is made of the vectors before they are given back.
    public enum Operation: String, OptionChoice {
        /// They are as they were.
        case copy
        /// Ones for zeros and zeros for ones.
        case invert
        /// Each has ones where all have.
        case and
        /// Each has ones where any has.
        case or
        /// The bits of each are one place nearer to the front, its first bit at the end.
        case rotate

        func applied(to vectors: [[Float]]) -> [[Float]] {
            switch self {
            case .copy: vectors
            case .invert: vectors.map { $0.map { 1 - $0 } }
            case .and: vectors.map { _ in vectors.dropFirst().reduce(vectors[0]) { zip($0, $1).map(min) } }
            case .or: vectors.map { _ in vectors.dropFirst().reduce(vectors[0]) { zip($0, $1).map(max) } }
            case .rotate: vectors.map { Array($0.dropFirst() + $0.prefix(1)) }
            }
        }
    }

    /// The bits of a vector.
    public var bits = 4
    /// How many vectors are read, L; drawn for each episode.
    public var length = 1...2
    /// How many times they are to be given back, R; drawn for each episode.
    public var repeats = 1...2
    /// What R is divided by.
    public var normalization = 10
    /// What may be made of the vectors; drawn for each episode.
    public var operations = [Operation.copy]

    public init() {}

    /// With other options than the usual ones.
    public init(
        bits: Int = 4, length: ClosedRange<Int> = 1...2, repeats: ClosedRange<Int> = 1...2, normalization: Int = 10,
        operations: [Operation] = [.copy]
    ) {
        (self.bits, self.length, self.repeats, self.normalization) = (bits, length, repeats, normalization)
        self.operations = operations
    }

    /// Whether it is told which operation is wanted.
    private var tellsOperation: Bool { operations.count > 1 }

    public var input: ModelInput { .vector(bits + 2 + (tellsOperation ? operations.count : 0)) }
    public var output: ModelOutput { .bits(bits + 1) }
    public var longest: Int { length.upperBound * (repeats.upperBound + 1) + (tellsOperation ? 4 : 3) }
    public var stretches: Int { 1 }
    /// The sizes of the authors' code.
    public var settings: TaskSettings {
        TaskSettings(model: .dnc(hidden: 64, slots: 16, width: 16, readHeads: 4), batchSize: 16)
    }

    public func validate() throws(TaskError) {
        try require("bits", bits, in: 1...TaskLimits.bits)
        try require("length", length, in: TaskLimits.counts)
        try require("repeats", repeats, in: TaskLimits.counts)
        try require("normalization", normalization, in: TaskLimits.counts)
        try require("operations", operations.count, in: 1...TaskLimits.bits)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let length = generator.integer(in: length)
        let repeats = generator.integer(in: repeats)
        let vectors = (0..<length).map { _ in generator.bits(bits) }
        var builder = EpisodeBuilder(input, output)
        builder.add(reads: .channel(bits))
        for vector in vectors { builder.add(reads: .vector(vector)) }
        builder.add(reads: .channel(bits + 1, value: Float(repeats) / Float(normalization)))
        var operation = operations[0]
        if tellsOperation {
            let drawn = generator.integer(in: 0...operations.count - 1)
            builder.add(reads: .channel(bits + 2 + drawn))
            operation = operations[drawn]
        }
        let answer = operation.applied(to: vectors)
        for _ in 0..<repeats {
            for vector in answer { builder.add(asks: .vector(vector)) }
        }
        builder.add(asks: .channel(bits))
        return builder.episode
    }
}
