import DNC
import Foundation
import TestSupport
import Testing

@Suite struct ResumeTests {
    let sandbox: Sandbox
    let command = ["train", "--data", "text.txt", "--out", "run", "--max-steps", "60"] + Sandbox.small

    init() throws { sandbox = try Sandbox() }

    /// As `dnc sweep` goes on with a trial that was begun with a preset; another preset is refused.
    @Test func aRunThatWasBegunWithAPresetGoesOnWithIt() throws {
        let preset = ["--preset", "dnc-mds", "--variant", "mask-minimum=0.2"]
        try sandbox.train(preset + ["--max-steps", "5"], run: "stopped")
        try sandbox.train(preset + ["--max-steps", "9"], run: "whole")
        let again = try sandbox.train(preset + ["--max-steps", "9", "--resume"], run: "stopped")
        #expect(again.error.contains("going on from step 5"))
        let losses = try ["stopped", "whole"].map {
            try sandbox.dnc("eval", $0 + "/last.safetensors", "--data", "text.txt", "--json").text
        }
        #expect(losses[0] == losses[1])
        for other in [["--preset", "deltanet"], ["--preset", "dnc-mds"], ["--preset", "numpy"]] {
            let refused = try sandbox.dnc(["train", "--data", "text.txt", "--out", "stopped", "--resume"] + other)
            #expect(refused.status == 64 && refused.error.contains("--preset was none, now"), "\(refused.error)")
        }
    }

