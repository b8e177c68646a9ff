// One run, one process.

import Foundation
import Testing

@Suite struct LockTests {
    let sandbox: Sandbox
    let endless = Sandbox.saving + ["--max-steps", "1000000000"]

    init() throws { sandbox = try Sandbox() }

    @Test func aSecondProcessIsRefused() throws {
        let first = try sandbox.start(endless)
        try first.wait(for: "\nstep 5 ")
        let second = try sandbox.dnc(endless + ["--resume", "--max-steps", "10"])
        #expect(second.status == 75)
        #expect(second.error.contains("run") && second.error.contains("in use"))
        // To look at a run is no offence.
        #expect(try sandbox.dnc("info", "run").status == 0)
        #expect(try sandbox.dnc("sample", "run", "--length", "5").status == 0)

        try first.wait(for: "\nstep")
        #expect(first.end(sending: SIGINT).status == 128 + SIGINT)
        let end = ["--max-steps", "\(try #require(try sandbox.lastStep()) + 5)"]
        #expect(try sandbox.dnc(Sandbox.saving + end + ["--resume"]).status == 0)
        #expect(try sandbox.dnc(Sandbox.saving + end + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("run", "whole")
    }

    /// Before its first checkpoint a run is as much in use.
    @Test func aNewRunInAFolderInUseIsRefused() throws {
        let first = try sandbox.start(
            endless + ["--valid-every", "1000000000", "--plateau-every", "1000000000", "--sample-every", "10"])
        try sandbox.wait(for: "step 10 ", in: "run/samples.txt")
        let samples = try sandbox.read("run/samples.txt")
        let second = try sandbox.dnc(endless + ["--max-steps", "10"])
        #expect(second.status == 75)
        #expect(second.error.contains("in use"))
        #expect(try sandbox.read("run/samples.txt").hasPrefix(samples))
        _ = first.end(sending: SIGKILL)
    }

    @Test func theDeadHoldNoLock() throws {
        let first = try sandbox.start(endless)
        try first.wait(for: "\nstep 5 ")
        _ = first.end(sending: SIGKILL)
        let end = ["--max-steps", "\(try #require(try sandbox.lastStep()) + 5)"]
        #expect(try sandbox.dnc(Sandbox.saving + end + ["--resume"]).status == 0)
    }

    /// Of several that begin at the same moment one trains, and the others are refused.
    @Test func oneOfManyWins() throws {
        #expect(try sandbox.dnc(Sandbox.saving + ["--max-steps", "10"]).status == 0)
        let commands = try (0..<6).map { _ in try sandbox.start(endless + ["--resume"]) }
        let winners = commands.filter { $0.says("\nstep") }  // who is refused ends without a step
        #expect(winners.count == 1)
        for command in commands {
            let isWinner = winners.contains { $0 === command }
            let outcome = isWinner ? command.end(sending: SIGTERM) : command.end()
            #expect(outcome.status == (isWinner ? 128 + SIGTERM : 75), "\(outcome.error)")
        }
    }
}
