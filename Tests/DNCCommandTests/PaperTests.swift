// `dnc paper`: what it compares, how it goes on, and what its tables say.

import ArgumentParser
import DNC
import Foundation
import TestSupport
import Testing

@testable import DNCCommand

@Suite struct PaperTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private func options(_ arguments: String...) throws -> PaperOptions { try PaperOptions.parse(arguments) }

    // MARK: - What is compared

    /// Every preset in every table, with parameters that are counted anew from what `dnc train` makes of the settings.
    @Test func allHaveAsManyParameters() throws {
        let tables = try Paper.variants.tables(options("--data", sandbox.url("text.txt").path))
        let symbols = Set(try sandbox.read("text.txt")).count
        #expect(
            tables.map(\.name) == ["copy", "associative-recall", "key-value-2way", "repeat-copy", "parity", "text"])
        for table in tables {
            let names = ["lstm"] + ModelPreset.all.map(\.name) + ["adnc-no-dropout", "biadnc-no-dropout"]
            #expect(Set(table.rows.map(\.name)).union(table.leftOut.keys) == Set(names))
            #expect(
                table.leftOut.keys.sorted() == (table.name == "text" ? ["biadnc", "biadnc-no-dropout"] : []),
                "\(table.name): \(table.leftOut)")
            let plain = try #require(table.rows.first { $0.name == "nature" })
            for row in table.rows {
                let settings = table.settings.merging(row.settings) { $1 }
                let arguments = try Setting.arguments(settings, of: "settings")
                let configuration = try TrainCommand.parse(arguments).options.configuration(goingOnWith: nil)
                let (input, output): (ModelInput, ModelOutput) =
                    if let task = try configuration.source.task?.task() { (task.input, task.output) } else {
                        (.symbols(symbols), .symbols(symbols))
                    }
                let layout = try ModelLayout(configuration.model, input: input, output: output)
                let counted = layout.parameters.reduce(0) { $0 + $1.count }
                #expect(counted == row.parameters, "\(table.name), \(row.name)")
                #expect(abs(counted - plain.parameters) * 100 <= 3 * plain.parameters, "\(table.name), \(row.name)")
                if row.name == "lstm" { continue }
                // Its own in everything but the sizes.
                let preset = try ModelPreset.named(row.name.replacing("-no-dropout", with: "")).model
                #expect(row.name.hasSuffix("-no-dropout") == (row.settings["bypass-dropout"] == 0))
                let (model, skeleton) = (configuration.model, plain.settings)
                #expect(model.variant == preset.variant && model.memory == preset.memory && model.layers == preset.layers)
                if model.memory == .holographic { continue }
                for (name, size) in [("slots", model.slots), ("width", model.width), ("read-heads", model.readHeads)] {
                    #expect(skeleton[name]?.number == Double(size), "\(table.name), \(row.name)")
                }
                if preset.controller == .lstm, !preset.variant.gateNorm {
                    #expect(model.controller.rawValue == skeleton["controller"]?.description)
                } else {
                    #expect(model.controller == preset.controller)
                }
            }
        }
    }

    /// Whatever a preset was published with.
    @Test func allAreTrainedAlike() throws {
        for table in try Paper.variants.tables(options("--steps", "70", "--data", sandbox.url("text.txt").path)) {
            var first: TrainingConfiguration?
            for row in table.rows {
                let arguments = try Setting.arguments(table.settings.merging(row.settings) { $1 }, of: "settings")
                let command = try TrainCommand.parse(arguments).options
                var configuration = try command.configuration(goingOnWith: nil)
                #expect(command.maxSteps == 70 && command.patience == 1000)
                (configuration.model, configuration.dropout) = (.lstm(hidden: 1), DropoutRates())
                if configuration.source.task != nil {  // What is only of texts, a preset may have its own way.
                    (configuration.sequenceLength, configuration.carryMemory) = (0, true)
                    configuration.restart = .beginning
                }
                first = first ?? configuration
                #expect(configuration == first, "\(table.name), \(row.name)")
            }
        }
    }

    @Test func choices() throws {
        let tables = try Paper.variants.tables(options("--only", "dnc-m,nature", "--tasks", "parity,copy"))
        #expect(tables.map(\.name) == ["copy", "parity"] && tables[0].rows.map(\.name) == ["nature", "dnc-m"])
        // Without a text there is no table of one.
        #expect(try Paper.variants.tables(options()).count == 5)
        for (arguments, words) in [
            (["variant"], "Did you mean variants?"), (["variants", "--only", "dnc-n"], "Did you mean dnc-"),
            (["variants", "--tasks", "copying"], "Did you mean copy?"), (["variants", "--tasks", "text"], "--data"),
            (["variants", "--budget", "2"], "--budget"), (["variants", "--seeds", "0"], "--seeds"),
        ] { try sandbox.expectRefusal(["paper"] + arguments, 64, says: words) }
        let list = try sandbox.dnc("paper").text
        for paper in Paper.all { #expect(list.contains("\n\(paper.name) ") || list.hasPrefix(paper.name)) }
        try sandbox.expectRefusal(["paper", "babi"], 64, says: "--data", "dnc babi --out")
        try sandbox.expectRefusal(
            ["paper", "arithmetic", "--tasks", "subtraction-after-addition"], 64, says: "begins from addition")
    }

    /// Every row of every paper is a run that `dnc train` would begin, with as many parameters as it says.
    @Test func allCanBeMade() throws {
        let stories = sandbox.url("stories").path
        let made = try sandbox.dnc("babi", "--out", stories, "--questions", "20", "--test-questions", "10")
        #expect(made.status == 0, "\(made.error)")
        for paper in Paper.all {
            let data = sandbox.url(paper.name == "babi" ? "stories" : "text.txt").path
            let tables = try paper.tables(options("--data", data))
            #expect(Set(tables.map(\.name)).count == tables.count && !tables.isEmpty)
            for table in tables {
                #expect(table.rows.count > 1 && table.work > 0 && table.symbolsPerPrediction > 0, "\(table.name)")
                for row in table.rows {
                    let cell = try PaperCell(table: table, row: row, seeds: 2, in: "p")
                    #expect(cell.trials.count == 2)
                    let arguments = try Setting.arguments(table.settings.merging(row.settings) { $1 }, of: "settings")
                    let configuration = try TrainCommand.parse(arguments).options.configuration(goingOnWith: nil)
                    guard let task = try configuration.source.task?.task() else { continue }
                    let lessons = try configuration.source.task?.curriculum?.tasks(task)
                    #expect(lessons == nil || lessons?.last?.options == task.options, "\(table.name)")
                    let layout = try ModelLayout(configuration.model, input: task.input, output: task.output)
                    if row.start == nil { #expect(layout.parameterCount == row.parameters, "\(table.name), \(row.name)") }
                }
            }
        }
        #expect(try Paper.chomsky.tables(options()).count == 15)
    }

    /// What begins from other rows comes behind them, whatever else is asked for.
    @Test func oneBegunFromAnother() throws {
        let outcome = try sandbox.dnc(
            "paper", "arithmetic", "--tasks", "subtraction-after-addition,addition", "--only", "adnc,lstm", "--steps", "2",
            "--seeds", "2", "-j2", "--out", "p")
        #expect(outcome.status == 0 && !outcome.text.contains("failed"), "\(outcome.text) \(outcome.error)")
        for model in ["adnc", "lstm"] {
            let log = try sandbox.read("p/subtraction-after-addition/\(model)/trial-2/train.log")
            #expect(log.contains("p/addition/\(model)/trial-1"), "\(log)")
        }
    }

    /// A part is what dnc eval finds of the same episodes, and not the table's own.
    @Test func partsAreAskedApart() throws {
        let trained = try sandbox.dnc(
            "train", "--task", "copy", "--task-options", "length=1...2", "--max-steps", "20", "--out", "r")
        #expect(trained.status == 0, "\(trained.error)")
        let parts = [1: CopyTask(length: 1...1), 5: CopyTask(length: 5...5)]
        let table = PaperTable(
            name: "t", claim: "", settings: [:], figure: .wrongAnswers, parts: parts, symbolsPerPrediction: 1, work: 1,
            rows: [],
            leftOut: [:])
        let score = try PaperScore.of(RunDirectory(path: sandbox.url("r").path), in: table, threads: 1)
        let results = try sandbox.dnc("eval", "r", "--length", "1,5", "--json").json["results"] as? [[String: Any]]
        let found = results?.compactMap { $0["error_rate"] as? Double }
        #expect(found?.count == 2 && ["1", "5"].map { score.parts[$0] } == found && found?[0] != found?[1])
        #expect(score.measuredOn == "answers wrong: 1000 episodes, and of [1, 5]")
    }

    /// Each reads as many symbols as the rule, which is what the command trains by itself, and does one thing otherwise.
    @Test func oneThingOtherwise() throws {
        let data = sandbox.url("text.txt").path
        let table = try #require(Paper.text.tables(options("--data", data, "--steps", "100")).first)
        func trained(_ settings: [String: SettingValue]) throws -> (configuration: TrainingConfiguration, steps: Int) {
            let options = try TrainCommand.parse(Setting.arguments(settings, of: "settings")).options
            return (try options.configuration(goingOnWith: nil), try #require(options.maxSteps))
        }
        let rule = try trained(table.settings)
        let chosen = TextRule(size: try Corpus(contentsOf: data).training.byteCount, time: .seconds(120))
        var expected = chosen.configuration(of: chosen.model(controller: .lstm, memory: .none))
        (expected.plateauEvery, expected.shards) = (rule.configuration.plateauEvery, rule.configuration.shards)
        #expect(rule.configuration == expected && table.rows.count > 15 && table.rows[0].settings.isEmpty)
        for row in table.rows.dropFirst() {
            let (other, steps) = try trained(table.settings.merging(row.settings) { $1 })
            #expect(other != rule.configuration, "\(row.name)")
            #expect(steps * other.batchSize * other.sequenceLength == 100 * 16 * 32, "\(row.name)")
        }
        try sandbox.expectRefusal(["paper", "text"], 64, says: "--data")
        try sandbox.expectRefusal(["paper", "text", "--data", data, "--only", "rules"], 64, says: "Did you mean rule?")
    }

    @Test func timeSpans() {
        for (text, seconds, shown) in [("90s", 90.0, "90s"), ("2h", 7200, "2h"), ("1.5h", 5400, "90m"), ("0.5s", 0.5, "0.5s")] {
            let span = TimeSpan(argument: text)
            #expect(span?.seconds == seconds && span?.description == shown)
        }
        for text in ["", "h", "2", "-1h", "0m", "2d", "nanh"] { #expect(TimeSpan(argument: text) == nil) }
    }

    // MARK: - How it goes on

    private let tiny = ["paper", "variants", "--steps", "3", "--only", "nature,dnc-m", "--tasks", "parity", "--out", "p"]

    @Test func itGoesOnAndDoesNothingTwice() throws {
        let first = try sandbox.dnc(tiny + ["--seeds", "1", "-j2"])
        #expect(first.status == 0 && first.error.contains("2 trials in p; 2 at a time, for 2h at most"), "\(first.error)")
        let checkpoint = "p/parity/dnc-m/trial-1/last.safetensors"
        let before = try Data(contentsOf: sandbox.url(checkpoint))
        // Another seed and another model.
        let more = try sandbox.dnc(
            tiny.map { $0 == "nature,dnc-m" ? "nature,dnc-m,deltanet" : $0 } + ["--seeds", "2"])
        #expect(more.status == 0 && more.error.contains("6 trials in p, 2 of them ended before"), "\(more.error)")
        #expect(try Data(contentsOf: sandbox.url(checkpoint)) == before)
        #expect(more.error.matches(of: /parity  \S+  seed \d  \S+ % answers wrong/).count == 4)
        let table = try sandbox.read("p/table.md")
        #expect(more.text == table && table.matches(of: /\| (nature|dnc-m|deltanet) \|/).count == 3)

        // Nothing is left to be done, and each model is a sweep.
        let again = try sandbox.dnc(tiny + ["--seeds", "2", "--json"])
        #expect(again.status == 0 && again.error.contains("4 of them ended before"))
        #expect(try again.text == sandbox.read("p/table.json"))
        let sweep = try sandbox.dnc("sweep", "p/parity/nature/sweep.json", "--out", "p/parity/nature")
        #expect(sweep.status == 0 && sweep.error.contains("2 of them ended before"), "\(sweep.error)")
        try sandbox.expectRefusal(tiny + ["--seeds", "1"], 65, says: "\"seed\" was [1, 2], now [1]", "another --out")
        try sandbox.expectRefusal(
            tiny.map { $0 == "3" ? "4" : $0 } + ["--seeds", "2"], 65, says: "\"max-steps\" was 3, now 4")
    }

    /// Ended by the budget, it tells what is left, and has a table.
    @Test func theBudgetEndsIt() throws {
        let long = tiny.map { $0 == "3" ? "1000000" : $0 } + ["--seeds", "1"]
        let outcome = try sandbox.dnc(long + ["--budget", "1.5s"])
        #expect(outcome.status == 0 && outcome.error.contains("2 trials are left"), "\(outcome.error)")
        #expect(outcome.text.contains("| nature | feedForward 128 |") && !outcome.text.contains("%"))
        #expect(try sandbox.read("p/parity/nature/trial-1/train.log").contains("\nsaved "))
    }

    /// Of 100 units of work, which take 50 seconds, 20 seconds are enough for 40: for the first two trials, and of the third a part.
    @Test func whatTheBudgetLeavesOut() {
        let work = [10.0, 20, 30, 40]
        #expect(PaperCommand.leftOut(work, secondsLeft: 50, budgetLeft: 20) == 2..<4)
        #expect(PaperCommand.leftOut(work, secondsLeft: 50, budgetLeft: 30) == 3..<4)
        #expect(PaperCommand.leftOut(work, secondsLeft: 50, budgetLeft: 50).isEmpty)
        #expect(PaperCommand.leftOut(work, secondsLeft: 50, budgetLeft: 0) == 0..<4)
    }

    // MARK: - What the tables say

    private func trial(
        _ seed: Int, _ error: Double?, longer: Double? = nil, influence: Double? = nil, least: Double? = nil,
        parts: [String: Double] = [:], learning: [(step: Int, error: Double)] = []
    ) throws -> PaperReport.Row.Trial {
        let score = error.map {
            PaperScore(
                error: $0, longerError: longer, influence: influence, leastError: least, parts: parts, measuredOn: "")
        }
        let log = try learning.map { step, error in
            try JSONDecoder().decode(
                MetricsLine.self,
                from: Data(
                    """
                    {"step":\(step),"predictions":1,"seconds":1,"measure":"bits per bit","valid_error_rate":\(error),\
                    "predictions_per_second":1,"learning_rate":1,"grad_norm":1,"setbacks":0}
                    """.utf8))
        }
        let result = TrainingResult(
            run: "r", step: 9, predictions: 300, seconds: 2, measure: .bitsPerBit, memoryBytes: 1_500_000 + seed)
        let failure = TrialOutcome.Failure(exitCode: error == nil ? 10 : 0, error: "a < b")
        let outcome = TrialOutcome(
            trial: seed, settings: [:], run: "r", result: error == nil ? nil : result, failure: error == nil ? failure : nil)
        return PaperReport.Row.Trial(seed: seed, outcome, score, log, symbolsPerPrediction: 10)
    }

    private func report(isOfText: Bool = false) throws -> PaperReport {
        let settings: [String: SettingValue] = [
            isOfText ? "data" : "task": "t", "task-options": "{}", "max-steps": 5000, "batch-size": 16, "optimizer": "adam",
            "learning-rate": 0.003, "threads": 1,
        ]
        let table = PaperTable(
            name: "t", claim: "It should.", settings: settings, figure: isOfText ? .bitsPerCharacter : .wrongAnswers,
            longer: isOfText ? nil : PaperTable.Longer(lengths: 41...100), symbolsPerPrediction: 10, work: 1, rows: [],
            leftOut: ["three": "it is so"])
        let rows = try [
            PaperReport.Row(
                name: "one", parameters: 12345, settings: ["controller": "lstm", "hidden": 48],
                trials: [trial(1, 0.25, longer: 0.5, influence: 0.2), trial(2, 0, longer: 0.25, influence: 0.4), trial(3, nil)]),
            PaperReport.Row(name: "two", parameters: 12000, settings: ["model": "lstm", "hidden": 50], trials: []),
        ]
        return PaperReport(
            paper: "p", summary: "All of it", seeds: 3, jobs: 2, budgetSeconds: 60,
            tables: [PaperReport.Table(table, rows: rows)])
    }

    /// The means of 25 and 0 %, of 50 and 25 %, of .2 and .4; 300 predictions of 10 symbols in 2 seconds.
    @Test func markdown() throws {
        #expect(
            try report().markdown.contains(
                """
                ## t

                It should.

                {}: batch 16, rate 0.003, steps 5000, adam.

                | model | controller | parameters | answers wrong | of length 41 - 100 | memory's influence | symbols/s | memory |
                | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
                | one | lstm 48 | 12,345 | 12.5 % (25.0 %, 0 %, diverged) | 37.5 % (50.0 %, 25.0 %, diverged) | 0.30 | 1,500 | 1.5 MB |
                | two | lstm 50 | 12,000 | - | - | - | - | - |

                Without three: it is so.

                """))
        #expect(try report().markdown.contains("each of 3 seeds") && report().markdown.contains("2 trials at a time"))
        #expect(
            try report(isOfText: true).markdown.contains("| one | lstm 48 | 12,345 | 0.125 (0.250, 0.000, diverged) | 0.30 |"))
    }

    /// Of 0 to 50 % of the longer episodes, each in its model's line; what failed is at the right.
    @Test func picture() throws {
        let elements = try xmlElements(of: report().picture(.points))
        let points = elements.filter { $0.name == "circle" }.map { [$0.attributes["cx"], $0.attributes["cy"]] }
        #expect(points == [["430.0", "60.0"], ["290.0", "60.0"]])
        #expect(
            elements.filter { $0.attributes["class"] == "failed" }.map { $0.attributes["d"]?.prefix(9) } == ["M438.0 56"])
    }

    /// Two tables of accuracies at 2 and 4, one model learned by its second seed at step 20, another by none.
    private func gallery(isTwice: Bool = false) throws -> PaperReport {
        func table(_ position: Int, _ error: Double) throws -> PaperReport.Table {
            let table = PaperTable(
                name: "at-\(position)", claim: "It should.", settings: ["task": "t", "task-options": "{}"], figure: .accuracy,
                published: [
                    PaperTable.Published(name: "theirs", error: 0.25, parts: ["2": 0.5], source: "Somebody 2020"),
                    PaperTable.Published(name: "others", error: 0.75, source: "Somebody 2020"),
                ], symbolsPerPrediction: 1, work: 1, rows: [], leftOut: [:])
            let learned = try [
                trial(1, error, least: 0.125, parts: ["2": 0.5, "10": 0], learning: [(10, 0.5), (20, 0.4)]),
                trial(2, error / 2, least: 0.125, parts: ["2": 0.25, "10": 0.125], learning: [(10, 0.25), (20, 0.0099)]),
            ]
            let rows = try [
                PaperReport.Row(name: "one", parameters: 10, settings: ["model": "lstm", "hidden": 50], trials: learned),
                PaperReport.Row(name: "two", parameters: 11, settings: [:], trials: [trial(1, nil)]),
            ]
            let others = try [
                PaperReport.Row(
                    name: "one-more", countsAs: "one", parameters: 10, settings: [:],
                    trials: [trial(1, position == 4 ? 0.125 : 0.5)])
            ]
            return PaperReport.Table(table, rows: rows + (isTwice ? others : []))
        }
        return try PaperReport(
            paper: "p", summary: "All of it", seeds: 2, jobs: 1, budgetSeconds: 60, tables: [table(4, 0.5), table(2, 0.25)])
    }

    /// Ours is the best seed's; of what was published there is a line in each table, and its source once.
    @Test func besideWhatWasPublished() throws {
        let markdown = try gallery().markdown
        #expect(
            markdown.contains(
                """
                |  | one | two | *theirs* | *others* |
                | --- | ---: | ---: | ---: | ---: |
                | at-4 | 75.0 % | - | 75.0 % | 25.0 % |
                | at-2 | 87.5 % | - | 75.0 % | 25.0 % |

                """), "\(markdown)")
        #expect(
            markdown.contains(
                """
                | model | controller | parameters | accuracy | 1 % wrong at step | memory's influence | symbols/s | memory |
                | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
                | one | lstm 50 | 10 | 62.5 % (50.0 %, 75.0 %) | -, 20 | - | 1,500 | 1.5 MB |
                | two |  | 11 | - (diverged) | - | - | - | - |
                | *theirs* |  |  | 75.0 % |  |  |  |  |
                | *others* |  |  | 25.0 % |  |  |  |  |
                | *the best there can be* |  |  | 87.5 % |  |  |  |  |

                One by one, the best seed of each:

                |  | one | two | *theirs* | *others* |
                | --- | ---: | ---: | ---: | ---: |
                | 2 | 75.0 % | - | 50.0 % | - |
                | 10 | 87.5 % | - | - | - |

                theirs, others: Somebody 2020.

                """), "\(markdown)")
    }

    /// Of a model that is trained in two ways the better one counts, in each table anew.
    @Test func theBestWayCounts() throws {
        #expect(
            try gallery(isTwice: true).markdown.contains(
                """
                The best seed of each, in whichever way it was trained:

                |  | one | two | *theirs* | *others* |
                | --- | ---: | ---: | ---: | ---: |
                | at-4 | 87.5 % | - | 75.0 % | 25.0 % |
                | at-2 | 87.5 % | - | 75.0 % | 25.0 % |

                """))
    }

    /// The paths of the curves themselves, without those of the legend, which are to the right of 440.
    private func curves(_ plot: Paper.Plot) throws -> [String] {
        try xmlElements(of: gallery().picture(plot)).filter { $0.attributes["class"] == "curve" }
            .compactMap { $0.attributes["d"] }.filter { !$0.hasPrefix("M456.0") }
    }

    /// By hand: steps 10 and 20 at 70 and 440, errors from none at 250 to a half at 40; accuracies upside down.
    @Test func curvesOfLearning() throws {
        let curve = ["M70.0 40.0L440.0 82.0", "M70.0 145.0L440.0 245.8"]
        #expect(try curves(.learning) == curve + curve)
        // Of the second seed, the better one: a quarter at 2, which is the most, and half of that at 10.
        let part = ["M70.0 250.0L440.0 145.0"]
        #expect(try curves(.parts("pairs")) == part + part)
    }
}
