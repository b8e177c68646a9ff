// The folder of a training run.
import Foundation
import SafeTensors
import SystemFiles

/// A run's folder and its files: `last.safetensors`, `best.safetensors` (by held-out bits per symbol), `metrics.jsonl` (one
/// `TrainingProgress` a line), `samples.txt`, and where `beginEvents` has been called, an event file for TensorBoard.
public struct RunDirectory: Hashable, Sendable {
    /// The folder's path.
    public let path: String

    /// The folder at `path`, which need not exist; nothing is read or made.
    public init(path: String) { self.path = path }

    /// The path of the last checkpoint.
    public var last: String { path + "/last.safetensors" }
    /// The path of the checkpoint of the best validation.
    public var best: String { path + "/best.safetensors" }
    /// The path of the log.
    public var metrics: String { path + "/metrics.jsonl" }
    /// The path of what the model wrote in the course of training.
    public var samples: String { path + "/samples.txt" }

    /// The checkpoint that `path` means: itself, or where it is a run's folder, the best of the run, or else the last.
    public static func checkpoint(at path: String) -> String {
        guard SystemFiles.isFolder(path) else { return path }
        let run = RunDirectory(path: path)
        return SystemFiles.exists(run.best) ? run.best : run.last
    }

    /// Whether there is something to resume.
    public var holdsRun: Bool { SystemFiles.exists(latest) }

    /// The checkpoint to resume: the last, or where that has been lost, the best, which is as complete.
    public var latest: String { SystemFiles.exists(last) ? last : best }

