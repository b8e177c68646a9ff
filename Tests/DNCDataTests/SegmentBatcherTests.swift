import Foundation
import DNCCore
import Testing

@testable import DNCData

/// What a batcher must deliver, from the whole text as an array.
private struct Reference {
    let lanes: Int
    let steps: Int
    let symbols: [Int32]
    let offsets: [Int]  // of each symbol, in bytes
    var positions: [Int] = []  // of each lane, in `symbols`

    init(_ text: String, from start: Int, tokens: TokenKind, vocabulary: Vocabulary, lanes: Int, steps: Int) throws {
        self.lanes = lanes
        self.steps = steps
        symbols = try vocabulary.encode(text)
        var offsets: [Int] = []
        var offset = start
        for symbol in symbols {
            offsets.append(offset)
            offset += vocabulary.bytes(of: symbol).count
        }
        self.offsets = offsets
        for lane in 0..<lanes {
            let earliest = start + lane * text.utf8.count / lanes
            // A lane does not begin within a word, also where that is spelled.
            let position =
                symbols.indices.first {
                    offsets[$0] >= earliest
                        && (tokens != .words || $0 == 0 || !vocabulary.bytes(of: symbols[$0]).beginsWithLetter)
                } ?? symbols.count
            positions.append(position + 1 < symbols.count ? position : 0)
        }
    }

    var cursors: [Int] { positions.map { offsets[$0] } }

    mutating func next() -> (inputs: [Int32], targets: [Int32], lanesToReset: [Int]) {
        var inputs: [Int32] = []
        var targets: [Int32] = []
        for step in 0..<steps {
            for position in positions.map({ $0 + step }) {
                inputs.append(position < symbols.count ? symbols[position] : 0)
                targets.append(position + 1 < symbols.count ? symbols[position + 1] : -1)
            }
        }
        let lanesToReset = (0..<lanes).filter { positions[$0] == 0 }
        positions = positions.map { $0 + steps + 1 < symbols.count ? $0 + steps : 0 }
        return (inputs, targets, lanesToReset)
    }
}

extension [Int32] {
    /// Those of "abcdéf" that begin at these bytes.
    fileprivate func symbols(at bytes: [Int]) -> [Int32] { bytes.map { self[$0 < 6 ? $0 : 5] } }
}

@Suite struct SegmentBatcherTests {
    @Test func smallCaseByHand() throws {
        let corpus = try Corpus(text: "abcdefg", validFraction: 0)
        var batcher = try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 2, steps: 2)
        #expect(batcher.cursors == [0, 3])

        var segment = try batcher.next()  // ab, de
        #expect(segment.inputs == [0, 3, 1, 4])
        #expect(segment.targets == [1, 4, 2, 5])
        #expect(segment.lanesToReset == [0])
        #expect(batcher.cursors == [2, 5])

        segment = try batcher.next()  // cd, fg: nothing follows the g
        #expect(segment.inputs == [2, 5, 3, 6])
        #expect(segment.targets == [3, 6, 4, -1])
        #expect(segment.lanesToReset == [])
        #expect(batcher.cursors == [4, 0])

