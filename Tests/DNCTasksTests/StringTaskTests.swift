// Tasks from one string to another: answers that somebody else has worked out, and the strings that are drawn.

import DNCCore
import Testing

@testable import DNCTasks

@Suite struct StringTaskTests {
    /// Digits as symbols.
    private func symbols(_ digits: String) -> [Int] { digits.compactMap(\.wholeNumberValue) }

    /// The examples in the code of Delétang et al., by its numbers; that of the square root of 37 by hand, which is wrong there.
    @Test func publishedAnswers() {
        #expect(StackManipulationTask().answer(to: symbols("0110422")) == symbols("1102"))
        #expect(StackManipulationTask().answer(to: symbols("110222")) == symbols("2"))
        let (sum, product) = (BinaryArithmeticTask(operation: .addition), BinaryArithmeticTask(operation: .multiplication))
        #expect(sum.answer(to: symbols("001201101")) == symbols("010112"))
        #expect(sum.answer(to: symbols("10012000001")) == symbols("1001012"))
        #expect(product.answer(to: symbols("001201101")) == symbols("00011012"))
        #expect(product.answer(to: symbols("10012000001")) == symbols("0000010012"))
        #expect(SquareRootTask().answer(to: symbols("100101")) == symbols("110"))
        #expect(SquareRootTask().answer(to: symbols("111")) == symbols("10"))
        #expect(MissingDuplicateTask().answer(to: symbols("01100210")) == [1])
        #expect(MissingDuplicateTask().answer(to: symbols("1011213")) == [0])
        #expect(OddsFirstTask().answer(to: symbols("00110101")) == symbols("01000111"))
        #expect(OddsFirstTask().answer(to: symbols("110")) == symbols("101"))
        #expect(CycleNavigationTask().answer(to: symbols("20100")) == [3])
        #expect(CycleNavigationTask().answer(to: symbols("2220")) == [2])
        #expect(EvenPairsTask().answer(to: symbols("001110")) == [0])
        #expect(EvenPairsTask().answer(to: symbols("0101001")) == [1])
    }

    @Test func answersByHand() {
        #expect(ReverseTask().answer(to: [1, 0, 0]) == [0, 0, 1])
        #expect(DuplicateStringTask().answer(to: [1, 0]) == [1, 0, 1, 0])
        #expect(BucketSortTask().answer(to: [4, 0, 3, 0, 1]) == [0, 0, 1, 3, 4])
        #expect(DuplicatedInputTask().answer(to: [7, 7, 7, 21, 21, 21]) == [7, 21])
        #expect(ArgmaxTask().answer(to: [1, 4, 0, 4]) == [1])
        #expect(EvenPairsTask().answer(to: [1]) == [0])
        // 2 - 4 * 3 + 1 = -9; symbols behind 4 are + - * ( )
        #expect(ModularArithmeticTask().answer(to: [2, 6, 4, 7, 3, 5, 1]) == [1])
        // ((-3) * (2 - 4)) = 6
        #expect(ModularArithmeticTask(brackets: true).answer(to: [8, 8, 6, 3, 9, 7, 8, 2, 6, 4, 9, 9]) == [1])
        // (1 - x) = 3, (x + 4) = 1, -x = 2, x = 0
        #expect(SolveEquationTask().answer(to: [8, 1, 6, 10, 9, 11, 3]) == [3])
        #expect(SolveEquationTask().answer(to: [8, 10, 5, 4, 9, 11, 1]) == [2])
        #expect(SolveEquationTask().answer(to: [6, 10, 11, 2]) == [3])
        #expect(SolveEquationTask().answer(to: [10, 11, 0]) == [0])
    }

    /// The number of digits of a base, the lowest first.
    private func number(_ digits: some Collection<Int>, base: Int) -> Int { digits.reversed().reduce(0) { $0 * base + $1 } }

    /// As the machine's integers have it.
    @Test func numbers() {
        for episode in draw(SquareRootTask(length: 1...60), seeds: 0..<500) {
            let (read, asked) = (episode.read, episode.asked)
            let (square, root) = (number(read.reversed(), base: 2), number(asked.reversed(), base: 2))
            #expect(root * root <= square && (root + 1) * (root + 1) > square && square > 0)
            #expect(asked.count == (read.count + 1) / 2)
        }
        for operation in BinaryArithmeticTask.Operation.allCases {
            var shares: Set<Int> = []
            for episode in draw(BinaryArithmeticTask(operation: operation, length: 9...9), seeds: 0..<300) {
                let parts = episode.read.split(separator: 2).map { number($0, base: 2) }
                let result = operation == .addition ? parts[0] + parts[1] : parts[0] * parts[1]
                #expect(episode.read.count == 9 && parts.min() ?? 0 > 0)
                #expect(number(episode.asked.dropLast(), base: 2) == result && episode.asked.last == 2)
                #expect(episode.asked.dropLast().last == 1)
                shares.insert(episode.read.firstIndex(of: 2) ?? 0)
            }
            #expect(shares == Set(1...7))
        }
    }

