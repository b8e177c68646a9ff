// Ctrl-C and SIGTERM.
import Dispatch
import Foundation
import Synchronization

/// The signal that came first; 0 while none has. Global because a signal handler can reach nothing else.
private let received = Atomic<Int32>(0)

/// Lets a task be cancelled by SIGINT or SIGTERM, so that it can save; the second signal ends the process at once.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM]

    /// The signal that came, or nil.
    static var signal: Int32? {
        let signal = received.load(ordering: .relaxed)
        return signal == 0 ? nil : signal
    }

    /// 128 plus the signal's number, as shells do.
    static func exitCode(of signal: Int32) -> Int32 { 128 + signal }

    /// Runs `body` as a task that the signals cancel.
    static func cancelling<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        received.store(0, ordering: .relaxed)  // also makes the global before a handler needs it
        for number in signals {
            // Only an atomic exchange and _exit: a handler must not do more.
            _ = Foundation.signal(number) { number in
                if received.exchange(number, ordering: .relaxed) != 0 { _exit(Interruption.exitCode(of: number)) }
            }
        }
        let task = Task(operation: body)
        let watch = DispatchSource.makeTimerSource(queue: .global())
        watch.schedule(deadline: .now(), repeating: .milliseconds(50))
        watch.setEventHandler { if signal != nil { task.cancel() } }
        watch.resume()
        defer {
            watch.cancel()
            for number in signals { _ = Foundation.signal(number, SIG_DFL) }
        }
        return try await task.value
    }
}
