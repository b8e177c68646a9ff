import Foundation
import Testing

@testable import DNCData

@Suite struct VocabularyTests {
    @Test func charactersAreDistinctScalarsInAscendingOrder() throws {
        let vocabulary = Vocabulary(characters: "b\r\nab日é".unicodeScalars)
        #expect(vocabulary.kind == .characters)
        #expect(vocabulary.count == 6)
        #expect(try vocabulary.encode("\n\rabé日\r\n") == [0, 1, 2, 3, 4, 5, 1, 0])
        #expect(vocabulary.decode([5, 4, 3, 2, 1, 0]) == "日éba\r\n")
        #expect((0..<6).map(vocabulary.bytes(of:)) == [[10], [13], [97], [98], [0xC3, 0xA9], [0xE6, 0x97, 0xA5]])
    }

    // U+212B and U+00C5 are equal as Swift characters, but are not the same symbol; nor are the two forms of é.
    @Test func canonicallyEquivalentCharactersAreDifferentSymbols() throws {
        let vocabulary = Vocabulary(characters: "\u{212B}\u{C5}\u{E9}e\u{301}".unicodeScalars)
        #expect(vocabulary.count == 5)
        #expect(try vocabulary.encode("\u{E9}e\u{301}\u{212B}") == [2, 0, 3, 4])
    }

    @Test func mixedTextSurvivesEncodingAndDecoding() throws {
        for vocabulary in [Vocabulary(characters: mixedText.unicodeScalars), .bytes] {
            let decoded = vocabulary.decode(try vocabulary.encode(mixedText))
            #expect(Array(decoded.utf8) == Array(mixedText.utf8))
        }
        #expect(try Vocabulary(characters: []).encode("") == [])
    }

    @Test func bytesAreTheirOwnSymbols() throws {
        #expect(Vocabulary.bytes.count == 256)
        #expect(try Vocabulary.bytes.encode("é\n") == [0xC3, 0xA9, 10])
        #expect(Vocabulary.bytes.decode([0xC3, 0xA9, 0xFF, 10]) == "é\u{FFFD}\n")
        #expect((0..<256).map { Vocabulary.bytes.bytes(of: $0) } == (0...255).map { [UInt8($0)] })
    }

