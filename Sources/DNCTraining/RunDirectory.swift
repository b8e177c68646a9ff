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
    public var holdsRun: Bool { FileManager.default.fileExists(atPath: last) }

    /// Makes the folder for a new run.
    /// - Throws: `TrainingError.runExists` or `.cannotWrite`.
    public func create() throws(TrainingError) {
        if holdsRun || FileManager.default.fileExists(atPath: best) { throw .runExists(path: path) }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: path, reason: reason(of: error))
        }
        // A log without a checkpoint is of a run that ended before it came to one.
        for file in [metrics, samples] { try replace(file, with: Data()) }
    }

    /// Removes from the log what came after `step`, such as a line torn by a crash, so that a resumed run continues it.
    /// - Throws: `TrainingError.cannotWrite`.
    public func rewindMetrics(to step: Int) throws(TrainingError) {
        let lines = (FileManager.default.contents(atPath: metrics) ?? Data()).split(separator: UInt8(ascii: "\n"))
        let kept = lines.prefix { line in
            (try? JSONDecoder().decode(MetricsLine.self, from: line)).map { $0.step <= step } ?? false
        }
        try replace(metrics, with: Data(kept.map { $0 + [UInt8(ascii: "\n")] }.joined()))
    }

    /// Adds a line to the log.
    public func append(_ progress: TrainingProgress) throws(TrainingError) {
        do {
            try append(json(MetricsLine(progress)) + "\n", to: metrics)
        } catch let error as TrainingError {
            throw error
        } catch {
            throw .cannotWrite(path: metrics, reason: "\(error)")
        }
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

    private func replace(_ file: String, with data: Data) throws(TrainingError) {
        do {
            try AtomicFile.write(Array(data), to: file)
        } catch {
            throw .cannotWrite(path: file, reason: error.description)
        }
    }
}

/// The system's own words.
private func reason(of error: any Error) -> String {
    let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return (cause ?? error as NSError).localizedDescription
}
