// Expressions that are computed modulo a number.
internal import DNCCore

/// How expressions of numbers below a modulus are written in symbols, drawn, and computed.
struct ModularExpression {
    let modulus: Int

    /// So small that products are integers.
    static let moduli = 2...1 << 15

    /// The symbols behind those of the numbers.
    enum Mark: Int, CaseIterable { case plus, minus, times, open, close, unknown, equals }

    func symbol(_ mark: Mark) -> Int { modulus + mark.rawValue }
    private func mark(_ symbol: Int) -> Mark? { Mark(rawValue: symbol - modulus) }

    /// The numbers of the symbols, marks up to this one.
    func symbols(upTo mark: Mark) -> Int { symbol(mark) + 1 }

    /// Numbers with operations between, in so many symbols, which are odd in number.
    func flat(_ length: Int, using generator: inout SeededGenerator) -> [Int] {
        (0..<length).map { place in
            place % 2 == 0 ? generator.integer(in: 0...modulus - 1) : generator.integer(in: symbol(.plus)...symbol(.times))
        }
    }

    /// An expression with brackets around each operation, in so many symbols, as Delétang et al. draw them (arXiv 2207.02098).
    func nested(_ length: Int, operations: ClosedRange<Mark>, using generator: inout SeededGenerator) -> [Int] {
        if length < 5 {
            let number = generator.integer(in: 0...modulus - 1)
            let signed = length % 2 == 0 ? [symbol(.minus), number] : [number]
            return length < 3 ? signed : [symbol(.open)] + signed + [symbol(.close)]
        }
        let left = generator.integer(in: 1...length - 4)
        let first = nested(left, operations: operations, using: &generator)
        let second = nested(length - 3 - left, operations: operations, using: &generator)
        let operation = generator.integer(in: symbol(operations.lowerBound)...symbol(operations.upperBound))
        return [symbol(.open)] + first + [operation] + second + [symbol(.close)]
    }

    /// What an expression comes to; products go before sums.
    func value(of expression: some Sequence<Int>) -> Int {
        var rest = ArraySlice(Array(expression))
        return sum(&rest)
    }

    private func sum(_ rest: inout ArraySlice<Int>) -> Int {
        var sum = product(&rest)
        while let next = rest.first.flatMap(mark), next == .plus || next == .minus {
            rest.removeFirst()
            let other = product(&rest)
            sum = (sum + (next == .plus ? other : modulus - other)) % modulus
        }
        return sum
    }

    private func product(_ rest: inout ArraySlice<Int>) -> Int {
        var product = factor(&rest)
        while rest.first == symbol(.times) {
            rest.removeFirst()
            product = product * factor(&rest) % modulus
        }
        return product
    }

    private func factor(_ rest: inout ArraySlice<Int>) -> Int {
        let first = rest.removeFirst()
        switch mark(first) {
        case .minus: return (modulus - factor(&rest)) % modulus
        case .open:
            defer { rest.removeFirst() }
            return sum(&rest)
        default: return first
        }
    }
}

extension ModularExpression.Mark: Comparable {
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
