/// Bucket sort: read a string of a few symbols, then give them back in their order.
///
/// Of the sizes of Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500. To count each symbol is enough.
///
/// ```text
/// reads  asks
///   3
///   0
///   3
///          0
///          3
///          3
/// ```
public struct BucketSortTask: StringTask {
    public static let name = "bucket-sort"
    public static let summary = "Read symbols of a few kinds, then give them back in their order"

    /// How many symbols there are.
    public var symbols = 5
    /// How many are read; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 5, length: ClosedRange<Int> = 1...40) { (self.symbols, self.length) = (symbols, length) }

    public func answer(to string: [Int]) -> [Int] { string.sorted() }
}
