// Episodes side by side.
public import DNCCore

/// Episodes side by side, as the lanes of a segment. Where there is no episode nothing is read, nothing is asked and the weight is
/// 0; a lane begins anew with every episode.
public struct EpisodeBatch: Hashable, Sendable {
    /// Where an episode lies.
    public struct Place: Hashable, Sendable {
        /// The lane, from 0.
        public let lane: Int
        /// The steps of the lane.
        public let steps: Range<Int>
    }

    /// What a network runs through.
    public private(set) var segment: Segment
    /// Where each of the episodes lies, in the order in which they were given.
    public let places: [Place]

    /// One episode in each lane, and as many steps as the longest has.
    /// - Throws: `EpisodeError` for an episode that does not fit the input and output.
    public init(_ episodes: [Episode], _ input: ModelInput, _ output: ModelOutput) throws(EpisodeError) {
        let places = episodes.enumerated().map { lane, episode in Place(lane: lane, steps: 0..<episode.steps) }
        try self.init(episodes, at: places, steps: episodes.map(\.steps).max() ?? 0, lanes: episodes.count, input, output)
    }

    /// Episodes one behind another in so many lanes: the longest first, each in the lane that has least so far, and the lanes that have
    /// most in the end first.
    /// - Throws: `EpisodeError` for an episode that does not fit the input and output.
    public init(
        _ episodes: [Episode], lanes: Int, _ input: ModelInput, _ output: ModelOutput
    ) throws(EpisodeError) {
        var filled = Array(repeating: 0, count: max(1, lanes))
        var places: [Place?] = episodes.map { _ in nil }
        // Equally long ones in the order in which they were given.
        for index in episodes.indices.sorted(by: { (-episodes[$0].steps, $0) < (-episodes[$1].steps, $1) }) {
            let lane = filled.indices.min { (filled[$0], $0) < (filled[$1], $1) } ?? 0
            places[index] = Place(lane: lane, steps: filled[lane]..<filled[lane] + episodes[index].steps)
            filled[lane] += episodes[index].steps
        }
        let order = filled.indices.sorted { (-filled[$0], $0) < (-filled[$1], $1) }
        var ranks = Array(repeating: 0, count: filled.count)
        for (rank, lane) in order.enumerated() { ranks[lane] = rank }
        try self.init(
            episodes, at: places.compactMap { $0 }.map { Place(lane: ranks[$0.lane], steps: $0.steps) },
            steps: filled.max() ?? 0, lanes: filled.count, input, output)
    }

    /// How many steps so many episodes take in so many lanes at most, none of them longer than `longest`.
    package static func steps(longest: Int, episodes: Int, lanes: Int) -> Int {
        // Each goes where there is least, which is no more than where there are fewest.
        longest * (1 + (episodes - 1) / lanes)
    }

    private init(
        _ episodes: [Episode], at places: [Place], steps: Int, lanes: Int, _ input: ModelInput, _ output: ModelOutput
    ) throws(EpisodeError) {
        for episode in episodes { try episode.check(input, output) }
        self.places = places
        let answersSymbols = output.kind == .symbols
        segment = Segment(steps: steps, lanes: lanes, input: input, output: output)
        segment.weights = Array(repeating: 0, count: steps * lanes)
        for (episode, place) in zip(episodes, places) {
            let rows = place.steps.map { $0 * lanes + place.lane }
            Self.lay(episode.symbols, input.symbolsPerStep, in: &segment.inputs, rows)
            Self.lay(episode.vectors, input.vector, in: &segment.inputVectors, rows)
            Self.lay(episode.targetSymbols, answersSymbols ? output.groups : 0, in: &segment.targets, rows)
            Self.lay(episode.targetVectors, answersSymbols ? 0 : output.size, in: &segment.targetVectors, rows)
            Self.lay(episode.weights, 1, in: &segment.weights, rows)
            segment.begin(lane: place.lane, step: place.steps.lowerBound)
            // Padding is of no episode: a controller that reads from the end begins before it.
            if place.steps.upperBound < steps { segment.begin(lane: place.lane, step: place.steps.upperBound) }
        }
    }

    /// Writes `perStep` elements of each step to its row.
    private static func lay<Element>(_ elements: [Element], _ perStep: Int, in batch: inout [Element], _ rows: [Int]) {
        for (step, row) in rows.enumerated() {
            batch.replaceSubrange(
                row * perStep..<(row + 1) * perStep, with: elements[step * perStep..<(step + 1) * perStep])
        }
    }

    /// What an array of this batch, (T, B, `perStep`), such as the outputs of a model, has for an episode: its steps x
    /// `perStep`.
    public func elements<Element>(of episode: Int, in batch: [Element], perStep: Int) -> [Element] {
        let place = places[episode]
        return place.steps.flatMap { step in
            let start = (step * segment.lanes + place.lane) * perStep
            return batch[start..<start + perStep]
        }
    }
}
