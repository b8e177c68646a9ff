// Signals: Ctrl-C and others that end training, and SIGUSR1, which saves.
import Foundation
import Synchronization

/// The signal to end that came first; 0 while none has. Global because a signal handler can reach nothing else.
private let received = Atomic<Int32>(0)
/// Whether SIGUSR1 came.
private let saveRequested = Atomic(false)
/// The parent, with which this process is to end; 0 where it is to outlive it.
private let parent = Atomic<Int32>(0)

/// Notes SIGINT, SIGTERM and SIGHUP, so that work in progress can be saved; the second of them ends the process at once. SIGUSR1
/// asks to save and go on.
enum Interruption {
    private static let endingSignals = [SIGINT, SIGTERM, SIGHUP]

    /// The signal that came, or nil. To be asked now and then: where there is a single processor, nothing that waits for a
    /// free thread to tell of the signal would get one while a task computes.
    static var signal: Int32? {
        let (signal, parent) = (received.load(ordering: .relaxed), parent.load(ordering: .relaxed))
        if signal == 0, parent != 0, parent != getppid() { return SIGHUP }
        return signal == 0 ? nil : signal
    }

    /// From now on the end of `process`, the parent, counts as SIGHUP; it alone gets the terminal's signals, to pass on.
    static func end(with process: Int32) {
        parent.store(process, ordering: .relaxed)
        setpgid(0, 0)
    }

    /// Whether to save has been asked for since the last time that this was read.
    static func takeSaveRequest() -> Bool { saveRequested.exchange(false, ordering: .relaxed) }

    /// 128 plus the signal's number, as shells do.
    static func exitCode(of signal: Int32) -> Int32 { 128 + signal }

    /// Those of processes that were asked to end.
    static var exitCodes: [Int32] { endingSignals.map(exitCode) }

    /// From now on writing where nobody reads any more is an error, which ends nothing by itself.
    static func ignoreClosedPipes() { _ = Foundation.signal(SIGPIPE, SIG_IGN) }

    /// From now on SIGUSR1 is noted, which would end the process otherwise.
    static func noteSaveRequests() {
        saveRequested.store(false, ordering: .relaxed)  // also makes the global before a handler needs it
        handle(SIGUSR1) { _ in saveRequested.store(true, ordering: .relaxed) }
    }

    /// From now on signals to end are noted, but for those that the process was told to ignore, as nohup does.
    static func begin() {
        received.store(0, ordering: .relaxed)
        for number in endingSignals {
            // Only an atomic exchange and _exit: a handler must not do more.
            handle(number) { number in
                if received.exchange(number, ordering: .relaxed) != 0 { _exit(Interruption.exitCode(of: number)) }
            }
        }
    }

    /// From now on signals end the process, as they did before.
    static func end() {
        for number in endingSignals { handle(number, SIG_DFL) }
        _ = Foundation.signal(SIGUSR1, SIG_IGN)  // what it asks for has been done
    }

    private static func handle(_ number: Int32, _ handler: (@convention(c) (Int32) -> Void)?) {
        let before = Foundation.signal(number, handler)
        if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
            _ = Foundation.signal(number, SIG_IGN)
        }
        // A parent may have left it blocked, so that it would wait for ever.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
