// Teaches a DNC one of the tasks that come with the package, and asks it for longer ones in a larger memory.
// snippet.task
import DNC

let task = CopyTask(bits: 4, length: 1...6)
print(task.example())  // a table of what is read and what is asked
// snippet.end

// snippet.train
var settings = TrainingConfiguration(task)
settings.model = .dnc(hidden: 64, slots: 12, width: 12, readHeads: 1)
let trainer = try Trainer<Float>(task, settings, threads: 2)
for try await progress in trainer.run(TrainingLimits(maxSteps: 1500)) {
    if let score = progress.validScore?.sequencesRightRate {
        print(progress.step, score, "of the sequences right")
    }
}
try await trainer.checkpoint().write(to: "copy.safetensors")
// snippet.end

// snippet.score
let model = try Model<Float>(contentsOf: "copy.safetensors")
for (length, slots) in [(6, 12), (12, 32)] {
    let episodes = try TaskEpisodes(
        task.ofLength(length...length), batchSize: 1, seed: 2)
    var evaluation = try Evaluation(
        model.withSlots(slots), of: episodes, count: 100)
    _ = try evaluation.advance()
    let right = evaluation.score?.sequencesRight ?? 0
    print("length \(length): \(right) % right")
}
// snippet.end
