public import DNCCore

/// Binary arithmetic: read two numbers in bits, the lowest first, with a sign between, then give their sum or product in bits, the lowest
/// first and no more than it has, with a mark at the end.
///
/// As the two tasks of Delétang et al. (arXiv 2207.02098), who measure them at lengths of 41 to 500; how the length is shared out between
/// the numbers is drawn. `ArithmeticTask` has digits, and numbers of one length.
///
/// ```text
/// reads  asks
///   1
///   1          3
///   2          +
///   1          1
///          0
///          0
///          1   4
///          2   the mark
/// ```
public struct BinaryArithmeticTask: StringTask {
    public static let name = "binary-arithmetic"
    public static let summary = "Read two numbers in bits, then give their sum or their product"

    /// What is asked of two numbers.
    public enum Operation: String, OptionChoice {
        /// Their sum.
        case addition
        /// Their product.
        case multiplication
    }

    /// What is asked.
    public var operation = Operation.addition
    /// How many symbols are read, the sign among them; drawn for each episode.
    public var length = 3...40

    public init() {}

    /// With other options than the usual ones.
    public init(operation: Operation = .addition, length: ClosedRange<Int> = 3...40) {
        (self.operation, self.length) = (operation, length)
    }

    private enum Symbol { static let sign = 2, end = 2 }

    public var symbols: Int { 3 }
    public var answerSymbols: Int { 3 }

    public func validate() throws(TaskError) { try require("length", length, in: 3...TaskLimits.steps) }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        let first = generator.integer(in: 1...length - 2)
        return generator.bitsOfNumber(first) + [Symbol.sign] + generator.bitsOfNumber(length - 1 - first)
    }

    public func longestAnswer(to length: Int) -> Int { length + 1 }

    public func answer(to string: [Int]) -> [Int] {
        let numbers = string.split(separator: Symbol.sign).map { Digits(base: 2, Array($0)) }
        let result = operation == .addition ? numbers[0] + numbers[1] : numbers[0] * numbers[1]
        return result.digits + [Symbol.end]
    }
}

extension SeededGenerator {
    /// So many bits that are not all 0.
    mutating func bitsOfNumber(_ count: Int) -> [Int] {
        while true {
            let bits = symbols(count, of: 2)
            if bits.contains(1) { return bits }
        }
    }
}
