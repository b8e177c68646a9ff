// Texts that are packed, in other encodings, in several files, or of characters that a model does not know.

import DNCCore
import Foundation
import Testing

@testable import DNCData

@Suite struct TextReadingTests {
    /// "hello\n", as gzip 1.12 packs it with --no-name.
    private static let hello: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xE7, 0x02, 0x00, 0x20, 0x30,
        0x3A,
        0x36, 0x06, 0x00, 0x00, 0x00,
    ]

    private func contents(of bytes: [UInt8], _ reading: TextReading = TextReading()) throws -> String {
        var text = ""
        try withFile(bytes) {
            text = String(decoding: try Corpus(contentsOf: $0, reading: reading).whole.contents(), as: UTF8.self)
        }
        return text
    }

    // MARK: Packed

    @Test func packedTextIsUnpacked() throws {
        #expect(try contents(of: Self.hello) == "hello\n")
        // gzip's files can be put one behind the other, and what else is behind them is left out.
        #expect(try contents(of: Self.hello + Self.hello) == "hello\nhello\n")
        #expect(try contents(of: Self.hello + [0, 0, 0]) == "hello\n")
        try withFile(Self.hello) { path in
            #expect(try Corpus(contentsOf: path, tokens: .bytes).whole.contents() == Self.hello)
            let range = try TextRange(contentsOf: path, vocabulary: Vocabulary(characters: "ehlo\n".unicodeScalars))
            #expect(try range.contents() == Array("hello\n".utf8))
        }
    }

    /// More than zlib takes or gives at once.
    @Test func largeTextIsUnpacked() throws {
        let text = (0..<60_000).map { "\($0 * 7919 % 10_007) " }.joined()
        try withFile(Array(text.utf8)) { path in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["gzip", path]
            try process.run()
            process.waitUntilExit()
            #expect(try Corpus(contentsOf: path + ".gz").whole.contents() == Array(text.utf8))
        }
    }

    @Test func whatIsCutOffOrDamagedIsRefused() throws {
        for length in 2..<Self.hello.count {
            #expect(throws: DataError.self, "\(length) bytes") { try Gzip.unpacked(Array(Self.hello[..<length]), name: "a") }
        }
        for index in [10, 18, 22] {
            var damaged = Self.hello
            damaged[index] ^= 0x40
            #expect(throws: DataError.self, "byte \(index)") { try Gzip.unpacked(damaged, name: "a") }
        }
        #expect(
            DataError.packed(text: "a", problem: "it ends").description == "cannot unpack 'a': it ends; fetch or pack it again")
    }

    // MARK: Encodings

    @Test(
        arguments: [
            ("ISO-8859-1", [0x47, 0x72, 0xFC, 0xDF, 0x65], "Grüße"), ("WINDOWS-1252", [0x80, 0x20, 0x93], "€ “"),
            ("KOI8-R", [0xC4, 0xC1], "да"), ("UTF-16", [0xFE, 0xFF, 0x30, 0x42, 0xD8, 0x3D, 0xDE, 0x00], "あ😀"),
            ("UTF-16", [0xFF, 0xFE, 0x42, 0x30], "あ"), ("UTF-16LE", [0x42, 0x30, 0x0A, 0x00], "あ\n"),
        ] as [(String, [UInt8], String)])
    func encodings(name: String, bytes: [UInt8], text: String) throws {
        let reading = TextReading(encoding: try TextEncoding(name))
        #expect(try contents(of: bytes, reading) == text)
    }

    @Test func largeTextIsDecoded() throws {
        let encoding = try TextEncoding("ISO-8859-1")
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 % 95 + 160) }
        let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        #expect(try encoding.decoded(bytes, name: "a") == Array(text.utf8))
    }

    @Test func wrongEncodingsAreNamed() throws {
        #expect(throws: DataError.unknownEncoding("no such")) { try TextEncoding("no such") }
        let utf8 = try TextEncoding("UTF-8")
        #expect(throws: DataError.notInEncoding(text: "a", encoding: "UTF-8", offset: 2)) {
            try utf8.decoded([0x61, 0x62, 0xFF, 0x63], name: "a")
        }
        // Half a character at the end.
        #expect(throws: DataError.notInEncoding(text: "a", encoding: "UTF-8", offset: 1)) {
            try utf8.decoded([0x61, 0xE3, 0x81], name: "a")
        }
    }

    // MARK: Several files

    /// "abc", "de" and "f" by themselves, in a folder with an empty file and a hidden one.
    private func withTexts(_ body: (_ folder: String, _ corpus: Corpus) throws -> Void) throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/2", withIntermediateDirectories: false)
            for (name, text) in [("1.txt", "abc"), ("2/x.txt", "de"), ("3.txt", "f"), ("2/empty", ""), (".hidden", "no")] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            }
            try body(folder, Corpus(contentsOf: folder, validFraction: 0))
        }
    }

    @Test func foldersAndListsOfFilesAreOneText() throws {
        try withTexts { folder, corpus in
            #expect(try corpus.whole.contents() == Array("abcdef".utf8))
            #expect(corpus.whole.text.boundaries == [3, 5])
            let list = try Corpus(contentsOf: ["1.txt", "2/x.txt", "3.txt"].map { folder + "/" + $0 }, validFraction: 0)
            #expect(list.fingerprint == corpus.fingerprint && list.whole.text.boundaries == [3, 5])
            // The same bytes, but other texts.
            #expect(try Corpus(text: "abcdef").fingerprint != corpus.fingerprint)
            let other = try Corpus(contentsOf: [folder + "/2/x.txt", folder + "/1.txt"], validFraction: 0)
            #expect(try other.whole.contents() == Array("deabc".utf8))
        }
        try withFolder { folder in
            #expect(throws: DataError.emptyFolder(folder)) { try Corpus(contentsOf: folder) }
        }
    }

    /// Every text begins anew, and the last symbol of each is followed by nothing; by hand.
    @Test func nothingIsLearnedAcrossFiles() throws {
        try withTexts { _, corpus in
            let none = Segment.noTarget
            var batcher = try SegmentBatcher(corpus.whole, vocabulary: corpus.vocabulary, lanes: 1, steps: 4)
            var segment = try batcher.next()
            #expect(segment.inputs == [0, 1, 2, 3] && segment.targets == [1, 2, none, 4] && segment.begins == [1, 0, 0, 1])
            segment = try batcher.next()
            #expect(
                segment.inputs[..<2] == [4, 5] && segment.targets == [none, none, none, none] && segment.begins == [0, 1, 0, 0])
            // A segment that begins where a file does.
            batcher = try SegmentBatcher(corpus.whole, vocabulary: corpus.vocabulary, lanes: 1, steps: 3)
            _ = try batcher.next()
            segment = try batcher.next()
            #expect(segment.inputs == [3, 4, 5] && segment.targets == [4, none, none] && segment.begins == [1, 0, 1])
        }
    }

    @Test func streamsBeginAnewWithEachFile() throws {
        try withTexts { _, corpus in
            var streams = try corpus.whole.divided(into: 1, warmUp: 0, vocabulary: corpus.vocabulary)
            var segment = Segment(paddingOf: 7, lanes: 1)
            try streams[0].fill(0, of: &segment)
            let none = Segment.noTarget
            #expect(segment.inputs[..<6] == [0, 1, 2, 3, 4, 5] && segment.begins == [0, 0, 0, 1, 0, 1, 0])
            #expect(segment.targets == [1, 2, none, 4, none, none, none])
        }
    }

    @Test func errorsNameTheFile() throws {
        try withFolder { folder in
            let (first, second) = (folder + "/1", folder + "/2")
            try Data("a\nb".utf8).write(to: URL(fileURLWithPath: first))
            try Data([0x61, 0x0A, 0xFF]).write(to: URL(fileURLWithPath: second))
            #expect(throws: DataError.invalidUTF8(text: second, offset: 2, line: 2)) { try Corpus(contentsOf: folder) }
            try Data("b\n\nx".utf8).write(to: URL(fileURLWithPath: second))
            #expect(throws: DataError.unknownSymbol("'x'", text: second, offset: 3, line: 3)) {
                try Corpus(contentsOf: [folder], vocabulary: Vocabulary(characters: "ab\n".unicodeScalars), validFraction: 0)
            }
        }
    }

    // MARK: Unknown characters

    @Test func unknownCharactersAreSkippedOrReadAsAnother() throws {
        let vocabulary = Vocabulary(characters: "ab".unicodeScalars)
        #expect(try vocabulary.encode(Array("xaéb日".utf8), name: "", unknown: .skipped) == [0, 1])
        #expect(try vocabulary.encode(Array("xaéb日".utf8), name: "", unknown: .read(as: "b")) == [1, 0, 1, 1, 1])
        #expect(throws: DataError.self) { try vocabulary.encode(Array("x".utf8), name: "", unknown: .read(as: "z")) }
        #expect(throws: DataError.self) { try vocabulary.encode([0xFF], name: "", unknown: .skipped) }
        try withFile(Array("éaébé".utf8)) { path in
            let reading = TextReading(unknown: .skipped)
            let corpus = try Corpus(contentsOf: path, vocabulary: vocabulary, reading: reading, validFraction: 0)
            #expect(try symbols(of: SymbolReader(corpus.whole, vocabulary: vocabulary)) == [0, 1])
            var streams = try corpus.whole.divided(into: 1, warmUp: 0, vocabulary: vocabulary)
            var segment = Segment(paddingOf: 3, lanes: 1)
            try streams[0].fill(0, of: &segment)
            #expect(segment.targets == [1, Segment.noTarget, Segment.noTarget] && streams[0].isAtEnd)
        }
    }
}
