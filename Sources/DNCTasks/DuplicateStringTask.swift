/// Duplicate string: read a string, then give it back twice.
///
/// Of the sizes of Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500.
///
/// ```text
/// reads  asks
///   1
///   0
///          1
///          0
///          1
///          0
/// ```
public struct DuplicateStringTask: StringTask {
    public static let name = "duplicate-string"
    public static let summary = "Read symbols, then give them back twice"

    /// How many symbols there are.
    public var symbols = 2
    /// How many are read; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 2, length: ClosedRange<Int> = 1...40) { (self.symbols, self.length) = (symbols, length) }

    public func longestAnswer(to length: Int) -> Int { 2 * length }
    public func answer(to string: [Int]) -> [Int] { string + string }
}
