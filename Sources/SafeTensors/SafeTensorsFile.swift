// Reads tensor files: 8 bytes of header length, the header in JSON, then the data of all tensors.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import SystemFiles

/// A file of named tensors in safetensors format, open for reading.
///
/// Opening reads and checks the header alone; `values` then reads one tensor at a time. The file stays open, so that
/// replacing it on disk does not mix two files.
public struct SafeTensorsFile: Sendable {
    /// What the header says about a tensor.
    public struct Tensor: Hashable, Sendable {
        /// The type of its elements.
        public let type: TensorType
        /// Its dimensions, outermost first; none for a scalar.
        public let shape: [Int]
        /// The number of its elements.
        public let count: Int
        /// Its bytes, counted from the start of the file.
        let range: Range<Int>
    }

    /// Where the file was opened.
    public let path: String
    /// The free text entries of the header.
    public let metadata: [String: String]
    /// The tensors by name.
    public let tensors: [String: Tensor]

    /// The longest header, in bytes, that is read or written. The format allows fifty times as much, which a hostile file could
    /// make gigabytes of; this holds a vocabulary of all characters that there are.
    package static let maximumHeaderLength = 2_000_000
    /// The most dimensions of a tensor, as in NumPy; without a limit a hostile header could fill much memory.
    static let maximumDimensions = 64
    static let metadataKey = "__metadata__"

    private let file: InputFile
    private let data: Range<Int>

    /// Opens a file and checks its header.
    ///
    /// Types must be known, shapes must agree with the number of bytes, and the tensors must fill the rest of the file
    /// without a gap, an overlap or bytes left over.
    public init(contentsOf path: String) throws(SafeTensorsError) {
        let file = try InputFile(path)
        let length = try file.read(UInt64.self, count: 1, at: 0, part: "the header length")[0]
        guard length <= Self.maximumHeaderLength else {
            let problem = "a header of \(length) bytes is announced, more than \(Self.maximumHeaderLength)"
            throw .malformed(file: path, offset: 0, problem: problem)
        }
        let header = try file.read(UInt8.self, count: Int(length), at: 8, part: "the header")
        let data = 8 + header.count..<file.size

        var metadata: [String: String] = [:]
        var tensors: [String: Tensor] = [:]
        var scanner = JSONScanner(header) { .malformed(file: path, offset: 8 + $0, problem: $1) }
        try scanner.header { scanner, key throws(SafeTensorsError) in
            if key == Self.metadataKey {
                try scanner.object { scanner, key throws(SafeTensorsError) in metadata[key] = try scanner.string() }
            } else {
                tensors[key] = try Tensor(named: key, from: &scanner, data: data, file: path)
            }
        }

        var end = data.lowerBound
        for (name, tensor) in tensors.sorted(by: { $0.value.order < $1.value.order }) {
            guard tensor.range.lowerBound == end else {
                let problem = "its data starts at byte \(tensor.range.lowerBound), the data before it ends at \(end)"
                throw .invalidTensor(file: path, tensor: name, problem: problem)
            }
            end = tensor.range.upperBound
        }
        guard end == file.size else {
            let problem = "\(file.size - end) bytes follow the last tensor"
            throw .malformed(file: path, offset: end, problem: problem)
        }

        self.path = path
        self.metadata = metadata
        self.tensors = tensors
        self.file = file
        self.data = data
    }

    /// Checks that the file holds these tensors and no others.
    public func checkTensors(_ expected: [(name: String, type: TensorType, shape: [Int])]) throws(SafeTensorsError) {
        for (name, type, shape) in expected { _ = try tensor(name, type: type, shape: shape) }
        let unexpected = Set(tensors.keys).subtracting(expected.map(\.name))
        if let name = unexpected.min() { throw .unexpectedTensor(file: path, tensor: name) }
    }

    /// Calls `body` with the data of all tensors, as they lie in the file, piece by piece.
    public func forEachPiece(_ body: (RawSpan) -> Void) throws(SafeTensorsError) {
        for start in stride(from: data.lowerBound, to: data.upperBound, by: Self.pieceSize) {
            let count = min(Self.pieceSize, data.upperBound - start)
            let piece = try file.read(UInt8.self, count: count, at: start, part: "the data")
            body(piece.span.bytes)
        }
    }

    private static let pieceSize = 1 << 20

