/// Cycle navigation: walk on a circle of a few places - a step back, none, a step on - and tell where one has come to.
///
/// Of the sizes of Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500.
///
/// ```text
/// reads  asks
///   2          a step on
///   2
///   0          a step back
///          1
/// ```
public struct CycleNavigationTask: StringTask {
    public static let name = "cycle-navigation"
    public static let summary = "Read steps on a circle, back, none or on, and tell where they lead"

    /// How many places the circle has.
    public var places = 5
    /// How many steps are read; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With other options than the usual ones.
    public init(places: Int = 5, length: ClosedRange<Int> = 1...40) { (self.places, self.length) = (places, length) }

    public var symbols: Int { 3 }
    public var answerSymbols: Int { places }

    public func validate() throws(TaskError) {
        try require("places", places, in: TaskLimits.symbols)
        try require("length", length, in: TaskLimits.counts)
    }

    public func longestAnswer(to length: Int) -> Int { 1 }

    public func answer(to string: [Int]) -> [Int] { [string.reduce(0) { ($0 + $1 + places - 1) % places }] }
}
