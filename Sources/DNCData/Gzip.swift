// What gzip has packed.
import CZlib

/// Unpacks what gzip packs, by the system's zlib.
enum Gzip {
    /// Whether it begins as that does.
    static func isPacked(_ beginning: some Sequence<UInt8>) -> Bool { beginning.prefix(2).elementsEqual([0x1F, 0x8B]) }

    /// All members, one after the other.
    /// - Throws: `DataError.packed` where it is cut off or damaged.
    static func unpacked(_ packed: [UInt8], name: String) throws(DataError) -> [UInt8] {
        var (stream, bytes) = (z_stream(), [UInt8]())
        let gzipAlone: Int32 = 16 + MAX_WBITS
        guard inflateInit2_(&stream, gzipAlone, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .packed(text: name, problem: "zlib does not begin")
        }
        defer { inflateEnd(&stream) }
        var (next, piece) = (0, [UInt8](repeating: 0, count: 1 << 16))
        while next < packed.count {
            let length = min(packed.count - next, Int(Int32.max))
            let (status, left, room) = packed.withUnsafeBufferPointer { source in
                piece.withUnsafeMutableBufferPointer { target in
                    // zlib only reads there, if not by its type.
                    stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + next })
                    (stream.avail_in, stream.next_out) = (uInt(length), target.baseAddress)
                    stream.avail_out = uInt(target.count)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    return (status, Int(stream.avail_in), Int(stream.avail_out))
                }
            }
            next += length - left
            bytes += piece[..<(piece.count - room)]
            switch status {
            case Z_OK: break
            case Z_STREAM_END:
                if next == packed.count { return bytes }
                // Another member may follow; anything else is no part of it, and gunzip leaves it out, too.
                guard isPacked(packed[next...]) else { return bytes }
                inflateReset(&stream)
            case Z_BUF_ERROR where next == packed.count: break
            default: throw .packed(text: name, problem: "the gzip data are damaged near byte \(next)")
            }
        }
        throw .packed(text: name, problem: "the gzip data end in the middle, after \(bytes.count) bytes of text")
    }
}
