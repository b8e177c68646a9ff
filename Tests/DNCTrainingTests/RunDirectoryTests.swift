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

    private func begin() async throws { try await run.locked { try run.begin() } }

    private func line(_ step: Int, validLoss: String) -> String {
        """
        {"decayed_learning_rate":null,"grad_norm":0.25,"learning_rate":0.1,"lesson":null,"measure":"bits per character",\
        "predictions":\(step)00,"predictions_per_second":100,"seconds":1.5,"setbacks":0,"step":\(step),"train_loss":2.5,\
        "valid_error_rate":null,"valid_loss":\(validLoss),"valid_predictions":\(validLoss == "null" ? "null" : "99"),\
        "valid_sequences_right":null}

        """
    }

    private func contents(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func newRunHasEmptyLogs() async throws {
        try await begin()
        #expect(!run.holdsRun)
        #expect(try contents(run.metrics) == "" && contents(run.samples) == "")
        let files = try FileManager.default.contentsOfDirectory(atPath: run.path)
        #expect(files.sorted() == ["metrics.jsonl", "samples.txt"])
    }

    @Test func aRunIsNotOverwritten() async throws {
        try await begin()
        try folder.write([], "runs/first/last.safetensors")
        #expect(run.holdsRun)
        await #expect(throws: TrainingError.runExists(path: run.path)) { try await begin() }
    }

    @Test func whatIsLeftOfARunWithoutCheckpointGoes() async throws {
        try await begin()
        try run.append(report(1))
        try run.append(sample: "a", step: 1)
        try await begin()
        #expect(try contents(run.metrics) == "" && contents(run.samples) == "")
    }

    @Test func linesAreAppended() async throws {
        try await begin()
        try run.append(report(1, validLoss: 3.5))
        try run.append(report(2))
        #expect(try contents(run.metrics) == line(1, validLoss: "3.5") + line(2, validLoss: "null"))
        try run.append(sample: "é\n1", step: 7)
        try run.append(sample: "", step: 8)
        #expect(try contents(run.samples) == "--- step 7 ---\né\n1\n\n--- step 8 ---\n\n\n")
    }

    /// Steps after the checkpoint go, and so does the line at which the machine stopped.
    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 2), (9, 3)])
    func rewinding(_ step: Int, _ kept: Int) async throws {
        try await begin()
        let lines = [1, 2, 5].map { line($0, validLoss: "3.5") }
        try folder.write(Array((lines.joined() + #"{"grad_norm":0.2"#).utf8), "runs/first/metrics.jsonl")
        try run.rewind(to: step)
        #expect(try contents(run.metrics) == lines.prefix(kept).joined())
    }

    @Test func rewindingNoLogMakesAnEmptyOne() async throws {
        try await begin()
        try FileManager.default.removeItem(atPath: run.metrics)
        try run.rewind(to: 5)
        #expect(try contents(run.metrics) == "")
    }

    @Test func samplesAreRewound() async throws {
        try await begin()
        for (step, sample) in [(1, "a\n\nb\n"), (3, ""), (12, "c")] { try run.append(sample: sample, step: step) }
        let all = try contents(run.samples)
        for (step, count) in [(12, 3), (11, 2), (3, 2), (2, 1), (0, 0)] {
            try run.rewind(to: step)
            let ends = ["", "--- step 1 ---\na\n\nb\n\n\n", "--- step 1 ---\na\n\nb\n\n\n--- step 3 ---\n\n\n", all]
            #expect(try contents(run.samples) == ends[count])
        }
    }

    @Test func aFolderInUseIsRefused() async throws {
        try await run.locked {
            await #expect(throws: TrainingError.runInUse(path: run.path)) { try await run.locked {} }
        }
        try await begin()  // unlocked by now
    }

    /// Those of killed processes alone.
    @Test func leftoversAreRemoved() async throws {
        try await begin()
        let others = [".last.safetensors.12.tmp", ".other.12.3.tmp", ".last.safetensors.12.x.tmp", "last.safetensors.1.2.tmp"]
        for file in others + [".last.safetensors.123.4.tmp", ".metrics.jsonl.5.6.tmp"] {
            try folder.write([], "runs/first/" + file)
        }
        try await run.locked {}
        let files = try FileManager.default.contentsOfDirectory(atPath: run.path)
        #expect(files.sorted() == (others + ["metrics.jsonl", "samples.txt"]).sorted())
    }

    @Test func checkpointOfAFolderIsTheBestOrElseTheLast() async throws {
        try await begin()
        #expect(RunDirectory.checkpoint(at: run.path) == run.last)
        try folder.write([], "runs/first/last.safetensors")
        #expect(RunDirectory.checkpoint(at: run.path) == run.last)
        try folder.write([], "runs/first/best.safetensors")
        #expect(RunDirectory.checkpoint(at: run.path) == run.best)
        #expect(RunDirectory.checkpoint(at: run.last) == run.last)
        #expect(RunDirectory.checkpoint(at: "no/such/file") == "no/such/file")
    }

    /// A file stands where the folder should be.
    @Test func whatCannotBeWrittenIsNamed() async throws {
        let blocked = RunDirectory(path: try folder.write([], "file"))
        await #expect {
            try await blocked.locked {}
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
