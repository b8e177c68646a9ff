// A task of one's own, which the trainer takes like those of the package.
// snippet.task
import DNC

/// Say again what was read some steps ago.
struct EchoTask: EpisodeTask {
    static let name = "echo"
    static let summary = "Say again what was read some steps ago"
    var delay = 2
    var letters = 4
    var length = 5...10
    var longest: Int { length.upperBound + delay }
    var input: ModelInput { .symbols(letters) }
    var output: ModelOutput { .symbols(letters) }

    func validate() throws(TaskError) {
        try require("letters", letters, in: 1...1000)
        try require("delay", delay, in: 0...1000)
        try require("length", length, in: 1...1000)
    }

    func episode(using generator: inout SeededGenerator) -> Episode {
        let symbols = (0..<generator.integer(in: length)).map { _ in
            generator.integer(in: 0...letters - 1)
        }
        var builder = EpisodeBuilder(input, output)
        for step in 0..<symbols.count + delay {
            builder.add(
                reads: step < symbols.count ? .symbol(symbols[step]) : .nothing,
                asks: step >= delay ? .symbol(symbols[step - delay]) : .nothing)
        }
        return builder.episode
    }
}
// snippet.end

// snippet.train
let trainer = try Trainer<Float>(
    EchoTask(), TrainingConfiguration(model: .lstm(hidden: 32), optimizer: .init(.adam)),
    threads: 2)
for try await progress in trainer.run(TrainingLimits(maxSteps: 500)) {
    if let score = progress.validScore?.sequencesRightRate {
        print(progress.step, score, "of the sequences right")
    }
}
// snippet.end
