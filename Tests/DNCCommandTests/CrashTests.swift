// Processes that are killed: whatever the instant, the run goes on to the bits that it would have come to anyway. The kernel
// outlives them, so what a power cut takes is not seen here; against that there is only the order of the flushes, which
// AtomicFileTests and FaultTests show.

import Foundation
import TestSupport
import Testing

@Suite struct CrashTests {
    /// Some instants are counted from the start of the process, so that they hit the opening of the run too, and some from its
    /// first save.
    @Test(arguments: 0..<(isFullRun ? 20 : 1))
    func killedAtRandom(round: Int) throws {
        let (sandbox, count) = (try Sandbox(), isFullRun ? 25 : 15)
        var (chance, step) = (Chance(), 0)
        for number in 1...count {
            let comment: Comment = "kill \(number) of round \(round), \(chance)"
            let resume = try sandbox.lastStep() == nil ? [] : ["--resume"]
            let command = try sandbox.start(Sandbox.saving + resume + ["--max-steps", "1000000000"])
            if .random(using: &chance) { try command.wait(for: "\nstep") }
            chance.pause(atMost: 60_000)
            let outcome = command.end(sending: SIGKILL)
            #expect(outcome.status == 128 + SIGKILL, "\(comment): \(outcome.error)")

            for name in ["last", "best"] where try sandbox.record(of: name) != nil {
                #expect(try sandbox.dnc("info", "run/\(name).safetensors").status == 0, comment)
            }
            let reached = try sandbox.lastStep() ?? 0
            #expect(reached >= step, comment)
            step = reached
        }
        let end = ["--max-steps", "\(step + 10)"]
        let resume = step == 0 ? [] : ["--resume"]
        #expect(try sandbox.dnc(Sandbox.saving + resume + end).status == 0)
        #expect(try sandbox.dnc(Sandbox.saving + end + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("run", "whole", "round \(round), \(chance)")
    }
}
