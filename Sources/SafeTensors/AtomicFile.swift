// Writes a file so that a crash, a full disk or a power cut leaves either the old file or the new one, never a mix.

import Synchronization
import SystemFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Replaces whole files in one step.
public enum AtomicFile {
    /// The open temporary file.
    public struct Output: ~Copyable {
        fileprivate let path: String
        fileprivate let descriptor: Int32
        fileprivate let calls: SystemCalls

        /// Appends bytes, such as `array.span.bytes`.
        public func append(_ bytes: RawSpan) throws(SafeTensorsError) {
            var done = 0
            while done < bytes.byteCount {
                let end = min(bytes.byteCount, done + SystemCalls.maximumTransfer)
                let count = bytes.extracting(done..<end).withUnsafeBytes { calls.writeBytes(descriptor, $0) }
                guard count > 0 || count < 0 && errno == EINTR else {
                    throw .cannotWrite(file: path, operation: "writing", code: count < 0 ? errno : EIO)
                }
                done += max(count, 0)
            }
        }

        /// Appends text in UTF-8.
        public func append(_ text: String) throws(SafeTensorsError) { try append(Array(text.utf8).span.bytes) }
    }

    /// Replaces the file at `path`, or creates it, with the bytes that `body` appends.
    ///
    /// The bytes go to a temporary file in the same folder, which reaches the disk before it takes the name `path`. On
    /// an error the temporary file is removed and the old file is untouched. Only if the last step fails, flushing the
    /// folder, is the new file in place. Folders, devices and pipes are refused; a symbolic link is replaced. The file
    /// gets mode 0644, less what the process masks.
    public static func write(
        to path: String, _ body: (borrowing Output) throws(SafeTensorsError) -> Void
    ) throws(SafeTensorsError) {
        try write(to: path, calls: SystemCalls(), body)
    }

    /// Replaces the file at `path`, or creates it, with `bytes`.
    public static func write(_ bytes: [UInt8], to path: String) throws(SafeTensorsError) {
        try write(to: path) { output throws(SafeTensorsError) in try output.append(bytes.span.bytes) }
    }

    static func write(
        to path: String, calls: SystemCalls, _ body: (borrowing Output) throws(SafeTensorsError) -> Void
    ) throws(SafeTensorsError) {
        /// Makes a system call, again if a signal interrupts it.
        func call(_ operation: String, _ body: () -> Int32) throws(SafeTensorsError) -> Int32 {
            let result = uninterrupted(body)
            guard result >= 0 else { throw .cannotWrite(file: path, operation: operation, code: errno) }
            return result
        }

        var status = stat()
        guard stat(path.systemPath, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw .notRegularFile(file: path)
        }

        let (folder, name) = split(path)
        // Opened first, so that nothing but its flush can fail once the file has its name.
        let folderDescriptor = try call("opening the folder") {
            calls.openFile(folder.isEmpty ? "." : String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { _ = calls.closeFile(folderDescriptor) }

        var temporary = ""
        let descriptor = try call("creating a temporary file beside it") {
            var result: Int32
            repeat {
                let number = temporaryCount.add(1, ordering: .relaxed).newValue
                temporary = "\(folder).\(name).\(getpid()).\(number).tmp"
                result = calls.openFile(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
            } while result < 0 && errno == EEXIST  // left over from a killed process of the same number
            return result
        }
        var isOpen = true
        do throws(SafeTensorsError) {
            try body(Output(path: path, descriptor: descriptor, calls: calls))
            _ = try call("flushing") { calls.flush(descriptor) }
            isOpen = false
            // The descriptor is gone even if a signal interrupts this, and the bytes are already on the disk.
            guard calls.closeFile(descriptor) == 0 || errno == EINTR else {
                throw .cannotWrite(file: path, operation: "closing", code: errno)
            }
            _ = try call("renaming the temporary file") { calls.renameFile(temporary, path) }
        } catch {
            if isOpen { _ = calls.closeFile(descriptor) }
            unlink(temporary.systemPath)
            throw error
        }
        _ = try call("flushing the folder (the new file is complete)") {
            let result = calls.flush(folderDescriptor)
            return result < 0 && errno == EINVAL ? 0 : result  // some file systems cannot flush folders
        }
    }

    /// Removes the temporary files that killed processes have left beside `path`. Nobody may be writing to it.
    public static func removeLeftovers(of path: String) {
        let (folder, name) = split(path)
        for file in (try? SystemFiles.names(in: folder.isEmpty ? "." : String(folder))) ?? [] {
            guard file.hasPrefix(".\(name)."), file.hasSuffix(".tmp") else { continue }
            let numbers = file.dropFirst(name.count + 2).dropLast(4).split(separator: ".", omittingEmptySubsequences: false)
            if numbers.count == 2, numbers.allSatisfy({ UInt($0) != nil }) { unlink((folder + file).systemPath) }
        }
    }

    /// The folder, with its slash, and the file's name in it.
    private static func split(_ path: String) -> (folder: Substring, name: Substring) {
        let nameStart = path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:)) ?? path.startIndex
        return (path[..<nameStart], path[nameStart...])
    }

    private static let temporaryCount = Atomic(0)
}

/// The system calls that write a file; tests make each of them fail. All return a negative number and set `errno` then.
struct SystemCalls: Sendable {
    /// The most bytes to ask of one call; some systems refuse 2^31 and more.
    static let maximumTransfer = 1 << 30

    var openFile: @Sendable (_ path: String, _ flags: Int32) -> Int32 = { open($0.systemPath, $1, 0o644) }
    var writeBytes: @Sendable (_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int = {
        write($0, $1.baseAddress, $1.count)
    }
    var flush: @Sendable (_ file: Int32) -> Int32 = { fsync($0) }
    var closeFile: @Sendable (_ file: Int32) -> Int32 = { close($0) }
    var renameFile: @Sendable (_ old: String, _ new: String) -> Int32 = { rename($0.systemPath, $1.systemPath) }
}
