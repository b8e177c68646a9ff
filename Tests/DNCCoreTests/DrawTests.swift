// Integers, orders, and generators of many things by one seed.

import DNCCore
import Testing

@Suite struct DrawTests {
    /// As a program in Python draws them, written from the papers of xoshiro256**, SplitMix64 and Lemire, and from the
    /// comments.
    @Test func drawsStayTheSame() {
        var generator = SeededGenerator(seed: 1)
        let integers = (0..<8).map { _ in generator.integer(in: -3...5) }
        #expect(integers == [3, 1, 2, 0, 3, -2, -3, 0])
        let order = generator.permutation(of: 6)
        #expect(order == [0, 1, 4, 3, 2, 5])
        #expect(
            SeededGenerator(seed: 7, purpose: 1, index: 9).state == [
                14_091_751_361_443_045_664, 10_013_443_025_134_056_283, 189_458_061_668_720_006, 5_770_215_339_441_649_002,
            ])
    }

    /// 3 does not divide 2^64; over the range of all integers nothing is to be rejected.
    @Test func integers() {
        var generator = SeededGenerator(seed: 5)
        let counts = Dictionary((0..<3000).map { _ in (generator.integer(in: 7...9), 1) }, uniquingKeysWith: +)
        #expect(counts.keys.sorted() == [7, 8, 9] && counts.values.allSatisfy { (900...1100).contains($0) })
        let only = generator.integer(in: 4...4)
        #expect(only == 4)
        let any = (0..<50).map { _ in generator.integer(in: .min ... .max) }
        #expect(any.contains { $0 < 0 } && any.contains { $0 > 0 })
        // Of three quarters of all integers every third would be twice as likely, were no draw rejected.
        let lowest = Int.min / 2
        let wide = (0..<1000).map { _ in generator.integer(in: lowest ... .max) }
        #expect(wide.allSatisfy { $0 >= lowest } && (270...400).contains(wide.count { $0 < 0 }))
        #expect((270...400).contains(wide.count { UInt64(bitPattern: Int64($0 &- lowest)) % 3 == 0 }))
    }

    /// All 24 orders of 4, each about as often: 2400 draws, 100 of each.
    @Test func permutations() {
        var generator = SeededGenerator(seed: 6)
        let counts = Dictionary((0..<2400).map { _ in (generator.permutation(of: 4), 1) }, uniquingKeysWith: +)
        #expect(counts.count == 24 && counts.values.allSatisfy { (55...150).contains($0) })
        #expect(counts.keys.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
        let (none, single) = (generator.permutation(of: 0), generator.permutation(of: 1))
        #expect(none == [] && single == [0])
    }

    /// Neighbours in seed, purpose and index, and those that a sum of the three would mistake for each other.
    @Test func generatorsOfTriplesDiffer() {
        var (states, first): (Set<[UInt64]>, Set<UInt64>) = ([], [])
        for seed in 0..<20 as Range<UInt64> {
            for purpose in 0..<20 as Range<UInt64> {
                for index in 0..<20 as Range<UInt64> {
                    var generator = SeededGenerator(seed: seed, purpose: purpose, index: index)
                    states.insert(generator.state)
                    first.insert(generator.next())
                }
            }
        }
        #expect(states.count == 8000 && first.count == 8000)
    }
}
