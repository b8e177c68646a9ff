// Files that never reach a disk: thousands are needed in a second.

import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
import Foundation
#endif

/// Calls `body` with the path of a file that has these bytes.
func withFile<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (String) throws -> Result) rethrows -> Result {
    let descriptor = spares.withLock { $0.popLast() } ?? openMemory()
    defer { spares.withLock { $0.append(descriptor) } }
    let count = bytes.count
    guard ftruncate(descriptor, off_t(count)) == 0, count == 0 || pwrite(descriptor, bytes.baseAddress, count, 0) == count
    else {
        fatalError("no file in memory")
    }
    return try body("/dev/fd/\(descriptor)")
}

/// Open files that nobody uses: to make a new one takes longer than most inputs do.
private let spares = Mutex<[Int32]>([])

#if canImport(Darwin)
private func openMemory() -> Int32 {
    var template = Array((NSTemporaryDirectory() + "fuzz.XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    unlink(template)
    return descriptor
}
#else
// Swift's module of the C library leaves it out.
@_silgen_name("memfd_create")
private func createMemoryFile(_ name: UnsafePointer<CChar>, _ flags: UInt32) -> Int32

private func openMemory() -> Int32 { createMemoryFile("fuzz", 0) }
#endif
