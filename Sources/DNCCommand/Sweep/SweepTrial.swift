// A trial of a sweep: a `dnc train` in a process of its own.
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
    /// How long it takes beside others, in any unit; the time that is left is told by it.
    var work = 1.0

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

extension Sweep {
    /// All trials, each of which `dnc train` would accept.
    /// - Parameters:
    ///   - file: where the sweep is said to come from.
    ///   - jobs: how many share the processors, unless the file sets their threads.
    func planned(in folder: SweepFolder, of file: String, jobs: Int) throws -> [SweepTrial] {
        for name in ["out", "watch"] where varied.contains(name) || (common[name] ?? nil) != nil {
            throw SettingsError(path: file, problem: "\"\(name)\" cannot be the same for all trials, nor vary; leave it out")
        }
        let texts = trials.map { $0["data"] ?? common["data"] ?? nil }
        if let pipe = Set(texts.compactMap { $0?.description }).first(where: SystemFiles.isPipe) {
            throw SettingsError(
                path: file, problem: "\"data\" is the pipe \(pipe), which one trial alone could read; save it to a file")
        }
        let threads = max(1, defaultThreads / jobs)
        let ownThreads = varied.contains("threads") || (common["threads"] ?? nil) != nil
        let shared = try (ownThreads ? [] : ["--threads=\(threads)"]) + Setting.arguments(common, of: file)
        return try trials.enumerated().map { index, settings in
            let run = folder.run(of: index + 1)
            let own = try settings.sorted { $0.key < $1.key }.map { name, value in
                try Setting.setting(name, of: file).argument(for: value, of: file)
            }
            let arguments = shared + own + ["--out=\(run.path)"]
            do { _ = try TrainCommand.parse(arguments) } catch {
                let problem = "trial \(index + 1), \(settings.summary): \(TrainCommand.message(for: error))"
                throw SettingsError(path: file, problem: problem)
            }
            return SweepTrial(number: index + 1, settings: settings, arguments: arguments, run: run)
        }
    }
}
