public import DNCCore

/// Square root: read a number in bits, the highest first, then give the whole part of its square root, in half as many.
///
/// As in Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500, the best of their networks at 58 %.
///
/// ```text
/// reads  asks
///   1
///   0
///   1
///   0          10
///          1
///          1   3
/// ```
public struct SquareRootTask: StringTask {
    public static let name = "square-root"
    public static let summary = "Read a number in bits, then give the whole part of its square root"

    /// How many bits are read; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With another length than the usual one.
    public init(length: ClosedRange<Int>) { self.length = length }

    public var symbols: Int { 2 }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] { generator.bitsOfNumber(length) }

    public func longestAnswer(to length: Int) -> Int { (length + 1) / 2 }

    public func answer(to string: [Int]) -> [Int] {
        // By hand: each pair of bits gives one of the root, which is 1 where what is left over is as large as 4 root + 1.
        let pairs = Array(repeating: 0, count: string.count % 2) + string
        var (root, rest) = (Digits(base: 2), Digits(base: 2))
        return stride(from: 0, to: pairs.count, by: 2).map { pair in
            rest.append(lowest: [pairs[pair + 1], pairs[pair]])
            var subtrahend = root
            subtrahend.append(lowest: [1, 0])
            let fits = subtrahend <= rest
            if fits { rest = rest - subtrahend }
            root.append(lowest: [fits ? 1 : 0])
            return fits ? 1 : 0
        }
    }
}
