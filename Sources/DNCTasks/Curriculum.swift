// Lessons, from the easy to the hard.
internal import DNCCore

/// The lessons of a task, one after another.
///
/// JSON: `{"lessons": [{"options": {"length": [1, 2]}, "success": 0.9}, {"options": {"length": [1, 20]}}], "review": 0.1}`.
/// What is missing has its default; a name that there is not is an error.
public struct Curriculum: Codable, Hashable, Sendable {
    /// A lesson: the task with some of its options replaced.
    public struct Lesson: Codable, Hashable, Sendable {
        /// What is otherwise than in the task itself.
        public var options: [String: OptionValue]
        /// The fraction of sequences answered without a mistake at which the next lesson begins, above 0 and at most 1.
        public var success: Double

        /// The usual success is the one of the DNC's paper.
        public init(_ options: [String: OptionValue] = [:], success: Double = 0.9) {
            (self.options, self.success) = (options, success)
        }

        private enum CodingKeys: String, CodingKey, CaseIterable { case options, success }

        public init(from decoder: any Decoder) throws {
            try decoder.refuseOtherKeys(than: CodingKeys.allCases.map(\.rawValue))
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(try container.decodeIfPresent([String: OptionValue].self, forKey: .options) ?? [:])
            success = try container.decodeIfPresent(Double.self, forKey: .success) ?? success
        }
    }

    /// From the easy to the hard.
    public var lessons: [Lesson]
    /// The share of episodes that are of earlier lessons, lest these be forgotten; 0 or more and below 1.
    public var review: Double
    /// Over about how many of the last sequences the success is estimated. A lesson has so many at least.
    public var window: Int

    /// The usual share is the one of the DNC's paper.
    public init(_ lessons: [Lesson], review: Double = 0.1, window: Int = 256) {
        (self.lessons, self.review, self.window) = (lessons, review, window)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case lessons, review, window }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseOtherKeys(than: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try container.decode([Lesson].self, forKey: .lessons))
        review = try container.decodeIfPresent(Double.self, forKey: .review) ?? review
        window = try container.decodeIfPresent(Int.self, forKey: .window) ?? window
    }

    /// The task of each lesson.
    /// - Throws: `TaskError` for no lessons, options that make no task, a task that another model would be needed for, or a success
    ///   that never comes, so that no later lesson would.
    public func tasks(_ task: any EpisodeTask) throws(TaskError) -> [any EpisodeTask] {
        guard !lessons.isEmpty else { throw .noLessons }
        guard review >= 0, review < 1 else { throw .invalidReview(review) }
        guard window > 0 else { throw .invalidWindow(window) }
        var tasks: [any EpisodeTask] = []
        for (number, lesson) in zip(1..., lessons) {
            guard lesson.success > 0, lesson.success <= 1 else {
                throw .unreachableSuccess(lesson: number, of: lessons.count, success: lesson.success)
            }
            do { tasks.append(try task.replacing(lesson.options)) } catch { throw .lesson(number, error) }
            guard tasks[number - 1].input == tasks[0].input, tasks[number - 1].output == tasks[0].output else {
                throw .otherSizes(lesson: number)
            }
        }
        return tasks
    }
}

/// How far somebody has come in a curriculum: a function of the curriculum and of what it has been told.
public struct CurriculumProgress: Codable, Hashable, Sendable {
    /// The present lesson, from 0.
    public private(set) var lesson = 0
    /// How many sequences of it have been answered.
    public private(set) var sequences = 0

    // Sums over the sequences, in which each counts for less the longer it is ago.
    private var right = 0.0
    private var all = 0.0

    /// The beginning.
    public init() {}

    /// The fraction of the last sequences of this lesson that were answered without a mistake; nil before the first.
    public var success: Double? { all > 0 ? right / all : nil }

    /// Tells how many sequences of a batch were of the present lesson and how many of these were answered without a mistake.
    /// Returns whether that begins the next lesson.
    @discardableResult
    public mutating func record(right: Int, of count: Int, in curriculum: Curriculum) -> Bool {
        guard count > 0 else { return false }
        // What a batch leaves of those before it; exact where each counts, whatever the size of the batch.
        let kept = max(0, 1 - Double(count) / Double(curriculum.window))
        (self.right, all) = (kept * self.right + Double(right), kept * all + Double(count))
        sequences += count
        guard lesson + 1 < curriculum.lessons.count, sequences >= curriculum.window, let success,
            success >= curriculum.lessons[lesson].success
        else { return false }
        let next = lesson + 1
        self = Self()
        lesson = next
        return true
    }
}

extension Decoder {
    /// A misspelt key would be left out in silence.
    fileprivate func refuseOtherKeys(than known: [String]) throws {
        try refuseKeys(besides: known) { _ in "must be one of \(known.joined(separator: ", "))" }
    }
}
