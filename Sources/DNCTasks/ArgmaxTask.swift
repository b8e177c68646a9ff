/// Argmax: read small numbers, and tell which was the greatest, the first of them if there are several.
///
/// As in pytorch-dnc (github.com/ixaxaar/pytorch-dnc), but that the place is a symbol here, and there a number.
///
/// ```text
/// reads  asks
///   3
///   4
///   0
///          1
/// ```
public struct ArgmaxTask: StringTask {
    public static let name = "argmax"
    public static let summary = "Read small numbers and tell which was the greatest"

    /// How many numbers there are to read, from 0.
    public var symbols = 5
    /// How many are read; drawn for each episode.
    public var length = 1...10

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 5, length: ClosedRange<Int> = 1...10) { (self.symbols, self.length) = (symbols, length) }

    public var answerSymbols: Int { length.upperBound }
    public func longestAnswer(to length: Int) -> Int { 1 }

    public func answer(to string: [Int]) -> [Int] {
        let greatest = string.max()
        return string.indices.filter { string[$0] == greatest }.prefix(1).map { $0 }
    }
}
