// A task as checkpoints and files have it.

/// A task by its name, with what is otherwise than usual, and its lessons:
/// `{"name": "copy", "options": {"length": [1, 10]}, "curriculum": {"lessons": [...]}}`.
public struct TaskDescription: Codable, Hashable, Sendable {
    /// `EpisodeTask.name`.
    public var name: String
    /// `EpisodeTask.options`, all of them.
    public var options: [String: OptionValue]
    /// From the easy to the hard; nil where there are no lessons.
    public var curriculum: Curriculum?

    /// The description of a task.
    public init(_ task: some EpisodeTask, curriculum: Curriculum? = nil) {
        (name, options, self.curriculum) = (type(of: task).name, task.options, curriculum)
    }

    /// The task, of those that come with the package.
    /// - Throws: `TaskError` for a name or an option that there is not.
    public func task() throws(TaskError) -> any EpisodeTask { try Tasks.named(name).init(options: options) }
}
