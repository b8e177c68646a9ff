// Atomic writes when system calls fail: at each call in turn, the old file stays, or the new one is complete.

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SafeTensors

/// System calls of which some fail, by their number from 0, and that keep a record of what was called.
private final class FaultyCalls: Sendable {
    let record = Mutex<[String]>([])
    let openCount = Mutex(0)
    private let failing: Range<Int>
    private let code: Int32
    private let longestWrite: Int

    init(failing: Range<Int> = 0..<0, code: Int32 = 0, longestWrite: Int = .max) {
        self.failing = failing
        self.code = code
        self.longestWrite = longestWrite
    }

    private func fails(_ name: String) -> Bool {
        let number = record.withLock {
            $0.append(name)
            return $0.count - 1
        }
        errno = code
        return failing.contains(number)
    }

    var calls: SystemCalls {
        let real = SystemCalls()
        var calls = real
        calls.openFile = { path, flags in
            if self.fails(flags & O_CREAT == 0 ? "open folder" : "create") { return -1 }
            let file = real.openFile(path, flags)
            self.openCount.withLock { $0 += file < 0 ? 0 : 1 }
            return file
        }
        calls.writeBytes = { file, bytes in
            if self.fails("write") { return -1 }
            return real.writeBytes(file, UnsafeRawBufferPointer(rebasing: bytes.prefix(self.longestWrite)))
        }
        calls.flush = { self.fails("flush") ? -1 : real.flush($0) }
        calls.closeFile = { file in
            self.openCount.withLock { $0 -= 1 }
            let result = real.closeFile(file)  // also if it reports an error
            return self.fails("close") ? -1 : result
        }
        calls.renameFile = { self.fails("rename") ? -1 : real.renameFile($0, $1) }
        return calls
    }
}

