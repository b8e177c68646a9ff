// Ctrl-C and SIGTERM.
import Foundation
import Synchronization

/// The signal that came first; 0 while none has. Global because a signal handler can reach nothing else.
private let received = Atomic<Int32>(0)

/// Notes SIGINT and SIGTERM, so that work in progress can be saved; the second signal ends the process at once.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM]

    /// The signal that came, or nil. To be asked now and then: where there is a single processor, nothing that waits for a
    /// free thread to tell of the signal would get one while a task computes.
    static var signal: Int32? {
        let signal = received.load(ordering: .relaxed)
        return signal == 0 ? nil : signal
    }

    /// 128 plus the signal's number, as shells do.
    static func exitCode(of signal: Int32) -> Int32 { 128 + signal }

    /// From now on signals are noted.
    static func begin() {
        received.store(0, ordering: .relaxed)  // also makes the global before a handler needs it
        for number in signals {
            // Only an atomic exchange and _exit: a handler must not do more.
            _ = Foundation.signal(number) { number in
                if received.exchange(number, ordering: .relaxed) != 0 { _exit(Interruption.exitCode(of: number)) }
            }
        }
    }

    /// From now on signals end the process, as they did before.
    static func end() {
        for number in signals { _ = Foundation.signal(number, SIG_DFL) }
    }
}
