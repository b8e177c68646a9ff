import Foundation
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@testable import DNCData

@Suite struct CorpusTests {
    // MARK: Vocabulary and parts

    @Test func vocabularyIsThatOfTheWholeText() throws {
        let corpus = try Corpus(text: "aaaaaaaaab", validFraction: 0.1)
        #expect(corpus.vocabulary == Vocabulary(characters: "ab".unicodeScalars))
        #expect(try corpus.training.contents() == Array("aaaaaaaaa".utf8))
        #expect(try corpus.validation.contents() == Array("b".utf8))
        #expect(try corpus.whole.contents() == Array("aaaaaaaaab".utf8))
        #expect(try Corpus(text: "a", tokens: .bytes).vocabulary == .bytes)
    }

    @Test func fileAndMemoryAgree() throws {
        try withFile(Array(mixedText.utf8)) { path in
            for tokens in TokenKind.allCases {
                let file = try Corpus(contentsOf: path, tokens: tokens, validFraction: 0.3)
                let memory = try Corpus(text: mixedText, tokens: tokens, validFraction: 0.3)
                #expect(file.vocabulary == memory.vocabulary)
                #expect(file.fingerprint == memory.fingerprint)
                #expect(file.training.bytes == memory.training.bytes)
                #expect(file.validation.bytes == memory.validation.bytes)
                #expect(try file.whole.contents() == memory.whole.contents())
            }
            let vocabulary = try Corpus(contentsOf: path).vocabulary
            #expect(vocabulary == Vocabulary(characters: mixedText.unicodeScalars))
        }
    }

    // "aé日😀" has its symbols at 0, 1, 3 and 6 and ends at 10.
    @Test(arguments: [(0.0, 10), (0.1, 10), (0.4, 6), (0.5, 6), (0.6, 6), (0.7, 3), (0.8, 3), (0.9, 1), (0.99, 0)])
    func cutIsMovedForwardToASymbol(validFraction: Double, cut: Int) throws {
        let corpus = try Corpus(text: "aé日😀", validFraction: validFraction)
        #expect(corpus.training.bytes == 0..<cut)
        #expect(corpus.validation.bytes == cut..<10)
        #expect(corpus.validation.isEmpty == (cut == 10))
        #expect(corpus.validation.byteCount == 10 - cut)
        let bytes = try Corpus(text: "aé日😀", tokens: .bytes, validFraction: validFraction)
        #expect(bytes.validation.byteCount == Int((validFraction * 10).rounded()))
    }

