import ArgumentParser
import DNC
import Foundation
import SystemFiles

struct SweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Train with many settings and compare.",
        discussion: """
            The file holds settings of dnc train, as that of its --config does, and what is to vary, in a grid or at random:

            {"data": "book.txt", "max-steps": 500, "grid": {"hidden": [64, 128], "learning-rate": [0.05, 0.1]}}

            {"data": "book.txt", "max-steps": 500, "trials": 20, "random-seed": 1, "random": {"hidden": {"choice": [64, 128]}, \
            "learning-rate": {"log": [0.01, 1]}, "slots": {"integer": [8, 64]}, "plateau-factor": {"uniform": [0.1, 1]}}}

            Every trial is a dnc train with a run's folder of its own in --out, and its progress in train.log there. sweep.jsonl \
            has a line for each trial that has ended, sweep.svg is a plot. Ctrl-C saves and ends; the same command goes on, also \
            with more random trials, and tries again what has failed but for divergence. A --time-limit counts anew then. The \
            exit code is 1 if a trial failed.
            """)

    @Argument(help: ArgumentHelp("What to try, as JSON.", valueName: "file"), completion: .file(extensions: ["json"]))
    var file: String
    @Option(help: ArgumentHelp("The sweep's folder. (default: runs/<file>-sweep)", valueName: "folder"), completion: .directory)
    var out: String?
    @Option(
        name: [.customShort("j", allowingJoined: true), .long], parsing: .unconditional,
        help: "Trials at a time, which share the processors unless the file sets their threads.")
    var jobs = 1
    @Flag(help: "Print the outcomes as JSON, one a line, the best first.")
    var json = false
    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws { try checkPositive("--jobs", jobs) }

    func run() async throws {
        let text = try readText(file)
        let sweep: Sweep = try decodeJSON(text, of: file)
        let folder = try SweepFolder(path: out ?? "runs/\(folderName(after: file))-sweep")
        if !folder.path.isUTF8 {
            throw CommandLineError(
                description: "the sweep's folder, \(folder.path), is not UTF-8, which the names of its trials must be; "
                    + "choose another --out")
        }
        let trials = try sweep.planned(in: folder, of: file, jobs: jobs)
        // As that of a run is: one folder, one process.
        try await RunDirectory(path: folder.path).locked {
            try folder.keep(sweep, text, from: file)
            try report(await outcomes(of: trials, in: folder), in: folder)
        }
    }

    /// Runs what has not ended before, `jobs` at a time.
    /// - Throws: `ExitCode` when a signal ends it. Whatever is thrown, what is under way saves and ends.
    private func outcomes(of trials: [SweepTrial], in folder: SweepFolder) async throws -> [TrialOutcome] {
        var outcomes = try folder.outcomes(of: trials)
        let ended = Set(outcomes.map(\.trial))
        let before = ended.isEmpty ? "" : ", \(ended.count.grouped) of them ended before"
        note("\(trials.count.grouped) trials in \(folder.path)\(before); \(jobs) at a time")
        Interruption.begin()
        defer { Interruption.end() }
        let waiting = trials.filter { !ended.contains($0.number) }
        try await SweepRunner(jobs: jobs, note: note).run(waiting, measure: { _, _ in }) { _, outcome, _, left in
            outcomes.append(outcome)
            try folder.write(outcomes)
            note(line(outcome, best: outcomes.compactMap(\.loss).min(), secondsLeft: left))
        }
        if let signal = Interruption.signal, outcomes.count < trials.count {
            note("\(trials.count - outcomes.count) trials are left; the same command goes on with them")
            throw ExitCode(Interruption.exitCode(of: signal))
        }
        return outcomes
    }

    private func report(_ outcomes: [TrialOutcome], in folder: SweepFolder) throws {
        let outcomes = outcomes.sorted(by: TrialOutcome.isBetter)
        let report = SweepReport(outcomes: outcomes)
        try AtomicFile.write(Array(report.plot.utf8), to: folder.plot)
        if json {
            for outcome in outcomes { try Terminal.write(json: outcome) }
        } else {
            try Terminal.write(report.table + report.profile)
        }
        let failures = outcomes.count { $0.failure != nil }
        if failures > 0 {
            note("\(failures) of \(outcomes.count) trials failed; \(folder.log) says why")
            throw ExitCode.failure
        }
    }

    private func line(_ outcome: TrialOutcome, best: Double?, secondsLeft: Double?) -> String {
        var parts = ["trial \(outcome.trial)", outcome.settings.summary, VisibleText.of(outcome.summary)]
        if let best {
            let text = "best \(best.rounded(to: 4))"
            parts.append(best == outcome.loss ? Terminal.styled(text, .green, on: .error) : text)
        }
        if let secondsLeft { parts.append("ETA \(secondsLeft.asTime)") }
        return parts.joined(separator: "  ")
    }

    private func note(_ text: String) {
        if !quiet { Terminal.writeError(text + "\n") }
    }
}
