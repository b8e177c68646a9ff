public import DNCCore

/// Solve an equation: read an expression of small numbers with an unknown in it, and its value modulo a number, and tell the unknown.
///
/// As in Delétang et al. (arXiv 2207.02098), who measure it at lengths of 41 to 500, the best of their networks at 68 %: the expression has
/// brackets, sums and differences, in which the unknown stands once, so that there is one solution.
///
/// (x + 4) = 1, modulo 5:
///
/// ```text
/// reads  asks
///   8          (
///  10          x
///   5          +
///   4
///   9          )
///  11          =
///   1
///          2
/// ```
public struct SolveEquationTask: StringTask {
    public static let name = "solve-equation"
    public static let summary =
        "Read an equation of small numbers with an unknown, modulo one more than the largest, and tell it"

    /// What is counted modulo.
    public var modulus = 5
    /// How many symbols are read; drawn for each episode.
    public var length = 3...40

    public init() {}

    /// With other options than the usual ones.
    public init(modulus: Int = 5, length: ClosedRange<Int> = 3...40) { (self.modulus, self.length) = (modulus, length) }

    private var expression: ModularExpression { ModularExpression(modulus: modulus) }

    public var symbols: Int { expression.symbols(upTo: .equals) }
    public var answerSymbols: Int { modulus }

    public func validate() throws(TaskError) {
        try require("modulus", modulus, in: ModularExpression.moduli)
        try require("length", length, in: 3...TaskLimits.steps)
    }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        var drawn = expression.nested(length - 2, operations: .plus ... .minus, using: &generator)
        let value = expression.value(of: drawn)
        let numbers = drawn.indices.filter { drawn[$0] < modulus }
        drawn[generator.element(of: numbers)] = expression.symbol(.unknown)
        return drawn + [expression.symbol(.equals), value]
    }

    public func longestAnswer(to length: Int) -> Int { 1 }

    /// The unknown is added or taken away once: what the expression comes to with 0 and with 1 tells the rest.
    public func answer(to string: [Int]) -> [Int] {
        func value(with number: Int) -> Int {
            expression.value(of: string.dropLast(2).map { $0 == expression.symbol(.unknown) ? number : $0 })
        }
        let missing = (string[string.count - 1] - value(with: 0) + modulus) % modulus
        let isAdded = value(with: 1) == (value(with: 0) + 1) % modulus
        return [isAdded ? missing : (modulus - missing) % modulus]
    }
}
