import DNCData
import DNCTraining
import SafeTensors

/// The checkpoint with the length of its header and its fingerprints as they should be, as far as there is such a header.
public func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard let end = headerEnd(bytes) else { return bytes }
    var (header, data) = (Array(bytes[8..<end]), bytes[end...])
    func file() -> [UInt8] { withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + data }

    let metadata = file().withUnsafeBytes { bytes in withFile(bytes) { try? SafeTensorsFile(contentsOf: $0).metadata } }
    guard var metadata else { return file() }
    var fingerprint = Fingerprint()
    fingerprint.add(Array(data).span.bytes)
    for (key, value) in [
        ("dnc.fingerprint", { "\"\(fingerprint)\"" }),
        ("dnc.fingerprint.metadata", { CheckpointHeader.fingerprint(of: metadata) }),
    ] where metadata[key] != nil {
        metadata[key] = value()
        replaceValue(of: key, in: &header, by: value())
    }
    return file()
}

/// Repairs every second input in its place; returns how long it is.
public func repairing(_ bytes: UnsafeMutablePointer<UInt8>, count: Int, capacity: Int, seed: UInt32) -> Int {
    guard seed % 2 == 0 else { return count }
    let repaired = repaired(Array(UnsafeBufferPointer(start: bytes, count: count)))
    guard repaired.count <= capacity else { return count }
    UnsafeMutableRawPointer(bytes).copyMemory(from: repaired, byteCount: repaired.count)
    return repaired.count
}

/// Where the header ends: its object, and up to seven spaces.
private func headerEnd(_ bytes: [UInt8]) -> Int? {
    var (depth, isInString, index) = (0, false, 8)
    while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\\") where isInString: index += 1
        case UInt8(ascii: "\""): isInString.toggle()
        case UInt8(ascii: "{") where !isInString: depth += 1
        case UInt8(ascii: "}") where !isInString:
            depth -= 1
            if depth <= 0 {
                let rest = bytes[(index + 1)...]
                return index + 1 + rest.prefix(7).prefix { $0 == UInt8(ascii: " ") }.count
            }
        default: break
        }
        index += 1
    }
    return nil
}

/// Replaces the value of the first entry of this key by a JSON string in which the quotation marks of `value` are escaped.
private func replaceValue(of key: String, in header: inout [UInt8], by value: String) {
    let opening = Array("\"\(key)\":\"".utf8)
    guard let start = header.firstRange(of: opening)?.upperBound else { return }
    var end = start
    while end < header.count, header[end] != UInt8(ascii: "\"") { end += header[end] == UInt8(ascii: "\\") ? 2 : 1 }
    guard end < header.count else { return }
    header.replaceSubrange(start..<end, with: value.replacing("\"", with: "\\\"").utf8)
}
