import FuzzTargets

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzTarget.checkpoint.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int) -> Int

/// Mutates as libFuzzer does by itself, and half of the time makes right what a change almost always makes wrong: the length of
/// the header and the fingerprints, by which the file would be refused before anything else of it is looked at.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: UInt32) -> Int {
    repairing(bytes, count: mutate(bytes, count, capacity), capacity: capacity, seed: seed)
}
