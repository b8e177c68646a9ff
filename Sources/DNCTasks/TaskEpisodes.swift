// Fresh episodes of a task, batch after batch.
public import DNCCore
internal import Foundation

/// The batches of a task: each a function of the seed and its number. Episodes that are held out are drawn as no batch is.
public struct TaskEpisodes: EpisodeSource {
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
        try task.check()
        lessons = try curriculum?.tasks(task) ?? [task]
        review = curriculum?.review ?? 0
        (self.batchSize, self.seed) = (batchSize, seed)
    }

    public var input: ModelInput { lessons[0].input }
    public var output: ModelOutput { lessons[0].output }
    public var longest: Int { lessons.reduce(0) { max($0, $1.longest) } }
    public var stretches: Int { lessons.reduce(0) { max($0, $1.stretches) } }
    public var count: Int? { nil }
    public var lessonCount: Int { lessons.count }
    public var heldOutCount: Int? { nil }

    public func batch(step: Int, lesson: Int = 0) -> [LessonEpisode] {
        var generator = SeededGenerator(seed: seed, purpose: .training, index: step)
        return numbers(step: step, lesson: lesson).map {
            LessonEpisode(lessons[$0].episode(using: &generator), lesson: $0)
        }
    }

    /// The lesson that each episode of a batch is of: the present one, and for the share `review` an earlier one, each as
    /// likely as the others.
    private func numbers(step: Int, lesson: Int) -> [Int] {
        var generator = SeededGenerator(seed: seed, purpose: .lessons, index: step)
        return (0..<batchSize).map { _ in
            let isReview = generator.unit() < review
            return isReview && lesson > 0 ? generator.integer(in: 0...lesson - 1) : lesson
        }
    }

    public func heldOut(_ index: Int) -> Episode {
        var generator = SeededGenerator(seed: seed, purpose: .evaluation, index: index)
        return lessons[lessons.count - 1].episode(using: &generator)
    }

    /// The information that the best there can be misses in the first so many held-out episodes, in bits an episode; nil where the
    /// task does not tell it.
    public func leastBits(of count: Int) -> Double? {
        guard count > 0 else { return nil }
        var bits = 0.0
        for index in 0..<count {
            guard let logLikelihood = lessons[lessons.count - 1].bestLogLikelihood(heldOut(index)) else { return nil }
            bits -= logLikelihood / log(2)
        }
        return bits / Double(count)
    }
}
