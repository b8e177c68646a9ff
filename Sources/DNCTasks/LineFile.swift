// The lines of a text, each an episode.
public import DNCCore
public import DNCData

/// The lines of a text as episodes: a model reads a line end and the line, and predicts the line and a line end. So a line end is what
/// begins a line for a model, and what ends it. Lines without anything are left out.
///
/// Where each line begins is kept, 8 bytes a line, and the text stays open: it must not be edited meanwhile.
public struct LineFile: StoredEpisodes {
    /// The symbols, a line end among them.
    public let vocabulary: Vocabulary
    public let longest: Int
    public let cutEpisodes: Int
    public let fingerprint: String

    private let text: TextSource
    private let unknown: UnknownCharacters
    private let lines: [Range<Int>]  // of bytes, without line ends
    private let maximumLength: Int?
    private let lineEnd: Int32

    /// The lines of all of a corpus.
    /// - Parameters:
    ///   - corpus: of any division.
    ///   - vocabulary: that of a model that exists; nil for that of the corpus.
    ///   - maximumLength: how many symbols a line may have, its end not counted; nil for any number.
    ///   - overlong: what is done with those that have more.
    /// - Throws: `EpisodeFileError` where it cannot be read or has no lines, or a line is longer.
    public init(
        _ corpus: Corpus, vocabulary: Vocabulary? = nil, maximumLength: Int? = nil, overlong: EpisodeFile.Overlong = .refuse
    ) throws(EpisodeFileError) {
        if let maximumLength, maximumLength < 1 { throw .invalidMaximumLength(maximumLength) }
        let symbols = vocabulary ?? corpus.vocabulary.withLineEnd()
        guard symbols.kind != .words else { throw .wordsInLines }
        guard let lineEnd = try? symbols.encode("\n").first else { throw .noLineEnd }
        (self.vocabulary, self.lineEnd, text, self.maximumLength) = (symbols, lineEnd, corpus.whole.text, maximumLength)
        (fingerprint, unknown) = (corpus.fingerprint, corpus.whole.unknown)
        var (lines, longest, cut): ([Range<Int>], Int, Int) = ([], 0, 0)
        var start = corpus.whole.bytes.lowerBound
        let end = corpus.whole.bytes.upperBound
        var count = 0  // symbols of the line: bytes but for those that continue a character
        let countsAll = symbols.kind == .bytes
        for chunk in stride(from: start, to: end, by: TextSource.chunkSize) {
            let bytes: [UInt8]
            do { bytes = try text.bytes(in: chunk..<min(chunk + TextSource.chunkSize, end)) } catch { throw .data(error) }
            for (index, byte) in bytes.enumerated() {
                let isEnd = byte == UInt8(ascii: "\n")
                if !isEnd, countsAll || byte & 0xC0 != 0x80 { count += 1 }
                let isLast = chunk + index + 1 == end || text.isBoundary(chunk + index + 1)
                guard isEnd || isLast else { continue }
                let line = start..<chunk + index + (isEnd ? 0 : 1)
                if !line.isEmpty {
                    if let maximumLength, count > maximumLength {
                        guard overlong == .cut else {
                            throw try .line(
                                text, start, 0,
                                "the line has \(count) symbols, more than \(maximumLength); allow for more, or have it cut")
                        }
                        (cut, count) = (cut + 1, maximumLength)
                    }
                    lines.append(line)
                    longest = max(longest, count + 1)
                }
                (start, count) = (chunk + index + 1, 0)
            }
        }
        guard !lines.isEmpty else { throw .empty(file: text.name) }
        (self.lines, self.longest, cutEpisodes) = (lines, longest, cut)
    }

    public var input: ModelInput { .symbols(vocabulary.count) }
    public var output: ModelOutput { .symbols(vocabulary.count) }
    public var count: Int { lines.count }

    /// The symbols of a line, without its end.
    public func symbols(at index: Int) throws(DataError) -> [Int32] {
        let symbols = try vocabulary.encode(text.bytes(in: lines[index]), name: text.name, unknown: unknown)
        return Array(symbols.prefix(maximumLength ?? symbols.count))
    }

    public func episode(at index: Int) throws(DataError) -> Episode {
        let symbols = try symbols(at: index)
        return Episode(
            symbols: [lineEnd] + symbols, targetSymbols: symbols + [lineEnd],
            weights: Array(repeating: 1, count: symbols.count + 1))
    }
}
