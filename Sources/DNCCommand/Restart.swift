// Where memory is limited, the process begins anew with an environment in which its libraries reserve little of it.
import DNCCore
import Foundation

enum Restart {
    /// As OpenBLAS is loaded, before anything here runs, it starts a thread for every processor, each of which reserves 128 MiB.
    /// Where the system refuses that, such a thread asks again for ever, and keeps the process from ending.
    static func withoutReservations() {
        #if os(Linux)
        guard SystemLimits.limitsReservations, ProcessInfo.processInfo.environment["OPENBLAS_NUM_THREADS"] != "1",
            let executable = realpath("/proc/self/exe", nil)
        else { return }
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        setenv("OMP_NUM_THREADS", "1", 1)  // for one that is built with OpenMP
        setenv("MALLOC_ARENA_MAX", "1", 0)  // glibc reserves 64 MiB for each
        execv(executable, CommandLine.unsafeArgv)
        free(executable)  // it cannot be begun anew, and goes on
        #endif
    }
}
