// TensorBoard's own format, written by hand: of its protocol buffers a scalar needs a handful of fields, which is less than a
// library for all of them would be, and takes no time to build.

import Foundation

/// The bytes of an event file, which TensorBoard reads: records of one event each. Times are in seconds since 1970.
enum EventFile {
    /// The version, and the beginning of a session at step 0: a TensorBoard that is looking drops what it knows from that step on.
    static func header(time: Double) -> [UInt8] {
        framed(double(1, time) + bytes(3, Array("brain.Event:2".utf8))) + framed(double(1, time) + bytes(7, integer(1, 1)))
    }

    /// The scalars at a step.
    static func scalars(_ scalars: [(tag: String, value: Double)], step: Int, time: Double) -> [UInt8] {
        let values = scalars.flatMap { bytes(1, bytes(1, Array($0.tag.utf8)) + float(2, Float($0.value))) }
        return framed(double(1, time) + integer(2, UInt64(step)) + bytes(5, values))
    }

    // MARK: - TFRecord

    /// Length and data, each followed by its checksum.
    private static func framed(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(maskedChecksum(length)) + data + littleEndian(maskedChecksum(data))
    }

    /// Masked, since the checksum of data that holds its own checksum would be of no use.
    private static func maskedChecksum(_ data: [UInt8]) -> UInt32 {
        let checksum = crc32c(data)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }

    /// The cyclic redundancy check of Castagnoli's polynomial.
    static func crc32c(_ data: some Sequence<UInt8>) -> UInt32 {
        ~data.reduce(~0) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
    }

    // MARK: - Protocol buffers: a field is its number and the kind of its value, and the value

    private static func integer(_ field: UInt64, _ value: UInt64) -> [UInt8] { variable(field << 3) + variable(value) }

    private static func double(_ field: UInt64, _ value: Double) -> [UInt8] {
        variable(field << 3 | 1) + littleEndian(value.bitPattern)
    }

    private static func float(_ field: UInt64, _ value: Float) -> [UInt8] {
        variable(field << 3 | 5) + littleEndian(value.bitPattern)
    }

    private static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
        variable(field << 3 | 2) + variable(UInt64(value.count)) + value
    }

    /// Seven bits a byte, the lowest first.
    private static func variable(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F | 0x80)] + variable(value >> 7)
    }

    private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
