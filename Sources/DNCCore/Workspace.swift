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

/// Refuses `count * lanes` elements that this process cannot hold: a sentence instead of a crash.
package func checkMemory<Element>(
    for purpose: @autoclosure () -> String, of element: Element.Type, _ count: Int, _ lanes: Int = 1
) throws(CoreError) {
    // As Double, since the product may exceed Int.
    let asked = Double(count) * Double(lanes) * Double(MemoryLayout<Element>.stride)
    // Something is left for threads that are still to start, since libdispatch waits for ever for what it does not get.
    let wanted = asked + min(asked, 0x1p24)
    let available = SystemLimits.memory
    guard wanted <= available.bytes else {
        throw .tooLarge(
            "\(purpose()) would take \(inBytes(wanted, rounded: .up)); \(available.sentence): \(available.remedy)")
    }
}