        segment = try batcher.next()  // ef, ab: only the g is left, and it has no target
        #expect(segment.inputs == [4, 0, 5, 1])
        #expect(segment.targets == [5, 1, 6, 2])
        #expect(segment.lanesToReset == [1])
        #expect(batcher.cursors == [0, 2])
        #expect(try batcher.next().lanesToReset == [0])
    }

    // Behind the end, "abcdéfg" is read from bytes that the generator draws: 5, within the é, is where the f begins, and at the g,
    // which nothing follows, no lane can be.
    @Test func lanesBeginAnewAtPlacesThatAreDrawn() throws {
        let corpus = try Corpus(text: "abcdéfg", validFraction: 0)
        let begins = [0, 1, 2, 3, 4, 6, 6, 0]
        var seen: Set<Int> = []
        for seed in 0..<100 {
            var batcher = try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 2, steps: 1)
            let generator = SeededGenerator(seed: UInt64(seed))
            var drawing = generator
            let place = begins[drawing.integer(in: 0...7)]
            seen.insert(place)
            let second = batcher.cursors[1]
            let segment = try batcher.next(restartsFrom: generator)
            #expect(segment.inputs == (try corpus.vocabulary.encode("abcdéf")).symbols(at: [place, second]))
            #expect(segment.lanesToReset == [0])
        }
        #expect(seen == [0, 1, 2, 3, 4, 6])
    }

    @Test(arguments: TokenKind.allCases, [1, 2, 3, 7, 40])
    func agreesWithTheReference(tokens: TokenKind, lanes: Int) throws {
        let source = String(repeating: mixedText, count: 4)
        for length in [2, 3, 5, 11, 64, 150] {
            // Behind a prefix, so that the range does not begin at the beginning of the file.
            let text = String(String.UnicodeScalarView(source.unicodeScalars.prefix(length)))
            let corpus = try Corpus(text: "né" + text, tokens: tokens, wordFloor: 2, validFraction: 0)
            let range = TextRange(text: corpus.whole.text, bytes: 3..<corpus.whole.byteCount)
            for steps in [1, 2, 4, 10, 63] where try steps < corpus.vocabulary.encode(text).count {
                var reference = try Reference(
                    text, from: 3, tokens: tokens, vocabulary: corpus.vocabulary, lanes: lanes, steps: steps)
                var batcher = try SegmentBatcher(range, vocabulary: corpus.vocabulary, lanes: lanes, steps: steps)
                for _ in 0..<(3 * text.utf8.count / steps + 3) {
                    try #require(batcher.cursors == reference.cursors)
                    let segment = try batcher.next()
                    let expected = reference.next()
                    try #require(segment.steps == steps)
                    try #require(segment.lanes == lanes)
                    try #require(segment.inputs == expected.inputs)
                    try #require(segment.targets == expected.targets)
                    try #require(segment.lanesToReset == expected.lanesToReset)
                }
            }
        }
    }

    // Segments across the ends of the read-ahead buffers, from a file.
    @Test func agreesWithTheReferenceOnALongFile() throws {
        let text = String(repeating: mixedText, count: 500)
        try withFile(Array(text.utf8)) { path in
            let corpus = try Corpus(contentsOf: path, validFraction: 0)
            var reference = try Reference(
                text, from: 0, tokens: .characters, vocabulary: corpus.vocabulary, lanes: 3, steps: 50)
            var batcher = try SegmentBatcher(corpus.whole, vocabulary: corpus.vocabulary, lanes: 3, steps: 50)
            for _ in 0..<900 {
                let segment = try batcher.next()
                let expected = reference.next()
                try #require(segment.inputs == expected.inputs)
                try #require(segment.targets == expected.targets)
                try #require(batcher.cursors == reference.cursors)
            }
        }
    }

    /// Also from within a word, which here are all spelled.
    @Test(arguments: [TokenKind.characters, .words]) func restoredCursorsContinueTheRun(_ tokens: TokenKind) throws {
        let text = String(repeating: mixedText, count: 3)
        let corpus = try Corpus(text: text, tokens: tokens, wordFloor: .max, validFraction: 0.2)
        func batcher() throws -> SegmentBatcher {
            try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 5, steps: 7)
        }
        var uninterrupted = try batcher()
        for _ in 0..<50 {
            var resumed = try batcher()
            try resumed.restore(cursors: uninterrupted.cursors)
            for _ in 0..<3 {
                try #require(resumed.cursors == uninterrupted.cursors)
                let (segment, expected) = (try resumed.next(), try uninterrupted.next())
                try #require(segment.inputs == expected.inputs)
                try #require(segment.targets == expected.targets)
                try #require(segment.lanesToReset == expected.lanesToReset)
            }
        }
    }

    // In "né|aéb日c|..." the range is 3..<11, with symbols at 3, 4, 6, 7 and 10.
    @Test func cursorsWhereNoLaneCanBeAreRefused() throws {
        let corpus = try Corpus(text: "néaéb日cxy")
        let range = TextRange(text: corpus.whole.text, bytes: 3..<11)
        var batcher = try SegmentBatcher(range, vocabulary: corpus.vocabulary, lanes: 2, steps: 2)
        let before = batcher.cursors
        for cursor in [Int.min, -1, 0, 2, 5, 8, 9, 10, 11, 12, Int.max] {  // 10: only one symbol is left
            #expect(throws: DataError.invalidCursor(text: "the text", lane: 1, offset: cursor)) {
                try batcher.restore(cursors: [3, cursor])
            }
            #expect(batcher.cursors == before)
        }
        for cursor in [3, 4, 6, 7] {
            try batcher.restore(cursors: [cursor, 3])
            #expect(batcher.cursors == [cursor, 3])
        }
        for cursors in [[], [3], [3, 3, 3]] {
            #expect(throws: DataError.cursorCount(cursors.count, lanes: 2)) { try batcher.restore(cursors: cursors) }
        }
    }

    @Test func tooFewSymbols() throws {
        let corpus = try Corpus(text: "日本語", validFraction: 0)
        #expect(throws: DataError.tooFewSymbols(3, steps: 3)) {
            try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 1, steps: 3)
        }
        #expect(throws: DataError.tooFewSymbols(0, steps: 1)) {
            try SegmentBatcher(corpus.validation, vocabulary: corpus.vocabulary, lanes: 1, steps: 1)
        }
        #expect(throws: Never.self) {
            try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 1, steps: 2)
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1 << 20 + 1, Int.max])
    func sizesOutOfRangeAreRefused(_ size: Int) throws {
        let corpus = try Corpus(text: "abc", validFraction: 0)
        for (lanes, steps) in [(size, 1), (1, size)] {
            #expect {
                try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: lanes, steps: steps)
            } throws: { error in
                guard case .outOfRange(_, "\(size)", _) = error as? DataError else { return false }
                return true
            }
        }
    }

    @Test func failedReadLeavesTheCursors() throws {
        try withFile(Array(repeating: 97, count: 20_000)) { path in
            let corpus = try Corpus(contentsOf: path, validFraction: 0)
            var batcher = try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 2, steps: 100)
            try shorten(path, to: 9000)
            var cursors = batcher.cursors
            #expect(throws: DataError.self) {
                while true {
                    cursors = batcher.cursors
                    _ = try batcher.next()
                }
            }
            #expect(batcher.cursors == cursors)
        }
    }
}
