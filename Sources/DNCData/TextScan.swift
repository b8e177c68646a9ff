/// One pass over a whole text: its fingerprint and, for characters, which ones occur and whether all of it is UTF-8.
struct TextScan {
    private(set) var fingerprint = Fingerprint()
    /// The distinct characters in ascending order; none for `bytes`.
    private(set) var characters: [Unicode.Scalar] = []

    private var isSeen: [Bool]  // by scalar value
    private var decoder = UTF8Decoder()
    private var scalarStart = 0  // the offset of the scalar that the decoder is inside of

    init(_ text: TextSource, tokens: TokenKind, chunkSize: Int = TextSource.chunkSize) throws(DataError) {
        isSeen = Array(repeating: false, count: tokens == .characters ? 0x11_0000 : 0)
        var offset = 0
        try text.forEachChunk(upTo: text.byteCount, size: chunkSize) { (chunk) throws(DataError) in
            chunk.withUnsafeBytes { fingerprint.add($0) }
            if tokens == .characters, !addCharacters(chunk, at: offset) { throw try text.invalidUTF8(at: scalarStart) }
            offset += chunk.count
        }
        if decoder.isInsideScalar { throw try text.invalidUTF8(at: scalarStart) }
        characters = isSeen.indices.filter { isSeen[$0] }.compactMap { Unicode.Scalar(UInt32($0)) }
    }

    /// Returns false when the scalar at `scalarStart` is invalid.
    private mutating func addCharacters(_ chunk: [UInt8], at offset: Int) -> Bool {
        for (index, byte) in chunk.enumerated() {
            if !decoder.isInsideScalar {
                if byte < 0x80 {
                    isSeen[Int(byte)] = true
                    continue
                }
                scalarStart = offset + index
            }
            switch decoder.consume(byte) {
            case .scalar(let scalar): isSeen[Int(scalar.value)] = true
            case .incomplete: break
            case .invalid: return false
            }
        }
        return true
    }
}
