// Trains 20 steps at once; and 10 and 10, with a checkpoint between them and another
// number of threads.
import DNC

let corpus = try Corpus(contentsOf: "book.txt")
let configuration = TrainingConfiguration(
    model: .dnc(hidden: 32, slots: 8, width: 8, readHeads: 1),
    batchSize: 8, seed: 7)

let whole = try Trainer<Float>(corpus, configuration, threads: 2)
for _ in 0..<20 { try await whole.step() }

let first = try Trainer<Float>(corpus, configuration)
for _ in 0..<10 { try await first.step() }
try await first.checkpoint().write(to: "half.safetensors")
let half = try Checkpoint<Float>(contentsOf: "half.safetensors")
let second = try Trainer(resuming: half, corpus)
for _ in 0..<10 { try await second.step() }

let (a, b) = await (whole.currentModel, second.currentModel)
print(a.parameters == b.parameters ? "the same bits" : "other bits")
