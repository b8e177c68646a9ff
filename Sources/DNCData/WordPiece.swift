// What a word is, where words are symbols.

/// The pieces of a text of which those that occur often are words: as many letters as there are, with the space before them if there is
/// one. What is between pieces are characters.
///
/// Which characters are letters is told by their bytes in UTF-8, so that every reader can tell, in whatever language it is written:
/// those of ASCII, and all from U+00C0 on but U+2000 ... U+303F and U+F000 ... U+FFFF, which are mostly punctuation and signs.
package enum WordPiece {
    /// Longer pieces are spelled, so that a reader need not look farther ahead. In bytes.
    static let longest = 64

    /// What a character is for words, told by its first bytes.
    enum Character { case letter, space, other }

    /// What begins with these bytes; a byte in the middle of a character is none.
    static func character(_ bytes: ArraySlice<UInt8>) -> Character? {
        guard let first = bytes.first else { return nil }
        switch first {
        case UInt8(ascii: " "): return .space
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): return .letter
        case 0x80..<0xC0: return nil
        case 0..<0x80, 0xC2, 0xE2, 0xEF: return .other
        case 0xE3: return bytes.dropFirst().first == 0x80 ? .other : .letter
        default: return .letter
        }
    }

    /// How many bytes of these are the piece that they begin with, where the first is a letter or the space before one; 0 for anything
    /// else, and for what is longer than a word can be.
    static func length(_ bytes: ArraySlice<UInt8>) -> Int {
        var end = bytes.first == UInt8(ascii: " ") ? bytes.startIndex + 1 : bytes.startIndex
        let first = end
        while end < bytes.endIndex {
            switch character(bytes[end...]) {
            case .letter: end += 1
            case nil where end > first: end += 1
            default: return end > first ? end - bytes.startIndex : 0
            }
            if end - bytes.startIndex > longest { return 0 }
        }
        return end > first ? end - bytes.startIndex : 0
    }

    /// Whether these bytes of UTF-8 are one piece, of two characters at least.
    static func isWord(_ bytes: [UInt8]) -> Bool {
        length(bytes[...]) == bytes.count && characterCount(bytes) > 1
    }

    /// How many characters these bytes of UTF-8 are.
    static func characterCount(_ bytes: [UInt8]) -> Int { bytes.count { $0 & 0xC0 != 0x80 } }

    /// The words that occur so often at least in a text. Takes some 100 bytes of memory for each piece that is different.
    /// - Throws: `DataError` when the text cannot be read.
    static func words(of text: TextRange, atLeast floor: Int) throws(DataError) -> [[UInt8]] {
        var (reader, counts) = (SymbolReader(text, vocabulary: .bytes), [[UInt8]: Int]())
        while !reader.isAtEnd {
            let piece = try reader.wordPiece()
            if !piece.isEmpty { counts[Array(piece), default: 0] += 1 }
            reader.skip(max(1, piece.count))
        }
        return counts.filter { $0.value >= floor && isWord($0.key) }.map(\.key)
    }
}

extension Vocabulary {
    /// The symbols of a text of these characters; words are those that occur so often at least in this part of it.
    /// - Throws: `DataError.outOfRange` for too many words, and when the text cannot be read.
    init(
        _ tokens: TokenKind, characters: [Unicode.Scalar], wordsOf text: TextRange, atLeast floor: Int
    ) throws(DataError) {
        switch tokens {
        case .bytes: self = .bytes
        case .characters: self.init(characters: characters)
        case .words:
            let words = try WordPiece.words(of: text, atLeast: floor)
            self.init(characters: characters, words: words)
            guard count <= Self.maximumCharacters else {
                throw .outOfRange(
                    name: "the number of different words in '\(text.text.name)'", value: "\(words.count)",
                    allowed:
                        "at most \(Self.maximumCharacters) with the characters, since no checkpoint could hold more; "
                        + "ask for more frequent ones with --word-floor")
            }
        }
    }
}
