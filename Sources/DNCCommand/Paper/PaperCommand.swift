import ArgumentParser
import DNC
import DNCTraining
import Foundation
import SystemFiles

struct PaperCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paper",
        abstract: "Make a paper's tables, or list the papers.",
        discussion: """
            dnc paper
            dnc paper variants --data alice29.txt -j 2
            dnc paper variants --only nature,dnc-m,dnc-mds --tasks key-value-2way --seeds 5

            Each model is a dnc sweep over its seeds, with a folder of its own in --out, which dnc sweep takes, too: \
            dnc sweep OUT/copy/dnc-m/sweep.json --out OUT/copy/dnc-m. Ctrl-C or the end of the budget saves and ends; the same command \
            goes on, also with more seeds, tables or models, and does nothing twice. --out gets the tables as table.md and table.json \
            and a plot, table.svg, of all that has ended.
            """)

    @Argument(help: "The paper. (default: list them)", completion: .list(Paper.all.map(\.name)))
    var name: String?
    @OptionGroup(title: "What is compared")
    var options: PaperOptions
    @Option(help: ArgumentHelp("The paper's folder. (default: runs/paper-<name>)", valueName: "folder"), completion: .directory)
    var out: String?
    @Option(help: ArgumentHelp("How long this call may take: 90s, 30m, 2h.", valueName: "time"))
    var budget = TimeSpan(seconds: 7200)
    @Option(
        name: [.customShort("j", allowingJoined: true), .long], parsing: .unconditional,
        help: "Trials at a time, of one thread each.")
    var jobs = 1
    @Flag(help: "Print the tables as JSON.")
    var json = false
    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        try checkPositive("--jobs", jobs)
        _ = try name.map(Paper.named)
    }

    func run() async throws {
        guard let paper = try name.map(Paper.named) else {
            for paper in Paper.all {
                let name = Terminal.styled(paper.name.padded(to: 12), .bold, on: .output)
                let command = ["dnc paper \(paper.name)", paper.example].filter { !$0.isEmpty }.joined(separator: " ")
                try Terminal.write("\(name) \(paper.summary)\n\("".padded(to: 12)) \(command)\n")
            }
            return
        }
        let end = ContinuousClock.now + .seconds(budget.seconds)
        let out = out ?? "runs/paper-\(paper.name)"
        let tables = try paper.tables(options)
        let cells = try tables.flatMap { table in
            try table.rows.map { try PaperCell(table: table, row: $0, seeds: options.seeds, in: out) }
        }
        // One folder, one process.
        try await RunDirectory(path: out).locked {
            let report = try await report(on: paper, tables, train(cells, in: out, until: end))
            for (file, text) in [
                ("table.md", report.markdown), ("table.json", try DNCTraining.json(report, inSnakeCase: true) + "\n"),
                ("table.svg", report.picture(paper.plot)),
            ] { try AtomicFile.write(Array(text.utf8), to: "\(out)/\(file)") }
            if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
            if json { try Terminal.write(json: report) } else { try Terminal.write(report.markdown) }
        }
    }

    /// Trains and measures what has not been before.
    private func train(_ cells: [PaperCell], in out: String, until end: ContinuousClock.Instant) async throws -> [PaperCell] {
        var cells = cells
        for index in cells.indices { try cells[index].begin() }
        Interruption.begin()
        defer { Interruption.end() }
        let places = Dictionary(
            uniqueKeysWithValues: cells.enumerated().flatMap { index, cell in cell.trials.map { ($0.run, index) } })
        let tables = cells.map(\.table)
        // The first seed of all, then the second: whenever it ends, there is a table. Before those that begin from others, these.
        let stages = [false, true].map { begins in
            (0..<options.seeds).flatMap { seed in
                cells.filter { ($0.row.start != nil) == begins }.compactMap { cell in
                    cell.outcomes[cell.trials[seed].number] == nil ? cell.trials[seed] : nil
                }
            }
        }
        let count = cells.reduce(0) { $0 + $1.trials.count }
        let waiting = stages.reduce(0) { $0 + $1.count }
        let before = waiting < count ? ", \((count - waiting).grouped) of them ended before" : ""
        note("\(count.grouped) trials in \(out)\(before); \(jobs) at a time, for \(budget) at most")
        for index in cells.indices { try cells[index].measure(threads: jobs) }
        var isTooShort = false
        for stage in stages {
            try await SweepRunner(jobs: jobs, deadline: end, note: note).run(stage) { trial, outcome in
                try places[trial.run].flatMap { try PaperCell.score(of: trial, outcome, in: tables[$0]) }
            } take: { trial, outcome, score, secondsLeft in
                guard let place = places[trial.run] else { return }
                try cells[place].take(outcome, score)
                let left = secondsLeft.map { ["ETA \($0.asTime)"] } ?? []
                note(([cells[place].line(of: outcome)] + left).joined(separator: "  "))
                if !isTooShort, let secondsLeft {
                    isTooShort = noteLeftOut(stage, secondsLeft, until: end, cells, places)
                }
            }
        }
        let left = count - cells.reduce(0) { $0 + $1.outcomes.count }
        if left > 0 { note("\(left.grouped) trials are left; the same command goes on with them") }
        return cells
    }

    /// Says which trials of a stage the budget would leave out at the present rate; false where it would none.
    private func noteLeftOut(
        _ stage: [SweepTrial], _ secondsLeft: Double, until end: ContinuousClock.Instant,
        _ cells: [PaperCell], _ places: [RunDirectory: Int]
    ) -> Bool {
        let budgetLeft = (end - .now) / .seconds(1)
        guard secondsLeft > budgetLeft else { return false }
        let waiting = stage.filter { trial in places[trial.run].map { cells[$0].outcomes[trial.number] == nil } ?? false }
        let names = waiting[Self.leftOut(waiting.map(\.work), secondsLeft: secondsLeft, budgetLeft: budgetLeft)].compactMap {
            trial in
            places[trial.run].map { "\(cells[$0].table.name) \(cells[$0].row.name) seed \(trial.number)" }
        }
        let all = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \((names.count - 6).grouped) more" : "")
        let minutes = Int(((budget.seconds + secondsLeft - budgetLeft) / 60).rounded(.up))
        note("at this rate the budget leaves out \(all); with --budget \(minutes)m it would not")
        return true
    }

    /// Which of the trials that are left, of so much work each, will not have ended when the budget has.
    static func leftOut(_ work: [Double], secondsLeft: Double, budgetLeft: Double) -> Range<Int> {
        let enough = work.reduce(0, +) * budgetLeft / secondsLeft
        var done = 0.0
        let first = work.firstIndex {
            done += $0
            return done > enough
        }
        return (first ?? work.count)..<work.count
    }

    private func report(on paper: Paper, _ tables: [PaperTable], _ cells: [PaperCell]) -> PaperReport {
        PaperReport(
            paper: paper.name, summary: paper.summary, seeds: options.seeds, jobs: jobs, budgetSeconds: budget.seconds,
            tables: tables.map { table in
                PaperReport.Table(table, rows: cells.filter { $0.table.name == table.name }.map(\.reported))
            })
    }

    private func note(_ text: String) {
        if !quiet { Terminal.writeError(text + "\n") }
    }
}

