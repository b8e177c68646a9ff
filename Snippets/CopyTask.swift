// Teaches a DNC to repeat letters that it has read, and looks at how it does that.
// snippet.model
import DNC

let vocabulary = Vocabulary(characters: "?abcdefgh".unicodeScalars)
let (length, lanes) = (10, 16)
let layout = try ModelLayout(
    .dnc(hidden: 32, slots: 16, width: 8, readHeads: 1),
    symbols: vocabulary.count)
// snippet.end

// snippet.episode
/// Letters (1 ... 8), of which nothing is asked, then as many questions (0).
func makeEpisode(
    lanes: Int, using random: inout SeededGenerator
) -> (inputs: [Int32], targets: [Int32]) {
    let letters: [Int32] = (0..<length * lanes).map { _ in
        .random(in: 1...8, using: &random)
    }
    let questions = letters.map { _ in Int32(0) }
    let nothing = letters.map { _ in Segment.noTarget }
    return (letters + questions, nothing + letters)
}
// snippet.end

// snippet.loop
let runner = try SegmentRunner<Float>(layout, steps: 2 * length, lanes: lanes)
var parameters: [Float] = try layout.initialParameters(seed: 1)
var optimizer = Adam<Float>(count: layout.parameterCount)
var random = SeededGenerator(seed: 1)
for update in 1...2000 {
    let (inputs, targets) = makeEpisode(lanes: lanes, using: &random)
    var state = try RecurrentState<Float>(layout, lanes: lanes)
    let loss = try runner.forward(
        parameters: parameters, inputs: inputs, targets: targets,
        state: &state)
    if update % 500 == 0 { print(update, loss.bitsPerSymbol, "bits") }

    // The gradient of the mean loss, of a norm of 5 at most.
    var gradient = [Float](repeating: 0, count: layout.parameterCount)
    try runner.backward(
        inputs: inputs, targets: targets, scale: 1 / Float(loss.count),
        gradient: &gradient)
    let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    optimizer.update(
        &parameters, gradient: gradient, scale: min(1, 5 / norm),
        learningRate: 0.005, step: update)
}
// snippet.end

// snippet.test
let model = try Model(
    layout: layout, vocabulary: vocabulary, parameters: parameters)
var right = 0
for _ in 1...100 {
    let (inputs, targets) = makeEpisode(lanes: 1, using: &random)
    let trace = try model.trace(inputs, targets: targets)
    for step in length..<2 * length {
        let scores = trace.logProbabilities(at: step)
        if scores.max() == scores[Int(targets[step])] { right += 1 }
    }
}
print("\(right) of \(100 * length) letters repeated")
// snippet.end

// snippet.look
let (inputs, targets) = makeEpisode(lanes: 1, using: &random)
let trace = try model.trace(inputs, targets: targets)
let blind = try model.withoutReads().trace(inputs, targets: targets)
print(trace.loss.bitsPerSymbol, "bits a letter with the memory")
print(blind.loss.bitsPerSymbol, "without")
try Report(trace, title: "The copy task").write(to: "copy-task.html")
// snippet.end
