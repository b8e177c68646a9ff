// Who computes large matrix products: OpenBLAS, or where that cannot be relied on, the core itself.
internal import CDNCCore
internal import COpenBLAS

package enum LargeProducts {
    /// Why the core computes them itself, in other bits than OpenBLAS; nil where it does not. The same for the process' whole life.
    package static let reasonForOwn: String? =
        if openblas_get_parallel() == OPENBLAS_SEQUENTIAL {
            "this OpenBLAS is built for programs of one thread"
        } else if SystemLimits.limitsReservations {
            "OpenBLAS may wait for ever where the system limits what it reserves (ulimit -v or -d, overcommit_memory 2)"
        } else if environmentVariable("OPENBLAS_CORETYPE") == nil {
            reasonForOwn(
                kernels: openblas_get_corename().map { String(cString: $0) } ?? "", on: InstructionSet.auto.resolved ?? .base)
        } else {
            nil
        }

    /// What a command says of that; nil where there is nothing to say.
    package static let remark = reasonForOwn.map { "products without OpenBLAS: \($0)" }

    /// Why OpenBLAS's kernels would do this processor no justice; nil where they do. On a processor that is younger than itself, it
    /// takes those for the oldest that it knows, which are several times slower than the core's.
    static func reasonForOwn(kernels: String, on set: InstructionSet) -> String? {
        let hasVectorsOfItsOwn = [.avx2, .avx512].contains(set)
        let ofOldProcessors: Set = [
            "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Core2", "Penryn", "Nehalem", "Generic",
        ]
        guard hasVectorsOfItsOwn, ofOldProcessors.contains(kernels) else { return nil }
        return "this OpenBLAS does not know the processor and would take its kernels for \(kernels); a newer one, or "
            + "OPENBLAS_CORETYPE=\(set == .avx512 ? "SkylakeX" : "Haswell") in the environment, would do"
    }

    /// Holds OpenBLAS to one thread: more are slower at these sizes and change bits. Built with OpenMP it counts them for each thread
    /// that calls it, so that this comes before every call; else for the process, where once is enough, and less costly than a step.
    static func useOneThread() {
        if countsForEachThread { _ = dnc_use_one_blas_thread() } else { processUsesOneThread }
    }

    private static let countsForEachThread = openblas_get_parallel() == OPENBLAS_OPENMP
    private static let processUsesOneThread: Void = { _ = dnc_use_one_blas_thread() }()
}
