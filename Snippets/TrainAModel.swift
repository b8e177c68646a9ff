// Trains a model on the text in book.txt, keeps it, and lets it write.
import DNC

let corpus = try Corpus(contentsOf: "book.txt")
let configuration = TrainingConfiguration(
    model: .dnc(hidden: 128, slots: 16, width: 16, readHeads: 1))
let trainer = try Trainer<Float>(corpus, configuration, threads: 2)
let run = trainer.run(TrainingLimits(maxSteps: 300))
for try await progress in run where progress.endsPeriod {
    print(progress.step, progress.trainLoss, progress.validLoss ?? .nan)
}
let checkpoint = try await trainer.checkpoint()
try checkpoint.write(to: "book.safetensors")

let options = try SamplingOptions(temperature: 0.8)
print(
    try await trainer.sample(length: 300, prompt: "Once ", options: options))
