/// A random number generator that can be seeded, saved and continued: xoshiro256** of Blackman and Vigna, its state filled by
/// SplitMix64. The same seed gives the same numbers on every machine.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    /// The four words that are all there is to it; not all zero.
    public private(set) var state: [UInt64]

    public init(seed: UInt64) {
        var position = seed
        state = (0..<4).map { _ in
            position &+= 0x9e37_79b9_7f4a_7c15
            var z = position
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    /// Continues where a generator had this `state`; nil unless it is four words that are not all zero.
    public init?(state: [UInt64]) {
        guard state.count == 4, state.contains(where: { $0 != 0 }) else { return nil }
        self.state = state
    }

    public mutating func next() -> UInt64 {
        let result = rotated(state[1] &* 5, by: 7) &* 9
        let shifted = state[1] << 17
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotated(state[3], by: 45)
        return result
    }

    /// Uniform in 0 ..< 1, a multiple of 2^-53. (The standard library does not promise to keep its way of drawing doubles.)
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

private func rotated(_ word: UInt64, by count: UInt64) -> UInt64 { (word << count) | (word >> (64 - count)) }
