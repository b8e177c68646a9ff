// Memory for the C core, which allocates none itself.
internal import CDNCCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Memory of a fixed size, aligned as the C core asks. Freed with its owner.
struct Workspace: ~Copyable {
    let base: UnsafeMutableRawPointer
    let bytes: Int

    init(bytes: Int, for purpose: @autoclosure () -> String) throws(CoreError) {
        try checkMemory(for: purpose(), of: UInt8.self, bytes)
        var pointer: UnsafeMutableRawPointer?
        guard posix_memalign(&pointer, Int(DNC_ALIGNMENT), bytes) == 0, let pointer else {
            throw .tooLarge("\(purpose()) cannot be allocated: no \(bytes >> 20) MiB of memory are free")
        }
        base = pointer
        self.bytes = bytes
    }

    deinit { free(base) }
}

/// Refuses `count * lanes` elements that this machine cannot hold: a sentence instead of a crash.
package func checkMemory<Element>(
    for purpose: @autoclosure () -> String, of element: Element.Type, _ count: Int, _ lanes: Int = 1
) throws(CoreError) {
    // As Double, since the product may exceed Int.
    let wanted = Double(count) * Double(lanes) * Double(MemoryLayout<Element>.stride)
    let available = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
    guard wanted <= available else {
        let (needed, present) = (Int((wanted / 0x1p30).rounded(.up)), Int(available / 0x1p30))
        throw .tooLarge(
            "\(purpose()) would take \(needed) GiB; this machine has \(present) GiB of memory: choose smaller sizes")
    }
}

/// Limits the process' BLAS to one thread when first read, which every runner does: more are slower at these sizes and
/// change bits. Threads should divide the lanes instead.
let blasUsesOneThread: Void = dnc_use_one_blas_thread()
