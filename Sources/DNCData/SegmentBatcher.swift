// A text cut into segments to learn from.
public import DNCCore

/// Where a lane goes on that has come to the end of a text.
public enum TextRestart: String, Codable, Sendable, CaseIterable {
    /// At the text's beginning.
    case beginning
    /// At a place that is drawn for it, as in krocki/dnc.
    case random
}

/// Cuts a text into segments for truncated backpropagation through time.
///
/// Each of B lanes reads the text from its own place, evenly spread, to the end, and then again and again from the
/// beginning, or from places that are drawn; or one stretch of it after another. A segment has at least one target in every lane.
public struct SegmentBatcher: Sendable {
    /// T, the number of symbols per lane and segment.
    public let steps: Int
    /// B, the number of lanes.
    public let lanes: Int
    /// For each lane, where in the text, in bytes from its beginning, its next input begins. With the text, this is all
    /// that is needed to continue; save it in checkpoints.
    public private(set) var cursors: [Int] = []

    private let range: TextRange
    private let tokens: TokenKind
    private var readers: [SymbolReader]  // caches: every segment starts at the cursors

    private static let sizes = 1...1 << 20  // of steps and lanes; what the core accepts

    /// Lane i of `lanes` begins at i/B of the text's bytes, moved forward to the beginning of a symbol.
    ///
    /// Throws when `text` has fewer than `steps + 1` symbols or cannot be read, or a size is not in `1...1048576`.
    public init(_ text: TextRange, vocabulary: Vocabulary, lanes: Int, steps: Int) throws(DataError) {
        for (name, size) in [("the number of lanes", lanes), ("the number of steps", steps)] {
            guard Self.sizes.contains(size) else {
                throw .outOfRange(name: name, value: "\(size)", allowed: "from 1 to \(Self.sizes.upperBound)")
            }
        }
        var reader = SymbolReader(text, vocabulary: vocabulary)
        for count in 0...steps {
            guard try reader.next() != nil else { throw .tooFewSymbols(count, steps: steps) }
        }
        self.steps = steps
        self.lanes = lanes
        range = text
        tokens = vocabulary.kind
        let bufferSize = Self.bufferSize(lanes: lanes, steps: steps)
        readers = Array(repeating: SymbolReader(text, vocabulary: vocabulary, bufferSize: bufferSize), count: lanes)
        for lane in 0..<lanes {
            cursors.append(try place(lane, near: text.beginning(ofPart: lane, of: lanes)))
        }
    }

    /// What each lane reads ahead: a segment at least, and more while all lanes together stay below 16 MB.
    private static func bufferSize(lanes: Int, steps: Int) -> Int {
        min(SymbolReader.usualBufferSize, max(4 * (steps + 1), (16 << 20) / lanes))
    }

    /// About how many bytes a batcher of this shape takes. As Double, since they may exceed Int.
    package static func requiredBytes(lanes: Int, steps: Int) -> Double {
        let arrayHeader = 32
        let reader =
            MemoryLayout<SymbolReader>.stride + arrayHeader + bufferSize(lanes: lanes, steps: min(steps, sizes.upperBound))
        return Double(lanes) * Double(reader + MemoryLayout<Int>.stride)
    }

    /// Continues where a batcher of the same text, lanes and steps had these `cursors`.
    ///
    /// Throws, and changes nothing, when they are not as many as lanes or one is not a place where a lane can be.
    public mutating func restore(cursors: [Int]) throws(DataError) {
        guard cursors.count == lanes else { throw .cursorCount(cursors.count, lanes: lanes) }
        for (lane, cursor) in cursors.enumerated() {
            // A lane can be in the middle of a word, but does not begin there.
            guard range.bytes.contains(cursor),
                try place(lane, near: cursor, tokens: tokens == .words ? .characters : tokens) == cursor
            else {
                throw .invalidCursor(text: range.text.name, lane: lane, offset: cursor)
            }
        }
        self.cursors = cursors
    }

    /// The next segment: in each lane T inputs, and as targets the symbols that follow them.
    ///
    /// A lane that comes to the end of the text is filled up with padding and begins anew in the next segment. Throws
    /// when the text cannot be read or has changed; the cursors then remain where they were.
    /// - Parameters:
    ///   - generator: draws where the lanes go on that are at the text's beginning; nil to begin there.
    ///   - stretch: for a lane that begins a stretch, near which byte of the text, as in `cursors`; nil where it reads on.
    public mutating func next(
        restartsFrom generator: SeededGenerator? = nil, stretch: (_ lane: Int) -> Int? = { _ in nil }
    ) throws(DataError) -> Segment {
        var (segment, nextCursors) = (Segment(paddingOf: steps, lanes: lanes), cursors)
        var generator = generator
        for lane in 0..<lanes {
            if let offset = stretch(lane) {
                segment.begin(lane: lane)
                nextCursors[lane] = try place(lane, near: offset)
            } else if cursors[lane] == range.bytes.lowerBound {
                segment.begin(lane: lane)
                let drawn = generator?.integer(in: range.bytes.lowerBound...range.bytes.upperBound - 1)
                if let drawn { nextCursors[lane] = try place(lane, near: drawn) }
            }
            nextCursors[lane] = try fill(lane, from: nextCursors[lane], of: &segment)
        }
        cursors = nextCursors
        return segment
    }

    /// Writes the lane's inputs and targets from the cursor on, and returns its next one.
    private mutating func fill(_ lane: Int, from cursor: Int, of segment: inout Segment) throws(DataError) -> Int {
        var cursor = cursor
        readers[lane].seek(to: cursor)
        var beginsAnew = readers[lane].isAtBoundary
        var symbol = try readers[lane].next()
        for step in 0..<steps {
            guard let input = symbol else { break }
            segment.inputs[step * lanes + lane] = input
            if beginsAnew { segment.begin(lane: lane, step: step) }
            (cursor, beginsAnew) = (readers[lane].byteOffset, readers[lane].isAtBoundary)
            symbol = try readers[lane].next()
            segment.targets[step * lanes + lane] = (beginsAnew ? nil : symbol) ?? Segment.noTarget
        }
        return readers[lane].isAtEnd ? range.bytes.lowerBound : cursor
    }

    /// The first place from `offset` on where a lane can be, which is the beginning of a symbol that another one
    /// follows, or else the beginning of the text.
    private mutating func place(_ lane: Int, near offset: Int, tokens: TokenKind? = nil) throws(DataError) -> Int {
        let cursor = try range.symbolBoundary(atOrAfter: offset, tokens: tokens ?? self.tokens)
        readers[lane].seek(to: cursor)
        _ = try readers[lane].next()
        return readers[lane].isAtEnd ? range.bytes.lowerBound : cursor
    }
}

extension Segment {
    /// Of a text: padding alone.
    package init(paddingOf steps: Int, lanes: Int) {
        self.init(
            inputs: Array(repeating: 0, count: steps * lanes),
            targets: Array(repeating: Self.noTarget, count: steps * lanes), lanes: lanes)
    }
}
