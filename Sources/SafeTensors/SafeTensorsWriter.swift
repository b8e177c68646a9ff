// Writes tensor files, byte for byte as the format's reference writer does.

/// Collects named tensors and writes them to a file in safetensors format. The same content gives the same bytes.
public struct SafeTensorsWriter: Sendable {
    private struct Tensor: Sendable {
        let name: String
        let type: TensorType
        let shape: [Int]
        let byteCount: Int
        /// Calls its argument with the data.
        let withBytes: @Sendable ((RawSpan) throws(SafeTensorsError) -> Void) throws(SafeTensorsError) -> Void
    }

    /// Free text entries of the header.
    public var metadata: [String: String]
    private var tensors: [String: Tensor] = [:]

    /// Starts a file without tensors.
    public init(metadata: [String: String] = [:]) {
        self.metadata = metadata
    }

    /// Adds a tensor. The array is shared, not copied, until the file is written.
    ///
    /// `shape` holds the dimensions, outermost first; `values` has as many elements as the shape, the last dimension
    /// varying fastest. Throws if that is not so, or if the name is taken.
    public mutating func add<Element: SafeTensorsElement>(
        _ name: String, shape: [Int], values: [Element]
    ) throws(SafeTensorsError) {
        let type = Element.tensorType
        let part = "tensor \(quoted(name))"
        guard type.elementCount(ofShape: shape) == values.count else {
            throw .cannotStore(part: part, problem: "\(values.count) values do not fill the shape \(shape)")
        }
        guard shape.count <= SafeTensorsFile.maximumDimensions else {
            throw .cannotStore(part: part, problem: "it has more than \(SafeTensorsFile.maximumDimensions) dimensions")
        }
        guard name != SafeTensorsFile.metadataKey, tensors[name] == nil else {
            throw .cannotStore(part: part, problem: "the name is taken; choose another")
        }
        tensors[name] = Tensor(name: name, type: type, shape: shape, byteCount: values.count * type.byteWidth) {
            body throws(SafeTensorsError) in try body(values.span.bytes)
        }
    }

    /// Calls `body` with the data of all tensors, as they will lie in the file, piece by piece.
    public func forEachPiece(_ body: (RawSpan) -> Void) throws(SafeTensorsError) {
        for tensor in ordered { try tensor.withBytes { bytes throws(SafeTensorsError) in body(bytes) } }
    }

    private var ordered: [Tensor] {
        let byName = tensors.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return TensorType.allCases.flatMap { type in byName.filter { $0.type == type } }
    }

    /// Writes the file, replacing an old one in one step; see `AtomicFile`.
    public func write(to path: String) throws(SafeTensorsError) {
        let ordered = ordered
        let header = header(of: ordered)
        // What would not be read back is better refused now.
        guard header.utf8.count <= SafeTensorsFile.maximumHeaderLength else {
            let problem = "it is longer than \(SafeTensorsFile.maximumHeaderLength) bytes; shorten it"
            throw .cannotStore(part: "the header", problem: problem)
        }
        var scanner = JSONScanner(Array(header.utf8)) { .cannotStore(part: "the header", problem: "at its byte \($0), \($1)") }
        try scanner.skipDocument()
        try AtomicFile.write(to: path) { output throws(SafeTensorsError) in
            try output.append([UInt64(header.utf8.count)].span.bytes)
            try output.append(Array(header.utf8).span.bytes)
            for tensor in ordered { try tensor.withBytes { bytes throws(SafeTensorsError) in try output.append(bytes) } }
        }
    }

    private func header(of tensors: [Tensor]) -> String {
        var members: [String] = []
        if !metadata.isEmpty {
            let entries = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { json($0.key) + ":" + json($0.value) }
            members.append(json(SafeTensorsFile.metadataKey) + ":{" + entries.joined(separator: ",") + "}")
        }
        var begin = 0
        for tensor in tensors {
            let end = begin + tensor.byteCount
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let info = #"{"dtype":"\#(tensor.type.rawValue)","shape":[\#(shape)],"data_offsets":[\#(begin),\#(end)]}"#
            members.append(json(tensor.name) + ":" + info)
            begin = end
        }
        let header = "{" + members.joined(separator: ",") + "}"
        return header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)  // aligns the data
    }
}

/// The text as a JSON string.
private func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\u{8}": result += "\\b"
        case "\u{C}": result += "\\f"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case ..<" ": result += (scalar.value < 0x10 ? "\\u000" : "\\u00") + String(scalar.value, radix: 16)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
