// Tensor files put together by hand.

import Foundation
import SafeTensors

/// A tensor file of this header, unpadded, and as many data bytes 0, 1, 2, ...
func tensorFile(_ header: String, data count: Int) -> [UInt8] {
    tensorFile([UInt8](header.utf8), data: count)
}

func tensorFile(_ header: [UInt8], data count: Int) -> [UInt8] {
    littleEndian(header.count) + header + (0..<count).map { UInt8(truncatingIfNeeded: $0) }
}

func littleEndian(_ value: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

extension SafeTensorsFile {
    /// The bytes of a tensor of any type.
    func bytes(of name: String) throws -> [UInt8] {
        switch tensors[name]?.type {
        case .u64: try values(name, as: UInt64.self).withUnsafeBytes(Array.init)
        case .i64: try values(name, as: Int64.self).withUnsafeBytes(Array.init)
        case .f64: try values(name, as: Double.self).withUnsafeBytes(Array.init)
        case .f32: try values(name, as: Float.self).withUnsafeBytes(Array.init)
        case .i32: try values(name, as: Int32.self).withUnsafeBytes(Array.init)
        case .u8, nil: try values(name, as: UInt8.self)
        }
    }
}