/// A model of a table, which is a sweep over its seeds.
struct PaperCell {
    let table: PaperTable
    let row: PaperTable.Row
    let trials: [SweepTrial]
    /// Of those that have ended, by their numbers.
    private(set) var outcomes: [Int: TrialOutcome] = [:]
    private var scores: [Int: PaperScore] = [:]
    private let folder: SweepFolder
    private let sweep: Sweep
    private let text: String

    /// Before anything is written.
    init(table: PaperTable, row: PaperTable.Row, seeds: Int, in out: String) throws {
        (self.table, self.row) = (table, row)
        folder = SweepFolder(path: "\(out)/\(table.name)/\(row.name)")
        var settings = table.settings.merging(row.settings) { $1 }
        if let start = row.start { settings["init-from"] = .text("\(out)/\(start.table)/\(start.row)/trial-1") }
        let lines = try settings.sorted { $0.key < $1.key }.map {
            try "  \"\($0.key)\": \(DNCTraining.json($0.value)),\n"
        }
        text = "{\n\(lines.joined())  \"grid\": {\"seed\": \((1...seeds).map { $0 })}\n}\n"
        sweep = try decodeJSON(text, of: folder.file)
        trials = try sweep.planned(in: folder, of: folder.file, jobs: 1).map {
            var trial = $0
            trial.work = table.work
            return trial
        }
    }

