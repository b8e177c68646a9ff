/// One pass over a whole text: its fingerprint and, for characters or words, which characters occur in a part of it and whether all of that is
/// UTF-8.
struct TextScan {
    private(set) var fingerprint = Fingerprint()
    /// The distinct characters in ascending order; none for `bytes`.
    private(set) var characters: [Unicode.Scalar] = []

    private var seen: [UInt64] = []  // a bit for each scalar value, up to the largest that has occurred
    private var decoder = UTF8Decoder()
    private var scalarStart = 0  // the offset of the scalar that the decoder is inside of

    /// - Parameter range: the part; nil for all of it.
    init(
        _ text: TextSource, tokens: TokenKind, in range: Range<Int>? = nil, chunkSize: Int = TextSource.chunkSize
    ) throws(DataError) {
        let range = range ?? 0..<text.byteCount
        var offset = 0
        try text.forEachChunk(upTo: text.byteCount, size: chunkSize) { (chunk) throws(DataError) in
            chunk.withUnsafeBytes { fingerprint.add($0) }
            let part = range.clamped(to: offset..<offset + chunk.count)
            if tokens != .bytes, !addCharacters(chunk[(part.lowerBound - offset)..<(part.upperBound - offset)], at: offset) {
                throw try text.invalidUTF8(at: scalarStart)
            }
            offset += chunk.count
        }
        // The same bytes in other files are another text.
        for start in text.boundaries { withUnsafeBytes(of: UInt64(start).littleEndian) { fingerprint.add($0) } }
        if decoder.isInsideScalar { throw try text.invalidUTF8(at: scalarStart) }
        let count = seen.reduce(0) { $0 + $1.nonzeroBitCount }
        guard count <= Vocabulary.maximumCharacters else {
            throw .outOfRange(
                name: "the number of different characters in '\(text.name)'", value: "\(count)",
                allowed: "at most \(Vocabulary.maximumCharacters), since no checkpoint could hold more; use --tokens bytes")
        }
        for (index, word) in seen.enumerated() where word != 0 {
            for bit in 0..<64 where word >> bit & 1 == 1 {
                if let scalar = Unicode.Scalar(UInt32(index * 64 + bit)) { characters.append(scalar) }
            }
        }
    }

    private mutating func note(_ value: Int) {
        if value / 64 >= seen.count { seen += Array(repeating: 0, count: value / 64 + 1 - seen.count) }
        seen[value / 64] |= 1 << (value % 64)
    }

    /// Returns false when the scalar at `scalarStart` is invalid.
    private mutating func addCharacters(_ chunk: ArraySlice<UInt8>, at offset: Int) -> Bool {
        for (index, byte) in zip(chunk.indices, chunk) {
            if !decoder.isInsideScalar {
                if byte < 0x80 {
                    note(Int(byte))
                    continue
                }
                scalarStart = offset + index
            }
            switch decoder.consume(byte) {
            case .scalar(let scalar): note(Int(scalar.value))
            case .incomplete: break
            case .invalid: return false
            }
        }
        return true
    }
}
