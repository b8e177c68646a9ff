// The folder of a training run.
import Foundation
import SafeTensors

/// A run's folder and its files: `last.safetensors`, `best.safetensors` (by held-out bits per symbol), `metrics.jsonl` (one
/// `TrainingProgress` a line) and `samples.txt`.
public struct RunDirectory: Hashable, Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var last: String { path + "/last.safetensors" }
    public var best: String { path + "/best.safetensors" }
    public var metrics: String { path + "/metrics.jsonl" }
    public var samples: String { path + "/samples.txt" }

    /// The checkpoint that `path` means: itself, or where it is a run's folder, the best of the run, or else the last.
    public static func checkpoint(at path: String) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return path }
        let run = RunDirectory(path: path)
        return FileManager.default.fileExists(atPath: run.best) ? run.best : run.last
    }

    /// Whether there is something to resume.
    public var holdsRun: Bool { FileManager.default.fileExists(atPath: latest) }

    /// The checkpoint to resume: the last, or where that has been lost, the best, which is as complete.
    public var latest: String { FileManager.default.fileExists(atPath: last) ? last : best }

    /// Makes the folder for a new run.
    /// - Throws: `TrainingError.runExists` or `.cannotWrite`, or `SafeTensorsError.cannotWrite`.
    public func create() throws {
        if holdsRun { throw TrainingError.runExists(path: path) }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw TrainingError.cannotWrite(path: path, reason: reason(of: error))
        }
        // A log without a checkpoint is of a run that ended before it came to one.
        for file in [metrics, samples] { try AtomicFile.write([], to: file) }
    }

    /// Removes from the log what came after `step`, such as a line torn by a crash, so that a resumed run continues it.
    /// - Throws: `SafeTensorsError.cannotWrite`.
    public func rewindMetrics(to step: Int) throws {
        let lines = (FileManager.default.contents(atPath: metrics) ?? Data()).split(separator: UInt8(ascii: "\n"))
        let kept = lines.filter { line in
            (try? JSONDecoder().decode(MetricsLine.self, from: line)).map { $0.step <= step } ?? false
        }
        try AtomicFile.write(Array(kept.map { $0 + [UInt8(ascii: "\n")] }.joined()), to: metrics)
    }

    /// Adds a line to the log.
    /// - Throws: `TrainingError.cannotWrite`.
    public func append(_ progress: TrainingProgress) throws {
        try append(json(MetricsLine(progress)) + "\n", to: metrics)
    }

    /// Adds a sample that the model wrote at `step`.
    public func append(sample: String, step: Int) throws(TrainingError) {
        try append("--- step \(step) ---\n\(sample)\n\n", to: samples)
    }

    private func append(_ text: String, to file: String) throws(TrainingError) {
        do {
            if !FileManager.default.fileExists(atPath: file) { try Data().write(to: URL(fileURLWithPath: file)) }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            throw .cannotWrite(path: file, reason: reason(of: error))
        }
    }
}

/// The system's own words.
package func reason(of error: any Error) -> String {
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error  // not always an NSError outside macOS
    return (cause ?? error).localizedDescription
}
