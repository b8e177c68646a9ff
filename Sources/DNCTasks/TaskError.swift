internal import SafeTensors

/// Why there is no such task or curriculum. The description is a sentence for the user that says what to do.
public enum TaskError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No task has this name.
    case unknownTask(String, nearest: String?, known: [String])
    /// The task has no such option.
    case unknownOption(task: String, option: String, nearest: String?, known: [String])
    /// An option is of another type, or a range that ends before it begins; `usual` is what it is now.
    case wrongType(task: String, option: String, value: OptionValue, usual: OptionValue)
    /// A task does not read what it has written: one of somebody's own, with properties that JSON does not know.
    case notCodable(task: String)
    /// An option outside its limits.
    case outOfRange(task: String, option: String, value: String, allowed: String)
    /// An episode may be longer than the C core takes.
    case tooManySteps(task: String, steps: Int, allowed: Int)
    /// So few different items can be drawn that the task has not enough of them.
    case tooFewItems(task: String, possible: Int, needed: Int)
    /// A curriculum has no lessons.
    case noLessons
    /// The success that a lesson asks for never comes or need not; lessons count from 1.
    case unreachableSuccess(lesson: Int, of: Int, success: Double)
    /// The share of earlier lessons leaves nothing of the present one.
    case invalidReview(Double)
    /// The success is estimated over no sequences.
    case invalidWindow(Int)
    /// A lesson reads or answers otherwise than the first, so that no model can learn both.
    case otherSizes(lesson: Int)
    /// A lesson's options make no task.
    indirect case lesson(Int, TaskError)
    /// A batch of no episodes.
    case invalidBatchSize(Int)

    public var description: String {
        switch self {
        case .unknownTask(let name, let nearest, let known):
            "there is no task \(quoted(name)); \(Self.hint(nearest))known are \(known.joined(separator: ", "))"
        case .unknownOption(let task, let option, let nearest, let known):
            "the task \(task) has no option \(quoted(option)); \(Self.hint(nearest))its options are "
                + known.joined(separator: ", ")
        case .wrongType(let task, let option, let value, let usual):
            "the option \(option) of the task \(task) is \(value); it must be of the kind of \(usual)"
                + (usual.isRange ? ", the smaller number first" : "")
        case .notCodable(let task):
            "the options of the task \(task) do not go through JSON; let its stored properties be numbers, strings, truth values, "
                + "ranges and lists"
        case .outOfRange(let task, let option, let value, let allowed):
            "the option \(option) of the task \(task) is \(value); it must be \(allowed)"
        case .tooManySteps(let task, let steps, let allowed):
            "an episode of the task \(task) may have \(steps) steps with these options, of which \(allowed) are possible; choose "
                + "smaller ones"
        case .tooFewItems(let task, let possible, let needed):
            "the task \(task) draws \(needed) different items, and there are only \(possible), of which it may take half; "
                + "choose more bits or fewer items"
        case .noLessons:
            "the curriculum has no lessons; give it one at least"
        case .unreachableSuccess(let lesson, let count, let success):
            "lesson \(lesson) of \(count) asks for a success of \(success), which is no fraction of sequences that can be reached; "
                + "choose one above 0 and at most 1"
        case .invalidReview(let review):
            "the share of earlier lessons is \(review); it must be 0 or more and below 1"
        case .invalidWindow(let window):
            "the success is estimated over \(window) sequences; it must be 1 or more"
        case .otherSizes(let lesson):
            "lesson \(lesson) reads or answers other numbers of symbols or bits than lesson 1, and one model is to learn both; leave "
                + "the options that change these sizes to the task"
        case .lesson(let lesson, let error):
            "lesson \(lesson): \(error)"
        case .invalidBatchSize(let size):
            "the batch size is \(size); it must be 1 or more"
        }
    }

    private static func hint(_ nearest: String?) -> String { nearest.map { "did you mean \($0)? " } ?? "" }
}

extension OptionValue {
    fileprivate var isRange: Bool {
        if case .list(let bounds) = self { bounds.count == 2 } else { false }
    }
}
