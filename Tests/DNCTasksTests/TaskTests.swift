// What the tasks' episodes are, channel by channel.

import DNCCore
import Testing

@testable import DNCTasks

@Suite struct TaskTests {
    /// With one bit and a length there are few episodes; each is written out for the bits that it drew.
    @Test func copy() throws {
        let task = CopyTask(bits: 2, length: 2...2)
        #expect(task.input == .vector(3) && task.output == .bits(2))
        var seen: Set<[Float]> = []
        for episode in draw(task, seeds: 0..<300) {
            let (a, b, c, d) = (episode.vectors[0], episode.vectors[1], episode.vectors[3], episode.vectors[4])
            seen.insert([a, b, c, d])
            let expected = Episode(
                vectors: [
                    a, b, 0,
                    c, d, 0,
                    0, 0, 1,
                    0, 0, 0,
                    0, 0, 0,
                ],
                targetVectors: [0, 0, 0, 0, 0, 0, a, b, c, d], weights: [0, 0, 0, 1, 1])
            #expect(episode == expected)
            try episode.check(task.input, task.output)
        }
        #expect(seen.count == 16 && seen.allSatisfy { $0.allSatisfy { $0 == 0 || $0 == 1 } })
    }

    @Test func severalCopies() {
        let task = CopyTask(bits: 1, length: 1...2, sequences: 2)
        var lengths: Set<[Int]> = []
        for episode in draw(task, seeds: 0..<200) {
            let steps = rows(episode.vectors, 2)
            var (step, expectedWeights, expectedTargets, drawn) = (0, [Float](), [Float](), [Int]())
            for _ in 0..<2 {
                let flag = steps[step...].firstIndex { $0[1] == 1 } ?? steps.endIndex
                let read = steps[step..<flag].map { $0[0] }
                #expect(steps[flag] == [0, 1] && steps[(flag + 1)...].prefix(read.count).allSatisfy { $0 == [0, 0] })
                drawn.append(read.count)
                expectedWeights += Array(repeating: 0, count: read.count + 1) + Array(repeating: 1, count: read.count)
                expectedTargets += Array(repeating: 0, count: read.count + 1) + read
                step = flag + 1 + read.count
            }
            #expect(step == episode.steps && episode.weights == expectedWeights && episode.targetVectors == expectedTargets)
            lengths.insert(drawn)
        }
        #expect(lengths == [[1, 1], [1, 2], [2, 1], [2, 2]])
    }

    /// As the picture in the code of the DNC's authors has it.
    @Test func repeatCopy() throws {
        let task = RepeatCopyTask(bits: 2, length: 2...2, repeats: 2...2)
        #expect(task.input == .vector(4) && task.output == .bits(3))
        for episode in draw(task, seeds: 0..<20) {
            let (a, b, c, d) = (episode.vectors[4], episode.vectors[5], episode.vectors[8], episode.vectors[9])
            let expected = Episode(
                vectors: [
                    0, 0, 1, 0,
                    a, b, 0, 0,
                    c, d, 0, 0,
                    0, 0, 0, 0.2,
                    0, 0, 0, 0,
                    0, 0, 0, 0,
                    0, 0, 0, 0,
                    0, 0, 0, 0,
                    0, 0, 0, 0,
                ],
                targetVectors: [
                    0, 0, 0,
                    0, 0, 0,
                    0, 0, 0,
                    0, 0, 0,
                    a, b, 0,
                    c, d, 0,
                    a, b, 0,
                    c, d, 0,
                    0, 0, 1,
                ],
                weights: [0, 0, 0, 0, 1, 1, 1, 1, 1])
            #expect(episode == expected)
            try episode.check(task.input, task.output)
        }
    }

    /// The usual options are those of the authors' program: 4 bits, 1 or 2 vectors, given back once or twice.
    @Test func usualRepeatCopies() {
        #expect(RepeatCopyTask().input == .vector(6) && RepeatCopyTask().output == .bits(5))
        let sizes = draw(RepeatCopyTask(), seeds: 0..<200).map { episode in
            [episode.steps, episode.weights.count { $0 == 1 }, Int((episode.vectors.first { $0 > 0 && $0 < 1 } ?? 0) * 10)]
        }
        // L, R = 1, 1; 2, 1; 1, 2; 2, 2: L (R + 1) + 3 steps, L R + 1 of them asked.
        #expect(Set(sizes) == [[5, 2, 1], [7, 3, 1], [6, 3, 2], [9, 5, 2]])
    }

