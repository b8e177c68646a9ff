import ArgumentParser
import DNC
import SystemFiles

struct BabiCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "babi",
        abstract: "Make up stories like those of bAbI, as files to train on.",
        discussion: """
            dnc babi --out stories
            dnc train --babi stories
            dnc eval runs/stories-delta --babi stories
            dnc ask runs/stories-delta

            Of its twenty tasks these: \
            \(BabiGenerator.tasks.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")). The stories are \
            of the same kinds as the published ones, in files of the same form, and have the same words; they are not the same stories.
            """)

    @Option(help: ArgumentHelp("The folder for the files.", valueName: "folder"), completion: .directory)
    var out: String
    @Option(help: ArgumentHelp("The tasks, with commas between. (default: all of these)", valueName: "numbers"))
    var tasks: String?
    @Option(parsing: .unconditional, help: "Questions of each task to train on.")
    var questions = 10_000
    @Option(parsing: .unconditional, help: "Questions of each task to be measured by.")
    var testQuestions = 1_000
    @Option(parsing: .unconditional, help: "Of the random numbers.")
    var seed: UInt64 = 1

    func validate() throws {
        try checkPositive("--questions", questions)
        try checkPositive("--test-questions", testQuestions)
    }

    func run() throws {
        let known = BabiGenerator.tasks
        let chosen = try tasks.map { try taskNumbers($0, of: "--tasks").sorted() } ?? known.keys.sorted()
        if let other = chosen.first(where: { known[$0] == nil }) {
            throw ValidationError(
                "--tasks has \(other); those that can be made up are \(known.keys.sorted().map(String.init).alternatives).")
        }
        do { try SystemFiles.makeFolder(out) } catch {
            throw TrainingError.cannotWrite(path: out, reason: error.reason)
        }
        for task in chosen {
            for (part, count) in [(BabiStories.Part.train, questions), (.test, testQuestions)] {
                var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(task) * 10 &+ (part == .train ? 1 : 2))
                let stories = BabiGenerator.stories(task: task, questions: count, using: &generator)
                let path = "\(out)/qa\(task)_\(known[task] ?? "")_\(part.rawValue).txt"
                try AtomicFile.write(Array(BabiLine.text(of: stories).utf8), to: path)
                Terminal.writeError("\(path): \(stories.count.grouped) stories\n")
            }
        }
    }
}

/// The numbers of tasks, as 1,2,3 or 1...5.
func taskNumbers(_ text: String, of flag: String) throws -> Set<Int> {
    var numbers: Set<Int> = []
    for part in text.split(separator: ",") {
        let bounds = part.replacing("...", with: "-").split(separator: "-").compactMap { Int($0) }
        guard let first = bounds.first, let last = bounds.last, bounds.count <= 2, (1...last).contains(first) else {
            throw ValidationError(
                "\(flag) is \(text); it must be numbers of tasks with commas between, such as 1,2,3 or 1...5.")
        }
        numbers.formUnion(first...last)
    }
    return numbers
}
