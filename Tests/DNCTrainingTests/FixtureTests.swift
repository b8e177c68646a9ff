import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

/// Files of every version of the format, made by the program of its time: Fixtures/schema<version>, with the text that was
/// trained on, what that program drew from the model, and the held-out bits that it came to by going on.
struct FixtureTests {
    static let cases = CheckpointMigration.all.flatMap { migration in
        ["rnn", "lstm", "dnc"].map { (migration.schema, $0) }
    }

    @Test(arguments: cases)
    func anOlderRunIsTheSame(schema: Int, model: String) async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/schema\(schema)/"
        func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder + name)) }
        let checkpoint = try Checkpoint<Double>(contentsOf: folder + model + ".safetensors")

        var sampler = try Sampler(
            checkpoint.model, prompt: "", options: SamplingOptions(temperature: 0.7), generator: SeededGenerator(seed: 3))
        #expect(try sampler.text(length: 60) + "\n" == String(decoding: contents(model + ".sample.txt"), as: UTF8.self))

        let corpus = try Corpus(contentsOf: folder + "text.txt", validFraction: checkpoint.record.configuration.validFraction)
        let trainer = try Trainer(resuming: checkpoint, corpus)
        for try await _ in trainer.run(TrainingLimits(maxSteps: 75)) {}
        let record = try await trainer.checkpoint().record
        let expected = try JSONDecoder().decode([String: Double].self, from: contents("bpc.json"))
        #expect(abs(try #require(record.bestLoss) - #require(expected[model])) < 1e-9)
    }

    /// There is a fixture for every version that is read but today's.
    @Test func versionsHaveNoGaps() {
        #expect(CheckpointMigration.all.map(\.schema) == Array(2..<CheckpointHeader.schema))
    }
}
