public import DNCCore

/// Permutations: read permutations of a few things one after another, and tell which one they make together.
///
/// The word problem of the symmetric group, S3 of three things: to know the state of what changes. A linear memory whose eigenvalues are
/// in 0 ... 1 cannot follow it (Grazzi et al., arXiv 2411.12537). A permutation's symbol is its place among all in alphabetical order.
///
/// ```text
/// reads  asks
///   1      1   the last two change places
///   2      4   then the first two
/// ```
public struct PermutationTask: EpisodeTask {
    public static let name = "permutation"
    public static let summary = "Read permutations of a few things, and tell which one all so far make together"

    /// How many things there are.
    public var things = 3
    /// How many permutations are read; drawn for each episode.
    public var length = 1...40
    /// Whether it is asked after every one, or after the last alone.
    public var everyStep = true

    public init() {}

    /// With other options than the usual ones.
    public init(things: Int = 3, length: ClosedRange<Int> = 1...40, everyStep: Bool = true) {
        (self.things, self.length, self.everyStep) = (things, length, everyStep)
    }

    private var count: Int { (1...things).reduce(1, *) }

    public var input: ModelInput { .symbols(count) }
    public var output: ModelOutput { .symbols(count) }
    public var longest: Int { length.upperBound }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) {
        try require("things", things, in: 2...6)
        try require("length", length, in: TaskLimits.counts)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let read = generator.symbols(generator.integer(in: length), of: count)
        var builder = EpisodeBuilder(input, output)
        var order = Array(0..<things)
        for (step, symbol) in read.enumerated() {
            order = permutation(symbol).map { order[$0] }
            let isAsked = everyStep || step == read.count - 1
            builder.add(reads: .symbol(symbol), asks: isAsked ? .symbol(number(of: order)) : .nothing)
        }
        return builder.episode
    }

    /// The permutation of that number, in alphabetical order.
    private func permutation(_ number: Int) -> [Int] {
        var (rest, left, behind) = (Array(0..<things), number, count)
        return (0..<things).map { place in
            behind /= things - place
            defer { left %= behind }
            return rest.remove(at: left / behind)
        }
    }

    private func number(of permutation: [Int]) -> Int {
        permutation.indices.reduce(0) { number, place in
            number * (things - place) + permutation[place...].dropFirst().count { $0 < permutation[place] }
        }
    }
}
