/// Odds first: read a string, then give back its first, third, fifth symbol and so on, and after these its second, fourth and so on.
///
/// Of the sizes of Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500.
///
/// ```text
/// reads  asks
///   1
///   0
///   1
///          1
///          1
///          0
/// ```
public struct OddsFirstTask: StringTask {
    public static let name = "odds-first"
    public static let summary = "Read symbols, then give back every other one from the first on, and then those between"

    /// How many symbols there are.
    public var symbols = 2
    /// How many are read; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With other options than the usual ones.
    public init(symbols: Int = 2, length: ClosedRange<Int> = 1...40) { (self.symbols, self.length) = (symbols, length) }

    public func answer(to string: [Int]) -> [Int] {
        [0, 1].flatMap { stride(from: $0, to: string.count, by: 2).map { string[$0] } }
    }
}
