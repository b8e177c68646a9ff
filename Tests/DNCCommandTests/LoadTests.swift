// Large texts, long runs, and texts that change while they are read.

import Foundation
import TestSupport
import Testing

@Suite struct LoadTests {
    let sandbox: Sandbox
    let endless = Sandbox.small + ["--patience", "1000000", "--max-steps", "1000000000"]

    init() throws { sandbox = try Sandbox() }

    /// A number of kilobytes from what Linux says of a process.
    private func kilobytes(_ key: String, of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(key + ":") })
        return try #require(Int(line.split(separator: " ").dropLast().last ?? ""))
    }

    /// Made-up text, and holes of zeros that take no room on the disk.
    private func writeText(megabytes: Int, to file: String) throws {
        try sandbox.write(try sandbox.read("text.txt"), to: file)
        let handle = try FileHandle(forUpdating: sandbox.url(file))
        defer { try? handle.close() }
        for part in 1...10 {
            try handle.seek(toOffset: UInt64(megabytes << 20) / 10 * UInt64(part) - 7000)
            try handle.write(contentsOf: Data(try sandbox.read("text.txt").utf8.prefix(7000)))
        }
    }

    #if os(Linux)
    @Test func memoryDoesNotGrowWithTheText() throws {
        let peaks = try [1, isFullRun ? 1024 : 32].map { megabytes in
            try writeText(megabytes: megabytes, to: "large.txt")
            let command = try sandbox.start(
                ["train", "--data", "large.txt", "--out", "\(megabytes)", "--valid-every", "100"] + endless)
            try command.wait(for: "\nstep 200 ")
            let peak = try kilobytes("VmHWM", of: command.identifier)
            #expect(command.end(sending: SIGTERM).status == 128 + SIGTERM)
            return peak
        }
        if isFullRun { print("memory with a text of 1 MB and of 1 GB: \(peaks) kB") }
        #expect(abs(peaks[1] - peaks[0]) < 32 << 10, "\(peaks) kB")
    }

    /// Ten minutes of training with saves, or some seconds.
    @Test(.timeLimit(.minutes(15)))
    func neitherMemoryNorDescriptorsGrowWithTime() throws {
        let command = try sandbox.start(Sandbox.saving + ["--max-steps", "1000000000"], cpuSeconds: 3600)
        /// What the process holds in between its saves: the least of many looks.
        func holdings() throws -> (kilobytes: Int, descriptors: Int) {
            let looks = try (0..<50).map { _ in
                try command.wait(for: "\nstep")
                let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(command.identifier)/fd")
                return (try kilobytes("VmRSS", of: command.identifier), files.count)
            }
            return (looks.map(\.0).min() ?? 0, looks.map(\.1).min() ?? 0)
        }
        func train(_ seconds: Double) throws {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .seconds(seconds) { try command.wait(for: "\nstep") }
        }
        try train(isFullRun ? 10 : 0.5)
        let early = try holdings()
        try train(isFullRun ? 600 : 1)
        let late = try holdings()
        #expect(command.end(sending: SIGTERM).status == 128 + SIGTERM)
        if isFullRun { print("memory and descriptors after 10 s and 10 minutes: \(early), \(late)") }
        #expect(late.descriptors == early.descriptors)
        #expect(late.kilobytes < early.kilobytes + 4 << 10, "\(early), \(late)")
    }
    #endif

    /// Whoever replaces the text or adds to it does not disturb a run that has it open.
    @Test(arguments: ["replaced", "removed", "growing"])
    func aTextThatChangesWithoutHarm(change: String) throws {
        let train = ["train", "--data", "copy.txt", "--out", "run", "--valid-every", "20"] + endless
        let text = try sandbox.read("text.txt")
        try sandbox.write(text, to: "copy.txt")
        let command = try sandbox.start(train)
        try command.wait(for: "\nstep")
        switch change {
        case "replaced":
            try sandbox.write("another text", to: "other.txt")
            try #require(rename(sandbox.url("other.txt").path, sandbox.url("copy.txt").path) == 0)
        case "removed": try sandbox.remove("copy.txt")
        default:
            let handle = try FileHandle(forUpdating: sandbox.url("copy.txt"))
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("and more".utf8))
        }
        try command.wait(for: "\nstep 400 ")
        #expect(command.end(sending: SIGTERM).status == 128 + SIGTERM)
        let end = ["--max-steps", "\(try #require(try sandbox.lastStep()) + 20)"]
        #expect(try sandbox.dnc(train + end + ["--resume"]).status == (change == "removed" ? 65 : 64))

        try sandbox.write(text, to: "copy.txt")
        #expect(try sandbox.dnc(train + end + ["--resume"]).status == 0)
        #expect(try sandbox.dnc(train + end + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("run", "whole")
    }

    /// What is not there any more cannot be read: an error, and no crash. With the text restored the run goes on.
    @Test(arguments: [(0, "became shorter"), (100, "became shorter"), (nil, "'X' at byte")] as [(Int?, String)])
    func aTextThatIsOverwritten(length: Int?, complaint: String) throws {
        let train = ["train", "--data", "copy.txt", "--out", "run", "--valid-every", "20"] + endless
        let text = try sandbox.read("text.txt")
        try sandbox.write(text, to: "copy.txt")
        let command = try sandbox.start(train)
        try command.wait(for: "\nstep")
        // In place, so that the process sees it.
        let handle = try FileHandle(forUpdating: sandbox.url("copy.txt"))
        if let length {
            try handle.truncate(atOffset: UInt64(length))
        } else {
            try handle.write(contentsOf: Data(repeating: UInt8(ascii: "X"), count: text.utf8.count))
        }
        try handle.close()
        let outcome = command.end()
        #expect(outcome.status == 65, "\(outcome.error)")
        #expect(outcome.error.contains("'copy.txt'") && outcome.error.contains(complaint), "\(outcome.error)")

        try sandbox.write(text, to: "copy.txt")
        let end = ["--max-steps", "\(try #require(try sandbox.lastStep()) + 20)"]
        #expect(try sandbox.dnc(train + end + ["--resume"]).status == 0)
        #expect(try sandbox.dnc(train + end + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("run", "whole")
    }
}
