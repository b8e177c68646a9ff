// Teaches a DNC one of the tasks that come with the package, and asks it for longer ones in a larger memory.
// snippet.task
import DNC

let task = CopyTask(bits: 4, length: 1...6)
print(task.example())  // a table of what is read and what is asked

let configuration = ModelConfiguration.dnc(
    hidden: 64, slots: 16, width: 12, readHeads: 1)
let layout = try ModelLayout(
    configuration, input: task.input, output: task.output)
// snippet.end

// snippet.train
let lanes = 16
let episodes = try TaskEpisodes(task, batchSize: lanes, seed: 1)
let runner = try SegmentRunner<Float>(layout, steps: 13, lanes: lanes)
var parameters: [Float] = try layout.initialParameters(seed: 1)
var optimizer = Adam<Float>(count: layout.parameterCount)
for update in 1...1500 {
    // As many steps as the longest of these episodes has.
    let batch = try EpisodeBatch(
        episodes.episodes(step: update), task.input, task.output)
    var state = try RecurrentState<Float>(layout, lanes: lanes)
    let loss = try runner.forward(
        parameters: parameters, segment: batch.segment, state: &state)
    if update % 500 == 0 { print(update, loss.bitsPerSymbol, "bits a bit") }

    var gradient = [Float](repeating: 0, count: layout.parameterCount)
    try runner.backward(
        segment: batch.segment, scale: 1 / Float(loss.count),
        gradient: &gradient)
    let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    optimizer.update(
        &parameters, gradient: gradient, scale: min(1, 10 / norm),
        learningRate: 0.002, step: update)
}
// snippet.end

// snippet.score
/// How many of 100 sequences of this length come back whole, through so many slots.
@MainActor func score(length: Int, slots: Int) throws -> EpisodeScore {
    var (longer, larger) = (task, configuration)
    (longer.length, larger.slots) = (length...length, slots)
    let layout = try ModelLayout(
        larger, input: task.input, output: task.output)
    let drawn = try TaskEpisodes(longer, batchSize: 100, seed: 1)
        .evaluation(batch: 0)
    let batch = try EpisodeBatch(drawn, task.input, task.output)
    let runner = try SegmentRunner<Float>(
        layout, steps: batch.segment.steps, lanes: 100)
    var state = try RecurrentState<Float>(layout, lanes: 100)
    _ = try runner.forward(
        parameters: parameters, segment: batch.segment, state: &state)
    let logits = try runner.recorded("logits").values
    var score = EpisodeScore()
    for (index, episode) in drawn.enumerated() {
        let answers = batch.elements(
            of: index, in: logits, perStep: task.output.count)
        score += try EpisodeScore(episode, outputs: answers, task.output)
    }
    return score
}

for (length, slots) in [(6, 16), (12, 32)] {
    let score = try score(length: length, slots: slots)
    print("length \(length): \(score.sequencesRight) % right")
}
// snippet.end
