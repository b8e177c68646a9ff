import Foundation
import Testing

@testable import DNCData

@Suite struct SymbolReaderTests {
    // Longer than several read-ahead buffers, with characters of every length across their ends.
    private let longText = String(repeating: mixedText, count: 200)

    @Test(arguments: TokenKind.allCases)
    func readsWhatTheTextHas(tokens: TokenKind) throws {
        try withFile(Array(longText.utf8)) { path in
            let corpus = try Corpus(contentsOf: path, tokens: tokens, validFraction: 0.25)
            let training = try symbols(of: SymbolReader(corpus.training, vocabulary: corpus.vocabulary))
            let validation = try symbols(of: SymbolReader(corpus.validation, vocabulary: corpus.vocabulary))
            switch tokens {
            case .characters:
                let sorted = Set(mixedText.unicodeScalars).sorted()
                #expect((training + validation).map { sorted[Int($0)] } == Array(longText.unicodeScalars))
            case .bytes:
                #expect((training + validation).map(UInt8.init) == Array(longText.utf8))
            case .words:
                #expect((training + validation).flatMap(corpus.vocabulary.bytes(of:)) == Array(longText.utf8))
            }
        }
    }

    @Test func startsAtEverySymbolAndTellsOffsets() throws {
        let corpus = try Corpus(text: longText, validFraction: 0)
        let scalars = Array(longText.unicodeScalars)
        var reader = SymbolReader(corpus.whole, vocabulary: corpus.vocabulary)
        var offset = 0
        for scalar in scalars {
            #expect(reader.byteOffset == offset)
            #expect(!reader.isAtEnd)
            var later = SymbolReader(corpus.whole, vocabulary: corpus.vocabulary, from: offset)
            let symbol = try reader.next()
            #expect(symbol == corpus.vocabulary.symbol(of: scalar))
            #expect(try later.next() == symbol)
            offset += scalar.utf8.count
        }
        #expect(reader.byteOffset == longText.utf8.count)
        #expect(reader.isAtEnd)
        #expect(try reader.next() == nil)
        #expect(try reader.next() == nil)
    }

    @Test func emptyRange() throws {
        let corpus = try Corpus(text: "abc", validFraction: 0)
        var reader = SymbolReader(corpus.validation, vocabulary: corpus.vocabulary)
        #expect(reader.isAtEnd)
        #expect(try reader.next() == nil)
    }

    @Test func seekingWithinAndBeyondTheBuffer() throws {
        let bytes = (0..<20_000).map { UInt8($0 * 7 % 251) }
        try withFile(bytes) { path in
            let corpus = try Corpus(contentsOf: path, tokens: .bytes, validFraction: 0)
            var reader = SymbolReader(corpus.whole, vocabulary: .bytes)
            for offset in [5, 4095, 4096, 4097, 4096, 0, 19_999, 8192, 8191, 3, 20_000, 12_345] {
                reader.seek(to: offset)
                #expect(reader.byteOffset == offset)
                #expect(try reader.next() == (offset < bytes.count ? Int32(bytes[offset]) : nil))
            }
        }
    }

    @Test func fileThatChangesWhileItIsRead() throws {
        try withFile(Array(repeating: 97, count: 10_000)) { path in
            let corpus = try Corpus(contentsOf: path, validFraction: 0)
            let reader = SymbolReader(corpus.whole, vocabulary: corpus.vocabulary)

            try shorten(path, to: 9000)
            #expect(throws: DataError.truncated(text: path, offset: 9000)) { try symbols(of: reader) }

            var changed = [UInt8](repeating: 97, count: 10_000)
            changed[5000] = 98
            try overwrite(path, with: changed)
            #expect(throws: DataError.unknownSymbol("'b'", text: path, offset: 5000, line: 1)) {
                try symbols(of: reader)
            }

            changed[5000...5001] = [0xC3, 97]
            try overwrite(path, with: changed)
            #expect(throws: DataError.invalidUTF8(text: path, offset: 5000, line: 1)) { try symbols(of: reader) }

            changed[5000...5001] = [97, 97]
            changed[9999] = 0xC3
            try overwrite(path, with: changed)
            #expect(throws: DataError.invalidUTF8(text: path, offset: 9999, line: 1)) { try symbols(of: reader) }
        }
    }

    @Test func fileThatIsRemovedWhileItIsRead() throws {
        try withFile(Array(repeating: 97, count: 10_000)) { path in
            let corpus = try Corpus(contentsOf: path, validFraction: 0)
            try FileManager.default.removeItem(atPath: path)
            #expect(try symbols(of: SymbolReader(corpus.whole, vocabulary: corpus.vocabulary)).count == 10_000)
        }
    }

    /// Writes into the same file, which others may have open.
    private func overwrite(_ path: String, with bytes: [UInt8]) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }
}