    /// Makes the folder where it is missing, and locks it while `body` runs, so that no other process mixes its files with
    /// these. The system unlocks it, too, when this process ends in whatever way.
    /// - Throws: `TrainingError.runInUse` or `.cannotWrite`, and what `body` throws.
    public func locked(_ body: () async throws -> Void) async throws {
        do {
            try SystemFiles.makeFolder(path)
        } catch {
            throw TrainingError.cannotWrite(path: path, reason: reason(of: error))
        }
        let descriptor = try call(on: path) { open(path.systemPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
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
        for file in eventFiles { try call(on: file) { unlink(file.systemPath) } }
    }

    /// The lines of the log, without one that a crash has torn.
    package func log() throws -> [MetricsLine] { try loggedLines().map(\.line) }

    /// From now on the log is also kept as TensorBoard reads it: all that it has so far goes to a new event file, which takes the
    /// place of older ones. Lines of the log have no time of day: they get such that the last was written now.
    /// - Throws: `TrainingError.cannotWrite`.
    public func beginEvents() throws {
        let (now, lines, old) = (Date().timeIntervalSince1970, try log(), eventFiles)
        let start = now - (lines.last?.seconds ?? 0)
        // A TensorBoard that is looking goes on to the file whose name comes next, but only while it can read its last: that one
        // stays, empty.
        let last = old.last.flatMap { Int($0.split(separator: ".").dropLast().last ?? "") } ?? 0
        let new = "\(path)/\(Self.eventFilePrefix)\(max(Int(now), last + 1)).dnc"
        try append(EventFile.header(time: start) + lines.flatMap { $0.event(time: start + $0.seconds) }, to: new)
        for file in old.dropLast() { try call(on: file) { unlink(file.systemPath) } }
        if let file = old.last { try call(on: file) { truncate(file.systemPath, 0) } }
    }

    /// In the order of their names, which is that of time. The last holds everything.
    private var eventFiles: [String] {
        let names = (try? SystemFiles.names(in: path)) ?? []
        return names.filter { $0.hasPrefix(Self.eventFilePrefix) }.sorted().map { path + "/" + $0 }
    }

    private static let eventFilePrefix = "events.out.tfevents."

    /// What the log holds, without what is no line of it.
    private func loggedLines() throws -> [(line: MetricsLine, text: Data)] {
        try contents(of: metrics).split(separator: UInt8(ascii: "\n")).compactMap { text in
            (try? JSONDecoder().decode(MetricsLine.self, from: text)).map { ($0, text) }
        }
    }

    /// Removes from log, samples and events what came after `step`, such as a line torn by a crash, so that a run continues them
    /// from there.
    /// - Throws: `TrainingError.cannotWrite` or `SafeTensorsError.cannotWrite`.
    public func rewind(to step: Int) throws {
        let kept = try loggedLines().filter { $0.line.step <= step }
        try AtomicFile.write(Array(kept.map { $0.text + [UInt8(ascii: "\n")] }.joined()), to: metrics)
        if !eventFiles.isEmpty { try beginEvents() }

        let (written, emptyLine) = (try contents(of: samples), Data("\n\n".utf8))
        var end = written.startIndex
        // Each sample begins with its step and ends with an empty line. What is behind the last of these is torn.
        while let lineEnd = written[end...].firstIndex(of: UInt8(ascii: "\n")),
            let heading = String(decoding: written[end..<lineEnd], as: UTF8.self).wholeMatch(of: /--- step ([0-9]+) ---/),
            let sampleStep = Int(heading.1), sampleStep <= step
        {
            let next = written[lineEnd...].firstRange(of: emptyLine + Data("--- step ".utf8))?.lowerBound
            let last = written.range(of: emptyLine, options: .backwards, in: lineEnd..<written.endIndex)?.lowerBound
            end = (next ?? last).map { $0 + emptyLine.count } ?? written.endIndex
        }
        try AtomicFile.write(Array(written[..<end]), to: samples)
    }

    /// Adds a line to the log, and to the events.
    /// - Throws: `TrainingError.cannotWrite`.
    public func append(_ progress: TrainingProgress) throws {
        let line = MetricsLine(progress)
        try append((json(line) + "\n").utf8, to: metrics)
        if let events = eventFiles.last { try append(line.event(time: Date().timeIntervalSince1970), to: events) }
    }

    /// Adds a sample that the model wrote at `step`.
    public func append(sample: String, step: Int) throws(TrainingError) {
        try append("--- step \(step) ---\n\(sample)\n\n".utf8, to: samples)
    }

    private func append(_ bytes: some Sequence<UInt8>, to file: String) throws(TrainingError) {
        let descriptor = try call(on: file) { open(file.systemPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644) }
        var isOpen = true
        defer { if isOpen { close(descriptor) } }
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            rest = try rest.dropFirst(call(on: file) { rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } })
        }
        // A checkpoint that is saved next must not outlive its log in a power cut.
        try call(on: file) { fsync(descriptor) }
        isOpen = false
        // The descriptor is gone even if a signal interrupts this, so it is not tried again.
        guard close(descriptor) == 0 || errno == EINTR else { throw systemError(on: file) }
    }

    /// The bytes of a log; none where there is no such file. One that cannot be read is not taken for empty: it would be erased.
    private func contents(of file: String) throws(TrainingError) -> Data {
        guard SystemFiles.exists(file) else { return Data() }
        do { return Data(try SystemFiles.contents(of: file)) } catch { throw .cannotWrite(path: file, reason: error.reason) }
    }

    /// Makes a system call, again if a signal interrupts it.
    @discardableResult
    private func call<Result: SignedInteger>(on file: String, _ body: () -> Result) throws(TrainingError) -> Result {
        let result = uninterrupted(body)
        guard result >= 0 else { throw systemError(on: file) }
        return result
    }

    private func systemError(on file: String) -> TrainingError {
        .cannotWrite(path: file, reason: String(cString: strerror(errno)))
    }
}

/// The system's own words.
package func reason(of error: any Error) -> String {
    if let error = error as? SystemError { return error.reason }
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error  // not always an NSError outside macOS
    let root = (cause ?? error) as NSError
    return root.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(root.code))) : root.localizedDescription
}
