import Testing

@testable import DNCCore

@Suite struct LargeProductsTests {
    /// An OpenBLAS that falls back to kernels of 2004 is not taken on a processor with wide vectors, and one that fits always is.
    @Test(arguments: InstructionSet.allCases)
    func oldKernelsAreNotTaken(on set: InstructionSet) throws {
        for kernels in ["Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids", "armv8", ""] {
            #expect(LargeProducts.reasonForOwn(kernels: kernels, on: set) == nil)
        }
        let reason = LargeProducts.reasonForOwn(kernels: "Prescott", on: set)
        #expect((reason != nil) == [.avx2, .avx512].contains(set))
        if let reason { #expect(reason.contains("Prescott") && reason.contains("OPENBLAS_CORETYPE=")) }
    }
}
