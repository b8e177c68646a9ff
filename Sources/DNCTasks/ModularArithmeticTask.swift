public import DNCCore

/// Modular arithmetic: read an expression of small numbers, and give its value modulo a number.
///
/// As the two tasks of Delétang et al. (arXiv 2207.02098), with brackets around each operation or without any, who measure them at lengths
/// of 41 to 500. Without brackets products go before sums, and the length is odd: of an even one a symbol is left out.
///
/// 2 - 4, modulo 5:
///
/// ```text
/// reads  asks
///   2
///   6          minus
///   4
///          3
/// ```
public struct ModularArithmeticTask: StringTask {
    public static let name = "modular-arithmetic"
    public static let summary = "Read an expression of small numbers, and give its value modulo one more than the largest"

    /// What is counted modulo.
    public var modulus = 5
    /// Whether each operation is in brackets.
    public var brackets = false
    /// How many symbols are read; drawn for each episode.
    public var length = 1...40

    public init() {}

    /// With other options than the usual ones.
    public init(modulus: Int = 5, brackets: Bool = false, length: ClosedRange<Int> = 1...40) {
        (self.modulus, self.brackets, self.length) = (modulus, brackets, length)
    }

    private var expression: ModularExpression { ModularExpression(modulus: modulus) }

    public var symbols: Int { expression.symbols(upTo: .close) }
    public var answerSymbols: Int { modulus }

    public func validate() throws(TaskError) {
        try require("modulus", modulus, in: ModularExpression.moduli)
        try require("length", length, in: TaskLimits.counts)
    }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        brackets
            ? expression.nested(length, operations: .plus ... .times, using: &generator)
            : expression.flat(length - (length + 1) % 2, using: &generator)
    }

    public func longestAnswer(to length: Int) -> Int { 1 }
    public func answer(to string: [Int]) -> [Int] { [expression.value(of: string)] }
}