    @Test(arguments: [-0.1, 1, 1.5, .nan, .infinity])
    func validFractionOutOfRangeIsRefused(_ validFraction: Double) {
        #expect {
            try Corpus(text: "abc", validFraction: validFraction)
        } throws: { error in
            guard case .outOfRange("the validation fraction", _, _) = error as? DataError else { return false }
            return true
        }
    }

    // MARK: A given vocabulary

    @Test func givenVocabularyIsKept() throws {
        let vocabulary = Vocabulary(characters: "abcé\n".unicodeScalars)
        try withFile(Array("aé\n".utf8)) { path in
            let corpus = try Corpus(contentsOf: path, vocabulary: vocabulary, validFraction: 0)
            #expect(corpus.vocabulary == vocabulary)
            #expect(try symbols(of: SymbolReader(corpus.whole, vocabulary: vocabulary)) == [1, 4, 0])
        }
        try withFile([0xFF, 0x00]) { path in
            let corpus = try Corpus(contentsOf: path, vocabulary: .bytes)
            #expect(corpus.vocabulary == .bytes)
        }
    }

    @Test func symbolOutsideTheGivenVocabularyIsNamedWithItsPlace() throws {
        let vocabulary = Vocabulary(characters: "ab\n".unicodeScalars)
        try withFile(Array("ab\na\n\né..".utf8)) { path in
            #expect(throws: DataError.unknownSymbol("U+00E9 'é'", text: path, offset: 6, line: 4)) {
                try Corpus(contentsOf: path, vocabulary: vocabulary)
            }
        }
        try withFile(Array((String(repeating: "ab\n", count: 3000) + "z").utf8)) { path in
            #expect(throws: DataError.unknownSymbol("'z'", text: path, offset: 9000, line: 3001)) {
                try Corpus(contentsOf: path, vocabulary: vocabulary)
            }
        }
    }

    // MARK: Invalid UTF-8

    @Test(
        arguments: [
            [0x80], [0xBF],  // a continuation byte first
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],  // overlong
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],  // surrogates
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],  // beyond U+10FFFF
            [0xC3], [0xE6, 0x97], [0xF0, 0x9F, 0x98],  // truncated
        ] as [[UInt8]])
    func invalidUTF8IsFoundWhereverChunksEnd(_ invalid: [UInt8]) throws {
        for prefix in ["", "é\n", "a日\n😀"] {
            for suffix in ["", "b", "é"] {
                let bytes = Array(prefix.utf8) + invalid + Array(suffix.utf8)
                let expected = DataError.invalidUTF8(
                    text: "the text", offset: prefix.utf8.count, line: prefix.contains("\n") ? 2 : 1)
                for chunkSize in 1...bytes.count {
                    #expect(throws: expected) {
                        try TextScan(TextSource(bytes: bytes), tokens: .characters, chunkSize: chunkSize)
                    }
                }
            }
        }
        #expect(throws: Never.self) { try TextScan(TextSource(bytes: invalid), tokens: .bytes) }
    }

    @Test func validTextIsScannedWhereverChunksEnd() throws {
        let whole = try TextScan(TextSource(bytes: Array(mixedText.utf8)), tokens: .characters)
        #expect(whole.characters == Set(mixedText.unicodeScalars).sorted())
        for chunkSize in 1...mixedText.utf8.count {
            let scan = try TextScan(TextSource(bytes: Array(mixedText.utf8)), tokens: .characters, chunkSize: chunkSize)
            #expect(scan.characters == whole.characters)
            #expect(scan.fingerprint.description == whole.fingerprint.description)
        }
    }

    // MARK: Files that cannot be used

    @Test func missingFile() {
        #expect(throws: DataError.unreadable(text: "/no/such/file", reason: "No such file or directory")) {
            try Corpus(contentsOf: "/no/such/file")
        }
    }

    @Test func folderPipeAndDevice() throws {
        try withFolder { folder in
            #expect(throws: DataError.notARegularFile(text: folder)) { try Corpus(contentsOf: folder) }
            let pipe = folder + "/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(throws: DataError.notARegularFile(text: pipe)) { try Corpus(contentsOf: pipe) }
        }
        #expect(throws: DataError.notARegularFile(text: "/dev/null")) { try Corpus(contentsOf: "/dev/null") }
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may read everything"))
    func unreadableFile() throws {
        try withFile([97]) { path in
            #expect(chmod(path, 0) == 0)
            #expect(throws: DataError.unreadable(text: path, reason: "Permission denied")) {
                try Corpus(contentsOf: path)
            }
        }
    }

    @Test func emptyText() throws {
        try withFile([]) { path in
            for tokens in TokenKind.allCases {
                #expect(throws: DataError.empty(text: path)) { try Corpus(contentsOf: path, tokens: tokens) }
            }
        }
        #expect(throws: DataError.empty(text: "the text")) { try Corpus(text: "") }
    }

    @Test func fileThatShrinksBeforeItIsScanned() throws {
        try withFile(Array(repeating: 97, count: 5000)) { path in
            let text = try TextSource(contentsOf: path)
            try shorten(path, to: 3000)
            #expect(throws: DataError.truncated(text: path, offset: 3000)) { try TextScan(text, tokens: .bytes) }
        }
    }

    // MARK: Messages

    @Test func messagesSayWhatToDo() {
        #expect(
            DataError.tooFewSymbols(12, steps: 32).description == """
                the training text has 12 symbols, --seq-length 32 needs at least 33: use more text or --seq-length 11
                """)
        #expect(
            DataError.tooFewSymbols(1, steps: 32).description == """
                the training text has 1 symbol, --seq-length 32 needs at least 33: use more text
                """)
        #expect(
            DataError.invalidUTF8(text: "a.txt", offset: 7, line: 2).description == """
                'a.txt' is not UTF-8 at byte 7 (line 2); convert the file, or use --tokens bytes
                """)
        #expect(
            DataError.unknownSymbol("'z'", text: "a.txt", offset: 7, line: 2).description == """
                'a.txt' has 'z' at byte 7 (line 2), which is not in the model's vocabulary; remove it, or train a model on \
                text that has it or with --tokens bytes
                """)
    }
}
