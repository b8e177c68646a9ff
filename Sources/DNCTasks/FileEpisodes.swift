// Batches of a file's episodes.

/// The batches of a file, shuffled anew in every epoch: each a function of the seed and its number, so that a run can go on
/// anywhere.
public struct FileEpisodes: Sendable {
    /// The file.
    public let file: EpisodeFile
    /// How many episodes a batch has, B.
    public let batchSize: Int
    /// By which they are shuffled.
    public let seed: UInt64

    // The order of one epoch: drawing it anew for every batch would take long.
    private var epoch = 0
    private var order: [Int]

    /// Batches of `batchSize` episodes, 1 or more.
    public init(_ file: EpisodeFile, batchSize: Int, seed: UInt64) {
        precondition(batchSize > 0, "a batch has one episode at least")
        (self.file, self.batchSize, self.seed) = (file, batchSize, seed)
        order = file.order(seed: seed, epoch: 0)
    }

    /// The batch to train on at a step, from 0: the next B episodes of the orders of all epochs, one behind the other.
    /// - Throws: `EpisodeFileError` when the file cannot be read or has been changed.
    public mutating func episodes(step: Int) throws(EpisodeFileError) -> [Episode] {
        var episodes: [Episode] = []
        for place in step * batchSize..<(step + 1) * batchSize {
            if place / file.count != epoch {
                epoch = place / file.count
                order = file.order(seed: seed, epoch: epoch)
            }
            episodes.append(try file.episode(at: order[place % file.count]))
        }
        return episodes
    }
}
