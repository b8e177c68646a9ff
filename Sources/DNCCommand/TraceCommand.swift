import ArgumentParser
import DNC

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Record everything that a model does while it reads a text or an episode.",
        discussion: """
            The file is in safetensors format, for Python and for dnc report. Each tensor's first dimension is the step; they are named as \
            in the paper: memory, usage, write_weighting, allocation_weighting, read_modes and so on.

            dnc trace runs/book-dnc --data book.txt --length 500 --out trace.safetensors
            dnc trace runs/book-dnc --text "Once upon a time" --terminal
            dnc trace runs/copy-dnc --episode 3 --task-options length=40...40 --slots 64 --terminal
            dnc trace runs/qa-dnc --episodes test.jsonl --episode 7 --terminal
            """)

    @OptionGroup var checkpoint: CheckpointArgument
    @OptionGroup var traced: TracedOptions
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the trace.", valueName: "file"), completion: .file())
    var out: String?
    @Flag(help: "Show the most important of it here.")
    var terminal = false
    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Result: Encodable {
        @OrNull var trace: String?
        let steps: Int
        @OrNull var loss: Double?
        let measure: Measure
        @OrNull var sequenceRight: Bool?
        @OrNull var memoryInfluence: Double?
    }

    func validate() throws {
        if out == nil, !terminal { throw ValidationError("Give --out, --terminal or both.") }
        if terminal, json { throw ValidationError("--terminal is for people and --json for programs; choose one.") }
    }

    func run() throws {
        let trace = try traced.trace(checkpoint.header())
        if let out { try trace.write(to: out) }
        let (loss, score) = (trace.loss, trace.score)
        let result = Result(
            trace: out, steps: trace.steps, loss: loss.count > 0 ? trace.measure.value(of: loss) : nil,
            measure: trace.measure, sequenceRight: score.sequences > 0 ? score.isRight : nil,
            memoryInfluence: trace["memory_influence"].map { Double($0.values.reduce(0, +)) / Double(trace.steps) })
        if json { return try Terminal.write(json: result) }
        if terminal { try Terminal.write(TraceView(trace, columns: Terminal.columns).text) }
        let right = score.answers - score.wrongAnswers
        let parts = [
            "\(result.steps.grouped) steps", result.loss.map { "\($0.rounded(to: 4)) \(trace.measure.unit)" },
            score.answers > 0 ? "\(right.grouped) of \(score.answers.grouped) answers right" : nil,
            result.memoryInfluence.map { "memory's influence \($0.rounded(to: 2))" },
        ]
        try Terminal.write((out.map { "\($0): " } ?? "") + parts.compactMap(\.self).joined(separator: ", ") + "\n")
    }
}
