internal import CDNCCore

/// A random number generator that can be seeded, saved and continued: xoshiro256** of Blackman and Vigna, its state filled by
/// SplitMix64. The same seed gives the same numbers on every machine.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    /// The four words that are all there is to it; not all zero.
    public private(set) var state: [UInt64]

    /// The generator of a seed; any number will do, 0 too.
    public init(seed: UInt64) {
        state = [0, 0, 0, 0]
        withCore { _ = dnc_random_seed($0, seed) }
    }

    /// Continues where a generator had this `state`; nil unless it is four words that are not all zero.
    public init?(state: [UInt64]) {
        guard state.count == 4, state.contains(where: { $0 != 0 }) else { return nil }
        self.state = state
    }

    public mutating func next() -> UInt64 {
        var bits: UInt64 = 0
        withCore { _ = dnc_random_next($0, &bits) }
        return bits
    }

    /// Uniform in 0 ..< 1, a multiple of 2^-53. (The standard library does not promise to keep its way of drawing doubles.)
    package mutating func unit() -> Double {
        var number = 0.0
        withCore { _ = dnc_random_uniform($0, &number) }
        return number
    }

    /// The state as the C core takes it, which can refuse nothing but one that is all zero.
    mutating func withCore<Result>(_ body: (UnsafeMutablePointer<dnc_random>?) -> Result) -> Result {
        state.withUnsafeMutableBytes { body($0.assumingMemoryBound(to: dnc_random.self).baseAddress) }
    }
}
