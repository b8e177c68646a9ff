// What can go wrong with a tensor file, and what the user can do about it.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a tensor file could not be read or written. `description` is one sentence for the user.
public enum SafeTensorsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system refused to read a file; `code` is its `errno`.
    case cannotRead(file: String, operation: String, code: Int32)
    /// The system refused to write a file; `code` is its `errno`.
    case cannotWrite(file: String, operation: String, code: Int32)
    /// The path leads to a folder, device or pipe.
    case notRegularFile(file: String)
    /// The file ends too early: `part` takes `expected` bytes, of which only `found` are there.
    case truncated(file: String, part: String, expected: Int, found: Int)
    /// The bytes at `offset` from the start of the file break the format.
    case malformed(file: String, offset: Int, problem: String)
    /// A metadata entry that should hold JSON does not, or holds what JSON parsers do not agree on, at `offset` from its start.
    case malformedMetadata(file: String, key: String, offset: Int, problem: String)
    /// The header describes a tensor that cannot be.
    case invalidTensor(file: String, tensor: String, problem: String)
    /// The file has no tensor of this name.
    case missingTensor(file: String, tensor: String)
    /// The file has a tensor that the caller does not expect.
    case unexpectedTensor(file: String, tensor: String)
    /// The tensor has another type or shape than the caller expects.
    case mismatch(file: String, tensor: String, found: String, expected: String)
    /// The given name, shape and values do not make a tensor, or the header would be too long.
    case cannotStore(part: String, problem: String)

    public var description: String {
        switch self {
        case .cannotRead(let file, let operation, let code):
            "\(file): \(operation) failed: \(message(of: code)); check the path and its permissions"
        case .cannotWrite(let file, let operation, let code):
            "\(file): \(operation) failed: \(message(of: code)); \(remedy(for: code))"
        case .notRegularFile(let file):
            "\(file): is a folder or device, not a regular file; choose another path"
        case .truncated(let file, let part, let expected, let found):
            "\(file): \(part) should be \(expected) bytes long, the file has \(found); it is truncated: "
                + "use an older checkpoint"
        case .malformed(let file, let offset, let problem):
            "\(file): at byte \(offset): \(problem); the file is damaged or not in safetensors format: "
                + "use an older checkpoint"
        case .malformedMetadata(let file, let key, let offset, let problem):
            "\(file): \(quoted(key)) at its byte \(offset): \(problem); the file is damaged: use an older checkpoint"
        case .invalidTensor(let file, let tensor, let problem):
            "\(file): tensor \(quoted(tensor)): \(problem); use another file"
        case .missingTensor(let file, let tensor):
            "\(file): there is no tensor \(quoted(tensor)); use another file, one written for this kind of model"
        case .unexpectedTensor(let file, let tensor):
            "\(file): there is a tensor \(quoted(tensor)), which this model does not have; "
                + "use another file, one written for this configuration"
        case .mismatch(let file, let tensor, let found, let expected):
            "\(file): tensor \(quoted(tensor)) is \(found), expected \(expected); "
                + "use another file, one written for this configuration"
        case .cannotStore(let part, let problem):
            "\(part) cannot be stored: \(problem)"
        }
    }
}

/// A name from a file, safe to print.
package func quoted(_ name: String) -> String { "\"" + printable(name) + "\"" }

/// Text from a file, safe to print: what controls a terminal is escaped, and the length limited.
package func printable(_ text: String, limit: Int = 100) -> String {
    let start = text.unicodeScalars.prefix(limit)
    let characters = start.map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
        default: String(scalar)
        }
    }
    return characters.joined() + (start.endIndex < text.endIndex ? "..." : "")
}

private func message(of code: Int32) -> String {
    String(cString: strerror(code))
}

private func remedy(for code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT, EFBIG: "free space or choose another --out"
    case EACCES, EPERM, EROFS: "get write permission or choose another --out"
    case ENOENT, ENOTDIR: "create the folder or choose another --out"
    default: "choose another --out"
    }
}
