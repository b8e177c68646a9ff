public import DNCCore

/// Arithmetic: read numbers in digits, the lowest first and a mark after each, then give the result in as many.
///
/// As in SiliconSloth's fork of ADNC (github.com/SiliconSloth/ADNC), whose subtraction is learned only from the weights of its addition:
/// every operation reads and answers alike, so that `--init-from` takes them over. There is no carry beyond the highest digit: of a sum
/// both numbers are below half of what so many digits can say, of a difference the first is such a sum and the second one of its parts, of
/// a product the numbers share the digits out. A successor has as often one 9 at its end as many.
///
/// 17 + 5, of two digits:
///
/// ```text
/// reads  asks
///   7
///   1
///  10          a mark
///   5
///   0
///  10
///          2
///          2
/// ```
public struct ArithmeticTask: StringTask {
    public static let name = "arithmetic"
    public static let summary =
        "Read numbers in digits, the lowest first, then give their sum, difference or product, or the next number"

    /// What is asked of the numbers.
    public enum Operation: String, OptionChoice {
        /// Their sum.
        case addition
        /// The first less the second.
        case subtraction
        /// Their product.
        case multiplication
        /// Of one number, the next.
        case successor
    }

    /// What is asked.
    public var operation = Operation.addition
    /// What the digits are of.
    public var base = 10
    /// How many digits each number has; drawn for each episode.
    public var length = 2...8

    public init() {}

    /// With other options than the usual ones.
    public init(operation: Operation = .addition, base: Int = 10, length: ClosedRange<Int> = 2...8) {
        (self.operation, self.base, self.length) = (operation, base, length)
    }

    public var symbols: Int { base + 1 }
    public var answerSymbols: Int { base }
    public var longest: Int { (operation == .successor ? 2 : 3) * length.upperBound + (operation == .successor ? 1 : 2) }

    /// With a lesson before: the next number, by which a memory is walked through from its beginning, as a copy does, and the carry is
    /// learned. Without it, and where it is followed by one digit more at a time, sums of few digits are learned by heart.
    public var settings: TaskSettings {
        var model = ModelConfiguration.dnc(hidden: 128, slots: 32, width: 20, readHeads: 2)
        model.variant.sharpness = true
        let before = Curriculum.Lesson(["operation": .text(Operation.successor.rawValue)], success: 0.95)
        return TaskSettings(
            model: model, symbolRange: 2, curriculum: operation == .successor ? nil : Curriculum([before, Curriculum.Lesson()]))
    }

    public func validate() throws(TaskError) {
        try require("base", base, in: 2...TaskLimits.symbols.upperBound - 1)
        try require("length", length, in: (operation == .multiplication ? 2 : 1)...TaskLimits.steps)
    }

    public func string(of length: Int, using generator: inout SeededGenerator) -> [Int] {
        numbers(of: length, using: &generator).flatMap { $0.lowest(length) + [base] }
    }

    private func numbers(of length: Int, using generator: inout SeededGenerator) -> [Digits] {
        func number(_ digits: [Int]) -> Digits { Digits(base: base, digits) }
        switch operation {
        case .addition, .subtraction:
            let parts = (0..<2).map { _ in
                number(generator.symbols(length - 1, of: base) + generator.symbols(1, of: max(1, base / 2)))
            }
            return operation == .addition ? parts : [parts[0] + parts[1], parts[0]]
        case .multiplication:
            let first = generator.integer(in: 1...length - 1)
            return [first, length - first].map { number(generator.symbols($0, of: base)) }
        case .successor:
            // All digits are not 9, so that there is a next number.
            let nines = generator.integer(in: 0...length - 1)
            return [
                number(
                    Array(repeating: base - 1, count: nines) + generator.symbols(1, of: base - 1)
                        + generator.symbols(length - nines - 1, of: base))
            ]
        }
    }

    public func answer(to string: [Int]) -> [Int] {
        let numbers = string.split(separator: base).map { Digits(base: base, Array($0)) }
        let result =
            switch operation {
            case .addition: numbers[0] + numbers[1]
            case .subtraction: numbers[0] - numbers[1]
            case .multiplication: numbers[0] * numbers[1]
            case .successor: numbers[0] + Digits(base: base, [1])
            }
        return result.lowest(string.count / numbers.count - 1)
    }
}
