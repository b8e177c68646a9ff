// `dnc sweep`: what it tries, what becomes of it, and how it goes on.

import DNC
import Foundation
import TestSupport
import Testing

@testable import DNCCommand

@Suite struct SweepTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Settings with which a trial takes no time, in front of what varies.
    private func write(_ variation: String, steps: Int = 40, to file: String = "sweep.json") throws {
        let common = """
            "max-steps": \(steps), "valid-every": 20, "hidden": 12, "slots": 4, "width": 4, "batch-size": 4, "seq-length": 8
            """
        try sandbox.write("{\(common), \(variation)}", to: file)
    }

    /// The lines of `sweep.jsonl`, without what depends on the clock and the folder.
    private func outcomes(in folder: String) throws -> [NSDictionary] {
        try sandbox.read(folder + "/sweep.jsonl").split(separator: "\n").map { line in
            var fields = try object(line)
            fields["run"] = nil
            var result = fields["result"] as? [String: Any]
            result?["seconds"] = nil
            result?["run"] = nil
            fields["result"] = result
            return fields as NSDictionary
        }
    }

    private func sweep(_ json: String) throws -> Sweep { try JSONDecoder().decode(Sweep.self, from: Data(json.utf8)) }

    // MARK: - What is tried

    @Test func aGridHasAllCombinations() throws {
        let grid = try sweep(#"{"data": "b", "grid": {"slots": [8, 4], "model": ["dnc"], "carry-memory": [true, false]}}"#)
        let expected: [(Bool, Decimal)] = [(true, 8), (true, 4), (false, 8), (false, 4)]
        #expect(grid.trials == expected.map { ["carry-memory": .truth($0), "model": .text("dnc"), "slots": .number($1)] })
    }

    /// Python draws the same from the generator's definition.
    @Test(.enabled(if: python("") != nil, "needs Python"))
    func randomTrialsAreDrawnFromTheSeed() throws {
        let file = #"""
            {"trials": 50, "random-seed": 7, "random": {"width": {"integer": [3, 5]}, "hidden": {"choice": [8, 16, 64]},
             "learning-rate": {"log": [0.001, 1]}, "clip-norm": {"uniform": [0.5, 2]}}}
            """#
        let program = """
            import json, math, sys
            def words(seed, mask=2**64 - 1):
                state = []
                for i in range(1, 5):
                    z = (seed + i * 0x9E3779B97F4A7C15) & mask
                    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
                    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
                    state.append(z ^ z >> 31)
                rotate = lambda x, k: (x << k | x >> 64 - k) & mask
                while True:
                    yield rotate(state[1] * 5 & mask, 7) * 9 & mask
                    t = state[1] << 17 & mask
                    state[2] ^= state[0]; state[3] ^= state[1]; state[1] ^= state[2]; state[0] ^= state[3]
                    state[2] ^= t; state[3] = rotate(state[3], 45)
            generator = words(7)
            unit = lambda: (next(generator) >> 11) / 2**53
            four = lambda x: float("%.4g" % x)
            print(json.dumps([{
                "clip-norm": four(0.5 + 1.5 * unit()), "hidden": [8, 16, 64][int(3 * unit())],
                "learning-rate": four(10 ** (3 * unit() - 3)), "width": 3 + int(3 * unit())} for _ in range(50)]))
            """
        let expected = try JSONDecoder().decode(
            [[String: Double]].self, from: Data(try #require(python(program)).utf8))
        #expect(try sweep(file).trials.map { $0.compactMapValues(\.number) } == expected)
        // More of them begin with these.
        #expect(try sweep(file.replacing("50", with: "60")).trials.prefix(50) == sweep(file).trials[...])
    }

    @Test(
        arguments: [
            (#""grid": {"hiden": [3]}"#, "\"hiden\" is no setting", "\"hidden\""),
            (#""hiden": 3, "grid": {"seed": [3]}"#, "\"hiden\" is no setting", "\"hidden\""),
            (#""grid": {"read-heads": [4, 0]}"#, "trial 2, read-heads 0: --read-heads is 0", "1 ... 1048576"),
            (#""grid": {"read-heads": [4, "4"]}"#, "\"read-heads\" is \"4\"", "a number"),
            (#""grid": {"slots": [2]}"#, "\"slots\" is fixed, and also varies", "leave one"),
            (#""grid": {"model": ["dnc", "lstm"]}"#, "trial 2, model lstm", "lstm has no memory"),
            (#""grid": {"seed": [1, 2, 1.0]}"#, "\"grid\" \"seed\"", "each of them once"),
            (#""grid": {"seed": []}"#, "\"seed\"", "a list of values"), (#""grid": {"seed": 1}"#, "\"seed\"", "must be a list"),
            (#""grid": [1]"#, "\"grid\"", "must be an object"), (#""grid": {}"#, "is empty", "name a setting"),
            (#""grid": {"out": ["a", "b"]}"#, "\"out\"", "leave it out"),
            (#""out": "a", "grid": {"seed": [1]}"#, "\"out\"", "leave it out"),
            (#""trials": 3, "grid": {"seed": [1]}"#, "\"trials\"", "is for \"random\""),
            (#""random": {"seed": {"integer": [1, 5]}}"#, "\"trials\" is missing", "say how many"),
            (#""trials": 0, "random": {"seed": {"integer": [1, 5]}}"#, "\"trials\"", "1 ... 10000"),
            (#""trials": 1.5, "random": {"seed": {"integer": [1, 5]}}"#, "\"trials\"", "a whole number"),
            (#""trials": 2, "random": {"seed": {"integer": [5, 1]}}"#, "\"seed\"", "[least, largest]"),
            (#""trials": 2, "random": {"seed": {"integer": [1, 2.5]}}"#, "\"seed\"", "whole numbers"),
            (#""trials": 2, "random": {"seed": {"log": [0, 1]}}"#, "\"seed\"", "above 0"),
            (#""trials": 2, "random": {"seed": {"uniform": [1, "2"]}}"#, "\"seed\"", "numbers"),
            (#""trials": 2, "random": {"seed": {"choice": []}}"#, "\"seed\"", "list some"),
            (#""trials": 2, "random": {"seed": {"normal": [0, 1]}}"#, "\"seed\"", "\"choice\""),
            (#""trials": 2, "random": {"seed": 3}"#, "\"seed\"", "\"choice\""),
            (#""trials": 2, "random": {"seed": {"integer": [1, 2], "log": [1, 2]}}"#, "\"seed\"", "one list"),
            (#""trials": 2, "random": {"seed": {"uniform": [1.5, 1.6]}}"#, "trial 1, seed 1.5", "'--seed <seed>'"),
            (#""seed": 1"#, "\"grid\" or \"random\"", "say what is to vary"),
            (
                #""grid": {"seed": [1]}, "random": {"width": {"choice": [1]}}, "trials": 1"#, "\"grid\" or \"random\"",
                "not both"
            ),
            (#""grid": {"seed": [1], "seed": [2]}"#, "line 1", "appears twice"),
        ])
    func whatCannotBeTriedIsRefused(variation: String, complaint: String, remedy: String) throws {
        try write(#""data": "text.txt", "# + variation)
        try sandbox.expectRefusal(["sweep", "sweep.json"], 65, says: "error: sweep.json: ", complaint, remedy)
    }

    @Test func misuse() throws {
        try sandbox.expectRefusal(["sweep", "none.json"], 65, says: "none.json: cannot be read", "No such file")
        try write(#""grid": {"seed": [1]}"#)
        try sandbox.expectRefusal(["sweep", "sweep.json"], 65, says: "Nothing to train on")
        try sandbox.expectRefusal(["sweep", "sweep.json", "-j", "0"], 64, says: "--jobs")
        let seeds = (1...101).map(String.init).joined(separator: ",")
        try write(#""data": "text.txt", "grid": {"seed": [\#(seeds)], "patience": [\#(seeds)]}"#)
        try sandbox.expectRefusal(["sweep", "sweep.json"], 65, says: "more than 10000 combinations")
    }

    // MARK: - What becomes of it

    /// A trial is what `dnc train` makes of the same flags.
    @Test func trialsAreRuns() throws {
        try write(#""data": "text.txt", "grid": {"learning-rate": [0.001, 0.1], "carry-memory": [false, true]}"#)
        let outcome = try sandbox.dnc("sweep", "sweep.json", "-j3", "--json")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.error.contains("4 trials in runs/sweep-sweep; 3 at a time"))
        var bpcs: [Int: Double] = [:]
        for (number, flags) in [
            (2, ["--no-carry-memory", "--learning-rate", "0.1"]), (3, ["--learning-rate", "0.001"]),
        ] {
            let plain = try sandbox.train(flags + ["--json"], run: "plain-\(number)").json
            bpcs[number] = plain["valid_loss"] as? Double
            for file in ["train.log", "result.json"] { try sandbox.write("", to: "plain-\(number)/\(file)") }
            try sandbox.expectSameRuns("runs/sweep-sweep/trial-\(number)", "plain-\(number)")
        }
        let lines = try outcome.text.split(separator: "\n").map { try object($0) }
        #expect(try sandbox.read("runs/sweep-sweep/sweep.jsonl").split(separator: "\n").count == 4)
        let results = lines.compactMap { ($0["result"] as? [String: Any])?["valid_loss"] as? Double }
        #expect(results.count == 4 && results == results.sorted())
        for (line, result) in zip(lines, results) {
            let number = try #require(line["trial"] as? Int)
            if let bpc = bpcs[number] { #expect(result == bpc) }
            #expect(line["run"] as? String == "runs/sweep-sweep/trial-\(number)")
            let settings = try #require(line["settings"] as? [String: Any])
            #expect(settings["learning-rate"] as? Double == (number % 2 == 1 ? 0.001 : 0.1))
            #expect(settings["carry-memory"] as? Bool == (number > 2))
        }

        // There is nothing left to do; the table is that of the outcomes.
        let again = try sandbox.dnc("sweep", "sweep.json")
        #expect(again.status == 0 && again.error.contains("4 of them ended before"))
        let rows = again.text.split(separator: "\n", omittingEmptySubsequences: false).prefix(5).dropFirst()
        #expect(rows.map { $0.split(separator: " ")[0] } == results.map { String(format: "%.4f", $0)[...] })
    }

    @Test func aTrialThatFailsStopsNoOther() throws {
        try write(#""grid": {"data": ["none.txt", "text.txt"], "learning-rate": [0.1, 1e30]}"#)
        let outcome = try sandbox.dnc("sweep", "sweep.json", "--out", "sweep")
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("3 of 4 trials failed"), "\(outcome.error)")
        let failures = try outcomes(in: "sweep").map { $0["failure"] as? [String: Any] }
        #expect(failures.map { $0?["exit_code"] as? Int } == [65, 65, nil, 10])
        #expect((failures[0]?["error"] as? String)?.hasPrefix("cannot read 'none.txt': No such file") == true)
        #expect((failures[3]?["error"] as? String)?.contains("is not finite at step") == true)
        #expect(outcome.text.matches(of: /failed \((65|10)\)/).count == 3)

        // What has been mended is tried again, divergence is not.
        try sandbox.write(sandbox.read("text.txt"), to: "none.txt")
        let again = try sandbox.dnc("sweep", "sweep.json", "--out", "sweep")
        #expect(again.status == 1 && again.error.contains("2 of them ended before") && again.error.contains("2 of 4 trials"))
        #expect(
            try outcomes(in: "sweep").map { ($0["failure"] as? [String: Any])?["exit_code"] as? Int } == [nil, 10, nil, 10])
    }

    @Test func anotherFileIsRefused() throws {
        let random = #""data": "text.txt", "trials": 2, "random": {"learning-rate": {"log": [0.01, 0.1]}}"#
        let command = ["sweep", "sweep.json", "--out", "sweep", "-q"]
        try write(random)
        #expect(try sandbox.dnc(command).status == 0)
        let before = try outcomes(in: "sweep")
        for (old, new, difference) in [
            ("0.1]", "0.2]", "\"learning-rate\" was log [0.01, 0.1], now log [0.01, 0.2]"),
            ("\"trials\"", "\"precision\": \"double\", \"trials\"", "\"precision\" was not there, now double"),
            ("\"trials\"", "\"random-seed\": 2, \"trials\"", "\"random-seed\" was 1, now 2"),
            (": 2", ": 1", "fewer \"trials\""),
        ] {
            try write(random.replacing(old, with: new))
            try sandbox.expectRefusal(command, 65, says: difference, "begun in sweep", "--out")
        }
        try write(random.replacing(": 2", with: ": 3"))
        #expect(try sandbox.dnc(command).status == 0)
        let after = try outcomes(in: "sweep")
        #expect(after.count == 3 && Array(after.prefix(2)) == before)
    }

    /// Nor is a difference at the end of a long list too far away to be seen.
    @Test func longFilesAreComparedWhole() throws {
        let seeds = (1...100).map(String.init).joined(separator: ", ")
        let (one, other) = try (sweep("{\"grid\": {\"seed\": [\(seeds)]}}"), sweep("{\"grid\": {\"seed\": [\(seeds), 101]}}"))
        #expect(one.differences(from: one).isEmpty)
        #expect(try #require(one.differences(from: other).first).hasPrefix("\"seed\" was [1, 2, 3, "))
    }

    // MARK: - How it goes on

    /// Ended again and again at random, at last it comes to what it would have come to at once.
    @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
    func goesOnToTheSameResults(signal: Int32) throws {
        try write(#""data": "text.txt", "patience": 1000, "grid": {"seed": [1, 2], "hidden": [8, 16]}"#, steps: 1500)
        try sandbox.write(sandbox.read("sweep.json").replacing("\"hidden\": 12,", with: ""), to: "sweep.json")
        #expect(try sandbox.dnc("sweep", "sweep.json", "--out", "whole").status == 0)
        var (chance, ended) = (Chance(), 0)
        for _ in 0..<(isFullRun ? 50 : 3) {
            let command = try sandbox.start(["sweep", "sweep.json", "--out", "broken", "-j", "2"])
            try command.wait(for: "4 trials in broken")
            chance.pause(atMost: 200_000)
            let outcome = command.end(sending: signal)
            if outcome.status != 0 { ended += 1 }
            #expect([0, 128 + signal].contains(outcome.status), "\(chance): \(outcome.error)")
        }
        #expect(ended > 0)
        let last = try sandbox.dnc("sweep", "sweep.json", "--out", "broken", "-j", "2")
        #expect(last.status == 0, "\(chance): \(last.error)")
        #expect(try outcomes(in: "broken") == outcomes(in: "whole"), "\(chance)")
        for trial in 1...4 { try sandbox.expectSameRuns("broken/trial-\(trial)", "whole/trial-\(trial)", "\(chance)") }
    }

    private func startEndless() throws -> RunningCommand {
        try write(#""data": "text.txt", "patience": 1000000, "grid": {"seed": [1, 2, 3]}"#, steps: 1_000_000_000)
        let command = try sandbox.start(["sweep", "sweep.json", "--out", "sweep", "-j", "2"])
        for trial in 1...2 { try sandbox.wait(for: "\nstep 20 ", in: "sweep/trial-\(trial)/train.log") }
        return command
    }

    /// Trials do not outlive a sweep that has been killed; they save.
    @Test func trialsEndWithTheSweep() async throws {
        _ = try startEndless().end(sending: SIGKILL)
        for trial in 1...2 {
            let run = RunDirectory(path: sandbox.url("sweep/trial-\(trial)").path)
            var isFree = false
            while !isFree {
                do {
                    try await run.locked {}
                    isFree = true
                } catch TrainingError.runInUse { usleep(1000) }
            }
            #expect(try sandbox.read("sweep/trial-\(trial)/train.log").contains("\nsaved "))
        }
        #expect(!FileManager.default.fileExists(atPath: sandbox.url("sweep/trial-3").path))
    }

    @Test func aSecondSweepInItsFolderIsRefused() throws {
        let command = try startEndless()
        let second = try sandbox.dnc("sweep", "sweep.json", "--out", "sweep")
        #expect(second.status == 75 && second.error.contains("in use"))
        #expect(command.end(sending: SIGTERM).status == 128 + SIGTERM)
    }

    /// Though the trials, which are stopped, cannot save.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/pgrep"), "needs pgrep"))
    func theSecondSignalEndsAtOnce() throws {
        let command = try startEndless()
        let trials = try sandbox.shell("pgrep -P \(command.identifier)").text.split(separator: "\n").compactMap { Int32($0) }
        #expect(trials.count == 2)
        for trial in trials { kill(trial, SIGSTOP) }
        command.send(SIGINT)
        try command.wait(for: "saving")
        #expect(command.end(sending: SIGINT).status == 128 + SIGINT)
        for trial in trials { kill(trial, SIGCONT) }
    }

    // MARK: - What is shown

    private func outcome(_ trial: Int, _ settings: [String: SettingValue], _ bpc: Double?) -> TrialOutcome {
        let result = TrainingResult(
            run: "t", step: 40, predictions: 1, seconds: 65, measure: .bitsPerCharacter, bestStep: 40, validLoss: bpc,
            validPredictions: 9, validStreams: 1)
        let failure = TrialOutcome.Failure(exitCode: 10, error: "a < b & \u{1B}[2J")
        return TrialOutcome(
            trial: trial, settings: settings, run: "t", result: bpc == nil ? nil : result, failure: bpc == nil ? failure : nil)
    }

    @Test func tableAndProfile() {
        let trials: [(Decimal, String, Double?)] = [(1, "b", 2), (10, "a", 3), (100, "b", 2.5), (1, "a", 100), (5, "a", nil)]
        let outcomes = trials.enumerated().map { outcome($0 + 1, ["x": .number($1.0), "y": .text($1.1)], $1.2) }
        let report = SweepReport(outcomes: outcomes.sorted(by: TrialOutcome.isBetter))
        #expect(
            report.table == """
                held-out BPC  step  time    x  y  trial
                      2.0000    40  1:05    1  b      1
                      2.5000    40  1:05  100  b      3
                      3.0000    40  1:05   10  a      2
                    100.0000    40  1:05    1  a      4
                 failed (10)                5  a      5

                """)
        // The median of the numbers, 2.5, is a quarter of the way to the right end.
        #expect(
            report.profile == """

                x: held-out BPC of the best trial
                    1  2.0000  ●
                    5       -
                   10  3.0000  ───────────────●
                  100  2.5000  ───────●

                y: held-out BPC of the best trial
                    a  3.0000  ───────────────●
                    b  2.0000  ●

                """)
    }

    /// Of 20 numbers 1 ... 20 those of an eighth of their logarithm's range are shown together.
    @Test func manyValuesShareLines() {
        let outcomes = (1...20).map { outcome($0, ["x": .number(Decimal($0))], Double($0)) }
        let lines = SweepReport(outcomes: outcomes).profile.split(separator: "\n").dropFirst()
        let labels = lines.compactMap { $0.firstMatch(of: #/^ *(.*?)  /#)?.1 }
        #expect(labels == ["1", "2", "3", "4", "5 - 6", "7 - 9", "10 - 13", "14 - 20"])
    }

    @Test func pointsAreInTheirPlaces() throws {
        let trials: [(Decimal, Double?)] = [(1, 2), (10, 2.5), (100, 3), (10, nil)]
        let outcomes = trials.enumerated().map { outcome($0 + 1, ["x": .number($1.0)], $1.1) }
        let elements = try xmlElements(of: SweepReport(outcomes: outcomes).plot)
        let points = elements.filter { $0.name == "circle" }.map { ["cx", "cy", "class"].map($0.attributes.get) }
        #expect(points == [["280.0", "36.0", ""], ["170.0", "106.0", ""], ["60.0", "176.0", "best"]])
        #expect(elements.filter { $0.attributes["class"] == "failed" }.map { $0.attributes["d"]?.prefix(4) } == ["M166"])
    }

    @Test func hostileWordsAreEscaped() throws {
        let hostile = "</text></svg><script>&amp;\"'\u{0}\u{1}\u{1B}[2J\u{FFFE}\u{FFFF}\n\u{202E}]]>"
        let values = [SettingValue.text(hostile), .text("<&" + String(repeating: "x", count: 1000)), .truth(true)]
        let outcomes = values.enumerated().map { outcome($0 + 1, ["x": $1, "y": .number(1)], $0 == 1 ? nil : 2) }
        let report = SweepReport(outcomes: outcomes)
        let names = Set(try xmlElements(of: report.plot).map(\.name))
        #expect(names.isSubset(of: ["svg", "title", "style", "rect", "g", "text", "path", "circle"]))
        for text in [report.table, report.profile] {
            #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || $0 == "\n" })
        }
        #expect(report.table.split(separator: "\n").count == 4)
    }

    /// What the command has written is what is tested above.
    @Test func aPlotIsWritten() throws {
        try write(#""data": "text.txt", "grid": {"seed": [1, 2], "patience": [3]}"#)
        #expect(try sandbox.dnc("sweep", "sweep.json", "--out", "sweep", "--quiet").error.isEmpty)
        let plot = try sandbox.read("sweep/sweep.svg")
        #expect(try xmlElements(of: plot).count { $0.name == "circle" } == 4)
    }
}

extension [String: String] {
    fileprivate func get(_ key: String) -> String { self[key] ?? "" }
}
