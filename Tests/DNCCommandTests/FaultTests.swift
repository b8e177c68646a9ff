// Every system call on a run's files fails once: Tests/Faults/faults.c, preloaded into `dnc`, makes the k-th of them fail.

import Foundation
import TestSupport
import Testing

/// Whether this is Linux with a program of this name.
private func has(_ program: String) -> Bool {
    #if os(Linux)
    ["/usr/bin/", "/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + program) }
    #else
    false
    #endif
}

/// A system call on a file of the run.
private struct Call: Hashable, CustomStringConvertible {
    let name: String
    /// Whether the file is open for writing.
    let isWriting: Bool
    /// "." is the folder; temporary files have the name of what they are for.
    let file: String

    init(_ line: Substring) throws {
        let parts = line.split(separator: " ")
        try #require(parts.count == 3)
        (name, isWriting) = (String(parts[0]), parts[1] == "w")
        file = String(parts[2]).replacing(/^\.(.+)\.[0-9]+\.[0-9]+\.tmp$/) { "temporary \($0.1)" }
    }

    var description: String { "\(name) \(isWriting ? "w" : "r") \(file)" }

    /// What an error of this call must lead to. An error of closing means nothing where nothing was written.
    var isFatal: Bool { name != "close" || isWriting }
}

@Suite(.enabled(if: has("cc"), "needs Linux and a C compiler, cc"))
struct FaultTests {
    let sandbox: Sandbox
    let train = Sandbox.saving + ["--sample-every", "1"]

    init() throws {
        sandbox = try Sandbox()
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Faults/faults.c")
        let compiler = try sandbox.shell("cc -std=c11 -shared -fPIC -o ../output/faults.so '\(source.path)'")
        try #require(compiler.status == 0, "\(compiler.error)")
    }

    /// The calls of a command that goes well, in order.
    private func calls(of arguments: [String]) throws -> [Call] {
        let record = sandbox.url("../output/record")
        try? FileManager.default.removeItem(at: record)
        let outcome = try sandbox.dnc(
            arguments,
            environment: ["LD_PRELOAD": "../output/faults.so", "DNC_FAULT_FOLDER": "run", "DNC_FAULT_RECORD": record.path])
        try #require(outcome.status == 0, "\(outcome.error)")
        return try String(contentsOf: record, encoding: .utf8).split(separator: "\n").map { try Call($0) }
    }

    private func dnc(_ arguments: [String], failing call: Int, with fault: String) throws -> Outcome {
        try sandbox.dnc(
            arguments,
            environment: [
                "LD_PRELOAD": "../output/faults.so", "DNC_FAULT_FOLDER": "run", "DNC_FAULT_CALL": "\(call)", "DNC_FAULT": fault,
            ])
    }

    private func replaceRun(by contents: [String: Data?]) throws {
        if FileManager.default.fileExists(atPath: sandbox.url("run").path) { try sandbox.remove("run") }
        for (path, data) in contents.sorted(by: { $0.key < $1.key }) where path.hasPrefix("run") {
            if let data {
                try sandbox.write(data, to: path)
            } else {
                try FileManager.default.createDirectory(at: sandbox.url(path), withIntermediateDirectories: false)
            }
        }
    }

    static let faults = ["ENOSPC", "EIO", "EINTR", "exit", "short"]

    /// Steps 1 and 2 of a new run, or 3 and 4 of a resumed one, with each fault at each call; in the short version with the faults
    /// in turn at calls that differ. Whatever happens, the checkpoints stay sound, none is lost, and the next start ends in the
    /// same bits.
    @Test(arguments: faults.indices, [false, true])
    func everyCallFails(faultIndex: Int, isResumed: Bool) throws {
        let fault = Self.faults[faultIndex]
        #expect(try sandbox.dnc(train + ["--max-steps", "4", "--out", "whole"]).status == 0)
        if isResumed { #expect(try sandbox.dnc(train + ["--max-steps", "2"]).status == 0) }
        let before = try sandbox.contents
        let command = train + (isResumed ? ["--max-steps", "4", "--resume"] : ["--max-steps", "2"])
        let calls = try calls(of: command)
        var tried: Set<Call> = []

        for (index, call) in calls.enumerated() where fault != "short" || call.name == "write" {
            guard isFullRun || tried.insert(call).inserted && (tried.count % 4 == faultIndex || fault == "short") else {
                continue
            }
            try replaceRun(by: before)
            let outcome = try dnc(command, failing: index + 1, with: fault)
            let comment: Comment = "\(fault) at call \(index + 1), \(call): \(outcome.error)"
            if fault == "exit" {
                #expect(outcome.status == 99, comment)
            } else if fault != "short", fault != "EINTR", call.isFatal {
                let words = fault == "EIO" ? "Input/output error" : "No space left on device"
                // A checkpoint that cannot be read is refused as input.
                #expect(outcome.status == 74 || outcome.status == 65 && !call.isWriting && call.file != ".", comment)
                #expect(outcome.error.contains("dnc: error: ") && outcome.error.contains("run"), comment)
                #expect(outcome.error.contains(words) && outcome.error.contains(";"), comment)
            } else {
                #expect(outcome.status == 0, comment)
            }
            let step = try sandbox.lastStep()
            #expect(step ?? 0 >= (isResumed ? 2 : 0), comment)
            let end = ["--max-steps", "4"] + (step == nil ? [] : ["--resume"])
            let next = try sandbox.dnc(train + end)
            #expect(next.status == 0, "\(comment), then \(next.error)")
            try sandbox.expectSameRuns("run", "whole", comment)
        }
    }

    /// What the tests above rest on: all calls are seen, those of Foundation too.
    @Test(.enabled(if: has("strace"), "needs strace"))
    func everyCallIsSeen() throws {
        let command = train + ["--max-steps", "2"]
        let seen = try calls(of: command)
        try sandbox.remove("run")
        let trace = try sandbox.shell(
            "exec strace -f -y -o ../output/trace -e trace=desc,file \"$DNC\" \(Sandbox.last(of: command).joined(separator: " "))"
        )
        try #require(trace.status == 0, "\(trace.error)")
        // The file of a call is the descriptor's, or the first path. The folder itself is opened, too, by opendir(), which the C
        // library keeps to itself.
        let pattern = /^\d+ +(\w+?)(?:at)?2?(?:64)?\((?:\d+<([^>]*)>|(?:AT_FDCWD<[^>]*>, )?"([^"]*)").*/
        var traced: [String: Int] = [:]
        for line in try String(contentsOf: sandbox.url("../output/trace"), encoding: .utf8).split(separator: "\n") {
            guard let call = line.wholeMatch(of: pattern), "/\(call.2 ?? call.3 ?? "")".contains(/\/run\/./) else { continue }
            traced[String(call.1), default: 0] += 1
        }
        let kinds = ["open", "write", "fsync", "rename", "close"]
        let others = ["creat", "writev", "pwrite", "pwritev", "fdatasync", "sync_file_range", "ftruncate", "truncate", "link"]
        for kind in kinds { #expect(seen.count { $0.name == kind && $0.file != "." } == traced[kind], "\(kind)") }
        for kind in others { #expect(traced[kind] == nil, "\(kind)") }
        for file in ["metrics.jsonl", "samples.txt", "temporary last.safetensors", "temporary best.safetensors"] {
            for name in ["open", "write", "close"] {
                #expect(seen.contains { $0.name == name && $0.file == file && $0.isWriting }, "\(name) \(file)")
            }
        }
    }
}
