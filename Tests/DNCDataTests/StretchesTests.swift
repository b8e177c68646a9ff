// Reading a text in stretches: independent of how the places are computed, each symbol here tells where in the text it is.
import DNCCore
import Testing

@testable import DNCData

@Suite struct StretchesTests {
    /// 90 symbols, each there once: its number is its place.
    private static let text = String(String.UnicodeScalarView((33..<123).compactMap { Unicode.Scalar($0) }))

    /// Where each lane begins and how far it reads: of every segment the lanes' first places, and who begins with an empty state.
    private func read(
        lanes: Int, steps: Int, stretch: Int, segments: Range<Int>, from cursors: [Int]? = nil, seed: UInt64 = 1
    ) throws -> [(places: [[Int]], reset: [Int], cursors: [Int])] {
        let corpus = try Corpus(text: Self.text, validFraction: 0)
        var batcher = try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: lanes, steps: steps)
        if let cursors { try batcher.restore(cursors: cursors) }
        var stretches = Stretches(of: stretch, in: corpus.training, lanes: lanes, steps: steps, seed: seed)
        return try segments.map { number in
            let segment = try batcher.next { stretches.beginning(lane: $0, segment: number) }
            let places = (0..<lanes).map { lane in (0..<steps).map { Int(segment.inputs[$0 * lanes + lane]) } }
            return (places, segment.lanesToReset, batcher.cursors)
        }
    }

    // 15 stretches of 6 symbols, of which each lane reads 5.
    @Test func aPassReadsEverythingOnceAndInARow() throws {
        var passes: [[Int]] = []
        let all = try read(lanes: 3, steps: 2, stretch: 7, segments: 0..<60)
        for lane in 0..<3 {
            // The lanes' first stretches are the shorter, the later they come.
            let (first, own) = (3 - lane, all.map { $0.places[lane] })
            #expect(all.indices.filter { all[$0].reset.contains(lane) } == [0] + Array(stride(from: first, to: 60, by: 3)))
            for begin in stride(from: first, to: 60 - 3, by: 3) {
                let place = own[begin][0]
                #expect(place % 6 == 0)
                #expect(own[begin..<begin + 3].flatMap(\.self) == Array(place..<place + 6))
            }
            passes.append([own[0][0]] + stride(from: first, to: 60, by: 3).map { own[$0][0] })
        }
        for pass in 0..<4 {
            let begun = passes.flatMap { $0[5 * pass..<min(5 * pass + 5, $0.count)] }
            #expect(Set(begun).count == begun.count)
            #expect(begun.count == 15 || pass == 3)
        }
        #expect(passes[0][0..<5] != passes[0][5..<10])
    }

    @Test func goesOnWhereItWas() throws {
        let all = try read(lanes: 4, steps: 3, stretch: 9, segments: 0..<40)
        for step in 1..<40 {
            let rest = try read(lanes: 4, steps: 3, stretch: 9, segments: step..<40, from: all[step - 1].cursors)
            #expect(rest.map(\.places) == all[step...].map(\.places))
            #expect(rest.map(\.reset) == all[step...].map(\.reset))
        }
    }

    @Test func anotherSeedIsAnotherOrder() throws {
        let orders = try (1...4).map { seed in
            try read(lanes: 1, steps: 1, stretch: 10, segments: 0..<90, seed: seed).map { $0.places[0][0] }
        }
        #expect(Set(orders).count == 4)
    }

    // None is shorter than a segment.
    @Test(arguments: [1, 2, 44, 45])
    func atTheEdges(stretch: Int) throws {
        let all = try read(lanes: 2, steps: 2, stretch: stretch, segments: 0..<100)
        #expect(all.allSatisfy { $0.places.joined().allSatisfy((0..<90).contains) })
        #expect(all[0].reset == [0, 1])
    }

    // What is no two of them is read to its end, as without.
    @Test(arguments: [46, 89, 90, 1000, 1 << 40])
    func aTextMayBeTooShort(stretch: Int) throws {
        let corpus = try Corpus(text: Self.text, validFraction: 0)
        var batcher = try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 2, steps: 2)
        for (number, segment) in try read(lanes: 2, steps: 2, stretch: stretch, segments: 0..<100).enumerated() {
            let plain = try batcher.next()
            #expect(segment.cursors == batcher.cursors && segment.reset == plain.lanesToReset, "\(number)")
        }
    }
}
