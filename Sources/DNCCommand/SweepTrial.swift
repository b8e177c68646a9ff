// The trials of a sweep, each a `dnc train` in a process of its own, what became of them, and the folder that holds them.
import ArgumentParser
import DNC
import Foundation
import SystemFiles

/// A trial that is to run.
struct SweepTrial {
    let number: Int
    /// Those that vary.
    let settings: [String: SettingValue]
    /// All of `dnc train`, `--out` too.
    let arguments: [String]
    let run: RunDirectory

    /// The system refused to start a process.
    struct StartError: Error, CustomStringConvertible {
        let reason: String
        var description: String {
            "cannot start another dnc train: \(reason); mend that and give the same command again"
        }
    }

    private var log: String { run.path + "/train.log" }
    private var result: String { run.path + "/result.json" }

    /// Starts to train in the run's folder, which must be there, or goes on.
    /// - Parameter end: called with the exit code, or as shells have it, 128 plus the signal that killed the process.
    func start(end: @escaping @Sendable (Int32) -> Void) throws -> Process {
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        // A rate that is given to a run in progress would undo what its plateaus have made of it.
        let arguments = run.holdsRun ? arguments.filter { !$0.hasPrefix("--learning-rate=") } + ["--resume"] : arguments
        process.arguments = ["train"] + arguments + ["--json", "--parent=\(getpid())"]
        process.standardInput = FileHandle.nullDevice
        process.standardError = try open(log, O_APPEND)
        process.standardOutput = try open(result, O_TRUNC)
        process.terminationHandler = {
            end($0.terminationReason == .exit ? $0.terminationStatus : Interruption.exitCode(of: $0.terminationStatus))
        }
        do { try process.run() } catch { throw StartError(reason: reason(of: error)) }
        return process
    }

    /// What became of the process that ended with this exit code.
    func outcome(_ exitCode: Int32) throws -> TrialOutcome {
        var (result, failure): (TrainingResult?, TrialOutcome.Failure?)
        if exitCode == 0 {
            result = try readJSON(self.result)
        } else {
            let signal = exitCode - Interruption.exitCode(of: 0)
            let error = signal > 0 ? String(cString: strsignal(signal)) : lastError
            failure = TrialOutcome.Failure(exitCode: exitCode, error: error ?? "without a word")
        }
        return TrialOutcome(trial: number, settings: settings, run: run.path, result: result, failure: failure)
    }

    /// What a `dnc train` that fails says, in front of what the parser of arguments may add to it.
    private var lastError: String? {
        let lines = (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n") ?? []
        return lines.reversed().lazy.compactMap { $0.wholeMatch(of: /(?:dnc: error|Error): (.*)/) }.first.map { String($0.1) }
    }

    private func open(_ path: String, _ flag: Int32) throws(TrainingError) -> FileHandle {
        let descriptor = uninterrupted { Foundation.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o644) }
        guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}

/// A line of `sweep.jsonl`: a trial that has a result or a failure.
struct TrialOutcome: Codable {
    struct Failure: Codable {
        let exitCode: Int32
        let error: String

        enum CodingKeys: String, CodingKey {
            case exitCode = "exit_code"
            case error
        }
    }

    let trial: Int
    let settings: [String: SettingValue]
    let run: String
    @OrNull var result: TrainingResult?
    @OrNull var failure: Failure?

    var bpc: Double? { result?.validBPC }

    /// In words.
    var summary: String {
        if let failure { return "failed with exit code \(failure.exitCode): \(failure.error)" }
        return
            "held-out \(bpc?.rounded(to: 4) ?? "-") BPC  step \((result?.step ?? 0).grouped)  \((result?.seconds ?? 0).asTime)"
    }

    /// Whether another try would come to the same; divergence does.
    var isFinal: Bool { failure.map { $0.exitCode == DNCTool.divergence.rawValue } ?? true }

    /// The best first; then those without a number, then those that failed.
    static func isBetter(_ one: Self, than other: Self) -> Bool {
        func rank(_ outcome: Self) -> (Int, Double, Int) {
            (outcome.failure == nil ? 0 : 1, outcome.bpc ?? .infinity, outcome.trial)
        }
        return rank(one) < rank(other)
    }
}

extension [String: SettingValue] {
    /// In words.
    var summary: String { sorted { $0.key < $1.key }.map { "\($0) \(printable($1.description))" }.joined(separator: ", ") }
}

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
