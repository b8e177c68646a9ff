import FuzzTargets

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzTarget.stories.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
