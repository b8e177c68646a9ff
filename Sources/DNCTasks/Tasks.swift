// The tasks that come with the package.
internal import SystemFiles

/// The tasks that come with the package. A new one is a file, and a line here.
public enum Tasks {
    /// All of them.
    public static let all: [any EpisodeTask.Type] = [
        // To remember and give back.
        FixedSequenceTask.self,
        CopyTask.self,
        RepeatCopyTask.self,
        SelectiveCopyTask.self,
        DuplicatedInputTask.self,
        ReverseTask.self,
        DuplicateStringTask.self,
        OddsFirstTask.self,
        StackManipulationTask.self,
        BucketSortTask.self,
        PrioritySortTask.self,
        // To look up.
        AssociativeRecallTask.self,
        KeyValueTask.self,
        InContextRecallTask.self,
        MultiQueryRecallTask.self,
        MissingDuplicateTask.self,
        NGramTask.self,
        // To keep track.
        ParityTask.self,
        EvenPairsTask.self,
        CycleNavigationTask.self,
        PermutationTask.self,
        RegularLanguageTask.self,
        // To compute.
        AddingTask.self,
        ArgmaxTask.self,
        ArithmeticTask.self,
        BinaryArithmeticTask.self,
        SquareRootTask.self,
        ModularArithmeticTask.self,
        SolveEquationTask.self,
    ]

    /// The task of that name.
    /// - Throws: `TaskError.unknownTask`, with what may have been meant.
    public static func named(_ name: String) throws(TaskError) -> any EpisodeTask.Type {
        if let task = all.first(where: { $0.name == name }) { return task }
        let known = all.map { $0.name }
        throw .unknownTask(name, nearest: name.nearest(among: known), known: known)
    }
}
