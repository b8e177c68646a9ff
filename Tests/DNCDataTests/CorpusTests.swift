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
            #expect(vocabulary == Vocabulary(characters: mixedText.unicodeScalars.dropFirst()))
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
                try Corpus(contentsOf: path, vocabulary: vocabulary, validFraction: 0)
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

    @Test func folderAndDevice() throws {
        try withFolder { folder in
            #expect(throws: DataError.emptyFolder(folder)) { try Corpus(contentsOf: folder) }
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

    // MARK: Pipes

    @Test func aPipeIsReadOnce() throws {
        try withFolder { folder in
            let pipe = folder + "/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let long = String(repeating: "aé日😀\n", count: 50_000)  // more than a pipe holds
            let writer = Thread { try? Data(long.utf8).write(to: URL(fileURLWithPath: pipe)) }
            writer.start()
            let corpus = try Corpus(contentsOf: pipe, validFraction: 0.3)
            let expected = try Corpus(text: long, validFraction: 0.3)
            #expect(corpus.fingerprint == expected.fingerprint && corpus.vocabulary == expected.vocabulary)
            #expect(try corpus.validation.contents() == expected.validation.contents())
        }
    }

    @Test func ofAPipeNoMoreIsReadThanIsAskedFor() throws {
        try withFolder { folder in
            let pipe = folder + "/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let keepsItOpen = open(pipe, O_RDWR)  // so that it has no end
            defer { close(keepsItOpen) }
            #expect(write(keepsItOpen, "abcdefghijklmnopqrstuvwxyz", 26) == 26)
            let vocabulary = Vocabulary(characters: "abcdefghijklmnopqrstuvwxyz".unicodeScalars)
            let text = try TextRange(contentsOf: pipe, vocabulary: vocabulary, atMost: 4)
            #expect(try symbols(of: SymbolReader(text, vocabulary: vocabulary)).prefix(4) == [0, 1, 2, 3])
        }
    }

    // MARK: A byte order mark

    @Test func aLeadingByteOrderMarkIsNoSymbol() throws {
        let marked = try Corpus(text: "\u{FEFF}aéb", validFraction: 0.3)
        #expect(marked.leavesOutByteOrderMark && marked.vocabulary == Vocabulary(characters: "abé".unicodeScalars))
        #expect(marked.whole.bytes == 3..<7 && marked.training.bytes == 3..<6 && marked.validation.bytes == 6..<7)
        #expect(marked.fingerprint != (try Corpus(text: "aéb")).fingerprint)
        // As a run has it that was begun when it was a symbol.
        let before = marked.including(Vocabulary(characters: "\u{FEFF}".unicodeScalars))
        #expect(before.vocabulary == Vocabulary(characters: "\u{FEFF}abé".unicodeScalars))
        #expect(before.whole.bytes == 0..<7 && before.training.bytes == 0..<6 && before.validation.bytes == 6..<7)
        #expect(before.fingerprint == marked.fingerprint)
        let more = marked.including(Vocabulary(characters: "xaa".unicodeScalars))
        #expect(more.vocabulary == Vocabulary(characters: "abxé".unicodeScalars) && more.whole.bytes == 3..<7)
        let batcher = try SegmentBatcher(marked.training, vocabulary: marked.vocabulary, lanes: 1, steps: 1)
        #expect(batcher.cursors == [3])
    }

    @Test func anotherMarkMakesItASymbol() throws {
        let twice = try Corpus(text: "\u{FEFF}ab\u{FEFF}", validFraction: 0)
        #expect(!twice.leavesOutByteOrderMark && twice.whole.bytes == 0..<8 && twice.vocabulary.count == 3)
        #expect(try Corpus(text: "a\u{FEFF}").vocabulary.count == 2)
        let bytes = try Corpus(text: "\u{FEFF}a", tokens: .bytes, validFraction: 0)
        #expect(!bytes.leavesOutByteOrderMark && bytes.whole.bytes == 0..<4)
        #expect(throws: DataError.empty(text: "the text")) { try Corpus(text: "\u{FEFF}") }
    }

    @Test func aModelReadsTheMarkIfItKnowsIt() throws {
        try withFile(Array("\u{FEFF}ab".utf8)) { path in
            for (characters, start) in [("ab", 3), ("ab\u{FEFF}", 0)] {
                let vocabulary = Vocabulary(characters: characters.unicodeScalars)
                let corpus = try Corpus(contentsOf: path, vocabulary: vocabulary, validFraction: 0)
                let text = try TextRange(contentsOf: path, vocabulary: vocabulary)
                #expect(corpus.whole.bytes == start..<5 && text.bytes == start..<5)
            }
        }
    }

    // MARK: What is not read does not matter

    @Test func onlyThePartThatIsReadIsChecked() throws {
        let vocabulary = Vocabulary(characters: "ab".unicodeScalars)
        for before in [Array("éz".utf8), [0xFF, 0xC3]] {
            try withFile(before + Array(String(repeating: "ab", count: 10).utf8)) { path in
                let corpus = try Corpus(contentsOf: path, vocabulary: vocabulary, validFraction: 0.5)
                #expect(try symbols(of: SymbolReader(corpus.validation, vocabulary: vocabulary)).count > 9)
                #expect(throws: DataError.self) { try Corpus(contentsOf: path, vocabulary: vocabulary, validFraction: 0) }
                #expect(throws: DataError.self) { try Corpus(contentsOf: path, vocabulary: vocabulary, validFraction: 0.99) }
            }
            try withFile(Array("abab".utf8) + before) { path in
                var reader = SymbolReader(try TextRange(contentsOf: path, vocabulary: vocabulary), vocabulary: vocabulary)
                for symbol in [0, 1, 0, 1] as [Int32] { #expect(try reader.next() == symbol) }
                #expect(throws: DataError.self) { try reader.next() }
            }
        }
    }

    // MARK: Other formats

    @Test func whatIsNoTextIsNamed() throws {
        try withFile(Array("BZh91AY&SY".utf8)) { path in
            let vocabulary = Vocabulary(characters: "ab".unicodeScalars)
            for make in [
                { try Corpus(contentsOf: path) }, { try Corpus(contentsOf: path, vocabulary: vocabulary) },
            ] {
                #expect {
                    try make()
                } throws: { error in
                    "\(error)" == "'\(path)' is bzip2 data, not text in UTF-8; unpack it with bunzip2"
                }
            }
            #expect(throws: DataError.self) { try TextRange(contentsOf: path, vocabulary: vocabulary) }
            // Bytes are bytes; but it is to be known.
            let (corpus, text) = try (Corpus(contentsOf: path, tokens: .bytes), TextRange(contentsOf: path, vocabulary: .bytes))
            #expect(corpus.format?.remedy == "unpack it with bunzip2" && text.byteCount == 10)
        }
        try withFile(Array("abc".utf8)) { path in
            let corpus = try Corpus(contentsOf: path, tokens: .bytes)
            #expect(corpus.format == nil)
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
                'a.txt' is not UTF-8 at byte 7 (line 2); give its --encoding (ISO-8859-1 where it is Latin-1), or train \
                on its bytes with --tokens bytes
                """)
        #expect(
            DataError.unknownSymbol("'z'", text: "a.txt", offset: 7, line: 2).description == """
                'a.txt' has 'z' at byte 7 (line 2), which is not in the model's vocabulary; remove it, have it left out \
                (--unknown skip), or train a model on text that has it or with --tokens bytes
                """)
    }
}
