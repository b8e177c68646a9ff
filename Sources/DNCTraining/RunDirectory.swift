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

    /// Makes the folder where it is missing, and locks it while `body` runs, so that no other process mixes its files with
    /// these. The system unlocks it, too, when this process ends in whatever way.
    /// - Throws: `TrainingError.runInUse` or `.cannotWrite`, and what `body` throws.
    public func locked(_ body: () async throws -> Void) async throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw TrainingError.cannotWrite(path: path, reason: reason(of: error))
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TrainingError.cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        // File systems that have no locks are used without.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { throw TrainingError.runInUse(path: path) }
        for file in [last, best, metrics, samples] { AtomicFile.removeLeftovers(of: file) }
        try await body()
    }

    /// Begins a new run in the locked folder.
    /// - Throws: `TrainingError.runExists`, or `SafeTensorsError.cannotWrite`.
    public func begin() throws {
        if holdsRun { throw TrainingError.runExists(path: path) }
        // A log without a checkpoint is of a run that ended before it came to one.
        for file in [metrics, samples] { try AtomicFile.write([], to: file) }
    }

    /// Removes from log and samples what came after `step`, such as a line torn by a crash, so that a run continues them from
    /// there.
    /// - Throws: `SafeTensorsError.cannotWrite`.
    public func rewind(to step: Int) throws {
        let lines = (FileManager.default.contents(atPath: metrics) ?? Data()).split(separator: UInt8(ascii: "\n"))
        let kept = lines.filter { line in
            (try? JSONDecoder().decode(MetricsLine.self, from: line)).map { $0.step <= step } ?? false
        }
        try AtomicFile.write(Array(kept.map { $0 + [UInt8(ascii: "\n")] }.joined()), to: metrics)

        let written = FileManager.default.contents(atPath: samples) ?? Data()
        var end = written.startIndex
        // Samples end with an empty line, and each begins with its step.
        while let heading = written[end...].firstRange(of: Data("--- step ".utf8)), heading.lowerBound == end,
            let sampleStep = Int(
                String(decoding: written[heading.upperBound...].prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)),
            sampleStep <= step
        {
            let next = written[heading.upperBound...].firstRange(of: Data("\n\n--- step ".utf8))
            end = next.map { $0.lowerBound + 2 } ?? written.endIndex
        }
        try AtomicFile.write(Array(written[..<end]), to: samples)
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
            // A checkpoint that is saved next must not outlive its log in a power cut.
            try handle.synchronize()
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
