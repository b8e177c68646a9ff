// Where episodes come from.
public import DNCCore

/// Episodes to train on, batch after batch, and others to be measured by: made up by a task, or read from a file. A batch is a
/// function of the source and its number, so that a run can go on anywhere.
public protocol EpisodeSource: EpisodeExtent, Sendable {
    /// What a model of these episodes reads.
    var input: ModelInput { get }
    /// What a model of these episodes answers.
    var output: ModelOutput { get }
    /// How many episodes there are to train on; nil where there is no end of them.
    var count: Int? { get }
    /// How many episodes a batch has, B.
    var batchSize: Int { get }
    /// How many lessons there are, one behind the other.
    var lessonCount: Int { get }
    /// How many episodes are held out; nil for as many as one asks for.
    var heldOutCount: Int? { get }

    /// The batch to train on at a step, from 0, in a lesson, from 0.
    /// - Throws: `EpisodeFileError` when a file cannot be read or has been changed.
    mutating func batch(step: Int, lesson: Int) throws -> [LessonEpisode]

    /// An episode that no batch has, by its number; of the last lesson.
    /// - Throws: as `batch(step:lesson:)`.
    func heldOut(_ index: Int) throws -> Episode
}

/// Whatever has episodes, and knows how long they are at most; memory is set aside for them.
public protocol EpisodeExtent {
    /// How many steps the longest of all episodes has; of a task once its options have been validated.
    var longest: Int { get }
    /// How many stretches of answers an episode has at most, in the sense of `Episode.thinking(_:)`.
    var stretches: Int { get }
}

extension EpisodeExtent {
    /// Every other step at most begins one.
    public var stretches: Int { longest / 2 }

    /// How many steps the longest has at most, with so many before each stretch of answers.
    package func longest(thinking count: Int) -> Int { longest + count * stretches }
}

/// An episode, and which lesson it is of.
public struct LessonEpisode: Hashable, Sendable {
    /// The episode.
    public let episode: Episode
    /// The number of its lesson, from 0.
    public let lesson: Int

    /// An episode of a lesson.
    public init(_ episode: Episode, lesson: Int = 0) { (self.episode, self.lesson) = (episode, lesson) }
}