    /// Makes the folder, and takes what has ended before.
    mutating func begin() throws {
        do { try SystemFiles.makeFolder(folder.path) } catch {
            throw TrainingError.cannotWrite(path: folder.path, reason: error.reason)
        }
        try folder.keep(sweep, text, from: folder.file)
        for outcome in try folder.outcomes(of: trials) { outcomes[outcome.trial] = outcome }
    }

    /// Keeps the outcome of a trial.
    mutating func take(_ outcome: TrialOutcome, _ score: PaperScore?) throws {
        (outcomes[outcome.trial], scores[outcome.trial]) = (outcome, score)
        try folder.write(Array(outcomes.values))
    }

    /// Measures what has been trained before.
    mutating func measure(threads: Int) throws {
        for trial in trials {
            guard let outcome = outcomes[trial.number] else { continue }
            scores[trial.number] = try Self.score(of: trial, outcome, in: table, threads: threads)
        }
    }

    /// What a trial is worth; nil of one that failed.
    static func score(
        of trial: SweepTrial, _ outcome: TrialOutcome, in table: PaperTable, threads: Int = 1
    ) throws -> PaperScore? {
        outcome.result == nil ? nil : try PaperScore.of(trial.run, in: table, threads: threads)
    }

    /// What has become of a trial, in words.
    func line(of outcome: TrialOutcome) -> String {
        let figure =
            scores[outcome.trial].map { score in
                "\(table.figure.shown(score.headline)) \(table.figure.rawValue)  \((outcome.result?.seconds ?? 0).asTime)"
            } ?? VisibleText.of(outcome.summary)
        return "\(table.name)  \(row.name)  seed \(outcome.trial)  \(figure)"
    }

    /// As the table has it.
    var reported: PaperReport.Row {
        PaperReport.Row(
            name: row.name, countsAs: row.countsAs, parameters: row.parameters, settings: row.settings,
            trials: outcomes.sorted { $0.key < $1.key }.map { number, outcome in
                PaperReport.Row.Trial(
                    seed: number, outcome, scores[number], (try? RunDirectory(path: outcome.run).log()) ?? [],
                    symbolsPerPrediction: table.symbolsPerPrediction)
            })
    }
}

extension PaperReport.Table {
    /// A table with what its models have come to.
    init(_ table: PaperTable, rows: [PaperReport.Row]) {
        (name, claim, settings, measure) = (table.name, table.claim, table.settings, table.figure)
        (self.rows, published, leftOut) = (rows, table.published, table.leftOut)
        longer = table.longer.map { [$0.lengths.lowerBound, $0.lengths.upperBound] }
        longerSlots = table.longer?.slots
    }
}

/// A time, as people write it: 90s, 30m, 1.5h.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    let seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        let units = ["s": 1.0, "m": 60, "h": 3600]
        guard let unit = argument.last.flatMap({ units[String($0)] }), let number = Double(argument.dropLast()),
            number > 0, number * unit < 1e9
        else { return nil }
        seconds = number * unit
    }

    var description: String {
        for (unit, size) in [("h", 3600.0), ("m", 60)] where seconds >= size && seconds.remainder(dividingBy: size) == 0 {
            return "\(Int(seconds / size))\(unit)"
        }
        return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
    }
}
