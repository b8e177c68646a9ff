import ArgumentParser
import DNC
import DNCCore
import Foundation

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measure how well a model predicts a text.",
        discussion: """
            n symbols give n - 1 predictions. The text is cut into streams that are read side by side, each from the zero state and with \
            \(Evaluation<Float>.warmUp) bytes of what is before it read first; --streams 1 reads it in one. Ctrl-C gives the figure so far.
            """)

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(help: ArgumentHelp("The text.", valueName: "file"), completion: .file())
    var data: String
    @Option(parsing: .unconditional, help: "Read only this part at the end of the text, as training holds it out; 0 reads all.")
    var validFraction = 0.0
    @Option(
        parsing: .unconditional,
        help: "Streams that the text is cut into; part of the figure's name. (default: by its length, at most 128)")
    var streams: Int?
    @Option(parsing: .unconditional, help: "Threads; does not change results. (default: all processors that it may use)")
    var threads: Int?
    @Flag(help: "Set every read vector to zero: what the loss rises by is what the memory is worth.")
    var withoutReads = false
    @Flag(help: "Print the result as JSON.")
    var json = false
    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        try checkFraction("--valid-fraction", validFraction)
        try checkSize("--streams", streams)
        try checkPositive("--threads", threads)
    }

    private struct Result: Encodable {
        let bpc: Double
        let nats: Double
        let symbols: Int
        let streams: Int
        let isComplete: Bool

        enum CodingKeys: String, CodingKey {
            case bpc, nats, symbols, streams
            case isComplete = "complete"
        }
    }

    func run() throws {
        let header = try checkpoint.header()
        switch header.precision {
        case .float: try evaluate(LanguageModel<Float>(header))
        case .double: try evaluate(LanguageModel<Double>(header))
        }
    }

    private func evaluate<Scalar: CoreScalar>(_ model: LanguageModel<Scalar>) throws {
        let corpus = try Corpus(contentsOf: data, vocabulary: model.vocabulary, validFraction: validFraction)
        var evaluation = try Evaluation(
            withoutReads ? model.withoutReads() : model, of: validFraction > 0 ? corpus.validation : corpus.whole,
            streams: streams, threads: threads ?? defaultThreads)
        Interruption.begin()
        let isComplete = try evaluation.complete(isQuiet: quiet)
        Interruption.end()
        let loss = evaluation.loss
        guard let heldOut = HeldOutLoss(evaluation) else { throw DataError.nothingToPredict(text: data) }
        if json {
            try Terminal.write(
                json: Result(
                    bpc: loss.bitsPerSymbol, nats: loss.nats, symbols: loss.count, streams: evaluation.streams,
                    isComplete: isComplete))
        } else {
            try Terminal.write("\(heldOut.figure)\(isComplete ? "" : ", of which \(evaluation.share) was read")\n")
        }
        if let signal = Interruption.signal { throw ExitCode(Interruption.exitCode(of: signal)) }
    }
}

/// Threads of a command that was not told how many.
var defaultThreads: Int { SystemLimits.processors }

extension Evaluation {
    /// Reads to the end, or until a signal or this instant comes, with progress where it takes long; returns whether it has come to
    /// the end.
    mutating func complete(isQuiet: Bool, until end: ContinuousClock.Instant? = nil) throws -> Bool {
        let (start, isLive) = (ContinuousClock.now, Terminal.Stream.error.isLive)
        let interval = Duration.seconds(isLive ? 0.5 : 10)
        var (nextReport, pause) = (start + interval, start)
        defer { if !isQuiet { Terminal.writeError(Terminal.eraseLine) } }
        while true {
            let now = ContinuousClock.now
            pause = min(now + .milliseconds(100), end ?? .now + .seconds(1))
            if try advance(until: pause) { return true }
            if Interruption.signal != nil { return false }
            if let end, .now >= end { return false }
            if !isQuiet, .now >= nextReport {
                let left = (ContinuousClock.now - start) / .seconds(1) * (1 / part - 1)
                let line = "evaluating \(share)  \(loss.bitsPerSymbol.rounded(to: 3)) BPC  ETA \(left.asTime)"
                Terminal.writeError(
                    isLive ? Terminal.eraseLine + Terminal.styled(line, .dim, on: .error) : line + "\n")
                nextReport = .now + interval
            }
        }
    }

    /// How much of the text has been read.
    var share: String { "\(Int((100 * part).rounded(.down))) %" }
}
