// Runs the built executable `dnc` as a user does, in a folder of its own.

import Foundation
import Testing

/// What a process that has ended left behind.
struct Outcome {
    /// The exit code, or as shells do, 128 plus the signal that killed it.
    let status: Int32
    let output: Data
    let error: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// Standard output, which must be a single line with a JSON object.
    var json: [String: Any] {
        get throws {
            try #require(text.split(separator: "\n").count == 1)
            return try object(text)
        }
    }
}

func object(_ json: some StringProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
}

/// A temporary folder with a text, `text.txt`, in which commands run.
final class Sandbox: Sendable {
    /// Sizes with which a step takes no time.
    static let small = ["--hidden", "12", "--slots", "4", "--width", "4", "--batch-size", "4", "--seq-length", "8"]

    let path: String
    private let outputPath: String

    init() throws {
        let root = NSTemporaryDirectory() + "/dnc-tests-" + UUID().uuidString
        (path, outputPath) = (root + "/work", root + "/output")
        for folder in [path, outputPath] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try write(madeUpText(syllables: ["ba", "do", "ri", "ka", "me", "shi"]), to: "text.txt")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent)
    }

    func url(_ file: String) -> URL { URL(fileURLWithPath: path + "/" + file) }

    func write(_ text: String, to file: String) throws { try write(Data(text.utf8), to: file) }

    func write(_ bytes: Data, to file: String) throws { try bytes.write(to: url(file)) }

    func read(_ file: String) throws -> String { String(decoding: try Data(contentsOf: url(file)), as: UTF8.self) }

    func remove(_ file: String) throws { try FileManager.default.removeItem(at: url(file)) }

    /// Everything in the folder; the contents of files, nil for folders.
    var contents: [String: Data?] {
        get throws {
            let names = try FileManager.default.subpathsOfDirectory(atPath: path)
            return Dictionary(uniqueKeysWithValues: names.map { ($0, try? Data(contentsOf: url($0))) })
        }
    }

    /// Runs `dnc` with these arguments.
    @discardableResult
    func dnc(_ arguments: [String]) throws -> Outcome { try run(#"exec "$DNC" "$@""#, arguments) }

    @discardableResult
    func dnc(_ arguments: String...) throws -> Outcome { try dnc(arguments) }

    /// Runs `dnc train` with the small sizes into the folder `run`, which must succeed.
    @discardableResult
    func train(_ arguments: String..., data: String = "text.txt", run: String = "run") throws -> Outcome {
        let outcome = try dnc(
            ["train", "--data", data, "--out", run, "--valid-every", "20"] + Self.small + ["--max-steps", "40"] + arguments)
        try #require(outcome.status == 0, "\(outcome.error)")
        return outcome
    }

    /// Runs a shell script in which `$DNC` is the executable.
    func shell(_ script: String) throws -> Outcome { try run(script, []) }

    /// Runs `dnc` and sends it a signal as soon as standard error has a line that begins with "step".
    func dnc(_ arguments: [String], interruptedBy signal: Int32) throws -> Outcome {
        let (process, error) = (makeProcess(#"exec "$DNC" "$@""#, arguments), Pipe())
        process.standardError = error
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var text = Data()
        while text.range(of: Data("\nstep".utf8)) == nil {
            let more = error.fileHandleForReading.availableData
            try #require(!more.isEmpty, "ended before its first step: \(String(decoding: text, as: UTF8.self))")
            text += more
        }
        kill(process.processIdentifier, signal)
        text += error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.status, output: Data(), error: String(decoding: text, as: UTF8.self))
    }

    /// Expects `dnc` to fail with this exit code, to say all of `words` on standard error and nothing on standard output,
    /// and to leave every file as it was.
    func expectRefusal(
        _ arguments: [String], _ status: Int32, says words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try contents
        let outcome = try dnc(arguments)
        let command = Comment(rawValue: "dnc " + arguments.joined(separator: " ") + "\n" + outcome.error)
        #expect(outcome.status == status, command, sourceLocation: sourceLocation)
        for word in words { #expect(outcome.error.contains(word), command, sourceLocation: sourceLocation) }
        #expect(outcome.output.isEmpty, command, sourceLocation: sourceLocation)
        #expect(try contents == before, command, sourceLocation: sourceLocation)
    }

    private func run(_ script: String, _ arguments: [String]) throws -> Outcome {
        // Files never fill up as pipes do.
        let (id, process) = (UUID().uuidString, makeProcess(script, arguments))
        let files = ["out", "err"].map { URL(fileURLWithPath: "\(outputPath)/\(id).\($0)") }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let (output, error) = (try Data(contentsOf: files[0]), try Data(contentsOf: files[1]))
        return Outcome(status: process.status, output: output, error: String(decoding: error, as: UTF8.self))
    }

    private func makeProcess(_ script: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // A run that does not end as it should must not go on for ever: so many seconds of computing.
        process.arguments = ["-c", "ulimit -t 30; " + script, "dnc"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = [
            "DNC": Self.executable, "PATH": "/usr/bin:/bin",
            "DNC_INSTRUCTION_SET": ProcessInfo.processInfo.environment["DNC_INSTRUCTION_SET"] ?? "",
        ]
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// The executable is built beside the tests.
    private static let executable: String = {
        #if os(macOS)
        let products = Bundle(for: Sandbox.self).bundleURL.deletingLastPathComponent()
        #else
        let products = Bundle.main.bundleURL
        #endif
        return products.appendingPathComponent("dnc").path
    }()
}

extension Process {
    fileprivate var status: Int32 { terminationReason == .exit ? terminationStatus : 128 + terminationStatus }
}

/// About 7000 characters of sentences from random syllables, the same every time.
func madeUpText(syllables: [String]) -> String {
    var seed: UInt64 = 1
    func random(below bound: Int) -> Int {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(seed >> 33) % bound
    }
    var text = ""
    for word in 1...1200 {
        for _ in 0...random(below: 3) { text += syllables[random(below: syllables.count)] }
        text += word % 9 == 0 ? ".\n" : " "
    }
    return text
}

/// A checkpoint's file, taken apart without the library's help.
struct SavedFile {
    var header: [String: Any]
    var data: Data

    init(_ url: URL) throws {
        let bytes = try Data(contentsOf: url)
        let length = Int(bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        header = try object(String(decoding: bytes.dropFirst(8).prefix(length), as: UTF8.self))
        data = bytes.dropFirst(8 + length)
    }

    /// The JSON under a key of the metadata.
    func metadata(_ key: String) throws -> [String: Any] {
        try object(try #require((header["__metadata__"] as? [String: String])?[key]))
    }

    mutating func setMetadata(_ key: String, to value: [String: Any]) throws {
        var metadata = try #require(header["__metadata__"] as? [String: String])
        metadata[key] = String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
        header["__metadata__"] = metadata
    }

    /// Replaces the first number of a tensor.
    mutating func set(_ tensor: String, to number: Float) throws {
        let offsets = try #require((header[tensor] as? [String: Any])?["data_offsets"] as? [Int])
        let start = data.startIndex + offsets[0]
        withUnsafeBytes(of: number.bitPattern.littleEndian) { data.replaceSubrange(start..<start + 4, with: $0) }
    }

    /// The file's bytes.
    var bytes: Data {
        get throws {
            let json = try JSONSerialization.data(withJSONObject: header)
            return Data((0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }) + json + data
        }
    }

    /// Everything but the time that it took, for comparing: header, then data.
    var withoutTime: [NSObject] {
        get throws {
            var (copy, training) = (self, try metadata("dnc.training"))
            training["seconds"] = nil
            for key in ["dnc.training", "dnc.fingerprint.metadata"] { try copy.setMetadata(key, to: [:]) }
            return [copy.header as NSDictionary, training as NSDictionary, data as NSData]
        }
    }
}
