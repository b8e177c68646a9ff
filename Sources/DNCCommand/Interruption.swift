// Ctrl-C and SIGTERM.
import Dispatch
import Foundation
import Synchronization

/// Cancels a task at the first SIGINT or SIGTERM, so that it can save; the second ends the process at once.
final class Interruption: Sendable {
    private let received = Atomic<Int32>(0)

    /// The signal that came, or nil.
    var signal: Int32? {
        let signal = received.load(ordering: .relaxed)
        return signal == 0 ? nil : signal
    }

    /// 128 plus the signal's number, as shells do.
    static func exitCode(of signal: Int32) -> Int32 { 128 + signal }

    /// Runs `body` as a task that the signals cancel.
    func during<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task(operation: body)
        let sources = [SIGINT, SIGTERM].map { number in
            Foundation.signal(number, SIG_IGN)  // the source sees it all the same
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                if received.exchange(number, ordering: .relaxed) != 0 { _exit(Self.exitCode(of: number)) }
                task.cancel()
            }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        return try await task.value
    }
}
