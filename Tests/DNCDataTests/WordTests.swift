import Foundation
import Testing

@testable import DNCData

@Suite struct WordTests {
    /// A text in its symbols' texts.
    private func parts(_ text: String, _ vocabulary: Vocabulary) throws -> [String] {
        try vocabulary.encode(text).map { vocabulary.decode([$0]) }
    }

    private func corpus(_ text: String, floor: Int, validFraction: Double = 0) throws -> Corpus {
        try Corpus(text: text, tokens: .words, wordFloor: floor, validFraction: validFraction)
    }

    @Test func byHand() throws {
        let vocabulary = try corpus("the cat, the “dog” of the cat’s.\nThe  dog", floor: 2).vocabulary
        // " cat" and " the" twice; "the", "The", "dog", " dog", " of" once, or without a space before them.
        #expect(vocabulary.count == Set("the cat, the “dog” of the cat’s.\nThe  dog".unicodeScalars).count + 2)
        #expect(try parts("the cat", vocabulary) == ["t", "h", "e", " cat"])
        #expect(try parts(" the  the\nthe", vocabulary) == [" the", " ", " the", "\n", "t", "h", "e"])
    }

    @Test func aWordEndsWhereLettersDo() throws {
        let vocabulary = try corpus("an an an’s an, ann", floor: 1).vocabulary
        #expect(try parts(" an’s an, an", vocabulary) == [" an", "’", "s", " an", ",", " an"])
        // Neither the beginning of a longer word, nor its end.
        #expect(
            try parts(" anan nan ann anns", vocabulary) == [
                " ", "a", "n", "a", "n", " ", "n", "a", "n", " ann", " ", "a", "n", "n", "s",
            ])
    }

    /// The pieces as a regular expression finds them.
    private func pieces(_ text: String) -> [String] {
        let letter = "[A-Za-z\\x{C0}-\\x{1FFF}\\x{3040}-\\x{EFFF}\\x{10000}-\\x{10FFFF}]"
        let expression = try! NSRegularExpression(pattern: " ?\(letter)+|[\\s\\S]")
        let string = text as NSString
        return expression.matches(in: text, range: NSRange(location: 0, length: string.length))
            .map { string.substring(with: $0.range) }
    }

    // Across the ends of the read-ahead buffers, from a file; with words that are as long as can be, and longer.
    @Test(arguments: [1, 2, 7])
    func agreesWithARegularExpression(floor: Int) throws {
        var generator = SystemRandomNumberGenerator()
        var text = ""
        for index in 0..<4000 {
            let length =
                index % 500 == 0 ? Int.random(in: 60...70, using: &generator) : Int.random(in: 0...4, using: &generator)
            text += String((0..<length).map { _ in "abcé".randomElement(using: &generator) ?? "a" })
            text +=
                [" ", " ", ", ", "\n", "’", "  ", mixedText][Int.random(in: 0..<(index % 50 == 0 ? 7 : 6), using: &generator)]
        }
        let pieces = pieces(text).filter { $0.unicodeScalars.count > 1 && $0.utf8.count <= 64 }
        var counts: [[UInt8]: Int] = [:]
        for piece in pieces { counts[Array(piece.utf8), default: 0] += 1 }
        let words = Set(counts.filter { $0.value >= floor }.keys)
        let expected = self.pieces(text).flatMap {
            words.contains(Array($0.utf8)) ? [Array($0.utf8)] : $0.unicodeScalars.map { Array(String($0).utf8) }
        }
        try withFile(Array(text.utf8)) { path in
            let corpus = try Corpus(contentsOf: path, tokens: .words, wordFloor: floor, validFraction: 0)
            #expect(corpus.vocabulary.count == Set(text.unicodeScalars).count + words.count)
            let read = try symbols(of: SymbolReader(corpus.whole, vocabulary: corpus.vocabulary))
            #expect(read.map(corpus.vocabulary.bytes(of:)) == expected)
        }
    }

    // From any character on: as in all of the text, behind the word that it is inside of.
    @Test func readingCanBeginAnywhere() throws {
        let text = String(repeating: "An ant, an aunt and an ancient elephant.\n\(mixedText)", count: 3)
        let corpus = try corpus(text, floor: 6)
        let vocabulary = corpus.vocabulary
        var (offset, offsets) = (0, Set<Int>())
        for symbol in try vocabulary.encode(text) {
            offsets.insert(offset)
            offset += vocabulary.bytes(of: symbol).count
        }
        offset = 0
        for scalar in text.unicodeScalars {
            let rest = try symbols(of: SymbolReader(corpus.whole, vocabulary: vocabulary, from: offset))
            #expect(rest.flatMap(vocabulary.bytes(of:)) == Array(text.utf8.dropFirst(offset)))
            if offsets.contains(offset) {
                let read = try symbols(of: SymbolReader(corpus.whole, vocabulary: vocabulary))
                #expect(read.suffix(rest.count) == rest[...])
            }
            let boundary = try corpus.whole.symbolBoundary(atOrAfter: offset, tokens: .words)
            #expect(offset == 0 ? boundary == 0 : boundary == text.utf8.count || offsets.contains(boundary))
            offset += scalar.utf8.count
        }
    }

    @Test func whatIsHeldOutDoesNotTellWhichWordsThereAre() throws {
        let text = "one two one two" + String(repeating: " three three", count: 10)
        let vocabulary = try corpus(text, floor: 1, validFraction: 120.0 / 135).vocabulary
        #expect(try parts(" one three", vocabulary) == [" one", " ", "t", "h", "r", "e", "e"])
        #expect(try parts(" one three", corpus(text, floor: 1).vocabulary) == [" one", " three"])
        #expect(try corpus(text, floor: .max).vocabulary.count == Set(text.unicodeScalars).count)
    }

    // Two files of which the second begins as if it went on with the first one's last word.
    @Test func aWordEndsWithItsFile() throws {
        try withFolder { folder in
            for (name, text) in [("1.txt", "so an"), ("2.txt", "ant so")] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            }
            let corpus = try Corpus(contentsOf: folder, tokens: .words, wordFloor: 1, validFraction: 0)
            let read = try symbols(of: SymbolReader(corpus.whole, vocabulary: corpus.vocabulary))
            #expect(read.map { corpus.vocabulary.decode([$0]) } == ["so", " an", "ant", " so"])
        }
    }

    @Test func wordsAreSpelledInTheirCharacters() throws {
        let vocabulary = try corpus("né né", floor: 1).vocabulary
        let word = try #require(try vocabulary.encode("né").first)
        #expect(vocabulary.spelled(word) == (try vocabulary.encode("n")) + [word - 2])
        #expect(vocabulary.length(of: word) == 2 && vocabulary.symbolDescription(word) == "'né'")
        #expect(vocabulary.spelled(0) == [0] && vocabulary.length(of: 0) == 1)
    }

    @Test func wordsOfTwoTextsTogether() throws {
        let (one, two) = (try corpus("an ox", floor: 1), try corpus("a cow", floor: 1))
        let both = one.including(two.vocabulary).vocabulary
        #expect(try parts("an ox cow", both) == ["an", " ox", " cow"])
        #expect(both.kind == .words && both == two.including(one.vocabulary).vocabulary)
    }
}