    /// Reads the values of a tensor, the last dimension varying fastest.
    ///
    /// Throws if there is no such tensor, or if its type or, where given, its shape is another than expected.
    public func values<Element: SafeTensorsElement>(
        _ name: String, as type: Element.Type = Element.self, shape: [Int]? = nil
    ) throws(SafeTensorsError) -> [Element] {
        precondition(MemoryLayout<Element>.stride == type.tensorType.byteWidth, "a false conformance of \(type)")
        let tensor = try tensor(name, type: type.tensorType, shape: shape)
        return try file.read(type, count: tensor.count, at: tensor.range.lowerBound, part: "tensor \(quoted(name))")
    }

    private func tensor(_ name: String, type: TensorType, shape: [Int]?) throws(SafeTensorsError) -> Tensor {
        guard let tensor = tensors[name] else { throw .missingTensor(file: path, tensor: name) }
        let shape = shape ?? tensor.shape
        guard tensor.type == type, tensor.shape == shape else {
            throw .mismatch(
                file: path, tensor: name, found: "\(tensor.type.rawValue) \(tensor.shape)",
                expected: "\(type.rawValue) \(shape)")
        }
        return tensor
    }
}

extension SafeTensorsFile.Tensor {
    /// Sorts tensors as their data lies in the file; an empty one comes before the one that starts where it does.
    fileprivate var order: (Int, Int) { (range.lowerBound, range.upperBound) }

    /// Reads one entry of the header. Keys that the format does not name are ignored.
    fileprivate init(
        named name: String, from scanner: inout JSONScanner, data: Range<Int>, file: String
    ) throws(SafeTensorsError) {
        var typeName: String?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { scanner, key throws(SafeTensorsError) in
            switch key {
            case "dtype": typeName = try scanner.string()
            case "shape": shape = try scanner.integers(atMost: SafeTensorsFile.maximumDimensions)
            case "data_offsets": offsets = try scanner.integers(atMost: 2)
            default: try scanner.skipValue()
            }
        }
        guard let typeName, let shape, let offsets, offsets.count == 2 else {
            throw scanner.failure("tensor \(quoted(name)) lacks its dtype, its shape or its two data_offsets")
        }
        guard let type = TensorType(rawValue: typeName) else {
            let known = TensorType.allCases.map(\.rawValue).joined(separator: ", ")
            let problem = "its type is \(quoted(typeName)), only \(known) can be read"
            throw .invalidTensor(file: file, tensor: name, problem: problem)
        }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin <= end, let count = type.elementCount(ofShape: shape), count * type.byteWidth == end - begin else {
            let problem = "\(typeName) \(shape) does not fill its bytes \(begin)..<\(end)"
            throw .invalidTensor(file: file, tensor: name, problem: problem)
        }
        guard end <= data.count else {
            let part = "the data up to tensor \(quoted(name))"
            throw .truncated(file: file, part: part, expected: end, found: data.count)
        }
        self.type = type
        self.shape = shape
        self.count = count
        self.range = data.lowerBound + begin..<data.lowerBound + end
    }
}

/// A regular file open for reading.
private final class InputFile: Sendable {
    let path: String
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws(SafeTensorsError) {
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = uninterrupted { open(path.systemPath, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { throw .cannotRead(file: path, operation: "opening", code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notRegularFile(file: path)
        }
        self.path = path
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Reads `count` elements from byte `offset` on, straight into the array. `part` names them in an error.
    func read<Element: SafeTensorsElement>(
        _ type: Element.Type, count: Int, at offset: Int, part: String
    ) throws(SafeTensorsError) -> [Element] {
        let length = count * MemoryLayout<Element>.stride
        guard length <= size - offset else {
            throw .truncated(file: path, part: part, expected: length, found: size - offset)
        }
        return try [Element](unsafeUninitializedCapacity: count) { elements, initialized throws(SafeTensorsError) in
            var rest = UnsafeMutableRawBufferPointer(elements)
            while !rest.isEmpty {
                let position = off_t(offset + length - rest.count)
                let read = pread(descriptor, rest.baseAddress, min(rest.count, SystemCalls.maximumTransfer), position)
                if read > 0 {
                    rest = UnsafeMutableRawBufferPointer(rebasing: rest[read...])
                } else if read == 0 {
                    throw .truncated(file: path, part: part, expected: length, found: length - rest.count)
                } else if errno != EINTR {
                    throw .cannotRead(file: path, operation: "reading \(part)", code: errno)
                }
            }
            initialized = count
        }
    }
}
