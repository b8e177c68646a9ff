// Progress of what reads a text or answers episodes, where that takes long.
import DNC

/// A live line on a terminal; elsewhere one line now and then.
struct ReadingProgress {
    private let what: String
    private let isQuiet: Bool
    private let isLive = Terminal.Stream.error.isLive
    private let start = ContinuousClock.now
    private var nextReport: ContinuousClock.Instant

    private var interval: Duration { .seconds(isLive ? 0.5 : 10) }

    /// - Parameter what: is going on: "evaluating".
    init(_ what: String, isQuiet: Bool) {
        (self.what, self.isQuiet, nextReport) = (what, isQuiet, start)
        nextReport += interval
    }

    /// Tells how much has been read, 0 ... 1, and what that has come to, when it is time to.
    mutating func report(_ part: Double, _ figure: @autoclosure () -> String) {
        if isQuiet || .now < nextReport { return }
        let left = (ContinuousClock.now - start) / .seconds(1) * (1 / part - 1)
        let line = "\(what) \(part.asShare)  \(figure())  ETA \(left.asTime)"
        Terminal.writeError(isLive ? Terminal.eraseLine + Terminal.styled(line, .dim, on: .error) : line + "\n")
        nextReport = .now + interval
    }

    /// Takes the line away.
    func end() { if !isQuiet { Terminal.writeError(Terminal.eraseLine) } }
}

extension Measure {
    /// A loss as progress tells it.
    func shown(_ loss: Loss) -> String { "\(value(of: loss).rounded(to: 3)) \(unit)" }
}

extension Double {
    /// How much of a text has been read, of which it is never told that it was all before it was.
    var asShare: String { "\(Int((100 * self).rounded(.down))) %" }
}