    @Test func associativeRecall() throws {
        let task = AssociativeRecallTask(bits: 2, itemLength: 2, length: 3...3)
        #expect(task.input == .vector(4) && task.output == .bits(2))
        var queries: Set<Int> = []
        for episode in draw(task, seeds: 0..<100) {
            try episode.check(task.input, task.output)
            let steps = rows(episode.vectors, 4)
            let items = [1, 4, 7].map { [Array(steps[$0].prefix(2)), Array(steps[$0 + 1].prefix(2))] }
            #expect(Set(items).count == 3)
            let asked = [steps[10], steps[11]].map { Array($0.prefix(2)) }
            let query = try #require(items.firstIndex(of: asked))
            queries.insert(query)
            func row(_ vector: [Float]) -> [Float] { vector + [0, 0] }
            let (delimiter, questionMark, nothing): ([Float], [Float], [Float]) = (
                [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]
            )
            #expect(
                steps == [
                    delimiter, row(items[0][0]), row(items[0][1]), delimiter, row(items[1][0]), row(items[1][1]),
                    delimiter, row(items[2][0]), row(items[2][1]), questionMark, row(asked[0]), row(asked[1]), questionMark,
                    nothing, nothing,
                ])
            #expect(episode.weights == Array(repeating: 0, count: 13) + [1, 1])
            #expect(episode.targetVectors == Array(repeating: 0, count: 26) + items[query + 1].flatMap { $0 })
        }
        #expect(queries == [0, 1])  // nothing follows the last
    }

    /// Row by row; which pair each answer is of is found by counting, as a reader of the table would.
    @Test(arguments: [false, true]) func keyValue(twoWay: Bool) throws {
        let task = KeyValueTask(bits: 3, length: 4...4, twoWay: twoWay)
        let flags = twoWay ? 2 : 1
        #expect(task.input == .vector(6 + flags) && task.output == .bits(3))
        #expect(task.longest == (twoWay ? 14 : 9) && task.stretches == flags)
        var (orders, equalValues): (Set<[Int]>, Bool) = ([], false)
        for episode in draw(task, seeds: 0..<300) {
            try episode.check(task.input, task.output)
            #expect(episode.steps == task.longest)
            let (reads, asks) = (rows(episode.vectors, 6 + flags), rows(episode.targetVectors, 3))
            let (keys, values) = (reads.prefix(4).map { Array($0[0..<3]) }, reads.prefix(4).map { Array($0[3..<6]) })
            #expect(Set(keys).count == 4 && (!twoWay || Set(values).count == 4))
            equalValues = equalValues || Set(values).count < 4
            #expect(reads.prefix(4).allSatisfy { $0[6...].allSatisfy { $0 == 0 } } && episode.weights.prefix(4).max() == 0)
            for (way, (questions, answers)) in [(keys, values), (values, keys)].prefix(flags).enumerated() {
                let start = 4 + 5 * way
                #expect(reads[start] == (0..<6 + flags).map { $0 == 6 + way ? 1 : 0 } && episode.weights[start] == 0)
                var order: [Int] = []
                for step in start + 1...start + 4 {
                    let pair = try #require(questions.firstIndex(of: Array(reads[step][0..<3])))
                    order.append(pair)
                    #expect(reads[step][3...].allSatisfy { $0 == 0 })
                    #expect(asks[step] == answers[pair] && episode.weights[step] == 1)
                }
                #expect(order.sorted() == [0, 1, 2, 3])
                orders.insert(order)
            }
        }
        #expect(orders.count == 24 && equalValues == !twoWay)
    }

    @Test(arguments: [true, false]) func parity(everyStep: Bool) throws {
        let task = ParityTask(length: 1...9, everyStep: everyStep)
        #expect(task.input == .symbols(2) && task.output == .bits(1) && task.longest == 9)
        var lengths: Set<Int> = []
        for episode in draw(task, seeds: 0..<300) {
            try episode.check(task.input, task.output)
            lengths.insert(episode.steps)
            for step in 0..<episode.steps {
                let isAsked = everyStep || step == episode.steps - 1
                #expect(episode.weights[step] == (isAsked ? 1 : 0))
                let ones = episode.symbols[...step].count { $0 == 1 }
                if isAsked { #expect(episode.targetVectors[step] == (ones.isMultiple(of: 2) ? 0 : 1)) }
            }
        }
        #expect(lengths == Set(1...9))
    }

    /// What is read fills the memory's slots, and is given back several times as often as there are slots.
    @Test func repeatCopyBeyondItsSlots() throws {
        let task = try RepeatCopyTask(options: [
            "length": .list([.integer(2), .integer(14)]), "repeats": .list([.integer(1), .integer(8)]),
        ])
        let episodes = draw(task, seeds: 0..<500)
        let answers = episodes.map { $0.weights.count { $0 > 0 } - 1 }
        #expect(answers.min() == 2 && answers.max() == 14 * 8 && episodes.map(\.steps).max() == task.longest)
    }

    @Test func usualSizes() {
        #expect(KeyValueTask().input == .vector(13) && KeyValueTask().length == 2...16 && ParityTask().length == 1...40)
        #expect(CopyTask().input == .vector(9) && CopyTask().output == .bits(8) && CopyTask().length == 1...20)
        #expect(AssociativeRecallTask().input == .vector(8) && AssociativeRecallTask().output == .bits(6))
        #expect(AssociativeRecallTask().length == 2...6 && AssociativeRecallTask().itemLength == 3)
        // (items + 2) x (3 + 1) steps; for k items that is 4 k + 8.
        #expect(Set(draw(AssociativeRecallTask(), seeds: 0..<200).map(\.steps)) == [16, 20, 24, 28, 32])
    }

    /// Each length is met, about as often as any other: 2000 draws of 20 lengths, 100 of each, with a standard deviation of
    /// 10.
    @Test func lengthsAreUniform() {
        let lengths = draw(CopyTask(), seeds: 0..<2000).map { ($0.steps - 1) / 2 }
        let counts = Dictionary(lengths.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.keys.sorted() == Array(1...20))
        #expect(counts.values.allSatisfy { (50...150).contains($0) })
    }

    @Test(arguments: Tasks.all.map { $0.init() as any EpisodeTask } + [EchoTask()])
    func everyTask(_ task: any EpisodeTask) throws {
        try task.validate()
        try draw(task, seeds: 0..<50).forEach { try $0.check(task.input, task.output) }
        // Nothing but the generator counts.
        #expect(draw(task, seeds: 3..<9) == draw(task, seeds: 3..<9))
        let summary = type(of: task).summary
        #expect(!summary.isEmpty && !summary.contains("\n") && !summary.hasSuffix("."))
        #expect(task.example().split(separator: "\n").count > 2)
        var longer = task
        longer.length = 40...40
        #expect((draw(longer, seeds: 0..<1).first?.steps ?? 0) >= 40)
    }

    @Test func bits() {
        var generator = SeededGenerator(seed: 7)
        let bits = generator.bits(10_000)
        #expect(bits.count == 10_000 && bits.allSatisfy { $0 == 0 || $0 == 1 })
        #expect((4700...5300).contains(bits.count { $0 == 1 }))
        // The 64 bits of a word are taken from its lowest on.
        var words = SeededGenerator(seed: 8)
        let word = words.next()
        generator = SeededGenerator(seed: 8)
        let ofWord = generator.bits(64)
        #expect(ofWord == (0..<64).map { Float(word >> $0 & 1) })
    }

    @Test func tables() {
        let task = CopyTask(bits: 2, length: 2...2)
        let copy = Episode(
            vectors: [1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], targetVectors: [0, 0, 0, 0, 0, 0, 1, 0, 1, 1],
            weights: [0, 0, 0, 1, 1])
        #expect(
            copy.table(task.input, task.output) == """
                   reads  asks
                0  1..
                1  11.
                2  ..1
                3  ...    1.
                4  ...    11

                """)
        #expect(task.example(seed: 3) == task.example(seed: 3) && Set((0..<20).map { task.example(seed: $0) }).count > 5)
        let episode = Episode(
            symbols: [0, 1, 2, -1], vectors: [0.25, 3], targetSymbols: [-1, -1, 10, -1], weights: [0, 0.5])
        #expect(
            episode.table(
                ModelInput(symbols: 3, symbolsPerStep: 2, vector: 1), .symbols(11, groups: 2),
                symbolNames: ["the", "cat", "?"])
                    == """
                       reads         asks
                    0  the cat 0.25
                    1    ?   .    3  10 .  x 0.5

                    """)
    }
}
