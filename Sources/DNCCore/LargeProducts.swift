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
        } else {
            nil
        }

    /// Holds OpenBLAS to one thread: more are slower at these sizes and change bits. Built with OpenMP it counts them for each thread
    /// that calls it, so that this comes before every call; else for the process, where once is enough, and less costly than a step.
    static func useOneThread() {
        if countsForEachThread { _ = dnc_use_one_blas_thread() } else { processUsesOneThread }
    }

    private static let countsForEachThread = openblas_get_parallel() == OPENBLAS_OPENMP
    private static let processUsesOneThread: Void = { _ = dnc_use_one_blas_thread() }()
}
