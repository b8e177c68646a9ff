// Signals that ask a run to save, or to save and end.

import DNC
import Foundation
import TestSupport
import Testing

@Suite struct SignalTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    static let ending = [SIGINT, SIGTERM, SIGHUP]
    static let endless = ["--patience", "1000000", "--max-steps", "1000000000"]

    @Test(arguments: ending)
    func anInterruptedRunGoesOnToTheSameBits(signal: Int32) throws {
        let train =
            ["train", "--data", "text.txt", "--out", "run", "--valid-every", "50", "--sample-every", "70"] + Sandbox.small
            + Self.endless
        let command = try sandbox.start(train)
        try command.wait(for: "\nstep")
        let outcome = command.end(sending: signal)
        #expect(outcome.status == 128 + signal)
        #expect(outcome.error.contains("--resume"))
        let end = ["--max-steps", "\(try #require(try sandbox.lastStep()) + 33)"]

        #expect(try sandbox.dnc(train + end + ["--resume"]).status == 0)
        #expect(try sandbox.dnc(train + end + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("run", "whole")
    }

    /// One run, ended and resumed again and again, and in between asked to save.
    @Test func signalsAtRandom() throws {
        var (chance, step) = (Chance(), 0)
        let train = Sandbox.saving + ["--valid-every", "7"]
        for number in 0..<(isFullRun ? 100 : 8) {
            let command = try sandbox.start(train + Self.endless + (number == 0 ? [] : ["--resume"]))
            try command.wait(for: "\nstep")
            chance.pause(atMost: 50_000)
            var ending = Self.ending[number / 2 % 3]
            if number % 2 == 1 {
                command.send(SIGUSR1)
                try command.wait(for: "\nstep")
                chance.pause(atMost: 50_000)
                ending = Self.ending.randomElement(using: &chance) ?? ending
            }
            let outcome = command.end(sending: ending)
            let comment: Comment = "signal \(ending), number \(number), \(chance): \(outcome.error.suffix(500))"
            #expect(outcome.status == 128 + ending, comment)
            let reached = try #require(try sandbox.lastStep(), comment)
            #expect(reached > step, comment)
            step = reached
        }
        let end = ["--max-steps", "\(step + 10)"]
        #expect(try sandbox.dnc(train + end + ["--resume"]).status == 0)
        #expect(try sandbox.dnc(train + end + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("run", "whole", "\(chance)")
    }

    /// Between validations, which save by themselves.
    @Test func sigusr1SavesAndGoesOn() throws {
        let train =
            ["train", "--data", "text.txt", "--out", "run", "--plateau-every", "1000000000", "--sample-every", "50"]
            + Sandbox.small + Self.endless
        let command = try sandbox.start(train)
        try sandbox.wait(for: "step 50 ", in: "run/samples.txt")
        #expect(try sandbox.lastStep() == nil)
        command.send(SIGUSR1)
        try command.wait(for: "saved run/last.safetensors at step")
        let step = try #require(try sandbox.lastStep())
        let samples = try sandbox.read("run/samples.txt").matches(of: /--- step ([0-9]+) ---/).count
        try sandbox.wait(for: "step \((samples + 2) * 50) ", in: "run/samples.txt")
        let outcome = command.end(sending: SIGKILL)
        #expect(outcome.status == 128 + SIGKILL, "\(outcome.error)")

        let end = ["--max-steps", "\(step + 70)"]
        #expect(try sandbox.dnc(train + end + ["--resume"]).status == 0)
        #expect(try sandbox.dnc(train + end + ["--out", "whole"]).status == 0)
        try sandbox.expectSameRuns("run", "whole")
    }

    /// A validation of more than a second, in which a signal is noticed; the second one ends it at once.
    var longValidation: [String] {
        get throws {
            try sandbox.write(String(repeating: try sandbox.read("text.txt"), count: 1000), to: "long.txt")
            return ["train", "--data", "long.txt", "--out", "run", "--valid-every", "10", "--valid-symbols", "100000000"]
                + ["--valid-fraction", "0.9"] + Sandbox.small + ["--max-steps", "30"]
        }
    }

    /// The sample of step 10 is written while the validation is under way.
    @Test func aValidationIsInterruptedAndMadeUpFor() throws {
        let train = try longValidation + ["--sample-every", "10"]
        let command = try sandbox.start(train)
        try sandbox.wait(for: "step 10 ", in: "run/samples.txt")
        #expect(command.end(sending: SIGTERM).status == 128 + SIGTERM)
        #expect(try sandbox.lastStep() == 10 && sandbox.log("run").isEmpty)
        let next = try sandbox.start(train + ["--resume"])
        try next.wait(for: "\nstep")
        #expect(next.end(sending: SIGTERM).status == 128 + SIGTERM)
        #expect(try sandbox.log("run").first?["step"] as? Int == 10)
    }

    @Test func theSecondSignalEndsAtOnce() throws {
        let command = try sandbox.start(longValidation)
        try command.wait(for: "\nstep 10 ")
        command.send(SIGINT)
        let outcome = command.end(sending: SIGTERM)
        #expect([128 + SIGINT, 128 + SIGTERM].contains(outcome.status))  // which of the two comes first is up to the kernel
        #expect(!outcome.error.contains("saved"))
        #expect(try sandbox.lastStep() ?? 10 == 10)
    }

    /// Reading the long text in one stream takes many seconds.
    @Test func anEvaluationGivesTheFigureSoFar() throws {
        try sandbox.train()
        try sandbox.write(String(repeating: try sandbox.read("text.txt"), count: 4000), to: "long.txt")
        let outcome = try sandbox.shell(
            #"exec timeout --foreground --preserve-status 3 "$DNC" eval run --data long.txt --streams 1 --json"#)
        #expect(outcome.status == 128 + SIGTERM)
        #expect(try outcome.json["complete"] as? Bool == false)
        let (bpc, symbols) = (try outcome.json["loss"] as? Double, try outcome.json["predictions"] as? Int)
        #expect(try #require(bpc) > 0 && (1...25_000_000).contains(try #require(symbols)))
    }

    /// The time in which the process is stopped is not of the run.
    @Test func aStopTakesNoTime() throws {
        let start = ContinuousClock.now
        let command = try sandbox.start(Sandbox.saving + Self.endless)
        try command.wait(for: "\nstep")
        command.send(SIGSTOP)
        usleep(1_500_000)
        command.send(SIGCONT)
        try command.wait(for: "\nstep")
        #expect(command.end(sending: SIGTERM).status == 128 + SIGTERM)
        let whole = (ContinuousClock.now - start) / .seconds(1)
        #expect(try #require(try sandbox.record(of: "last")).seconds < whole - 1.2)
    }

    // MARK: - Nobody reads any more

    @Test func progressIsExpendable() throws {
        let train =
            #""$DNC" train --data text.txt --out run --valid-every 1 --max-steps 40 "# + Sandbox.small.joined(separator: " ")
        let outcome = try sandbox.shell("(\(train) --json 2>&1 > result; echo $? > status) | head -2")
        #expect(outcome.text.contains("new run") || outcome.text.split(separator: "\n").count == 2)
        #expect(try sandbox.read("status") == "0\n" && sandbox.lastStep() == 40)
        #expect(try object(sandbox.read("result"))["step"] as? Int == 40)
    }

    /// An error at the end, when all has been saved.
    @Test func aResultIsNot() throws {
        let train =
            #""$DNC" train --data text.txt --out run --valid-every 1 --max-steps 40 "# + Sandbox.small.joined(separator: " ")
        _ = try sandbox.shell("(\(train) 2> error; echo $? > status) | true")
        #expect(try sandbox.read("status") == "74\n" && sandbox.lastStep() == 40)
        #expect(try sandbox.read("error").contains("cannot write to standard output"))
    }

    /// The longest time from a signal to the end, of 25 at random instants. A signal waits for the step or the validation under
    /// way, so that sizes decide.
    @Test(
        .enabled(if: isFullRun, "a measurement, not a test"),
        arguments: [
            ("small sizes", Sandbox.small + ["--valid-every", "20"]),
            ("default sizes", ["--valid-every", "5"]),
            ("a long validation", ["--valid-every", "1", "--valid-symbols", "200000", "--valid-fraction", "0.5"]),
            (
                "a large model",
                ["--hidden", "512", "--slots", "256", "--width", "64", "--read-heads", "4", "--seq-length", "64"]
                    + ["--valid-every", "1", "--valid-symbols", "200"]
            ),
        ] as [(String, [String])])
    func timeToTheEnd(situation: String, arguments: [String]) throws {
        try sandbox.write(String(repeating: try sandbox.read("text.txt"), count: 150), to: "long.txt")
        var (chance, longest) = (Chance(), Duration.zero)
        for number in 0..<25 {
            let command = try sandbox.start(["train", "--data", "long.txt", "--out", "\(number)"] + arguments + Self.endless)
            try command.wait(for: "\nstep")
            chance.pause(atMost: 900_000)
            let start = ContinuousClock.now
            let signal = Self.ending[number % 3]
            #expect(command.end(sending: signal).status == 128 + signal)
            longest = max(longest, ContinuousClock.now - start)
        }
        print("longest time from a signal to the end, \(situation): \(longest)")
    }
}
