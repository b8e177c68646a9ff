// bAbI from the command: trained on, measured, asked.

import DNC
import Foundation
import Testing

@Suite struct StoryTests {
    let sandbox: Sandbox
    private let sizes = ["--hidden", "16", "--slots", "8", "--width", "4", "--batch-size", "8", "--lanes", "2"]

    init() throws {
        sandbox = try Sandbox()
        let made = try sandbox.dnc(
            "babi", "--out", "stories", "--tasks", "1,15", "--questions", "60", "--test-questions", "20")
        try #require(made.status == 0, "\(made.error)")
    }

    @discardableResult
    private func train(_ arguments: String...) throws -> Outcome {
        try sandbox.dnc(["train", "--babi", "stories", "--out", "run", "--max-steps", "6"] + sizes + arguments)
    }

    /// What is said of the tasks is counted anew, by `--each`.
    @Test func measured() throws {
        try train()
        let result = try sandbox.dnc("eval", "run", "--babi", "stories", "--json").json
        let tasks = try #require(result["tasks"] as? [[String: Any]])
        #expect(tasks.map { $0["task"] as? Int } == [1, 15])
        let each = try sandbox.dnc("eval", "run", "--babi", "stories", "--each").text.split(separator: "\n").map {
            try object($0)
        }
        let asked = each.compactMap { $0["predictions"] as? Int }.reduce(0, +)
        // Each of these questions has one word to answer.
        #expect(tasks.compactMap { $0["questions"] as? Int }.reduce(0, +) == asked)
        let errors = tasks.compactMap { $0["question_error"] as? Double }
        #expect(tasks.compactMap { $0["word_error"] as? Double } == errors)
        let mean = try #require(result["mean_question_error"] as? Double)
        #expect(abs(mean - errors.reduce(0, +) / 2) < 1e-12)
        #expect(result["failed_tasks"] as? Int == errors.count { $0 > 0.05 })
        let one = try sandbox.dnc("eval", "run", "--babi", "stories", "--babi-tasks", "15")
        #expect(one.text.contains("questions wrong") && one.text.contains("of 1 tasks failed"), "\(one.text)")
        #expect(try sandbox.dnc("trace", "run", "--babi", "stories", "--episode", "2", "--out", "trace", "--json").status == 0)
    }

    /// By itself it is DeltaNet's memory, with fewer lanes where there are fewer episodes; asked for a DNC, it is one.
    @Test func whatIsUsual() throws {
        let usual = try sandbox.dnc("train", "--babi", "stories", "--max-steps", "1", "--batch-size", "4", "--shards", "1")
        #expect(usual.status == 0 && usual.error.contains("delta, 128 hidden") && usual.error.contains("in 4 lanes"))
        let asked = try sandbox.shell(
            "echo 'Mary went to the office. Where is Mary?' | exec \"$DNC\" ask runs/stories-delta --json")
        let reads = try #require(try asked.json["reads"] as? [[String: Any]])
        #expect(reads.compactMap { $0["head"] as? Int } == [1, 2, 3, 4])
        for read in reads {
            let written = try #require(read["written"] as? [[String: Any]]).compactMap { $0["probability"] as? Double }
            #expect(written.reduce(0, +) <= 1 && written == written.sorted(by: >))
        }
        let timed = try object(sandbox.dnc("train", "--print-config", "--babi", "stories", "--time-limit", "60").text)
        #expect(timed["schedule"] as? String == "cosine" && timed["lanes"] as? Int == 8)
        let other = try sandbox.dnc("train", "--babi", "stories", "--model", "dnc", "--max-steps", "1", "--batch-size", "4")
        #expect(other.status == 0 && other.error.contains("a new run in runs/stories-dnc"), "\(other.error)")
        let preset = try sandbox.dnc(
            "train", "--babi", "stories", "--preset", "dnc-md", "--slots", "8", "--max-steps", "1", "--out", "preset")
        #expect(preset.status == 0 && preset.error.contains("in 2 lanes"), "\(preset.error)")
    }

