// What is printed for programs is what docs/JSON.md says: all of its keys, and no others, of these types.

import Foundation
import Testing

/// A value as it stands in a file, a whole number apart from others.
private enum JSONValue: Decodable {
    case null, boolean, integer, number, string, array
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if (try? value.decode(Bool.self)) != nil {
            self = .boolean
        } else if (try? value.decode(Int.self)) != nil || (try? value.decode(UInt64.self)) != nil {
            self = .integer
        } else if (try? value.decode(Double.self)) != nil {
            self = .number
        } else if (try? value.decode(String.self)) != nil {
            self = .string
        } else if let object = try? value.decode([String: JSONValue].self) {
            self = .object(object)
        } else {
            _ = try value.decode([JSONValue].self)
            self = .array
        }
    }

    /// Whether it is of a type as the tables call it, `or null` or not.
    func isA(_ type: String) -> Bool {
        let type = type.replacingOccurrences(of: " or null", with: "")
        return switch self {
        case .null: false
        case .boolean: type == "boolean"
        case .integer: type == "integer" || type == "number"
        case .number: type == "number"
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object" || type == "map"
        }
    }
}

@Suite struct JSONTests {
    let sandbox: Sandbox
    /// The types of the keys, by section and path, as the page has them.
    private let tables: [String: [String: String]]

