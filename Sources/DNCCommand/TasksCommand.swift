import ArgumentParser
import DNC

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "List the tasks that a model can be trained on, or show one.",
        discussion: """
            dnc tasks
            dnc tasks copy --task-options length=3...3,bits=4
            dnc tasks copy --steps 2 --batch-size 32

            The last writes the episodes that training with this seed and batch size has at its first steps, one on a line as JSON, as \
            dnc train --episodes reads them.
            """)

    @Argument(help: "The task to show. (default: all, in short)")
    var name: String?
    @Option(help: ArgumentHelp("What is otherwise than usual in it, as in train.", valueName: "options"))
    var taskOptions: String?
    @Option(parsing: .unconditional, help: "Write the training episodes of so many steps.")
    var steps: Int?
    @Option(parsing: .unconditional, help: "The first of these steps, from 0.")
    var firstStep = 0
    @Option(parsing: .unconditional, help: "Episodes of a step.")
    var batchSize = 32
    @Option(parsing: .unconditional, help: "Of the episodes.")
    var seed: UInt64 = 1
    @Flag(help: "Print the list as JSON, one task a line.")
    var json = false

    private struct Result: Encodable {
        let name: String
        let summary: String
        let options: [String: OptionValue]
        let longest: Int
        let input: ModelInput
        let output: ModelOutput
    }

    func validate() throws {
        try checkPositive("--steps", steps)
        try checkPositive("--batch-size", batchSize)
        try check("--first-step", firstStep, "at least 0") { $0 >= 0 }
        if name == nil, taskOptions != nil || steps != nil {
            throw ValidationError("--task-options and --steps are of one task; name it: dnc tasks copy.")
        }
    }

    func run() throws {
        guard let name else {
            for kind in Tasks.all { try tell(kind.init()) }
            return
        }
        let task = try Tasks.named(name).init(options: taskOptions.map { try WorkOptions.parsedOptions($0) } ?? [:])
        guard let steps else { return try tell(task) }
        let episodes = try TaskEpisodes(task, batchSize: batchSize, seed: seed)
        for step in firstStep..<firstStep + steps {
            for episode in episodes.batch(step: step) {
                try Terminal.write(episode.episode.jsonLine(task.input, task.output) + "\n")
            }
        }
    }

    private func tell(_ task: some EpisodeTask) throws {
        let kind = type(of: task)
        if json {
            return try Terminal.write(
                json: Result(
                    name: kind.name, summary: kind.summary, options: task.options, longest: task.longest, input: task.input,
                    output: task.output))
        }
        let options = task.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        try Terminal.write(
            """
            \(Terminal.styled(kind.name, .bold, on: .output)): \(kind.summary)
              options: \(options); reads \(task.input.summary), answers \(task.output.summary)

            \(example(of: task))

            """)
    }

    /// Of the shortest.
    private func example(of task: some EpisodeTask) -> String {
        var short = task
        if name == nil { short.length = task.length.lowerBound...min(task.length.lowerBound + 1, task.length.upperBound) }
        return short.example(seed: seed).split(separator: "\n").map { "  \($0)\n" }.joined()
    }
}