struct AtomicFileTests {
    let folder: TemporaryFolder
    let path: String
    let old: [UInt8] = Array("old content".utf8)
    let new: [UInt8] = Array("the new content, of three parts".utf8)

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("file")
    }

    private func write(_ faulty: FaultyCalls) throws {
        try AtomicFile.write(to: path, calls: faulty.calls) { output throws(SafeTensorsError) in
            try output.append(Array(new[..<7]).span.bytes)
            try output.append([UInt8]().span.bytes)
            try output.append(Array(new[7..<8]).span.bytes)
            try output.append(Array(new[8...]).span.bytes)
        }
    }

    static let sequence = [
        "open folder", "create", "write", "write", "write", "flush", "close", "rename", "flush", "close",
    ]

    @Test func sequenceOfCalls() throws {
        let faulty = FaultyCalls()
        try write(faulty)
        #expect(faulty.record.withLock { $0 } == Self.sequence)
        #expect(try folder.bytes("file") == new)
        try write(FaultyCalls())  // now over an old file
        #expect(try folder.names == ["file"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        let mask = umask(0)
        umask(mask)
        #expect(mode == 0o644 & ~Int(mask))
    }

    static let codes = [EIO, ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, ENOENT, EMFILE, ESTALE]

    /// One call fails, or it and all that come after it.
    @Test(arguments: codes, 0..<sequence.count)
    func failingCall(code: Int32, failing: Int) throws {
        for calls in [failing..<failing + 1, failing..<Int.max] {
            try folder.write(old, "file")
            let faulty = FaultyCalls(failing: calls, code: code)
            var reported: Int32?
            do {
                try write(faulty)
            } catch SafeTensorsError.cannotWrite(let file, _, let code) {
                #expect(file == path)
                reported = code
            }
            // The last two calls come behind the renaming: flushing the folder, and closing it.
            #expect(reported == (failing == Self.sequence.count - 1 ? nil : code))
            #expect(try folder.bytes("file") == (failing < Self.sequence.count - 2 ? old : new))
            #expect(try folder.names == ["file"])
            #expect(faulty.openCount.withLock { $0 } == 0)
        }
    }

    /// A signal comes in, or three in a row.
    @Test(arguments: 0..<sequence.count, [1, 3])
    func interruptedCall(failing: Int, times: Int) throws {
        try folder.write(old, "file")
        let faulty = FaultyCalls(failing: failing..<failing + times, code: EINTR)
        try write(faulty)
        #expect(try folder.bytes("file") == new)
        #expect(try folder.names == ["file"])
        #expect(faulty.openCount.withLock { $0 } == 0)
    }

    /// As failingCall, of a file that is not there before: no call that fails leaves one.
    @Test(arguments: [EIO, ENOSPC], 0..<sequence.count - 2)
    func failingCallOfANewFile(code: Int32, failing: Int) throws {
        #expect(throws: SafeTensorsError.self) { try write(FaultyCalls(failing: failing..<failing + 1, code: code)) }
        #expect(try folder.names.isEmpty)
    }

    @Test(arguments: [1, 2, 5])
    func shortWrites(longest: Int) throws {
        let total = 2 * new.count
        for failing in 0..<total {
            try write(FaultyCalls(failing: failing..<failing + 1, code: EINTR, longestWrite: longest))
            #expect(try folder.bytes("file") == new)
        }
        for failing in 2..<7 {
            try folder.write(old, "file")
            #expect(throws: SafeTensorsError.cannotWrite(file: path, operation: "writing", code: ENOSPC)) {
                try write(FaultyCalls(failing: failing..<failing + 1, code: ENOSPC, longestWrite: longest))
            }
            #expect(try folder.bytes("file") == old)
        }
        #expect(try folder.names == ["file"])
    }

    @Test func writeOfNothing() throws {
        #expect(throws: SafeTensorsError.cannotWrite(file: path, operation: "writing", code: EIO)) {
            try write(FaultyCalls(code: EINTR, longestWrite: 0))
        }
    }

    @Test func foldersThatCannotBeFlushed() throws {
        try write(FaultyCalls(failing: 8..<9, code: EINVAL))
        #expect(try folder.bytes("file") == new)
    }

    @Test func errorOfTheBody() throws {
        try folder.write(old, "file")
        let error = SafeTensorsError.cannotStore(part: "a", problem: "b")
        #expect(throws: error) {
            try AtomicFile.write(to: path) { output throws(SafeTensorsError) in
                try output.append(new.span.bytes)
                throw error
            }
        }
        #expect(try folder.bytes("file") == old)
        #expect(try folder.names == ["file"])
    }

    @Test func temporaryLeftOver() throws {
        // A killed process of the same number left temporary files; they are neither used nor touched.
        let first = try temporaryNumber() + 1
        let leftOver = (first..<first + 50).map { ".file.\(getpid()).\($0).tmp" }
        for name in leftOver { try folder.write(old, name) }
        try AtomicFile.write(new, to: path)
        #expect(try folder.bytes("file") == new)
        #expect(try folder.names == (leftOver + ["file"]).sorted())
        for name in leftOver { #expect(try folder.bytes(name) == old) }
    }

    /// The number in the name of a temporary file now.
    private func temporaryNumber() throws -> Int {
        var number: Int?
        try AtomicFile.write(to: path) { _ throws(SafeTensorsError) in
            let name = try? folder.names.first { $0.hasSuffix(".tmp") }
            number = name?.split(separator: ".").dropLast().last.flatMap { Int($0) }
        }
        return try #require(number)
    }

    @Test func places() throws {
        let missing = folder.path("missing/file")
        #expect(throws: SafeTensorsError.cannotWrite(file: missing, operation: "opening the folder", code: ENOENT)) {
            try AtomicFile.write(new, to: missing)
        }
        #expect(throws: SafeTensorsError.notRegularFile(file: folder.path)) {
            try AtomicFile.write(new, to: folder.path)
        }
        #expect(throws: SafeTensorsError.notRegularFile(file: "/dev/null")) {
            try AtomicFile.write(new, to: "/dev/null")
        }
        #expect(throws: SafeTensorsError.self) { try AtomicFile.write(new, to: "") }
        #expect(throws: SafeTensorsError.self) { try AtomicFile.write(new, to: folder.path("new/")) }
        // The mark combines with the slash into one character, yet it belongs to the name.
        try AtomicFile.write(new, to: folder.path("\u{301}é"))
        #expect(try folder.names.count == 1)
    }

    @Test func writersAtOnce() async throws {
        let contents = (0..<4).map { [UInt8](repeating: $0, count: 20_000) }
        let path = path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for content in contents {
                group.addTask { for _ in 0..<20 { try AtomicFile.write(content, to: path) } }
            }
            try await group.waitForAll()
        }
        #expect(contents.contains(try folder.bytes("file")))
        #expect(try folder.names == ["file"])
    }

    @Test func remedies() {
        let full = SafeTensorsError.cannotWrite(file: "f", operation: "writing", code: ENOSPC)
        #expect("\(full)" == "f: writing failed: No space left on device; free space or choose another --out")
        for code in [EACCES, EROFS] {
            let error = SafeTensorsError.cannotWrite(file: "f", operation: "writing", code: code)
            #expect("\(error)".hasSuffix("choose another --out"))
        }
    }
}
