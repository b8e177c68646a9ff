// Fresh episodes of a task, batch after batch.
public import DNCCore

/// The batches of a task: each a function of the seed and its number, so that a run can go on anywhere.
public struct TaskEpisodes: Sendable {
    /// The task as each lesson has it; one, where there is no curriculum.
    public let lessons: [any EpisodeTask]
    /// The share of episodes that are of earlier lessons.
    public let review: Double
    /// How many episodes a batch has, B.
    public let batchSize: Int
    /// By which all are drawn.
    public let seed: UInt64

    /// Episodes of a task, or of the lessons of a curriculum.
    /// - Throws: `TaskError` where options, curriculum or batch size make no sense.
    public init(
        _ task: any EpisodeTask, batchSize: Int, seed: UInt64, curriculum: Curriculum? = nil
    ) throws(TaskError) {
        guard batchSize > 0 else { throw .invalidBatchSize(batchSize) }
        try task.validate()
        lessons = try curriculum?.tasks(task) ?? [task]
        review = curriculum?.review ?? 0
        (self.batchSize, self.seed) = (batchSize, seed)
    }

    /// What a model of these episodes reads.
    public var input: ModelInput { lessons[0].input }
    /// What a model of these episodes answers.
    public var output: ModelOutput { lessons[0].output }

    /// The batch to train on at a step, in a lesson of `lessons` by its number from 0. Which lesson each episode is of is in
    /// `lessons(step:lesson:)`.
    public func episodes(step: Int, lesson: Int = 0) -> [Episode] {
        var generator = SeededGenerator(seed: seed, purpose: .training, index: step)
        return lessons(step: step, lesson: lesson).map { lessons[$0].episode(using: &generator) }
    }

    /// The lesson that each episode of the batch is of: the present one, and for the share `review` an earlier one, each as
    /// likely as the others.
    public func lessons(step: Int, lesson: Int) -> [Int] {
        var generator = SeededGenerator(seed: seed, purpose: .lessons, index: step)
        return (0..<batchSize).map { _ in
            let isReview = generator.unit() < review
            return isReview && lesson > 0 ? generator.integer(in: 0...lesson - 1) : lesson
        }
    }

    /// A batch to evaluate on, of the lesson alone. None of them is drawn as any batch to train on is.
    public func evaluation(batch: Int, lesson: Int = 0) -> [Episode] {
        var generator = SeededGenerator(seed: seed, purpose: .evaluation, index: batch)
        return (0..<batchSize).map { _ in lessons[lesson].episode(using: &generator) }
    }
}
