// Tasks of the literature besides those from one string to another: what is read and asked, worked out otherwise than the task does.

import DNCCore
import Foundation
import Testing

@testable import DNCTasks

@Suite struct GalleryTests {
    @Test func prioritySort() throws {
        let task = PrioritySortTask(bits: 3, length: 4...6, kept: 4)
        #expect(task.input == .vector(5) && task.output == .bits(3) && task.longest == 11)
        for episode in draw(task, seeds: 0..<200) {
            try episode.check(task.input, task.output)
            let steps = rows(episode.vectors, 5)
            let flag = try #require(steps.firstIndex { $0[4] == 1 })
            #expect((4...6).contains(flag) && episode.steps == flag + 5)
            #expect(episode.weights == Array(repeating: 0, count: flag + 1) + [1, 1, 1, 1])
            // Each answer is the vector of the highest priority that is left.
            var left = Array(steps[..<flag])
            for answer in rows(episode.targetVectors, 3)[(flag + 1)...] {
                let highest = try #require(left.indices.max { left[$0][3] < left[$1][3] })
                #expect(answer == Array(left.remove(at: highest)[0..<3]))
            }
            #expect(steps[..<flag].allSatisfy { $0[3] >= -1 && $0[3] <= 1 && $0[4] == 0 })
            #expect(steps[flag...].allSatisfy { $0[0..<4].allSatisfy { $0 == 0 } })
        }
        #expect(PrioritySortTask().input == .vector(10) && PrioritySortTask().longest == 37)
    }

