// Batches of a file's episodes.
public import DNCCore

/// Episodes that are read one by one, by their numbers.
public protocol StoredEpisodes: EpisodeExtent, Sendable {
    /// What a model of them reads.
    var input: ModelInput { get }
    /// What a model of them answers.
    var output: ModelOutput { get }
    /// How many there are.
    var count: Int { get }
    /// How many have been cut to a limit.
    var cutEpisodes: Int { get }
    /// A hash of the file, by which a resumed run recognises it; notices an accidental change, not an attack.
    var fingerprint: String { get }

    /// Reads an episode, by its number from 0.
    /// - Throws: `EpisodeFileError` or `DataError` when the file cannot be read or has been changed.
    func episode(at index: Int) throws -> Episode
}

/// The batches of a file, shuffled anew in every epoch: each a function of the seed and its number. What is held out is another
/// file, or a part of this one.
public struct FileEpisodes: EpisodeSource {
    /// The file.
    public let file: any StoredEpisodes
    /// How many episodes a batch has, B.
    public let batchSize: Int
    /// By which they are shuffled.
    public let seed: UInt64

    private let heldOutFile: any StoredEpisodes
    /// The episodes of the file that are trained on, and those of `heldOutFile` that are held out.
    private let training: [Int]
    private let heldOut: [Int]
    // The order of one epoch: drawing it anew for every batch would take long.
    private var epoch = -1
    private var order: [Int] = []

    /// Batches of `batchSize` episodes, 1 or more.
    /// - Parameters:
    ///   - file: what is trained on.
    ///   - heldOutFile: a file of the same encoding to be measured by; nil for a part of this one.
    ///   - heldOutFraction: which part, drawn by the seed; it does not count beside a file.
    ///   - batchSize: B.
    ///   - seed: by which episodes are shuffled and held out.
    public init(
        _ file: any StoredEpisodes, heldOut heldOutFile: (any StoredEpisodes)? = nil, heldOutFraction: Double = 0,
        batchSize: Int, seed: UInt64
    ) {
        precondition(batchSize > 0, "a batch has one episode at least")
        (self.file, self.batchSize, self.seed) = (file, batchSize, seed)
        self.heldOutFile = heldOutFile ?? file
        // What is held out is in the order in which it is drawn: a validation takes the first of it, which in a file may be all of a kind.
        var generator = SeededGenerator(seed: seed, purpose: .division)
        if let heldOutFile {
            (training, heldOut) = (Array(0..<file.count), generator.permutation(of: heldOutFile.count))
        } else {
            // One at least is trained on.
            let count = min(Int((heldOutFraction * Double(file.count)).rounded()), file.count - 1)
            let drawn = generator.permutation(of: file.count)
            (training, heldOut) = (drawn.dropFirst(count).sorted(), Array(drawn.prefix(count)))
        }
    }

    public var input: ModelInput { file.input }
    public var output: ModelOutput { file.output }
    public var longest: Int { max(file.longest, heldOutFile.longest) }
    public var stretches: Int { max(file.stretches, heldOutFile.stretches) }
    public var count: Int? { training.count }
    public var lessonCount: Int { 1 }
    public var heldOutCount: Int? { heldOut.count }

    /// The next B episodes of the orders of all epochs, one behind the other.
    public mutating func batch(step: Int, lesson: Int = 0) throws -> [LessonEpisode] {
        var episodes: [LessonEpisode] = []
        for place in step * batchSize..<(step + 1) * batchSize {
            if place / training.count != epoch {
                epoch = place / training.count
                var generator = SeededGenerator(seed: seed, purpose: .order, index: epoch)
                order = generator.permutation(of: training.count)
            }
            episodes.append(LessonEpisode(try file.episode(at: training[order[place % training.count]])))
        }
        return episodes
    }

    public func heldOut(_ index: Int) throws -> Episode { try heldOutFile.episode(at: heldOut[index]) }
}
