import Testing

@testable import DNCCore

@Suite struct SeededGeneratorTests {
    /// The authors' C program, started at 1, 2, 3, 4, prints these.
    @Test func publishedNumbers() throws {
        var generator = try #require(SeededGenerator(state: [1, 2, 3, 4]))
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360, 607_988_272_756_665_600,
            16_172_922_978_634_559_625, 8_476_171_486_693_032_832, 10_595_114_339_597_558_777,
            2_904_607_092_377_533_576,
        ]
        #expect(expected.map { _ in generator.next() } == expected)
    }

    /// What the authors' SplitMix64 prints for this seed.
    @Test func seedFillsTheStateBySplitMix64() {
        #expect(
            SeededGenerator(seed: 1_234_567).state == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
            ])
    }

    @Test func continuesFromItsState() throws {
        var generator = SeededGenerator(seed: 0)
        for _ in 0..<100 { _ = generator.next() }
        var copy = try #require(SeededGenerator(state: generator.state))
        #expect(copy == generator)
        #expect((0..<100).map { _ in copy.next() } == (0..<100).map { _ in generator.next() })
    }

    @Test(arguments: [[], [0, 0, 0, 0], [1, 2, 3], [1, 2, 3, 4, 5]] as [[UInt64]])
    func refusesStates(_ state: [UInt64]) {
        #expect(SeededGenerator(state: state) == nil)
    }

    /// Multiples of 2^-53: exact, and 1 is never reached.
    @Test func unitTakesTheHigh53Bits() {
        var (words, units) = (SeededGenerator(seed: 5), SeededGenerator(seed: 5))
        let expected = (0..<1000).map { _ in Double(words.next() / 2048) / 9_007_199_254_740_992 }
        #expect(expected.map { _ in units.unit() } == expected)
    }
}
