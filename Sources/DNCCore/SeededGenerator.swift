internal import CDNCCore

/// A random number generator that can be seeded, saved and continued: xoshiro256** of Blackman and Vigna, its state filled
/// by SplitMix64. The same seed gives the same numbers on every machine.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    /// The four words that are all there is to it; not all zero.
    public private(set) var state: [UInt64]

    /// The generator of a seed; any number will do, 0 too.
    public init(seed: UInt64) {
        state = [0, 0, 0, 0]
        withCore { _ = dnc_random_seed($0, seed) }
    }

    /// The generator of one of many things that are drawn by the same seed, such as the batch of a step.
    ///
    /// No two triples give the same state: each of its first three words is made of all three numbers, by operations that
    /// can be undone.
    package init(seed: UInt64, purpose: UInt64, index: UInt64) {
        var first = Self.mixed(seed)
        var second = Self.mixed(first &+ purpose)
        let third = Self.mixed(second &+ index)
        first &+= Self.mixed(third)
        second &+= Self.mixed(first)
        // Were the second word 0, the fourth would not be.
        state = [first, second, third, Self.mixed(second)]
    }

    /// What is drawn by one seed without having to do with each other. The numbers must not change.
    package enum Purpose: UInt64 {
        case training = 1
        case lessons = 2
        case evaluation = 3
        case order = 4
        case example = 5
        case division = 6
        case restart = 7
        case inputDropout = 8
        case recurrentDropout = 9
        case stretches = 10
    }

    /// The generator of the step, batch or epoch of that number.
    package init(seed: UInt64, purpose: Purpose, index: Int = 0) {
        self.init(seed: seed, purpose: purpose.rawValue, index: UInt64(bitPattern: Int64(index)))
    }

    /// A number that seems to have nothing to do with another one, and belongs to no other: the step of SplitMix64.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var bits = number &+ 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
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
    public mutating func unit() -> Double {
        var number = 0.0
        withCore { _ = dnc_random_uniform($0, &number) }
        return number
    }

    /// An integer of the range, each as likely as any other.
    ///
    /// By D. Lemire, "Fast Random Integer Generation in an Interval" (2019). The standard library's `Int.random(in:using:)`
    /// may draw otherwise in its next version; this always takes the same numbers from the generator.
    public mutating func integer(in range: ClosedRange<Int>) -> Int {
        let count = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
        guard count > 0 else { return Int(truncatingIfNeeded: next()) }  // all integers there are
        var product = next().multipliedFullWidth(by: count)
        // So many of the products would make some integers likelier than others.
        let surplus = (0 &- count) % count
        while product.low < surplus { product = next().multipliedFullWidth(by: count) }
        return range.lowerBound &+ Int(truncatingIfNeeded: product.high)
    }

    /// The numbers from 0 to `count - 1` in an order that is as likely as any other: Fisher and Yates, from the end.
    public mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(in: 0...last)) }
        return order
    }

    /// The state as the C core takes it, which can refuse nothing but one that is all zero.
    mutating func withCore<Result>(_ body: (UnsafeMutablePointer<dnc_random>?) -> Result) -> Result {
        state.withUnsafeMutableBytes { body($0.assumingMemoryBound(to: dnc_random.self).baseAddress) }
    }
}