    init() throws {
        sandbox = try Sandbox()
        let page = URL(filePath: #filePath).appending(path: "../../../docs/JSON.md").standardized
        var (tables, section) = ([String: [String: String]](), "")
        for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
            if let heading = line.wholeMatch(of: /## `(.*)`/) { section = String(heading.1) }
            if let row = line.prefixMatch(of: /\| `([a-z_.]+)` \| ([a-z ]+) \|/) {
                tables[section, default: [:]][String(row.1)] = String(row.2)
            }
        }
        self.tables = tables
    }

    /// Expects every line to have the keys of a section, of its types, and these alone to be null somewhere.
    private func expect(
        _ lines: [some StringProtocol], _ section: String, nulls: Set<String>, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let table = try #require(tables[section], sourceLocation: sourceLocation)
        var seenNulls: Set<String> = []
        func check(_ object: [String: JSONValue], in prefix: String) {
            let expected = Set(table.keys.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains(".") })
            #expect(Set(object.keys.map { prefix + $0 }) == expected, "\(section)", sourceLocation: sourceLocation)
            for (key, value) in object {
                guard let type = table[prefix + key] else { continue }
                if case .null = value {
                    seenNulls.insert(prefix + key)
                    #expect(type.hasSuffix(" or null"), "\(section): \(prefix + key) is null", sourceLocation: sourceLocation)
                } else {
                    #expect(value.isA(type), "\(section): \(prefix + key) is no \(type)", sourceLocation: sourceLocation)
                }
                if case .object(let members) = value, type.hasPrefix("object") { check(members, in: prefix + key + ".") }
            }
        }
        #expect(!lines.isEmpty, sourceLocation: sourceLocation)
        for line in lines {
            check(try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8)), in: "")
        }
        #expect(seenNulls == nulls, "\(section)", sourceLocation: sourceLocation)
    }

    /// What a text has none of.
    private let ofTasks: Set = ["valid_sequences_right", "valid_error_rate"]

    /// What a command prints, which may fail.
    private func lines(_ arguments: String...) throws -> [Substring] { try sandbox.dnc(arguments).text.split(separator: "\n") }

    @Test func training() throws {
        let held = try sandbox.train("--json")
        try expect(held.text.split(separator: "\n"), "dnc train --json", nulls: ofTasks)
        try expect(
            sandbox.read("run/metrics.jsonl").split(separator: "\n"), "metrics.jsonl",
            nulls: ofTasks.union(["decayed_learning_rate", "lesson"]))
        let ofNoText: Set = ["sequences_right", "error_rate"]
        let nulls = ["best_valid", "held_out"].flatMap { figure in ofNoText.map { "training.\(figure).\($0)" } }
        try expect(
            lines("info", "run", "--json"), "dnc info --json",
            nulls: Set(
                nulls + [
                    "training.lesson", "training.configuration.source.task", "training.configuration.source.reading",
                    "training.configuration.schedule.period",
                ]))
    }

    @Test func tasks() throws {
        let task = [
            "--task", "copy", "--task-options", "length=1...2,bits=2", "--hidden", "4", "--slots", "3", "--max-steps", "4",
        ]
        let outcome = try sandbox.dnc(
            ["train", "--out", "run", "--json", "--plateau-every", "2", "--valid-episodes", "8"] + task)
        try expect(outcome.text.split(separator: "\n"), "dnc train --json", nulls: ["valid_streams"])
        try expect(
            sandbox.read("run/metrics.jsonl").split(separator: "\n"), "metrics.jsonl",
            nulls: ["decayed_learning_rate", "lesson"])
        try expect(lines("eval", "run", "--episodes", "5", "--json"), "dnc eval --json of a task", nulls: [])
        try expect(lines("tasks", "--json"), "dnc tasks --json", nulls: [])
        let own = ["a", "b"].map { #"{"inputs": ["a", "b"], "targets": [null, "\#($0)"]}"# + "\n" }
        try sandbox.write(own.joined(), to: "episodes.jsonl")
        try sandbox.dnc(
            "train", "--episodes", "episodes.jsonl", "--valid", "episodes.jsonl", "--out", "own", "--hidden", "4",
            "--max-steps", "2")
        let episodes = ["eval", "own", "--episodes", "episodes.jsonl", "--json"]
        try expect(
            sandbox.dnc(episodes + ["--influence"]).text.split(separator: "\n"), "dnc eval --json of episodes or lines",
            nulls: [])
        try expect(
            sandbox.dnc(episodes + ["--each"]).text.split(separator: "\n"), "dnc eval --each --json", nulls: [])
    }

    @Test func stories() throws {
        try sandbox.dnc("babi", "--out", "stories", "--tasks", "1", "--questions", "40", "--test-questions", "10")
        try sandbox.dnc("train", "--babi", "stories", "--out", "run", "--max-steps", "2", "--batch-size", "4")
        try expect(lines("eval", "run", "--babi", "stories", "--json"), "dnc eval --json of bAbI", nulls: [])
        let asked = try sandbox.shell("echo 'Mary went to the office. Where is Mary?' | exec \"$DNC\" ask run --json")
        try expect(asked.text.split(separator: "\n"), "dnc ask --json", nulls: [])
    }

    @Test func nothingHeldOut() throws {
        let outcome = try sandbox.train("--json", "--valid-fraction", "0", run: "free")
        try expect(
            outcome.text.split(separator: "\n"), "dnc train --json",
            nulls: [
                "best_step", "valid_loss", "valid_predictions", "valid_streams", "valid_sequences_right", "valid_error_rate",
            ])
        try expect(
            sandbox.read("free/metrics.jsonl").split(separator: "\n"), "metrics.jsonl",
            nulls: [
                "valid_loss", "valid_predictions", "decayed_learning_rate", "lesson", "valid_sequences_right",
                "valid_error_rate",
            ])
        let nulls: Set = [
            "training.best_step", "training.best_valid", "training.held_out", "training.lesson",
            "training.configuration.source.task", "training.configuration.source.reading",
            "training.configuration.schedule.period",
        ]
        try expect(lines("info", "free/last.safetensors", "--json"), "dnc info --json", nulls: nulls)
    }

    @Test func using() throws {
        try sandbox.train()
        try expect(lines("eval", "run", "--data", "text.txt", "--json"), "dnc eval --json", nulls: ["memory_influence"])
        try expect(lines("eval", "run", "--data", "text.txt", "--influence", "--json"), "dnc eval --json", nulls: [])
        try expect(lines("sample", "run", "--json"), "dnc sample --json", nulls: [])
        try expect(lines("sample", "run", "--count", "2", "--json"), "dnc sample --count --json", nulls: [])
        let symbols = try lines("eval", "run", "--text", "baba", "--per-symbol")
        #expect(symbols.count == 3)
        try expect(symbols, "dnc eval --per-symbol", nulls: [])
        try expect(lines("eval", "run", "--data", "text.txt", "--online", "--json"), "dnc eval --online --json", nulls: [])
        try sandbox.dnc("train", "--data", "text.txt", "--lines", "--out", "lines", "--hidden", "4", "--max-steps", "2")
        try expect(lines("sample", "lines", "--count", "2", "--json"), "dnc sample --count --json of lines", nulls: ["novel"])
        try expect(lines("trace", "run", "--out", "trace", "--json"), "dnc trace --json", nulls: [])
        try expect(
            lines("trace", "run", "--text", "b", "--out", "trace", "--json"), "dnc trace --json",
            nulls: ["loss", "sequence_right"])
    }

    @Test func aNetworkWithoutMemory() throws {
        let sizes = ["--hidden", "4", "--batch-size", "2", "--seq-length", "4", "--max-steps", "2"]
        let outcome = try sandbox.dnc(["train", "--data", "text.txt", "--out", "rnn", "--model", "rnn", "--json"] + sizes)
        try expect(outcome.text.split(separator: "\n"), "dnc train --json", nulls: ofTasks)
        let nulls = ["best_valid", "held_out"].flatMap { ["training.\($0).sequences_right", "training.\($0).error_rate"] }
        try expect(
            lines("info", "rnn", "--json"), "dnc info --json",
            nulls: Set(
                nulls + [
                    "training.lesson", "training.configuration.source.task", "training.configuration.source.reading",
                    "training.configuration.schedule.period",
                    "training.configuration.validate_every",
                ]))
        try expect(lines("trace", "rnn", "--out", "trace", "--json"), "dnc trace --json", nulls: ["memory_influence"])
    }

    @Test func sweeping() throws {
        let file = """
            {"data": "text.txt", "model": "rnn", "hidden": 4, "batch-size": 2, "max-steps": 2, "grid": {"seq-length": [4, 100000]}}
            """
        try sandbox.write(file, to: "sweep.json")
        let printed = try lines("sweep", "sweep.json", "--out", "sweep", "--json")
        let kept = try sandbox.read("sweep/sweep.jsonl").split(separator: "\n")
        #expect(Set(printed) == Set(kept) && kept.count == 2)
        try expect(
            printed, "dnc sweep --json",
            nulls: ["failure", "result", "result.valid_sequences_right", "result.valid_error_rate"])
    }

    @Test func papers() throws {
        let tiny = ["paper", "variants", "--only", "nature", "--tasks", "copy", "--steps", "2", "--seeds", "1", "--out", "p"]
        let outcome = try sandbox.dnc(tiny + ["--json"])
        try expect(outcome.text.split(separator: "\n"), "dnc paper --json", nulls: [])
    }

    @Test func checkingAndMeasuring() throws {
        try expect(lines("gradcheck", "--model", "rnn", "--json"), "dnc gradcheck --json", nulls: [])
        let bench = ["bench", "--model", "rnn", "--hidden", "4", "--repeats", "1", "--duration", "0.01", "--json"]
        for (flags, nulls) in [([], ["phases"]), (["--phases"], [])] as [([String], Set<String>)] {
            let outcome = try sandbox.dnc(bench + flags)
            try expect(outcome.text.split(separator: "\n"), "dnc bench --json", nulls: nulls)
        }
        let outcome = try sandbox.dnc(bench + ["--sampling"])
        try expect(outcome.text.split(separator: "\n"), "dnc bench --sampling --json", nulls: [])
    }
}
