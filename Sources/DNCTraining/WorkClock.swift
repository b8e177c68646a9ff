// Time as training counts it.
import Foundation
import Synchronization

/// The time in which this process could work: it stands still while the machine sleeps and, where `countNoStops` has been called, while the
/// process is stopped, as by Ctrl-Z.
package enum WorkClock {
    /// A point of this time.
    package typealias Instant = SuspendingClock.Instant

    /// Nanoseconds of the system's clock: of the time in which the process was stopped, and when the time was last asked for. Global because
    /// a signal handler can reach nothing else.
    private static let stopped = Atomic<Int64>(0)
    private static let lastAsked = Atomic<Int64>(0)
    private static let start = SuspendingClock.now

    /// The time. To be asked for often, since a stop counts from when it was asked for last.
    package static var now: Instant {
        let now = nanoseconds
        lastAsked.store(now, ordering: .relaxed)
        return start + .nanoseconds(now - stopped.load(ordering: .relaxed))
    }

    /// From now on the time in which the process is stopped does not count.
    package static func countNoStops() {
        _ = now  // makes the globals before the handler needs them
        signal(SIGCONT) { _ in WorkClock.skip() }
    }

    /// What has passed since the time was last asked for does not count. Only reads the clock and adds: a signal handler must not do more.
    private static func skip() {
        let now = nanoseconds
        let before = lastAsked.exchange(now, ordering: .relaxed)
        stopped.add(max(0, now - before), ordering: .relaxed)
    }

    private static var nanoseconds: Int64 {
        var time = timespec()
        #if canImport(Darwin)
        clock_gettime(CLOCK_UPTIME_RAW, &time)
        #else
        clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
