// The element types a tensor file may hold here, and the Swift types they become.

#if !_endian(little)
#error("Tensor data is little-endian and is copied as it is; this host would need byte swapping.")
#endif

/// The element type of a stored tensor; the raw value is its name in the file.
///
/// The format knows more types (16-bit floats among them); a file that uses one of those is refused.
public enum TensorType: String, CaseIterable, Sendable {
    // In the order in which a file stores its tensors: wide types first keep all data aligned.
    /// `UInt64`.
    case u64 = "U64"
    /// `Int64`.
    case i64 = "I64"
    /// `Double`.
    case f64 = "F64"
    /// `Float`.
    case f32 = "F32"
    /// `Int32`.
    case i32 = "I32"
    /// `UInt8`.
    case u8 = "U8"

    /// Bytes of one element.
    public var byteWidth: Int {
        switch self {
        case .u64, .i64, .f64: 8
        case .f32, .i32: 4
        case .u8: 1
        }
    }

    /// The number of elements of a tensor; nil if a dimension is negative or the bytes do not fit an `Int`.
    func elementCount(ofShape shape: [Int]) -> Int? {
        var count = 1
        for factor in shape {
            let product = count.multipliedReportingOverflow(by: factor)
            guard factor >= 0, !product.overflow else { return nil }
            count = product.partialValue
        }
        return count.multipliedReportingOverflow(by: byteWidth).overflow ? nil : count
    }
}

/// A Swift type whose arrays are stored as tensors, bit for bit.
///
/// A conforming type has exactly the bytes of its tensor type; the six conformances of this module are all there are.
public protocol SafeTensorsElement: BitwiseCopyable, Sendable {
    /// The type of the stored elements.
    static var tensorType: TensorType { get }
}

extension UInt64: SafeTensorsElement {
    public static var tensorType: TensorType { .u64 }
}

extension Int64: SafeTensorsElement {
    public static var tensorType: TensorType { .i64 }
}

extension Double: SafeTensorsElement {
    public static var tensorType: TensorType { .f64 }
}

extension Float: SafeTensorsElement {
    public static var tensorType: TensorType { .f32 }
}

extension Int32: SafeTensorsElement {
    public static var tensorType: TensorType { .i32 }
}

extension UInt8: SafeTensorsElement {
    public static var tensorType: TensorType { .u8 }
}
