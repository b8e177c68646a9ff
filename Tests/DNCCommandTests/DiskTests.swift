// File systems that are really full, read-only or gone.

import Foundation
import TestSupport
import Testing

/// A file system in memory of a size of its own, in a folder of a sandbox; only root can mount it.
private final class SmallDisk {
    private let path: String
    private let sandbox: Sandbox

    init(_ sandbox: Sandbox, folder: String, kilobytes: Int) throws {
        (path, self.sandbox) = (sandbox.url(folder).path, sandbox)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try mount("-t tmpfs -o size=\(kilobytes)k tmpfs")
    }

    deinit { _ = try? sandbox.shell("umount -l '\(path)'") }

    /// Mounts it anew with another size, or read-only.
    func change(_ options: String) throws { try mount("-o remount,\(options)") }

    private func mount(_ arguments: String) throws {
        let outcome = try sandbox.shell("mount \(arguments) '\(path)'")
        try #require(outcome.status == 0, "\(outcome.error)")
    }

    static let canBeMade: Bool = {
        #if os(Linux)
        let script = "mount -t tmpfs -o size=64k tmpfs . && umount -l ."
        return getuid() == 0 && (try? Sandbox().shell("mkdir disk && cd disk && \(script)").status) == 0
        #else
        false
        #endif
    }()
}

@Suite struct DiskTests {
    let sandbox: Sandbox
    /// Checkpoints of about 110 kB.
    let train = Sandbox.saving + ["--model", "lstm", "--hidden", "48", "--max-steps", "20"]

    init() throws { sandbox = try Sandbox() }

    static let sizes = isFullRun ? (0..<20).map { Int(64 * pow(64, Double($0) / 19)) } : [64, 400, 1500]

    /// A disk on which something else takes room, so that it is full after none, one, two or three checkpoints, or never. Then
    /// space is freed, and the run goes on.
    @Test(.enabled(if: SmallDisk.canBeMade, "needs Linux and the right to mount"), arguments: sizes)
    func aFullDisk(kilobytes: Int) throws {
        var chance = Chance()
        let whole = try sandbox.dnc(train + ["--out", "whole"])
        #expect(whole.status == 0, "\(whole.error)")
        let disk = try SmallDisk(sandbox, folder: "disk", kilobytes: kilobytes)
        let free = min(kilobytes, .random(in: 4...480, using: &chance))
        try sandbox.write(Data(count: (kilobytes - free) * 1024), to: "disk/else")

        let outcome = try sandbox.dnc(train + ["--out", "disk/run"])
        let comment: Comment = "\(free) of \(kilobytes) kB free, \(chance): \(outcome.error)"
        if outcome.status != 0 {
            #expect(outcome.status == 74, comment)
            for words in ["disk/run", "No space left on device", "free space"] {
                #expect(outcome.error.contains(words), comment)
            }
        }
        // A step is logged before it is saved, and by and by both are there.
        let step = try sandbox.lastStep(in: "disk/run")
        let lines = (try? sandbox.read("disk/run/metrics.jsonl"))?.split(separator: "\n") ?? []
        let logged = lines.count { (try? object($0)) != nil }
        #expect(outcome.status == 0 ? step == 20 : [logged, logged - 1].contains(step ?? 0), comment)

        try disk.change("size=8m")
        let next = try sandbox.dnc(train + ["--out", "disk/run"] + (step == nil ? [] : ["--resume"]))
        #expect(next.status == 0, "\(comment), then \(next.error)")
        try sandbox.expectSameRuns("disk/run", "whole", comment)
    }

    @Test(.enabled(if: SmallDisk.canBeMade, "needs Linux and the right to mount"))
    func aReadOnlyDisk() throws {
        let disk = try SmallDisk(sandbox, folder: "disk", kilobytes: 4096)
        #expect(try sandbox.dnc(train + ["--out", "disk/run", "--max-steps", "10"]).status == 0)
        try disk.change("ro")
        for arguments in [["--out", "disk/run", "--resume"], ["--out", "disk/new"]] {
            try sandbox.expectRefusal(
                train + arguments, 74, says: arguments[1], "Read-only file system", "write permission", "--out")
        }
        #expect(try sandbox.dnc("info", "disk/run").status == 0)
        #expect(try sandbox.dnc("sample", "disk/run", "--length", "5").status == 0)
        try disk.change("rw")
        #expect(try sandbox.dnc(train + ["--out", "disk/run", "--resume"]).status == 0)
        #expect(try sandbox.dnc(train + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("disk/run", "whole")
    }

    @Test(arguments: 0..<(isFullRun ? 50 : 4))
    func aFolderThatVanishes(round: Int) throws {
        var chance = Chance()
        let command = try sandbox.start(Sandbox.saving + ["--max-steps", "1000000000"])
        try command.wait(for: "\nstep")
        chance.pause(atMost: 20_000)
        // Until nothing is added behind its back.
        while FileManager.default.fileExists(atPath: sandbox.url("run").path) { try? sandbox.remove("run") }
        let outcome = command.end()
        #expect(outcome.status == 74, "\(chance): \(outcome.error)")
        for words in ["dnc: error: ", "run/", "No such file", "--out"] {
            #expect(outcome.error.contains(words), "\(chance): \(outcome.error)")
        }
        #expect(try Set(sandbox.contents.keys) == ["text.txt"])
    }
}
