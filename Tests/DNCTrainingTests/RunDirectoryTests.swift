import DNCCore
import Foundation
import TestSupport
import Testing

@testable import DNCTraining

@Suite struct RunDirectoryTests {
    let folder: TemporaryFolder
    let run: RunDirectory

    init() throws {
        folder = try TemporaryFolder()
        run = RunDirectory(path: folder.path("runs/first"))
    }

    private func report(_ step: Int, validBPC: Double? = nil) -> TrainingProgress {
        TrainingProgress(
            step: step, symbols: 100 * step, seconds: 1.5, trainBPC: 2.5, validBPC: validBPC, symbolsPerSecond: 100,
            learningRate: 0.1, gradientNorm: 0.25, isBest: false, endsPeriod: true)
    }

    private func line(_ step: Int, validBPC: String) -> String {
        """
        {"grad_norm":0.25,"learning_rate":0.1,"seconds":1.5,"step":\(step),"symbols":\(step)00,\
        "symbols_per_second":100,"train_bpc":2.5,"valid_bpc":\(validBPC)}

        """
    }

    private func contents(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func newRunHasEmptyLogs() throws {
        try run.create()
        #expect(!run.holdsRun)
        #expect(try contents(run.metrics) == "" && contents(run.samples) == "")
        let files = try FileManager.default.contentsOfDirectory(atPath: run.path)
        #expect(files.sorted() == ["metrics.jsonl", "samples.txt"])
    }

    @Test func aRunIsNotOverwritten() throws {
        try run.create()
        try folder.write([], "runs/first/last.safetensors")
        #expect(run.holdsRun)
        #expect(throws: TrainingError.runExists(path: run.path)) { try run.create() }
    }

    @Test func whatIsLeftOfARunWithoutCheckpointGoes() throws {
        try run.create()
        try run.append(report(1))
        try run.append(sample: "a", step: 1)
        try run.create()
        #expect(try contents(run.metrics) == "" && contents(run.samples) == "")
    }

    @Test func linesAreAppended() throws {
        try run.create()
        try run.append(report(1, validBPC: 3.5))
        try run.append(report(2))
        #expect(try contents(run.metrics) == line(1, validBPC: "3.5") + line(2, validBPC: "null"))
        try run.append(sample: "é\n1", step: 7)
        try run.append(sample: "", step: 8)
        #expect(try contents(run.samples) == "--- step 7 ---\né\n1\n\n--- step 8 ---\n\n\n")
    }

    /// Steps after the checkpoint go, and so does the line at which the machine stopped.
    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 2), (9, 3)])
    func rewinding(_ step: Int, _ kept: Int) throws {
        try run.create()
        let lines = [1, 2, 5].map { line($0, validBPC: "3.5") }
        try folder.write(Array((lines.joined() + #"{"grad_norm":0.2"#).utf8), "runs/first/metrics.jsonl")
        try run.rewindMetrics(to: step)
        #expect(try contents(run.metrics) == lines.prefix(kept).joined())
    }

    @Test func rewindingNoLogMakesAnEmptyOne() throws {
        try run.create()
        try FileManager.default.removeItem(atPath: run.metrics)
        try run.rewindMetrics(to: 5)
        #expect(try contents(run.metrics) == "")
    }

    @Test func checkpointOfAFolderIsTheBestOrElseTheLast() throws {
        try run.create()
        #expect(RunDirectory.checkpoint(at: run.path) == run.last)
        try folder.write([], "runs/first/last.safetensors")
        #expect(RunDirectory.checkpoint(at: run.path) == run.last)
        try folder.write([], "runs/first/best.safetensors")
        #expect(RunDirectory.checkpoint(at: run.path) == run.best)
        #expect(RunDirectory.checkpoint(at: run.last) == run.last)
        #expect(RunDirectory.checkpoint(at: "no/such/file") == "no/such/file")
    }

    /// A file stands where the folder should be.
    @Test func whatCannotBeWrittenIsNamed() throws {
        let blocked = RunDirectory(path: try folder.write([], "file"))
        #expect {
            try blocked.create()
        } throws: { error in
            if case .cannotWrite(blocked.path, _) = error as? TrainingError { true } else { false }
        }
        #expect {
            try blocked.append(report(1))
        } throws: { error in
            if case .cannotWrite(blocked.metrics, _) = error as? TrainingError { true } else { false }
        }
    }
}
