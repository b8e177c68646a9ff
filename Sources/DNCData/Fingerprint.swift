/// A 64-bit hash of some bytes and their number. Recognises an accidental change, not an attack: who means to can easily make
/// other bytes of the same fingerprint.
///
/// The hash takes the bytes as little-endian 8-byte words, the last one filled up with zeros; it depends neither on how
/// the bytes are divided into chunks nor on the machine, and must not change, since checkpoints store it.
package struct Fingerprint: CustomStringConvertible {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private var partialWord: UInt64 = 0  // the last `byteCount % 8` bytes
    private var byteCount = 0

    package init() {}

    package mutating func add(_ bytes: RawSpan) { bytes.withUnsafeBytes { add($0) } }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        while index < bytes.count, byteCount % 8 != 0 {
            add(bytes[index])
            index += 1
        }
        while index + 8 <= bytes.count {
            mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            byteCount += 8
            index += 8
        }
        while index < bytes.count {
            add(bytes[index])
            index += 1
        }
    }

    private mutating func add(_ byte: UInt8) {
        partialWord |= UInt64(byte) << UInt64(byteCount % 8 * 8)
        byteCount += 1
        if byteCount % 8 == 0 {
            mix(partialWord)
            partialWord = 0
        }
    }

    // Both operations are invertible, so two sequences of one length that differ in a single word never agree.
    private mutating func mix(_ word: UInt64) {
        hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
    }

    /// 16 hexadecimal digits of the hash, a hyphen and the number of bytes.
    package var description: String {
        var complete = self
        complete.mix(partialWord)
        let digits = String(complete.hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits + "-\(byteCount)"
    }
}
