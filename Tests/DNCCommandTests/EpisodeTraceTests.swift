// trace and report of models of episodes, as a user runs them.

import DNC
import DNCTasks
import Foundation
import Testing

@Suite struct EpisodeTraceTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private let small = ["--hidden", "12", "--slots", "4", "--width", "4", "--batch-size", "4", "--max-steps", "6", "-q"]

    private func train(_ arguments: String...) throws {
        let outcome = try sandbox.dnc(["train"] + arguments + small)
        try #require(outcome.status == 0, "\(outcome.error)")
    }

    private func trace(_ arguments: String...) throws -> (json: [String: Any], trace: Trace) {
        let outcome = try sandbox.dnc(["trace"] + arguments + ["--out", "trace.safetensors", "--json"])
        try #require(outcome.status == 0, "\(outcome.error)")
        return (try outcome.json, try Trace(contentsOf: sandbox.url("trace.safetensors").path))
    }

    private func data(ofPage page: String) throws -> [String: Any] {
        let page = try sandbox.read(page)
        let start = try #require(page.range(of: #"<script type="application/json" id="data">"#)?.upperBound)
        let end = try #require(page[start...].range(of: "</script>")?.lowerBound)
        return try object(page[start..<end])
    }

    @Test func anEpisodeOfATask() throws {
        try train("--task", "copy", "--task-options", "bits=3,length=1...4", "--out", "copy")
        let (json, trace) = try trace(
            "copy", "--episode", "3", "--seed", "5", "--task-options", "length=9...9", "--slots", "11")
        #expect(trace.layout.configuration.slots == 11 && trace["memory"]?.shape == [19, 11, 4])
        let task = try CopyTask().replacing(["bits": .integer(3), "length": .list([.integer(9), .integer(9)])])
        #expect(try trace.episode == TaskEpisodes(task, batchSize: 1, seed: 5).heldOut(3))
        let loss = try #require(json["loss"] as? Double)
        #expect(abs(loss - trace.loss.bitsPerSymbol) < 1e-9 && json["measure"] as? String == "bits per bit")
        #expect(json["sequence_right"] as? Bool == trace.score.isRight && json["steps"] as? Int == 19)

        let terminal = try sandbox.dnc("trace", "copy", "--terminal").text
        #expect(terminal.hasPrefix("reads       0") && terminal.contains("\nasks        0") && terminal.contains("\nright  "))

        try sandbox.dnc("report", "copy", "--episode", "3", "--seed", "5", "-o", "page.html")
        let data = try data(ofPage: "page.html")
        let measure = try #require(data["measure"] as? [String: String])
        #expect(measure == ["name": "bits per bit", "unit": "bits/bit", "predictions": "answers"])
        let traced = try #require(data["trace"] as? [String: Any])
        let right = try #require(traced["right"] as? [Any])
        let arrays = try #require(traced["arrays"] as? [String: [String: Any]])
        for (name, width) in [("input_vectors", 4), ("target_vectors", 3), ("answers", 3)] {
            #expect(arrays[name]?["shape"] as? [Int] == [right.count, width], "\(name)")
        }
        #expect(right[0] is NSNull && right.last is Bool && (traced["symbols"] as? [Int])?.isEmpty == true)
    }

    @Test func anEpisodeOfAFile() throws {
        let lines = (0..<20).map { number in
            let word = ["cat", "dog"][number % 2]
            return #"{"inputs": ["the", "\#(word)", "?", null], "targets": [null, null, ["\#(word)", "sat"], null]}"#
        }
        try sandbox.write(lines.joined(separator: "\n"), to: "qa.jsonl")
        try train("--episodes", "qa.jsonl", "--out", "qa")
        let (json, trace) = try trace("qa", "--episodes", "qa.jsonl", "--episode", "1")
        #expect(json["measure"] as? String == "bits per symbol" && json["steps"] as? Int == 4)
        let names = trace.alphabet.names()
        #expect(trace.symbols.map { $0 < 0 ? "" : names.0[Int($0)] } == ["the", "dog", "?", ""])
        #expect(trace.targets.map { $0 < 0 ? "" : names.1[Int($0)] } == ["", "", "", "", "dog", "sat", "", ""])

        // What is likeliest is what dnc predict answers.
        let predicted = try object(sandbox.dnc("predict", "qa", "--episodes", "qa.jsonl").text.split(separator: "\n")[1])
        let answers = try #require((predicted["predictions"] as? [Any])?[2] as? [String])
        try sandbox.dnc("report", "trace.safetensors", "-o", "page.html")
        let traced = try #require(data(ofPage: "page.html")["trace"] as? [String: Any])
        let top = try #require((traced["top"] as? [String: Any])?["symbols"] as? [[Int]])
        #expect(top.count == 8 && top[4...5].map { names.1[$0[0]] } == answers)
        #expect(traced["answer_vocabulary"] as? [String] == names.1)

        // The log alone where no episode is given.
        let report = try sandbox.dnc("report", "qa", "-o", "log.html")
        #expect(report.status == 0 && report.error.contains("--episodes"))
        #expect(try data(ofPage: "log.html")["trace"] == nil)
    }

    @Test func aLine() throws {
        try sandbox.write(String(repeating: "bado\n\nrika meshi\n", count: 20), to: "lines.txt")
        try train("--data", "lines.txt", "--lines", "--out", "lines")
        for arguments in [["--data", "lines.txt"], ["--text", "bado\nrika meshi"]] {
            let outcome = try sandbox.dnc(
                ["trace", "lines", "--episode", "1", "--out", "trace.safetensors", "--json"] + arguments)
            #expect(try outcome.json["measure"] as? String == "bits per character")
            let trace = try Trace(contentsOf: sandbox.url("trace.safetensors").path)
            #expect(try trace.vocabulary.decode(trace.symbols) == "\nrika meshi")
            #expect(try trace.vocabulary.decode(trace.targets) == "rika meshi\n")
        }
        // What the model writes ends with its line.
        let own = try trace("lines", "--length", "30").trace
        #expect(own.steps <= 30 && own.symbols.dropFirst().allSatisfy { $0 != own.symbols[0] })
    }

    @Test func refusals() throws {
        try train("--task", "copy", "--task-options", "bits=3,length=1...4", "--out", "copy")
        try sandbox.expectRefusal(["trace", "copy", "--text", "a", "--terminal"], 64, says: "--text", "task copy", "--episode")
        try sandbox.expectRefusal(["trace", "copy", "--episode", "-1", "--terminal"], 64, says: "--episode is -1")
        try sandbox.expectRefusal(["trace", "copy", "--task-options", "length=0...0", "--terminal"], 64, says: "length")
        try sandbox.expectRefusal(["trace", "copy", "--slots", "0", "--terminal"], 64, says: "--slots")
        let line = #"{"inputs": ["a", "b"], "targets": [null, "a"]}"# + "\n"
        try sandbox.write(line, to: "one.jsonl")
        try sandbox.write(String(repeating: line, count: 9), to: "qa.jsonl")
        try train("--episodes", "qa.jsonl", "--out", "qa")
        try sandbox.expectRefusal(["trace", "qa", "--terminal"], 64, says: "--episodes is missing")
        try sandbox.expectRefusal(
            ["trace", "qa", "--episodes", "one.jsonl", "--episode", "1", "--terminal"], 64, says: "--episode is 1", "0")
        let lstm = ["--model", "lstm", "--hidden", "8", "--batch-size", "4", "--seq-length", "8", "--max-steps", "6"]
        try #require(sandbox.dnc(["train", "--data", "text.txt", "--out", "lstm", "-q"] + lstm).status == 0)
        try sandbox.expectRefusal(["trace", "lstm", "--slots", "9", "--terminal"], 64, says: "--slots")
        try sandbox.expectRefusal(["trace", "lstm", "--episode", "1", "--terminal"], 64, says: "--episode", "text")
    }
}
