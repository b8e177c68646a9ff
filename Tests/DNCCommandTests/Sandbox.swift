// Runs the built executable `dnc` as a user does, in a folder of its own.

import DNC
import Foundation
import Testing

/// Random numbers that are others every time: the seed is to be told with every failure, and DNC_TEST_SEED repeats it.
struct Chance: RandomNumberGenerator, CustomStringConvertible {
    let seed = ProcessInfo.processInfo.environment["DNC_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1_000_000)
    private lazy var generator = SeededGenerator(seed: seed)

    mutating func next() -> UInt64 { generator.next() }

    /// Lets a time pass, at most so many microseconds.
    mutating func pause(atMost microseconds: UInt32) { usleep(.random(in: 0...microseconds, using: &self)) }

    var description: String { "DNC_TEST_SEED=\(seed)" }
}

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

    /// Waits until a file has these words, which a process writes.
    func wait(for words: String, in file: String) throws {
        while try !FileManager.default.fileExists(atPath: url(file).path) || !read(file).contains(words) { usleep(1000) }
    }

    func remove(_ file: String) throws { try FileManager.default.removeItem(at: url(file)) }

    /// Everything in the folder; the contents of files, nil for folders.
    var contents: [String: Data?] {
        get throws {
            let names = try FileManager.default.subpathsOfDirectory(atPath: path)
            return Dictionary(uniqueKeysWithValues: names.map { ($0, try? Data(contentsOf: url($0))) })
        }
    }