    @Test func unknownSymbolIsNamedWithItsPlace() {
        let vocabulary = Vocabulary(characters: "ab\né".unicodeScalars)
        #expect(throws: DataError.unknownSymbol("U+00EA 'ê'", text: "the text", offset: 5, line: 2)) {
            try vocabulary.encode("é\nabêz")
        }
        #expect(throws: DataError.unknownSymbol("'z'", text: "the text", offset: 1, line: 1)) {
            try vocabulary.encode("az")
        }
    }

    @Test func symbolsHaveReadableNames() throws {
        let characters = "\u{0}\t\n\r \"a\u{7F}\u{A0}é\u{301}\u{200B}日\u{E000}😀"
        let vocabulary = Vocabulary(characters: characters.unicodeScalars)
        #expect(
            (0..<Int32(vocabulary.count)).map(vocabulary.symbolDescription) == [
                "U+0000", #"'\t'"#, #"'\n'"#, #"'\r'"#, "' '", #"'\"'"#, "'a'", "U+007F", "U+00A0", "U+00E9 'é'", "U+0301",
                "U+200B", "U+65E5 '日'", "U+E000", "U+1F600 '😀'",
            ])
        #expect(
            [10, 97, 127, 128, 255].map(Vocabulary.bytes.symbolDescription) == [
                #"'\n'"#, "'a'", "U+007F", "0x80", "0xFF",
            ])
    }

    // MARK: JSON

    private func json(_ vocabulary: Vocabulary) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(vocabulary), as: UTF8.self)
    }

    private func vocabulary(_ json: String) throws -> Vocabulary {
        try JSONDecoder().decode(Vocabulary.self, from: Data(json.utf8))
    }

    @Test func writtenAsDocumented() throws {
        #expect(
            try json(Vocabulary(characters: "é\r\na/".unicodeScalars))
                == #"{"kind":"characters","symbols":["\n","\r","/","a","é"]}"#)
        #expect(
            try json(Corpus(text: "an é, an", tokens: .words, wordFloor: 1, validFraction: 0).vocabulary)
                == #"{"kind":"words","symbols":[" ",",","a","n","é"," an"," é","an"]}"#)
        let numbers = (0...255).map(String.init).joined(separator: ",")
        #expect(try json(.bytes) == #"{"kind":"bytes","symbols":["# + numbers + "]}")
    }

    @Test func readAsWritten() throws {
        let words = try Corpus(text: mixedText, tokens: .words, wordFloor: 1).vocabulary
        for original in [Vocabulary(characters: mixedText.unicodeScalars), .bytes, words] {
            #expect(try vocabulary(json(original)) == original)
        }
    }

    @Test func symbolsKeepTheOrderInTheFile() throws {
        let vocabulary = try vocabulary(#"{"symbols":["b","\u00e9","a"],"kind":"characters"}"#)
        #expect(try vocabulary.encode("abé") == [2, 0, 1])
    }

    /// As many as a checkpoint can hold.
    @Test func manySymbols() throws {
        let scalars = (0x1_0000..<0x1_0000 + 200_001).compactMap(Unicode.Scalar.init)
        for count in [200_000, 200_001] {
            let text = String(String.UnicodeScalarView(scalars.prefix(count)))
            let json =
                #"{"kind":"characters","symbols":["# + text.unicodeScalars.map { "\"\($0)\"" }.joined(separator: ",") + "]}"
            if count == 200_000 {
                #expect(try vocabulary(json).count == count && Corpus(text: text).vocabulary.count == count)
            } else {
                #expect(throws: DecodingError.self) { try vocabulary(json) }
                #expect {
                    try Corpus(text: text)
                } throws: { error in
                    guard case .outOfRange(_, "200001", _) = error as? DataError else { return false }
                    return true
                }
                #expect(throws: Never.self) { try Corpus(text: text, tokens: .bytes) }
            }
        }
    }

    @Test(arguments: [
        #"{"kind":"lines","symbols":["a"]}"#,
        #"{"kind":"words","symbols":[]}"#,
        #"{"kind":"words","symbols":["ab"]}"#,
        #"{"kind":"words","symbols":["a","b","ab","ab"]}"#,
        #"{"kind":"words","symbols":["a","ab","b"]}"#,
        #"{"kind":"words","symbols":["a","b","ab "]}"#,
        #"{"kind":"words","symbols":["a","ab"]}"#,
        #"{"kind":"words","symbols":["a","b","a b"]}"#,
        #"{"kind":"words","symbols":["a","b",""]}"#,
        #"{"kind":"words","symbols":["a","\#(String(repeating: "a", count: 65))"]}"#,
        #"{"kind":"characters","symbols":[]}"#,
        #"{"kind":"characters"}"#,
        #"{"symbols":["a"]}"#,
        #"{"kind":"characters","symbols":["a","b","a"]}"#,
        #"{"kind":"characters","symbols":["é","é"]}"#,
        #"{"kind":"characters","symbols":["a",""]}"#,
        #"{"kind":"characters","symbols":["","ab"]}"#,
        #"{"kind":"characters","symbols":["\r\n"]}"#,
        #"{"kind":"characters","symbols":["e\u0301"]}"#,
        #"{"kind":"characters","symbols":[97]}"#,
        #"{"kind":"characters","symbols":"a"}"#,
        #"{"kind":"bytes","symbols":[]}"#,
        #"{"kind":"bytes","symbols":["a"]}"#,
        #"{"kind":"bytes","symbols":[0,1,2]}"#,
        #"{"kind":"bytes","symbols":[\#((0...256).map(String.init).joined(separator: ","))]}"#,
        #"{"kind":"bytes","symbols":[\#((0...255).reversed().map(String.init).joined(separator: ","))]}"#,
        #"{"kind":"bytes","symbols":[\#((-1...254).map(String.init).joined(separator: ","))]}"#,
    ])
    func malformedIsRefused(_ json: String) {
        #expect(throws: DecodingError.self) { try vocabulary(json) }
    }
}
