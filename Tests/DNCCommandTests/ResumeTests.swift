import Foundation
import Testing

@Suite struct ResumeTests {
    let sandbox: Sandbox
    let command = ["train", "--data", "text.txt", "--out", "run", "--max-steps", "60"] + Sandbox.small

    init() throws { sandbox = try Sandbox() }

    /// The log without what depends on the clock.
    func log(_ run: String) throws -> [NSDictionary] {
        try sandbox.read(run + "/metrics.jsonl").split(separator: "\n").map { line in
            var fields = try object(line)
            fields["seconds"] = nil
            fields["symbols_per_second"] = nil
            return fields as NSDictionary
        }
    }

    func expectSameRuns(_ one: String, _ other: String) throws {
        for file in ["last", "best"] {
            let saved = try [one, other].map { try SavedFile(sandbox.url("\($0)/\(file).safetensors")).withoutTime }
            #expect(saved[0] == saved[1], "\(file).safetensors")
        }
        #expect(try log(one) == log(other))
        #expect(try sandbox.read(one + "/samples.txt") == sandbox.read(other + "/samples.txt"))
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func anInterruptedRunGoesOnToTheSameBits(signal: Int32) throws {
        let endless =
            command + [
                "--valid-every", "50", "--sample-every", "70", "--patience", "1000000", "--max-steps", "1000000000",
            ]
        let outcome = try sandbox.dnc(endless, interruptedBy: signal)
        #expect(outcome.status == 128 + signal)
        #expect(outcome.error.contains("--resume"))
        let record = try SavedFile(sandbox.url("run/last.safetensors")).metadata("dnc.training")
        let end = ["--max-steps", String(try #require(record["step"] as? Int) + 33)]

        #expect(try sandbox.dnc(endless + end + ["--resume"]).status == 0)
        #expect(try sandbox.dnc(endless + end + ["--out", "whole"]).status == 0)
        try expectSameRuns("run", "whole")
    }

    @Test func aTornLogIsRepaired() throws {
        try sandbox.train("--max-steps", "80", run: "whole")
        try sandbox.train("--max-steps", "40")
        // As a crash leaves it: a whole line and half a line after the last checkpoint.
        let lines = try sandbox.read("whole/metrics.jsonl").split(separator: "\n")
        try sandbox.write(lines[0...2].joined(separator: "\n") + "\n" + lines[3].prefix(30), to: "run/metrics.jsonl")
        try sandbox.train("--max-steps", "80", "--resume")
        #expect(try log("run").map { $0["step"] as? Int } == [20, 40, 60, 80])
        try expectSameRuns("run", "whole")
    }

    @Test func theEndIsTheEnd() throws {
        try sandbox.train()
        let before = try SavedFile(sandbox.url("run/last.safetensors")).withoutTime
        try sandbox.train("--resume")
        #expect(try SavedFile(sandbox.url("run/last.safetensors")).withoutTime == before)
    }

    @Test func learningRateAndClipNormMayChange() throws {
        try sandbox.train()
        try sandbox.train("--resume", "--learning-rate", "0.01", "--clip-norm", "1", "--max-steps", "60")
        let rates = try log("run").map { $0["learning_rate"] as? Double }
        #expect(rates.last == 0.01 && rates.first != 0.01)
    }

    @Test func otherSettingsAreListed() throws {
        try sandbox.train()
        try sandbox.expectRefusal(
            ["train", "--data", "text.txt", "--out", "run", "--resume", "--hidden", "13", "--slots", "4", "--seed", "2"], 64,
            says: "--hidden was 12, now 13", "--seed was 1, now 2", "another --out")
    }

    @Test func anotherTextIsRefused() throws {
        try sandbox.train()
        try sandbox.write(try sandbox.read("text.txt") + "a", to: "text.txt")
        try sandbox.expectRefusal(command + ["--resume"], 64, says: "run", "another text")
    }

    @Test func noRunToResume() throws {
        try sandbox.expectRefusal(command + ["--resume"], 64, says: "run holds no run", "leave out --resume")
    }

    @Test(arguments: ["last", "best"])
    func anExistingRunIsKept(lacking file: String) throws {
        try sandbox.train()
        try sandbox.remove("run/\(file).safetensors")  // the other one is still worth something
        try sandbox.expectRefusal(command, 64, says: "run holds a run already", "--resume", "--out")
    }

    @Test(arguments: ["last", "best"])
    func oneCheckpointIsEnough(lacking file: String) throws {
        try sandbox.train("--max-steps", "60", run: "whole")
        try sandbox.train()
        try sandbox.remove("run/\(file).safetensors")
        try sandbox.train("--max-steps", "60", "--resume")
        try expectSameRuns("run", "whole")
    }

    @Test func divergenceKeepsTheLastCheckpoint() throws {
        try sandbox.train()
        let before = try sandbox.contents
        let outcome = try sandbox.dnc(command + ["--resume", "--learning-rate", "1e30"])
        #expect(outcome.status == 10)
        #expect(outcome.error.contains("step 4") && outcome.error.contains("--learning-rate"))
        #expect(try sandbox.contents == before)
        #expect(try sandbox.dnc("eval", "run/last.safetensors", "--data", "text.txt").status == 0)
    }

    @Test func divergenceNamesTheTensor() throws {
        let outcome = try sandbox.dnc(command + ["--learning-rate", "1e39"])  // infinite as Float
        #expect(outcome.status == 10)
        #expect(outcome.error.contains("step 2") && outcome.error.contains("controller.0.weight_ih has"))
    }
}