    /// Runs `dnc` with these arguments, of which those of `train` may repeat an option: only the last of them is given to it.
    @discardableResult
    func dnc(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        try run(#"exec "$DNC" "$@""#, Self.last(of: arguments), environment)
    }

    @discardableResult
    func dnc(_ arguments: String...) throws -> Outcome { try dnc(arguments) }

    /// Runs `dnc train` with the small sizes into the folder `run`, which must succeed.
    @discardableResult
    func train(_ arguments: String..., data: String = "text.txt", run: String = "run") throws -> Outcome {
        try train(arguments, data: data, run: run)
    }

    @discardableResult
    func train(_ arguments: [String], data: String = "text.txt", run: String = "run") throws -> Outcome {
        let outcome = try dnc(
            ["train", "--data", data, "--out", run, "--valid-every", "20"] + Self.small + ["--max-steps", "40"] + arguments)
        try #require(outcome.status == 0, "\(outcome.error)")
        return outcome
    }

    /// Runs a shell script in which `$DNC` is the executable.
    func shell(_ script: String) throws -> Outcome { try run(script, []) }

    /// Starts `dnc` with these arguments and goes on.
    func start(_ arguments: [String], cpuSeconds: Int = 30) throws -> RunningCommand {
        try RunningCommand(makeProcess(#"exec "$DNC" "$@""#, Self.last(of: arguments), cpuSeconds: cpuSeconds))
    }

    /// The arguments of `train` without the options, and their values, that come again behind.
    static func last(of arguments: [String]) -> [String] {
        guard arguments.first == "train" else { return arguments }
        func name(_ argument: String) -> Substring? { argument.hasPrefix("--") ? argument.prefix { $0 != "=" } : nil }
        var (kept, seen, value) = ([String](), Set<Substring>(), [String]())
        for argument in arguments.reversed() {
            if let name = name(argument) {
                if seen.insert(name).inserted { kept += value + [argument] }
                value = []
            } else {
                kept += value
                value = [argument]
            }
        }
        return (kept + value).reversed()
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

    private func run(
        _ script: String, _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> Outcome {
        // Files never fill up as pipes do.
        let (id, process) = (UUID().uuidString, makeProcess(script, arguments, environment))
        let files = ["out", "err"].map { URL(fileURLWithPath: "\(outputPath)/\(id).\($0)") }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let (output, error) = (try Data(contentsOf: files[0]), try Data(contentsOf: files[1]))
        return Outcome(status: process.status, output: output, error: String(decoding: error, as: UTF8.self))
    }

    private func makeProcess(
        _ script: String, _ arguments: [String], _ environment: [String: String] = [:], cpuSeconds: Int = 30
    ) -> Process {
        Self.signalsReachChildren
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // A run that does not end as it should must not go on for ever: so many seconds of computing.
        process.arguments = ["-c", "ulimit -t \(cpuSeconds); " + script, "dnc"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        let standard = [
            "DNC": Self.executable, "PATH": "/usr/bin:/bin",
            "DNC_INSTRUCTION_SET": ProcessInfo.processInfo.environment["DNC_INSTRUCTION_SET"] ?? "",
        ]
        process.environment = standard.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Signals that the tests were told to ignore, as nohup and a shell in the background do, `dnc` would ignore too. Those that a
    /// handler takes, it does not.
    private static let signalsReachChildren: Void = {
        for number in [SIGINT, SIGHUP] {
            let before = signal(number) { _ in }
            if unsafeBitCast(before, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self) { _ = signal(number, before) }
        }
    }()

    /// The executable is built beside the tests.
    static let executable: String = {
        #if os(macOS)
        let products = Bundle(for: Sandbox.self).bundleURL.deletingLastPathComponent()
        #else
        let products = Bundle.main.bundleURL
        #endif
        return products.appendingPathComponent("dnc").path
    }()
}

/// A `dnc` under way.
final class RunningCommand {
    private let process: Process
    private let pipe = Pipe()
    /// What it has said on standard error, and up to where that has been waited for.
    private var text = Data()
    private var position = 0

    fileprivate init(_ process: Process) throws {
        self.process = process
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        if process.isRunning { send(SIGKILL) }
    }

    var identifier: Int32 { process.processIdentifier }

    /// Waits until standard error says these words, after what was waited for before; false if the command ends without them.
    func says(_ words: String) -> Bool {
        while true {
            if let found = text[position...].range(of: Data(words.utf8)) {
                position = found.upperBound
                return true
            }
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { return false }
            text += more
        }
    }

    func wait(for words: String) throws {
        try #require(says(words), "ended before it said \(words): \(String(decoding: text, as: UTF8.self))")
    }

    /// What it says next, up to these words, which are taken as waited for; nil if it ends without them.
    func rest(upTo words: String) -> String? {
        let start = position
        guard says(words) else { return nil }
        return String(decoding: text[start..<position - words.utf8.count], as: UTF8.self)
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end.
    func end() -> Outcome {
        text += pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.status, output: Data(), error: String(decoding: text, as: UTF8.self))
    }

    func end(sending signal: Int32) -> Outcome {
        send(signal)
        return end()
    }
}

extension Process {
    fileprivate var status: Int32 { terminationReason == .exit ? terminationStatus : 128 + terminationStatus }
}

extension Sandbox {
    /// A run that saves after every step, of sizes with which that takes next to no time.
    static let saving = [
        "train", "--data", "text.txt", "--out", "run", "--model", "rnn", "--hidden", "4", "--batch-size", "2", "--seq-length",
        "4", "--valid-every", "1", "--valid-symbols", "10", "--plateau-factor", "1", "--patience", "1000000", "--sample-every",
        "3", "--threads", "1",
    ]

    /// The log of a run without what depends on the clock.
    func log(_ run: String) throws -> [NSDictionary] {
        try read(run + "/metrics.jsonl").split(separator: "\n").map { line in
            var fields = try object(line)
            fields["seconds"] = nil
            fields["predictions_per_second"] = nil
            return fields as NSDictionary
        }
    }

    /// Expects two runs to have the same files, and in them all the same but for what depends on the clock.
    func expectSameRuns(
        _ one: String, _ other: String, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let names = try [one, other].map { try FileManager.default.contentsOfDirectory(atPath: url($0).path).sorted() }
        #expect(names[0] == names[1], comment, sourceLocation: sourceLocation)
        for file in ["last", "best"] {
            let saved = try [one, other].map { try SavedFile(url("\($0)/\(file).safetensors")).withoutTime }
            let isSame = saved[0] == saved[1]  // not in #expect, which would search for the differences
            #expect(isSame, "\(file).safetensors \(comment?.rawValue ?? "")", sourceLocation: sourceLocation)
        }
        #expect(try log(one) == log(other), comment, sourceLocation: sourceLocation)
        #expect(
            try read(one + "/samples.txt") == read(other + "/samples.txt"), comment, sourceLocation: sourceLocation)
    }

    /// What a run's checkpoint of this name says of itself; nil if there is none. It must be sound.
    func record(of checkpoint: String, in run: String = "run") throws -> TrainingRecord? {
        let file = url("\(run)/\(checkpoint).safetensors").path
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        return try Checkpoint<Float>(contentsOf: file).record
    }

    /// The step from which a run would go on; nil if it would begin anew. What the last checkpoint says of the best must be there.
    func lastStep(in run: String = "run") throws -> Int? {
        let (last, best) = (try record(of: "last", in: run), try record(of: "best", in: run))
        #expect(best?.step ?? 0 >= last?.bestStep ?? 0, "the best checkpoint is older than the last knows it")
        return (last ?? best)?.step
    }
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
