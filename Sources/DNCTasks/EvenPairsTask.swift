/// Even pairs: read a string of bits, and tell whether the places at which one is followed by the other are odd in number; which they
/// are if the last bit is not the first one.
///
/// As in Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500.
///
/// ```text
/// reads  asks
///   0
///   1
///   1
///          1
/// ```
public struct EvenPairsTask: StringTask {
    public static let name = "even-pairs"
    public static let summary = "Read bits and tell whether neighbours that differ are odd in number"

    /// How many bits are read; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With another length than the usual one.
    public init(length: ClosedRange<Int>) { self.length = length }

    public var symbols: Int { 2 }
    public func longestAnswer(to length: Int) -> Int { 1 }
    public func answer(to string: [Int]) -> [Int] { [zip(string, string.dropFirst()).count { $0 != $1 } % 2] }
}
