// The order in which stretches of a text are read, where it is not read from beginning to end.
internal import DNCCore

/// A text cut into stretches of equal length, each of which is read once, in an order drawn by a seed, before any is read again,
/// and then in another. A text that is read once or twice is learned better so: what is read last counts most, and a lane that
/// goes through the text has read little but its neighbourhood of late.
///
/// Of B lanes, each begins its next stretch some segments after the one before it, so that they do not forget all at once. A text that is
/// shorter than two of them is read to its end.
package struct Stretches: Sendable {
    /// How many segments of a lane are a stretch.
    private let segments: Int
    private let lanes: Int
    private let text: TextRange
    private let seed: UInt64
    /// How many there are.
    private let count: Int
    /// The orders of the passes that lanes are in, of which there are two at most times: caches.
    private var orders: [(pass: Int, order: [Int])] = []

    /// Longer stretches are taken where there would be more.
    private static let mostCount = 1 << 20

    /// Stretches of so many symbols, but of whole segments, of a text. Of symbols of several bytes, a stretch ends behind the
    /// beginning of its neighbour.
    package init(of symbols: Int, in text: TextRange, lanes: Int, steps: Int, seed: UInt64) {
        segments = max(1, symbols / steps)
        (self.text, self.lanes, self.seed) = (text, lanes, seed)
        let (bytes, isTooMany) = segments.multipliedReportingOverflow(by: steps)
        count = isTooMany ? 1 : min(max(1, text.byteCount / bytes), Self.mostCount)
    }

    /// Where in the text, in bytes, the lane begins a stretch with this segment; nil where it reads on.
    package mutating func beginning(lane: Int, segment: Int) -> Int? {
        let (turn, place) = (segment + lane * segments / lanes).quotientAndRemainder(dividingBy: segments)
        guard count > 1, place == 0 || segment == 0 else { return nil }
        let (pass, number) = (turn * lanes + lane).quotientAndRemainder(dividingBy: count)
        return text.beginning(ofPart: order(of: pass)[number], of: count)
    }

    private mutating func order(of pass: Int) -> [Int] {
        if let known = orders.first(where: { $0.pass == pass }) { return known.order }
        var generator = SeededGenerator(seed: seed, purpose: .stretches, index: pass)
        let order = generator.permutation(of: count)
        orders = orders.suffix(1) + [(pass, order)]
        return order
    }
}