    /// Lanes and tasks are of the run.
    @Test func goesOnToTheSameBits() throws {
        try train("--babi-tasks", "1", "--babi-augment")
        try sandbox.dnc(
            ["train", "--babi", "stories", "--babi-tasks", "1", "--babi-augment", "--out", "parts", "--max-steps", "3"] + sizes)
        try sandbox.dnc("train", "--babi", "stories", "--out", "parts", "--resume", "--max-steps", "6")
        let parameters = try ["run", "parts"].map {
            try Checkpoint<Float>(contentsOf: sandbox.url("\($0)/last.safetensors").path).model.parameters
        }
        #expect(parameters[0] == parameters[1])
        let told = try sandbox.dnc("info", "run", "--json").json
        let configuration = try #require((told["training"] as? [String: Any])?["configuration"] as? [String: Any])
        let reading = try #require((configuration["source"] as? [String: Any])?["reading"] as? [String: Any])
        #expect(
            configuration["lanes"] as? Int == 2 && reading["tasks"] as? [Int] == [1] && reading["augmented"] as? Bool == true)
        try sandbox.expectRefusal(
            ["train", "--babi", "stories", "--out", "run", "--resume", "--lanes", "4"], 64, says: "--lanes was 2, now 4")
    }

    private func ask(_ text: String, _ flags: String = "") throws -> Outcome {
        try sandbox.write(text, to: "asked.txt")
        return try sandbox.shell("exec \"$DNC\" ask run \(flags) < asked.txt")
    }

    /// The answers are those that the same stories have in a file; a story ends at an empty line.
    @Test func asked() throws {
        try train()
        let one = try ask("Mary moved to the office.\nWhere is Mary?\nJohn went to the garden. Where is John?\n")
        #expect(one.status == 0 && one.text.matches(of: /(?m)^  \S+  \d+/).count == 2, "\(one.text)")
        #expect(one.text.contains("head 1 reads"))
        let two = try ask("Mary moved to the office. Where is Mary?\n\nJohn went to the garden. Where is John?\n", "--json")
        let answers = try two.text.split(separator: "\n").map { try object($0) }
        #expect(answers.count == 2)
        let alone = try ask("John went to the garden. Where is John?\n", "--json").text.split(separator: "\n")
        #expect(
            try object(try #require(alone.first))["likeliest"] as? [[String: AnyHashable]] == answers[1]["likeliest"]
                as? [[String: AnyHashable]])
        let unknown = try ask("Mary moved to the ofice. Where is Mary?\n")
        #expect(unknown.error.contains("does not know the word ofice; did you mean office?"), "\(unknown.error)")
        try sandbox.train(run: "text")
        try sandbox.expectRefusal(["ask", "text"], 64, says: "reads no stories", "dnc train --babi")
    }

    @Test func refusals() throws {
        try FileManager.default.createDirectory(atPath: sandbox.url("empty").path, withIntermediateDirectories: true)
        try sandbox.expectRefusal(["train", "--babi", "empty"], 65, says: "empty", "_train.txt")
        try sandbox.expectRefusal(["train", "--babi", "stories", "--babi-tasks", "2"], 65, says: "2", "1", "15")
        try sandbox.expectRefusal(["train", "--babi", "stories", "--babi-tasks", "one"], 64, says: "--babi-tasks is one")
        try sandbox.expectRefusal(["train", "--data", "text.txt", "--babi-augment"], 64, says: "--babi-augment is for --babi")
        try sandbox.expectRefusal(
            ["train", "--data", "text.txt", "--lanes", "2"], 64, says: "--lanes is for tasks and episodes")
        try sandbox.expectRefusal(
            ["train", "--babi", "stories", "--lanes", "99", "--batch-size", "8"], 64, says: "--lanes is 99")
        let long = try sandbox.dnc(
            ["train", "--babi", "stories", "--max-length", "20", "--overlong", "cut", "--out", "cut", "--max-steps", "1"]
                + sizes)
        #expect(long.status == 0 && long.error.contains("cut"), "\(long.error)")
        try train()
        let other = "1 Mary moved to the office.\n2 Where is Mary?\tnowhere\t1\n"
        try sandbox.write(other, to: "stories/qa1_single-supporting-fact_test.txt")
        try sandbox.expectRefusal(["eval", "run", "--babi", "stories"], 65, says: "line 2", "\"nowhere\" is none of the")
        try sandbox.expectRefusal(["babi", "--out", "x", "--tasks", "4"], 64, says: "those that can be made up are")
    }
}