    @Test(arguments: ArithmeticTask.Operation.allCases, [2, 10])
    func arithmetic(_ operation: ArithmeticTask.Operation, base: Int) throws {
        let task = ArithmeticTask(operation: operation, base: base, length: 2...6)
        #expect(task.input == .symbols(base + 1) && task.output == .symbols(base))
        var nines: Set<Int> = []
        for episode in draw(task, seeds: 0..<400) {
            let digits = episode.read.split(separator: base)
            let parts = digits.map { number($0, base: base) }
            let length = digits[0].count
            #expect(episode.read.count == parts.count * (length + 1) && digits.allSatisfy { $0.count == length })
            #expect(episode.asked.count == length && (2...6).contains(length))
            let expected =
                switch operation {
                case .addition: parts[0] + parts[1]
                case .subtraction: parts[0] - parts[1]
                case .multiplication: parts[0] * parts[1]
                case .successor: parts[0] + 1
                }
            #expect(expected >= 0 && number(episode.asked, base: base) == expected)
            if operation == .successor, length == 6 { nines.insert(digits[0].prefix { $0 == base - 1 }.count) }
        }
        if operation == .successor { #expect(nines == Set(0...5)) }
    }

    /// No length is too long for it: digits by digits, 300 ones times 300 ones.
    @Test func longNumbers() {
        let ones = Digits(base: 10, Array(repeating: 1, count: 300))
        // 111 * 111 = 12321; with carries beyond nine ones, digit k of the product of n ones is as long multiplication has it.
        var (carry, expected) = (0, [Int]())
        for place in 0..<600 {
            carry += place < 300 ? place + 1 : max(0, 599 - place)
            expected.append(carry % 10)
            carry /= 10
        }
        #expect((ones * ones).lowest(600) == expected && carry == 0)
        #expect(ones * ones - ones * ones == Digits(base: 10) && (ones + ones).digits == Array(repeating: 2, count: 300))
        #expect(Digits(base: 10, [9, 9]) + Digits(base: 10, [1]) == Digits(base: 10, [0, 0, 1, 0]))
    }

    /// Of so many symbols, numbers and operations by turns, or brackets that close; each with the value that it is asked for.
    @Test func expressions() {
        let expression = ModularExpression(modulus: 5)
        for brackets in [false, true] {
            for episode in draw(ModularArithmeticTask(brackets: brackets), seeds: 0..<300) {
                let text = episode.read.map { $0 < 5 ? "\($0)" : ["+", "-", "*", "(", ")"][$0 - 5] }.joined()
                #expect((1...40).contains(text.count) && (brackets || text.count % 2 == 1))
                #expect(text.count { $0 == "(" } == text.count { $0 == ")" })
                #expect(brackets || !text.contains("("))
                #expect([Reckoner(text).value(modulo: 5)] == episode.asked)
            }
        }
        for episode in draw(SolveEquationTask(), seeds: 0..<300) {
            let read = episode.read
            #expect(read.count { $0 == expression.symbol(.unknown) } == 1 && read.firstIndex(of: 11) == read.count - 2)
            let solutions = (0..<5).filter { number in
                expression.value(of: read.dropLast(2).map { $0 == 10 ? number : $0 }) == read[read.count - 1]
            }
            #expect(solutions == episode.asked)
        }
    }

    @Test func missing() throws {
        var (gaps, answers): (Set<Int>, Set<[Int]>) = ([], [])
        for episode in draw(MissingDuplicateTask(length: 7...7), seeds: 0..<300) {
            var read = episode.read
            let gap = try #require(read.firstIndex(of: 2))
            (read[gap], gaps, answers) = (episode.asked[0], gaps.union([gap]), answers.union([episode.asked]))
            #expect(Array(read[0..<3]) == Array(read[3..<6]) && read[6] == 3)
        }
        #expect(gaps == Set(0..<6) && answers == [[0], [1]])
    }

    @Test func stacks() {
        var (empty, actions): (Int, Set<Int>) = (0, [])
        for episode in draw(StackManipulationTask(length: 6...6), seeds: 0..<400) {
            let read = episode.read
            let first = read.firstIndex { $0 > 1 } ?? read.count
            #expect(first >= 1 && first < 6 && read[first...].allSatisfy { (2...4).contains($0) })
            actions.formUnion(read[first...])
            empty += episode.asked.count == 1 ? 1 : 0
        }
        #expect(actions == [2, 3, 4] && empty > 0)
    }
}

extension Episode {
    /// The symbols that are read.
    var read: [Int] { symbols.filter { $0 >= 0 }.map(Int.init) }
    /// The symbols that are asked for.
    var asked: [Int] { targetSymbols.filter { $0 >= 0 }.map(Int.init) }
}

/// Computes an expression from left to right with two stacks, as Dijkstra's railway yard does: otherwise than the task.
private struct Reckoner {
    private var numbers: [Int] = []
    private var operations: [Character] = []

    init(_ text: String) {
        var isSign = true
        for character in text {
            switch character {
            case "(": operations.append(character)
            case ")":
                while operations.last != "(" { apply() }
                operations.removeLast()
            case "-" where isSign: operations.append("~")
            case "+", "-", "*":
                while let last = operations.last, last != "(", Self.rank(last) >= Self.rank(character) { apply() }
                operations.append(character)
            default: numbers.append(character.wholeNumberValue ?? 0)
            }
            isSign = "(+-*~".contains(character)
        }
        while !operations.isEmpty { apply() }
    }

    private static func rank(_ operation: Character) -> Int { operation == "~" ? 3 : operation == "*" ? 2 : 1 }

    private mutating func apply() {
        let operation = operations.removeLast()
        let right = numbers.removeLast()
        if operation == "~" { return numbers.append(-right) }
        let left = numbers.removeLast()
        // So that long products do not overflow.
        numbers.append((operation == "+" ? left + right : operation == "-" ? left - right : left * right) % 1_000_000_005)
    }

    func value(modulo modulus: Int) -> Int { ((numbers[0] % modulus) + modulus) % modulus }
}
