// The tasks that come with the package.
internal import SystemFiles

/// The tasks that come with the package. A new one is a file, and a line here.
public enum Tasks {
    /// All of them.
    public static let all: [any EpisodeTask.Type] = [
        CopyTask.self,
        RepeatCopyTask.self,
        AssociativeRecallTask.self,
        KeyValueTask.self,
        ParityTask.self,
    ]

    /// The task of that name.
    /// - Throws: `TaskError.unknownTask`, with what may have been meant.
    public static func named(_ name: String) throws(TaskError) -> any EpisodeTask.Type {
        if let task = all.first(where: { $0.name == name }) { return task }
        let known = all.map { $0.name }
        throw .unknownTask(name, nearest: name.nearest(among: known), known: known)
    }
}
