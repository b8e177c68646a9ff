// Where a sweep keeps its file, its outcomes and its trials.
import DNC
import Foundation

/// A sweep's folder: its file, the outcomes, the plot, and the trials' folders.
struct SweepFolder {
    let path: String

    var file: String { path + "/sweep.json" }
    var log: String { path + "/sweep.jsonl" }
    var plot: String { path + "/sweep.svg" }

    func run(of trial: Int) -> RunDirectory { RunDirectory(path: "\(path)/trial-\(trial)") }

    /// Keeps the file of a new sweep; one that goes on must have the same trials, or more.
    /// - Parameters:
    ///   - text: the file.
    ///   - source: its path.
    func keep(_ sweep: Sweep, _ text: String, from source: String) throws {
        for path in [file, log, plot] { AtomicFile.removeLeftovers(of: path) }
        if FileManager.default.fileExists(atPath: file) {
            let differences = sweep.differences(from: try readJSON(file))
            guard differences.isEmpty else {
                let problem = "is not the sweep that was begun in \(path): \(differences.joined(separator: "; "))"
                throw SettingsError(path: source, problem: problem + ". Undo that to go on with it, or choose another --out")
            }
        }
        try AtomicFile.write(Array(text.utf8), to: file)
    }

    /// What these trials have come to before, but for failures that may have been mended. A line that is none leaves its
    /// trial to be gone on with.
    func outcomes(of trials: [SweepTrial]) throws -> [TrialOutcome] {
        guard FileManager.default.fileExists(atPath: log) else { return [] }
        let settings = Dictionary(uniqueKeysWithValues: trials.map { ($0.number, $0.settings) })
        return try readText(log).split(separator: "\n")
            .compactMap { try? JSONDecoder().decode(TrialOutcome.self, from: Data($0.utf8)) }
            .filter { $0.isFinal && $0.settings == settings[$0.trial] }
    }

    /// Replaces the log in one step, so that it is whole at every moment.
    func write(_ outcomes: [TrialOutcome]) throws {
        let lines = try outcomes.sorted { $0.trial < $1.trial }.map { try json($0) + "\n" }
        try AtomicFile.write(Array(lines.joined().utf8), to: log)
    }
}
