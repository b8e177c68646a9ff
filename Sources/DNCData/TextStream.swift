/// A part of a text that is read from its beginning to its end, a segment at a time, each symbol predicted from those before it.
package import DNCCore
package struct TextStream: Sendable {
    private var reader: SymbolReader
    /// The symbol that is read next; nil at the end, and before the first has been read.
    private var symbol: Int32?
    private var hasBegun = false
    /// Whether that is the first of a file.
    private var beginsAnew = false
    /// The offsets of what is counted: symbols before are read and not predicted.
    private let counted: Range<Int>

    /// - Parameters:
    ///   - counted: the bytes of the part, which begins and ends at a symbol.
    ///   - start: where reading begins, at or before it.
    fileprivate init(_ text: TextRange, counted: Range<Int>, from start: Int, vocabulary: Vocabulary) {
        reader = SymbolReader(text.part(start..<counted.upperBound), vocabulary: vocabulary)
        self.counted = counted
    }

    /// About how many bytes so many streams take.
    package static func requiredBytes(count: Int) -> Double {
        Double(count) * Double(MemoryLayout<Self>.stride + SymbolReader.usualBufferSize)
    }

    /// Whether there is nothing left to read or to predict.
    package var isAtEnd: Bool { hasBegun ? symbol == nil || reader.isAtEnd : reader.isAtEnd }

    /// How many bytes of the part have been read.
    package var bytesRead: Int { max(0, reader.byteOffset - counted.lowerBound) }

    /// Writes the next symbols to a lane of the segment, padding behind the end.
    /// - Throws: `DataError` when the text cannot be read or has an unknown symbol.
    package mutating func fill(_ lane: Int, of segment: inout Segment) throws(DataError) {
        if !hasBegun { symbol = try reader.next() }
        hasBegun = true
        for step in 0..<segment.steps {
            let (input, offset) = (symbol, reader.byteOffset)
            if beginsAnew { segment.begin(lane: lane, step: step) }
            // Nothing tells how another file begins.
            beginsAnew = reader.isAtBoundary
            if input != nil { symbol = try reader.next() }
            segment.inputs[step * segment.lanes + lane] = input ?? 0
            segment.targets[step * segment.lanes + lane] =
                (offset >= counted.lowerBound && !beginsAnew ? symbol : nil) ?? Segment.noTarget
        }
    }
}

extension TextRange {
    /// Streams that together predict every symbol of the range but its first: each what follows the one before it, after reading
    /// some bytes of that.
    /// - Parameters:
    ///   - count: how many, at least 1; each has about as many bytes.
    ///   - warmUp: how many bytes before its own part a stream reads, but for those that are not whole symbols.
    ///   - vocabulary: the symbols.
    package func divided(into count: Int, warmUp: Int, vocabulary: Vocabulary) throws(DataError) -> [TextStream] {
        var boundaries: [Int] = []
        for stream in 0..<count {
            let beginning = beginning(ofPart: stream, of: count)
            boundaries.append(try symbolBoundary(atOrAfter: beginning, tokens: vocabulary.kind))
        }
        boundaries.append(bytes.upperBound)
        var streams: [TextStream] = []
        for stream in 0..<count {
            let counted = boundaries[stream]..<boundaries[stream + 1]
            let early = max(bytes.lowerBound, counted.lowerBound - warmUp)
            let start = try symbolBoundary(atOrAfter: early, tokens: vocabulary.kind)
            streams.append(TextStream(self, counted: counted, from: min(start, counted.lowerBound), vocabulary: vocabulary))
        }
        return streams
    }

    /// The first `limit` symbols.
    package func prefix(_ limit: Int, vocabulary: Vocabulary) throws(DataError) -> TextRange {
        if limit >= byteCount { return self }
        var (reader, count) = (SymbolReader(self, vocabulary: vocabulary), 0)
        while count < limit, try reader.next() != nil { count += 1 }
        return part(bytes.lowerBound..<reader.byteOffset)
    }
}