    /// One vector of three bits, then two: what each operation makes of them is written out.
    @Test func operations() throws {
        let task = RepeatCopyTask(
            bits: 3, length: 2...2, repeats: 2...2, operations: RepeatCopyTask.Operation.allCases)
        #expect(task.input == .vector(10) && task.output == .bits(4) && task.longest == 10)
        var drawn: Set<Int> = []
        for episode in draw(task, seeds: 0..<200) {
            try episode.check(task.input, task.output)
            let (reads, asks) = (rows(episode.vectors, 10), rows(episode.targetVectors, 4))
            let (a, b) = (Array(reads[1][0..<3]), Array(reads[2][0..<3]))
            let operation = try #require(reads[4].firstIndex(of: 1)) - 5
            drawn.insert(operation)
            let and = [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
            let or = [max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2])]
            let expected = [
                [a, b], [a.map { 1 - $0 }, b.map { 1 - $0 }], [and, and], [or, or], [[a[1], a[2], a[0]], [b[1], b[2], b[0]]],
            ][operation]
            #expect(asks[5...8].map { Array($0[0..<3]) } == expected + expected)
            #expect(asks[9] == [0, 0, 0, 1] && episode.weights == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
        }
        #expect(drawn == Set(0..<5))
        // One alone is not told: of one vector, once, the flag, the vector, the number and then the answer.
        let inverted = RepeatCopyTask(length: 1...1, repeats: 1...1, operations: [.invert])
        #expect(inverted.input == RepeatCopyTask().input)
        for episode in draw(inverted, seeds: 0..<20) {
            #expect(rows(episode.targetVectors, 5)[3] == rows(episode.vectors, 6)[1][0..<4].map { 1 - $0 } + [0])
        }
    }

    /// Swift's own regular expressions tell who belongs.
    @Test(arguments: RegularLanguageTask.Language.allCases)
    func regularLanguages(_ language: RegularLanguageTask.Language) throws {
        let task = RegularLanguageTask(languages: [language], length: 4...12)
        let expression = try Regex(language.rawValue)
        var (members, strings, count): (Int, Set<[Int]>, Int) = (0, [], 0)
        for episode in draw(task, seeds: 0..<600) {
            try episode.check(task.input, task.output)
            let read = episode.read
            #expect(RegularLanguageTask.Language.allCases[read[0] - 2] == language)
            let string = read.dropFirst().map { $0 == 0 ? "a" : "b" }.joined()
            let belongs = string.wholeMatch(of: expression) != nil
            #expect(episode.targetVectors.last == (belongs ? 1 : 0) && episode.weights.dropLast().allSatisfy { $0 == 0 })
            if language == .pairs, string.count % 2 == 1 { continue }
            (count, members) = (count + 1, members + (belongs ? 1 : 0))
            strings.insert(Array(read.dropFirst()))
        }
        #expect(language == .any ? members == count : (0.42...0.58).contains(Double(members) / Double(count)))
        #expect(strings.count > 100)
    }

    /// Members of a*b* have 0 to n of a, each number as often as any other.
    @Test func membersAreUniform() {
        let task = RegularLanguageTask(languages: [.sorted], length: 4...4)
        let members = draw(task, seeds: 0..<2000).filter { $0.targetVectors.last == 1 }
        let counts = Dictionary(members.map { ($0.read.dropFirst().count { $0 == 0 }, 1) }, uniquingKeysWith: +)
        // A fifth of about 1000 each, with a standard deviation of 13.
        #expect(counts.keys.sorted() == Array(0...4) && counts.values.allSatisfy { (140...260).contains($0) })
    }

    /// Things change places one permutation after another; which permutation has which number is written out.
    @Test(arguments: [true, false]) func permutations(everyStep: Bool) throws {
        let table = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        let task = PermutationTask(length: 1...7, everyStep: everyStep)
        for episode in draw(task, seeds: 0..<200) {
            try episode.check(task.input, task.output)
            var things = [0, 1, 2]
            for (step, symbol) in episode.read.enumerated() {
                let permutation = table[symbol]
                things = [things[permutation[0]], things[permutation[1]], things[permutation[2]]]
                let isAsked = everyStep || step == episode.steps - 1
                #expect(episode.weights[step] == (isAsked ? 1 : 0))
                if isAsked { #expect(table[Int(episode.targetSymbols[step])] == things) }
            }
        }
        #expect(PermutationTask(things: 5).input == .symbols(120))
    }

    @Test func selectiveCopy() throws {
        let task = SelectiveCopyTask(symbols: 4, kept: 3, length: 3...9)
        #expect(task.input == .symbols(5) && task.output == .symbols(4) && task.longest == 12)
        var places: Set<[Int]> = []
        for episode in draw(task, seeds: 0..<500) {
            try episode.check(task.input, task.output)
            #expect(episode.read.filter { $0 < 4 } == episode.asked && episode.asked.count == 3)
            #expect(episode.steps == episode.read.count + 3)
            if episode.read.count == 4 { places.insert(episode.read.indices.filter { episode.read[$0] < 4 }) }
        }
        #expect(places == [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]])
    }

    @Test func inContextRecall() throws {
        let task = InContextRecallTask(symbols: 6, length: 2...8)
        for episode in draw(task, seeds: 0..<300) {
            try episode.check(task.input, task.output)
            let pairs = rows(episode.read, 2)
            #expect(pairs.allSatisfy { $0[0] < 3 && $0[1] >= 3 && $0[1] < 6 })
            for (number, pair) in pairs.enumerated() {
                let before = pairs[..<number].last { $0[0] == pair[0] }
                #expect(episode.targetSymbols[2 * number] == Int32(before.map { $0[1] - 3 } ?? -1))
                #expect(episode.targetSymbols[2 * number + 1] == -1 && (before == nil || before?[1] == pair[1]))
            }
            #expect(episode.targetSymbols[episode.steps - 2] >= 0)
        }
    }

    @Test func multiQueryRecall() throws {
        let task = MultiQueryRecallTask(symbols: 40, pairs: 4...4, length: 32...32)
        #expect(task.input == .symbols(40) && task.output == .symbols(20))
        var gaps: [Int] = []
        for episode in draw(task, seeds: 0..<500) {
            try episode.check(task.input, task.output)
            let pairs = rows(episode.symbols.prefix(8).map(Int.init), 2)
            #expect(Set(pairs.map { $0[0] }).count == 4 && Set(pairs.map { $0[1] }).count == 4)
            #expect(pairs.allSatisfy { $0[0] < 20 && $0[1] >= 20 })
            var asked: [Int] = []
            for step in 8..<32 {
                guard let pair = pairs.first(where: { $0[0] == episode.symbols[step] }) else {
                    #expect(episode.symbols[step] == -1 && episode.targetSymbols[step] == -1)
                    continue
                }
                #expect(step % 2 == 0 && Int(episode.targetSymbols[step]) == pair[1] - 20)
                asked.append(pair[0])
                gaps.append((step - 8) / 2)
            }
            #expect(Set(asked) == Set(pairs.map { $0[0] }) && asked.count == 4)
        }
        // Of 12 times the first is by far the likeliest, the last is met, too.
        let counts = (0..<12).map { gap in gaps.count { $0 == gap } }
        #expect(counts[0] > 400 && counts[11] > 0 && counts[11] < counts[1])
    }

    @Test func adding() throws {
        for episode in draw(AddingTask(symbols: 4, length: 1...6), seeds: 0..<100) {
            #expect(episode.targetVectors.last == Float(episode.read.reduce(0, +)))
            #expect(episode.weights == Array(repeating: 0, count: episode.read.count) + [1])
        }
    }

    @Test func fixedSequence() {
        let episode = draw(FixedSequenceTask(), seeds: 0..<1)[0]
        #expect(episode.symbols == [0, 1, 0, 1, 0, 1] && episode.targetSymbols == [0, 1, 2, 0, 1, 2])
    }

    @Test func duplicatedInput() throws {
        let task = DuplicatedInputTask(symbols: 5, length: 1...4)
        #expect(task.longest == 16)
        for episode in draw(task, seeds: 0..<100) {
            #expect(rows(episode.read, 3).map { Set($0) } == episode.asked.map { [$0] })
        }
    }

    /// Each bit is asked for from the sixth on. The best estimator costs 128.5 bits on average, as has been measured elsewhere
    /// with 0.25 of doubt; of 2000 episodes the mean is certain to about that, too.
    @Test func nGrams() throws {
        let task = NGramTask()
        #expect(task.longest == 200)
        var (bits, ones) = (0.0, 0)
        let episodes = draw(task, seeds: 0..<2000)
        for episode in episodes {
            try episode.check(task.input, task.output)
            #expect(episode.weights.count { $0 == 1 } == 195 && episode.weights.prefix(4).allSatisfy { $0 == 0 })
            #expect(zip(episode.targetVectors, episode.symbols.dropFirst()).dropFirst(4).allSatisfy { Int32($0) == $1 })
            bits -= (task.bestLogLikelihood(episode) ?? .nan) / log(2)
            ones += episode.symbols.count { $0 == 1 }
        }
        #expect(abs(bits / 2000 - 128.5) < 1.2)
        #expect(abs(Double(ones) / (2000 * 199) - 0.5) < 0.02)
        // By hand, with contexts of one bit: 0 1 1 0 costs log 2, log 2 and log 4.
        let short = Episode(symbols: [0, 1, 1], targetVectors: [1, 1, 0], weights: [1, 1, 1])
        let expected = log(0.5) + log(0.5) + log(0.25)
        #expect(abs((NGramTask(context: 1).bestLogLikelihood(short) ?? 0) - expected) < 1e-12)
    }

    /// Names that are none of an option's are told what there is.
    @Test func choices() throws {
        #expect(
            message { _ = try ArithmeticTask(options: ["operation": .text("division")]) }
                == "the option operation of the task arithmetic is \"division\"; it must be one of addition, subtraction, "
                + "multiplication, successor")
        #expect(try ArithmeticTask(options: ["operation": .text("successor")]).operation == .successor)
        #expect(try RegularLanguageTask(options: ["languages": .list([.text("(ab)*")])]).languages == [.pairs])
    }
}