    /// As a crash leaves them: cut off anywhere behind the last checkpoint.
    @Test func tornLogsAreRepaired() throws {
        let train = ["--sample-every", "20"]
        try sandbox.train(train + ["--max-steps", "80"], run: "whole")
        try sandbox.train(train)
        let saved = try sandbox.contents
        // What follows the last checkpoint; the lines of two logs do not have the same length.
        let lines = try sandbox.read("whole/metrics.jsonl").split(separator: "\n")
        let samples = try sandbox.read("whole/samples.txt").dropFirst(sandbox.read("run/samples.txt").count)
        let rest = ["run/metrics.jsonl": lines[2...].joined(separator: "\n") + "\n", "run/samples.txt": String(samples)]
        let torn = rest.values.map(\.count).max() ?? 0
        // Within the heading of a sample, within a line and a sample, at the end.
        for length in isFullRun ? Array(0...torn) : [0, 5, 10, 12, 100, 200, torn] {
            for (name, data) in saved where name.hasPrefix("run/") {
                try sandbox.write(try #require(data) + Data((rest[name] ?? "").utf8.prefix(length)), to: name)
            }
            try sandbox.train(train + ["--max-steps", "80", "--resume"])
            try sandbox.expectSameRuns("run", "whole", "\(length) bytes behind the last checkpoint")
        }
    }

    /// What writers that were killed left behind goes when the run is opened, and nothing else does.
    @Test func leftoversAreRemoved() throws {
        try sandbox.train()
        let others = [".hidden", "notes.tmp", "last.safetensors.1.2.tmp", ".last.safetensors.tmp"]
        let names = ["last.safetensors", "best.safetensors", "metrics.jsonl", "samples.txt"]
        for name in names.map({ ".\($0).123.4.tmp" }) + others { try sandbox.write("x", to: "run/" + name) }
        try sandbox.train("--resume")
        let found = try Set(sandbox.contents.keys)
        for name in names { #expect(!found.contains("run/.\(name).123.4.tmp")) }
        for name in others { #expect(found.contains("run/" + name)) }
    }

    @Test func theEndIsTheEnd() throws {
        try sandbox.train()
        let before = try SavedFile(sandbox.url("run/last.safetensors")).withoutTime
        try sandbox.train("--resume")
        #expect(try SavedFile(sandbox.url("run/last.safetensors")).withoutTime == before)
    }

    @Test func learningRateAndClipNormMayChange() throws {
        try sandbox.train()
        try sandbox.train("--resume", "--learning-rate", "0.011", "--clip-norm", "1", "--max-steps", "60")
        let rates = try sandbox.log("run").map { $0["learning_rate"] as? Double }
        #expect(rates.last == 0.011 && rates.first != 0.011)
    }

    /// A run whose plateaus have made its learning rate smaller.
    private let restless = ["--optimizer", "sgd", "--plateau-every", "5", "--symbol-range", "0"]

    private func decayed() throws -> Double {
        try sandbox.train(restless + ["--learning-rate", "8", "--max-steps", "100"])
        let rate = try #require(try sandbox.record(of: "last")).learningRate
        #expect(rate < 8)
        return rate
    }

    @Test func theRateInForceIsShown() throws {
        let rate = try decayed()
        let outcome = try sandbox.train("--max-steps", "101", "--resume")
        #expect(outcome.error.contains("sgd at \(rate) (8.0 before it fell)"))
        #expect(try sandbox.log("run").last?["learning_rate"] as? Double == rate)
        #expect(try sandbox.dnc("info", "run/last.safetensors").text.contains("sgd at \(rate) (8.0 before it fell)"))
        let settings = try sandbox.dnc("train", "--out", "run", "--resume", "--print-config")
        #expect(try object(settings.text)["learning-rate"] as? Double == rate)
    }

    /// With every setting of the optimizer and of the update: the same run, whether at once or in parts; shown as it is.
    @Test func otherSettingsGoOn() throws {
        let flags = [
            "--optimizer", "rmsprop", "--momentum", "0.5", "--decay", "0.95", "--epsilon", "0.001", "--no-epsilon-inside",
            "--weight-decay", "0.1", "--weight-decay-steps", "45", "--clip-value", "0.5", "--schedule", "cosine",
            "--warm-up", "5", "--period", "70", "--least-rate", "0.25", "--restarts", "--accumulate", "2", "--learning-rate",
            "0.002",
        ]
        try sandbox.train(flags + ["--max-steps", "60"], run: "whole")
        try sandbox.train(flags + ["--max-steps", "40"])
        let outcome = try sandbox.train("--max-steps", "60", "--resume")
        try sandbox.expectSameRuns("run", "whole")
        let (begun, record) = (
            LearningRateSchedule(.cosine, warmUp: 5, period: 70, leastRate: 0.25, restarts: true),
            try #require(try sandbox.record(of: "last"))
        )
        #expect(record.configuration.schedule == begun && record.learningRate == 0.002 * begun.factor(step: 60))
        let words =
            "rmsprop at \(0.002 * begun.factor(step: 40)) (cosine to 0.25 in 70 steps, again and again, after 5 steps of "
            + "warm-up; the rate 0.002), momentum 0.5, decay 0.95, epsilon 0.001, epsilon outside the root, weight decay 0.1 "
            + "in the first 45 steps, clip value 0.5"
        #expect(outcome.error.contains(words), "\(outcome.error)")
        // Foundation reads numbers of so many digits with an error in the last.
        let logged = try #require(try sandbox.log("run").last?["learning_rate"] as? Double)
        #expect(abs(logged - record.learningRate) < 1e-15)
        let shown = try sandbox.dnc("info", "run/last.safetensors").text
        #expect(shown.contains("rmsprop at \(record.learningRate) (cosine") && shown.contains("symbols, 2 times an update in"))
        try sandbox.expectRefusal(
            ["train", "--data", "text.txt", "--out", "run", "--resume", "--accumulate", "3"], 64,
            says: "--accumulate was 2, now 3")
        try sandbox.train("--max-steps", "62", "--resume", "--schedule", "constant", "--momentum", "0.25")
        let constant = try #require(try sandbox.record(of: "last"))
        #expect(constant.learningRate == record.learningRate && constant.configuration.optimizer.momentum == 0.25)
    }

    /// Equal to what the run began with, too.
    @Test(arguments: ["8", "0.5"])
    func aGivenRateCounts(rate: String) throws {
        _ = try decayed()
        let outcome = try sandbox.train("--max-steps", "104", "--resume", "--learning-rate", rate)
        #expect(outcome.error.contains("sgd at \(try #require(Double(rate)))\n"))
        #expect(try sandbox.log("run").last?["learning_rate"] as? Double == Double(rate))
    }

    @Test func whatMayChangeDoes() throws {
        _ = try decayed()
        let changes = [
            "--plateau-factor", "0.5", "--plateau-every", "7", "--valid-every", "3", "--valid-symbols", "50", "--seq-length",
            "9",
            "--shards", "1", "--on-nonfinite", "skip", "--clip-norm", "2",
        ]
        try sandbox.train(changes + ["--resume", "--max-steps", "110"])
        let configuration = try #require(try sandbox.record(of: "last")).configuration
        #expect(configuration.plateauFactor == 0.5 && configuration.plateauEvery == 7 && configuration.validateEvery == 3)
        #expect(configuration.validSymbols == 50 && configuration.sequenceLength == 9 && configuration.shards == 1)
        #expect(configuration.onNonFinite == .skip && configuration.optimizer.clipNorm == 2)
    }

    /// What the end advises is tried.
    @Test func theAdviceGoesOn() throws {
        let train =
            ["train", "--data", "text.txt", "--out", "run", "--patience", "2", "--learning-rate", "8"] + restless
            + Sandbox.small
        let outcome = try sandbox.dnc(train)
        let advice = try #require(outcome.error.firstMatch(of: /To go on: --resume --learning-rate ([^ ,]+), for example/))
        let step = try #require(try sandbox.lastStep())
        let next = try sandbox.dnc(
            ["train", "--data", "text.txt", "--out", "run", "--patience", "2", "--resume", "--learning-rate", String(advice.1)])
        #expect(next.status == 0)
        #expect(try #require(try sandbox.lastStep()) > step)
        let line = try #require(try sandbox.log("run").first { $0["step"] as? Int ?? 0 > step })
        #expect(line["learning_rate"] as? Double == Double(advice.1))
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
        try sandbox.expectSameRuns("run", "whole")
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
