import Foundation

/// The folder csrc, after its library and examples have been built in it; nil where there is no make or compiler.
public let coreWithExamples: String? = {
    let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    let core = root.appendingPathComponent("csrc").path
    let make = Process()
    make.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    make.arguments = ["make", "-s", "-C", core, "examples"]
    make.standardOutput = FileHandle.nullDevice
    make.standardError = FileHandle.nullDevice
    guard (try? make.run()) != nil else { return nil }
    make.waitUntilExit()
    return make.terminationStatus == 0 ? core : nil
}()
