// Tasks, episodes and lines from the command.

import DNC
import DNCTasks
import Foundation
import Testing
import TestSupport

@Suite struct TaskCommandTests {
    let sandbox: Sandbox
    /// Sizes with which a step takes no time.
    private let sizes = ["--hidden", "8", "--slots", "4", "--width", "3", "--batch-size", "4", "--plateau-every", "4"]
    private var copy: [String] {
        ["train", "--task", "copy", "--task-options", "length=1...3,bits=2", "--valid-episodes", "8", "--out", "run"] + sizes
    }

    init() throws { sandbox = try Sandbox() }

    @Test func tasksAreListed() throws {
        let text = try sandbox.dnc("tasks").text
        for task in Tasks.all { #expect(text.contains("\(task.name): \(task.summary)")) }
        let shown = try sandbox.dnc("tasks", "copy", "--task-options", #"{"bits": 1, "length": [2, 2]}"#).text
        #expect(shown.contains("length [2, 2]") && shown.contains("reads  asks"))
    }

    /// What training reads can be printed, and reads back as the same episodes.
    @Test func trainingEpisodes() throws {
        let text = try sandbox.dnc("tasks", "copy", "--steps", "2", "--first-step", "3", "--batch-size", "4", "--seed", "5")
            .text
        try sandbox.write(text, to: "copy.jsonl")
        let file = try EpisodeFile(contentsOf: sandbox.url("copy.jsonl").path)
        let episodes = try TaskEpisodes(CopyTask(), batchSize: 4, seed: 5)
        let expected = (3..<5).flatMap { episodes.batch(step: $0) }.map(\.episode)
        #expect(file.input == CopyTask().input && file.output == CopyTask().output)
        #expect(try (0..<file.count).map { try file.episode(at: $0) } == expected)
    }

    @Test func aTaskGoesOnToTheSameBits() throws {
        try sandbox.dnc(copy + ["--max-steps", "12"])
        try sandbox.dnc(copy + ["--max-steps", "7", "--out", "parts"])
        // All but where it is comes from the run.
        try sandbox.dnc("train", "--out", "parts", "--resume", "--max-steps", "12")
        let (a, b) = (
            try Checkpoint<Float>(contentsOf: sandbox.url("run/last.safetensors").path),
            try Checkpoint<Float>(contentsOf: sandbox.url("parts/last.safetensors").path)
        )
        #expect(a.model.parameters == b.model.parameters)
        #expect(try sandbox.log("run").count == 3 && sandbox.log("parts").count == 4)
        try sandbox.expectRefusal(
            ["train", "--out", "run", "--resume", "--task", "repeat-copy"], 64, says: "--task was copy, now repeat-copy")
        try sandbox.expectRefusal(
            ["train", "--out", "run", "--resume", "--task-options", "bits=3"], 64, says: "task-options")
        let shown = try sandbox.dnc("info", "run").text
        #expect(shown.contains("4 episodes of task copy") && shown.contains("vectors of 3, answers 2 bits"))
    }

    @Test func tables() throws {
        try sandbox.dnc(copy + ["--max-steps", "4"])
        let result = try sandbox.dnc("eval", "run", "--length", "2,5", "--slots", "3,9", "--episodes", "20", "--json").json
        let lines = try #require(result["results"] as? [[String: Any]])
        #expect(lines.map { $0["length"] as? Int } == [2, 2, 5, 5] && lines.map { $0["slots"] as? Int } == [3, 9, 3, 9])
        #expect(lines.allSatisfy { $0["episodes"] as? Int == 20 } && result["task"] as? String == "copy")
        #expect(try sandbox.dnc("eval", "run", "--episodes", "3").text.contains("1-3"))
    }

    @Test func curricula() throws {
        try sandbox.write(
            #"{"lessons": [{"options": {"length": [1, 1]}, "success": 0.01}, {}], "window": 4}"#, to: "lessons.json")
        let outcome = try sandbox.dnc(copy + ["--curriculum", "lessons.json", "--max-steps", "40"])
        #expect(outcome.error.contains("2 lessons") && outcome.error.contains("lesson 2"))
        #expect(try sandbox.log("run").last?["lesson"] as? Int == 1)
        // Some tasks have their own, which others take the place of; a run that is gone on with keeps its lessons.
        func lessons(_ arguments: String...) throws -> String? {
            let train = ["train", "--task", "arithmetic", "--print-config", "--max-steps", "1", "--out", "sums"]
            return try object(sandbox.dnc(train + arguments).text)["curriculum"] as? String
        }
        #expect(try lessons()?.contains("successor") == true)
        let none = #"{"lessons": [{}]}"#
        #expect(try lessons("--curriculum", none)?.contains("successor") == false)
        try sandbox.dnc("train", "--task", "arithmetic", "--max-steps", "1", "--out", "sums", "--curriculum", none)
        #expect(try lessons("--resume")?.contains("successor") == false)
    }

    /// Answers stand where the file has them, however long the model thinks before.
    @Test func thinkSteps() throws {
        let train = copy + ["--think-steps", "3", "--accumulate", "2"]
        #expect(try sandbox.dnc(train + ["--max-steps", "8"]).error.contains("2 times an update, thinking for 3 steps"))
        try sandbox.dnc("train", "--out", "run", "--resume", "--max-steps", "12")
        try sandbox.expectRefusal(
            ["train", "--out", "run", "--resume", "--think-steps", "2"], 64, says: "--think-steps was 3, now 2")
        #expect(try sandbox.dnc("info", "run").text.contains("task copy, 2 times an update, thinking for 3 steps"))
        #expect(try sandbox.dnc("eval", "run", "--length", "7", "--episodes", "20").status == 0)
        #expect(try sandbox.dnc("trace", "run", "--out", "trace", "--json").json["steps"] as? Int ?? 0 > 0)
        try sandbox.write(words, to: "words.jsonl")
        try sandbox.dnc(
            [
                "train", "--episodes", "words.jsonl", "--valid", "words.jsonl", "--out", "own", "--max-steps", "200",
                "--learning-rate", "0.01", "--think-steps", "3",
            ] + sizes)
        for (line, word) in zip(
            try sandbox.dnc("predict", "own", "--episodes", "words.jsonl").text.split(separator: "\n"), ["a", "b"])
        {
            let predictions = try #require(object(line)["predictions"] as? [Any])
            #expect(predictions.count == 3 && predictions[2] as? String == word)
        }
        let each = try sandbox.dnc("eval", "own", "--episodes", "words.jsonl", "--each").text.split(separator: "\n")
        #expect(try each.map { try object($0)["right"] as? Bool } == [true, true])
        #expect(try sandbox.dnc("eval", "own", "--episodes", "words.jsonl", "--json").json["sequences_right"] as? Double == 1)
    }

    // MARK: Files of episodes

    private let words = """
        {"inputs": ["a", "b", "?"], "targets": [null, null, "a"]}
        {"inputs": ["b", "b", "?"], "targets": [null, null, "b"]}

        """

    private func trainOnWords() throws {
        try sandbox.write(words, to: "words.jsonl")
        try sandbox.dnc(
            [
                "train", "--episodes", "words.jsonl", "--valid", "words.jsonl", "--out", "own", "--max-steps", "200",
                "--learning-rate", "0.01",
            ] + sizes)
    }

    @Test func predictions() throws {
        try trainOnWords()
        let answered = try sandbox.dnc("predict", "own", "--episodes", "words.jsonl").text.split(separator: "\n")
        for (line, word) in zip(answered, ["a", "b"]) {
            let object = try object(line)
            let predictions = try #require(object["predictions"] as? [Any])
            #expect(predictions.count == 3 && predictions[0] is NSNull && predictions[2] as? String == word)
            let probability = try #require((object["probabilities"] as? [Any])?[2] as? Double)
            #expect((0.5...1).contains(probability))
            #expect((object["inputs"] as? [String])?.count == 3)
        }
        #expect(answered.count == 2)
        // Without targets every step is answered, and --unknown stands for other words.
        try sandbox.write(#"{"inputs": ["x", "b", "?"]}"#, to: "new.jsonl")
        try sandbox.expectRefusal(
            ["predict", "own", "--episodes", "new.jsonl"], 65, says: "line 1, column 13", "\"x\" is none of the 3")
        let all = try sandbox.dnc("predict", "own", "--episodes", "new.jsonl", "--unknown", "a").json
        #expect((all["predictions"] as? [String])?.count == 3)
        let each = try sandbox.dnc("eval", "own", "--episodes", "words.jsonl", "--each").text.split(separator: "\n")
        #expect(try each.map { try object($0)["right"] as? Bool } == [true, true])
        try sandbox.expectRefusal(["sample", "own"], 64, says: "writes no text")
    }

    @Test func vectors() throws {
        try sandbox.write(
            """
            {"inputs": [[0, 1], [0.5, 0], null], "targets": [null, [0.5], [1]], "weights": [1, 2, 0.5]}
            {"inputs": [[1, 1]], "targets": [[0]]}

            """, to: "numbers.jsonl")
        let train = ["train", "--episodes", "numbers.jsonl", "--valid-fraction", "0", "--max-steps", "3"] + sizes
        #expect(try sandbox.dnc(train + ["--out", "reals"]).error.contains("reads vectors of 2, answers 1 reals"))
        let answers = try sandbox.dnc("predict", "reals", "--episodes", "numbers.jsonl").text.split(separator: "\n")
        #expect(try (object(answers[0])["predictions"] as? [Any])?[0] is NSNull)
        #expect(try (object(answers[1])["predictions"] as? [[Double]])?[0].count == 1)
        try sandbox.expectRefusal(train + ["--out", "bits", "--outputs", "bits"], 65, says: "0.5 is no bit")
    }

    // MARK: Lines

    @Test func linesAreSampled() throws {
        let names = (0..<40).map { "na\($0 % 8)me\($0 % 5)" }.joined(separator: "\n") + "\n"
        try sandbox.write(names, to: "names.txt")
        try sandbox.dnc(["train", "--data", "names.txt", "--lines", "--out", "names", "--max-steps", "60"] + sizes)
        let outcome = try sandbox.dnc("sample", "names", "--count", "50", "--data", "names.txt", "--json", "--length", "12")
            .json
        let lines = try #require(outcome["lines"] as? [String])
        #expect(lines.count == 50 && lines.allSatisfy { $0.count <= 12 })
        let unique = Set(lines)
        #expect(try #require(outcome["unique"] as? Double) == Double(unique.count) / 50)
        let novel = unique.subtracting(names.split(separator: "\n").map(String.init))
        #expect(try #require(outcome["novel"] as? Double) == Double(novel.count) / Double(unique.count))
        let plain = try sandbox.dnc("sample", "names", "--count", "50", "--length", "12")
        #expect(plain.text == lines.map { $0 + "\n" }.joined() && plain.error.contains("50 lines"))
        let result = try sandbox.dnc("eval", "names", "--data", "names.txt", "--json").json
        #expect(result["measure"] as? String == "bits per character" && result["episodes"] as? Int == 40)
    }

    // MARK: Bad input

    @Test(arguments: [
        (["--task", "coppy"], 64, #"there is no task "coppy"; did you mean copy?"#),
        (["--task", "copy", "--task-options", "lenght=3"], 64, #"no option "lenght"; did you mean length?"#),
        (["--task", "copy", "--task-options", "length=5...2"], 64, "the smaller number first"),
        (["--task", "copy", "--task-options", "length"], 64, "write name=value"),
        (["--task", "copy", "--data", "text.txt"], 64, "--data and --task were given"),
        (["--task", "copy", "--seq-length", "8"], 64, "--seq-length is for a text"),
        (
            ["--task", "copy", "--curriculum", #"{"lessons": [{"success": 1.5}, {}]}"#], 64,
            "lesson 1 of 2 asks for a success of 1.5"
        ),
        (["--task", "copy", "--curriculum", #"{"lessons": []}"#], 64, "no lessons"),
        (["--episodes", "missing.jsonl"], 65, "No such file"),
        (["--episodes", "empty.jsonl"], 65, "has no episodes"),
        (["--episodes", "torn.jsonl"], 65, "'torn.jsonl', line 2, column 23"),
        (["--episodes", "sizes.jsonl"], 65, "inputs[1]: the vector has 1 numbers"),
        (["--episodes", "nan.jsonl"], 65, "JSON has no NaN"),
        (["--episodes", "long.jsonl", "--max-length", "2"], 65, "has 3 steps, more than 2"),
        (["--lines"], 64, "Nothing to train on"),
        (["--lines", "--task", "copy"], 64, "--lines is for --data"),
        ([], 64, "Nothing to train on"),
    ])
    func badInput(arguments: [String], status: Int32, complaint: String) throws {
        for (name, text) in [
            ("empty", "\n"), ("torn", #"{"inputs": [1], "targets": [1]}"# + "\n" + #"{"inputs": ["a"], "tar"#),
            ("sizes", #"{"inputs": [[1, 2], [1]], "targets": [null, [1]]}"#), ("nan", #"{"inputs": [NaN], "targets": [1]}"#),
            ("long", #"{"inputs": [1, 2, 3], "targets": [1, 2, 3]}"#),
        ] {
            try sandbox.write(text, to: name + ".jsonl")
        }
        try sandbox.expectRefusal(["train", "--out", "run", "--max-steps", "1"] + arguments, status, says: complaint)
    }

    @Test func longEpisodesAreCutAndCounted() throws {
        try sandbox.write(#"{"inputs": [1, 2, 3], "targets": [1, 2, 3]}"# + "\n", to: "long.jsonl")
        let outcome = try sandbox.dnc(
            [
                "train", "--episodes", "long.jsonl", "--max-length", "2", "--overlong", "cut", "--out", "run", "--max-steps",
                "1",
                "--valid-fraction", "0",
            ] + sizes)
        #expect(outcome.error.contains("1 cut, of at most 2 steps"))
    }
}
