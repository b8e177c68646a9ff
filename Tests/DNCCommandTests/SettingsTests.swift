// Settings from files: `dnc train --config` and `--print-config`.

import Foundation
import Testing

@Suite struct SettingsTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// What `--print-config` prints for these arguments.
    private func settings(_ arguments: String...) throws -> NSDictionary {
        let outcome = try sandbox.dnc(["train", "--print-config"] + arguments)
        try #require(outcome.status == 0, "\(outcome.error)")
        return try object(outcome.text) as NSDictionary
    }

    /// Of the flags of `train`, all but those that say what this call does.
    @Test func everyFlagIsASetting() throws {
        let help = try sandbox.dnc("train", "--help").text
        var flags = Set(help.matches(of: /(?m)^  (?:-q, )?--([a-z-]+)/).map { String($0.1) })
        let others: Set = ["config", "print-config", "resume", "json", "quiet", "version"]
        #expect(flags.isSuperset(of: others))
        flags.subtract(others)
        #expect(Set(try settings().allKeys as? [String] ?? []) == flags)
    }

    /// A value of every kind, none of them a default; numbers as exact as they were given.
    @Test func printedSettingsAreAFile() throws {
        let printed = try sandbox.dnc(
            "train", "--print-config", "--data", "a \"b\"\\é.txt", "--model", "lstm", "--hidden", "7", "--learning-rate",
            "1e-5",
            "--no-carry-memory", "--seed", "18446744073709551615", "--memory-limit", "1.5GB", "--time-limit", "0.1",
            "--on-nonfinite", "skip", "--tensorboard", "--valid-fraction", "0.30000000000000004")
        for line in [
            #""data": "a \"b\"\\é.txt""#, #""out": "runs/a \"b\"\\é-lstm""#, #""learning-rate": 0.00001"#,
            #""carry-memory": false"#,
            #""seed": 18446744073709551615"#, #""memory-limit": "1.5GB""#, #""tensorboard": true"#, #""slots": null"#,
            #""max-steps": null"#, #""valid-fraction": 0.30000000000000004"#, #""batch-size": 8"#, #""schedule": "cosine""#,
            #""encoding": null"#,
        ] { #expect(printed.text.contains("\n  \(line)"), "\(line) in \(printed.text)") }
        try sandbox.write(printed.text, to: "settings.json")
        #expect(try sandbox.dnc("train", "--print-config", "--config", "settings.json").text == printed.text)
    }

    /// Of an optimizer and of a schedule what they have, in files that say the same again.
    @Test func settingsOfOtherOptimizersAndSchedules() throws {
        let all = [
            "--data", "b.txt", "--optimizer", "rmsprop", "--momentum", "0.5", "--decay", "0.95", "--epsilon", "0.001",
            "--no-epsilon-inside", "--weight-decay", "0.1", "--weight-decay-steps", "50", "--clip-value", "2", "--schedule",
            "cosine", "--warm-up", "5", "--period", "70", "--least-rate", "0.25", "--restarts", "--accumulate", "3",
            "--restart", "random", "--stretch", "300", "--symbol-range", "0.5",
        ]
        let printed = try sandbox.dnc(["train", "--print-config"] + all)
        let told = try object(printed.text)
        for (name, value) in [
            ("momentum", 0.5), ("decay", 0.95), ("epsilon", 0.001), ("weight-decay", 0.1), ("weight-decay-steps", 50),
            ("clip-value", 2), ("warm-up", 5), ("period", 70), ("least-rate", 0.25), ("accumulate", 3), ("stretch", 300),
            ("symbol-range", 0.5),
        ] { #expect(told[name] as? Double == value, "\(name)") }
        #expect(told["epsilon-inside"] as? Bool == false && told["restarts"] as? Bool == true)
        #expect(told["schedule"] as? String == "cosine" && told["restart"] as? String == "random")
        #expect(["period-factor", "plateau-factor", "think-steps"].allSatisfy { told[$0] is NSNull })
        try sandbox.write(printed.text, to: "settings.json")
        #expect(try sandbox.dnc("train", "--print-config", "--config", "settings.json").text == printed.text)

        let task = try settings("--task", "copy", "--think-steps", "4", "--schedule", "exponential", "--period", "9")
        #expect(task["think-steps"] as? Int == 4 && task["period-factor"] as? Double == 0.5)
        #expect(task["momentum"] is NSNull && task["epsilon"] as? Double == 1e-8 && task["restarts"] is NSNull)
    }

    @Test(arguments: [
        (["--optimizer", "adam", "--momentum", "0.5"], "--momentum is for --optimizer rmsprop or sgd, and this is adam"),
        (["--decay", "0.5"], "--decay is for --optimizer rmsprop, and this is adam"),
        (["--optimizer", "sgd", "--epsilon", "0.1"], "--epsilon is for --optimizer adagrad, rmsprop or adam"),
        (["--no-epsilon-inside"], "--epsilon-inside is for --optimizer rmsprop"),
        (["--period", "5"], "--period is for --schedule exponential or cosine, and this is plateau; leave one of them out"),
        (["--schedule", "cosine", "--restarts"], "give it a --period"), (["--schedule", "exponential"], "give it a --period"),
        (["--schedule", "cosine", "--period", "5", "--period-factor", "0.5"], "--period-factor is for --schedule exponential"),
        (["--schedule", "constant", "--least-rate", "0.5"], "--least-rate is for --schedule cosine"),
        (["--no-restarts"], "--restarts is for --schedule cosine"),
        (["--schedule", "constant", "--plateau-factor", "0.5"], "--plateau-factor is for --schedule plateau"),
        (["--think-steps", "3"], "--think-steps is for tasks and episodes"),
        (["--momentum", "1"], "--momentum is 1.0; it must be at least 0 and below 1"),
        (["--epsilon", "0"], "--epsilon is 0.0; it must be from 1e-30 to 1"),
        (["--weight-decay=-1"], "--weight-decay is -1.0; it must be a positive number, or 0"),
        (["--weight-decay-steps", "0"], "--weight-decay-steps is 0; it must be at least 1"),
        (["--accumulate", "0"], "--accumulate is 0; it must be from 1 to 1000"),
        (["--warm-up=-1"], "--warm-up is -1; it must be at least 0"),
    ])
    func contradictionsAreRefused(flags: [String], complaint: String) throws {
        try sandbox.expectRefusal(["train", "--data", "text.txt"] + flags, 64, says: complaint)
    }

    @Test func flagsCountMoreThanTheFileAndTheFileMoreThanDefaults() throws {
        let file =
            #"{"data": "b.txt", "hidden": 7, "batch-size": 1e1, "carry-memory": false, "tensorboard": true, "max-steps": null}"#
        try sandbox.write(file, to: "settings.json")
        for arguments in [
            ["--config", "settings.json", "--hidden", "9", "--carry-memory", "--no-tensorboard"],
            ["--hidden", "9", "--no-tensorboard", "--carry-memory", "--config=settings.json"],
        ] {
            let outcome = try sandbox.dnc(["train", "--print-config"] + arguments)
            let merged = try object(outcome.text)
            #expect(merged["hidden"] as? Int == 9 && merged["batch-size"] as? Int == 10 && merged["slots"] as? Int == 16)
            #expect(merged["carry-memory"] as? Bool == true && merged["tensorboard"] as? Bool == false)
            #expect(merged["out"] as? String == "runs/b-dnc" && merged["max-steps"] is NSNull)
        }
    }

    @Test func aFileTrainsAsItsFlagsDo() throws {
        let file = """
            {"data": "text.txt", "out": "file", "valid-every": 20, "hidden": 12, "slots": 4, "width": 4, "batch-size": 4,
             "seq-length": 8, "max-steps": 40, "learning-rate": 0.05, "seed": 3}
            """
        try sandbox.write(file, to: "settings.json")
        #expect(try sandbox.dnc("train", "--config", "settings.json").status == 0)
        try sandbox.train("--learning-rate", "0.05", "--seed", "3")
        try sandbox.expectSameRuns("file", "run")
        // And goes on, too; but not with other settings.
        let resume = ["train", "--config", "settings.json", "--resume"]
        #expect(try sandbox.dnc(resume + ["--max-steps", "60"]).status == 0)
        try sandbox.train("--resume", "--max-steps", "60")
        try sandbox.expectSameRuns("file", "run")
        try sandbox.write(file.replacing("12", with: "13"), to: "settings.json")
        try sandbox.expectRefusal(resume, 64, says: "--hidden was 12, now 13")
    }

    @Test func aRunTellsItsSettings() throws {
        try sandbox.train("--seed", "3", "--learning-rate", "0.05")
        let told = try settings("--resume", "--out", "run", "--clip-norm", "2")
        #expect(told["seed"] as? Int == 3 && told["hidden"] as? Int == 12 && told["valid-every"] as? Int == 20)
        #expect(told["learning-rate"] as? Double == 0.05 && told["clip-norm"] as? Int == 2)
        try sandbox.expectRefusal(["train", "--print-config", "--resume", "--out", "none"], 64, says: "none holds no run")
    }

    @Test(
        arguments: [
            (#"{"hiden": 3}"#, "\"hiden\" is no setting", "\"hidden\""), (#"{"batch_size": 3}"#, "mean", "\"batch-size\""),
            (#"{"resume": true}"#, "\"resume\" is no setting", "dnc help train"),
            (#"{"help": true}"#, "\"help\" is no setting", "dnc help train"),
            (#"{"hidden": "64"}"#, "\"hidden\" is \"64\"", "a number"), (#"{"hidden": true}"#, "is true", "a number"),
            (#"{"hidden": 6.5}"#, "\"hidden\"", "6.5"), (#"{"hidden": 0}"#, "\"hidden\"", "1 ... 1048576"),
            (#"{"hidden": [64]}"#, "\"hidden\" must be", "a number"), (#"{"data": 5}"#, "\"data\" is 5", "a string"),
            (#"{"carry-memory": 1}"#, "\"carry-memory\" is 1", "true or false"), (#"{"seed": -1}"#, "\"seed\"", "-1"),
            (#"{"model": "hopfield"}"#, "\"model\"", "lstm"), (#"{"memory-limit": "much"}"#, "\"memory-limit\"", "much"),
            ("{\"hidden\": 3,\n\"hidden\": 4}", "line 2", "\"hidden\" appears twice"), ("{\"hidden\": 3,\n", "line 2", "mend"),
            ("[3]", "must hold an object", "{"), ("", "line 1", "mend"),
        ])
    func whatIsNoSettingIsRefused(file: String, complaint: String, remedy: String) throws {
        try sandbox.write(file, to: "settings.json")
        try sandbox.expectRefusal(
            ["train", "--data", "text.txt", "--config", "settings.json"], 65, says: "settings.json", complaint, remedy)
    }

    @Test func whatCannotBeReadIsRefused() throws {
        try sandbox.write(Data([0x7B, 0xFF]), to: "latin.json")
        for (file, complaint) in [("none.json", "No such file"), (".", "Is a directory"), ("latin.json", "UTF-8")] {
            try sandbox.expectRefusal(
                ["train", "--data", "text.txt", "--config", file], 65, says: "error: \(file): ", complaint)
        }
        try sandbox.write("{}", to: "settings.json")
        for arguments in [["train"], ["train", "--config", "settings.json"]] {
            try sandbox.expectRefusal(arguments, 64, says: "Nothing to train on")
        }
    }
}
