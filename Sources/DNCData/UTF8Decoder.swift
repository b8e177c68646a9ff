/// Turns bytes, one at a time, into Unicode scalars. Strict: overlong forms, surrogates and values above U+10FFFF are
/// invalid. Being fed single bytes, it does not care where a buffer ends.
struct UTF8Decoder {
    enum Step {
        case scalar(Unicode.Scalar)
        case incomplete
        case invalid
    }

    private var value: UInt32 = 0
    private var missingBytes = 0
    private var continuation: ClosedRange<UInt8> = 0x80...0xBF  // what the next byte of a sequence may be

    /// Whether the bytes so far end in the middle of a scalar.
    var isInsideScalar: Bool { missingBytes > 0 }

    /// After `.invalid` the decoder must not be used again.
    mutating func consume(_ byte: UInt8) -> Step {
        guard isInsideScalar else { return begin(byte) }
        guard continuation.contains(byte) else { return .invalid }
        continuation = 0x80...0xBF
        value = value << 6 | UInt32(byte & 0x3F)
        missingBytes -= 1
        if isInsideScalar { return .incomplete }
        return Unicode.Scalar(value).map(Step.scalar) ?? .invalid  // a surrogate, or beyond U+10FFFF
    }

    // Well-formed byte sequences: The Unicode Standard, table 3-7.
    private mutating func begin(_ byte: UInt8) -> Step {
        switch byte {
        case 0x00...0x7F:
            return .scalar(Unicode.Scalar(byte))
        case 0xC2...0xDF:
            (value, missingBytes) = (UInt32(byte & 0x1F), 1)
        case 0xE0...0xEF:
            (value, missingBytes) = (UInt32(byte & 0x0F), 2)
            if byte == 0xE0 { continuation = 0xA0...0xBF }  // below: overlong
        case 0xF0...0xF4:
            (value, missingBytes) = (UInt32(byte & 0x07), 3)
            if byte == 0xF0 { continuation = 0x90...0xBF }  // below: overlong
        default:
            return .invalid
        }
        return .incomplete
    }
}
