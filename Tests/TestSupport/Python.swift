import Foundation

/// Runs a Python program and returns what it printed; nil if there is no Python or the program fails.
public func python(_ program: String, _ arguments: String...) -> String? { python(program, arguments) }

public func python(_ program: String, _ arguments: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
}

/// Whether Python can read tensor files here.
public let pythonReadsTensors = python("import numpy, safetensors.numpy") != nil
