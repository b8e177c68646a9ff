import Foundation

/// Runs a Python program and returns what it printed; nil if there is no Python or the program fails.
public func python(_ program: String, _ arguments: String...) -> String? { python(program, arguments) }

public func python(_ program: String, _ arguments: [String]) -> String? {
    let (status, output) = runPython(["-c", program] + arguments)
    return status == 0 ? output : nil
}

/// Runs Python with these arguments; returns its exit status, nil if there is no Python, and what it printed.
public func runPython(_ arguments: [String]) -> (status: Int32?, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return (nil, "") }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

/// Whether Python can read tensor files here.
public let pythonReadsTensors = python("import numpy, safetensors.numpy") != nil
