public import DNCCore

/// Stack manipulation: read a stack of bits from its bottom, and what is done to it - pop, push 0, push 1 - and then give back what is on
/// it, from its top, with a mark at the end. From an empty stack nothing is popped.
///
/// As in Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500.
///
/// ```text
/// reads  asks
///   1          the stack
///   0
///   2          pop
///   4          push 1
///          1
///          1
///          2   the mark
/// ```
public struct StackManipulationTask: StringTask {
    public static let name = "stack-manipulation"
    public static let summary = "Read a stack and what is done to it, then give back what is on it"

    /// How many symbols are read, of the stack and of what is done; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With another length than the usual one.
    public init(length: ClosedRange<Int>) { self.length = length }

    private enum Symbol { static let pop = 2, push = 3, end = 2 }

    public var symbols: Int { 5 }
    public var answerSymbols: Int { 3 }
    public func longestAnswer(to length: Int) -> Int { length + 1 }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        let stack = generator.integer(in: 1...max(1, length - 1))
        return generator.symbols(stack, of: 2)
            + (stack..<length).map { _ in generator.integer(in: Symbol.pop...Symbol.push + 1) }
    }

    public func answer(to string: [Int]) -> [Int] {
        var stack: [Int] = []
        for symbol in string {
            switch symbol {
            case Symbol.pop: _ = stack.popLast()
            case Symbol.push...: stack.append(symbol - Symbol.push)
            default: stack.append(symbol)
            }
        }
        return stack.reversed() + [Symbol.end]
    }
}
