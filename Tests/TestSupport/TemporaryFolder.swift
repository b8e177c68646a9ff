import Foundation

/// A new folder, removed with its owner.
public final class TemporaryFolder: Sendable {
    public let path = NSTemporaryDirectory() + "dnc-tests-" + UUID().uuidString

    public init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// All files in the folder, hidden ones too.
    public var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    public func path(_ name: String) -> String { path + "/" + name }

    public func bytes(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ bytes: some Collection<UInt8>, _ name: String = "file.safetensors") throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }
}
