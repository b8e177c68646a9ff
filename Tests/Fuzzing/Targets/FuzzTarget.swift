// What is done with bytes of unknown origin. Whatever they are, it must end soon, in memory of about their size, with a result or an
// error of a kind that the command `dnc` expects.

import DNCCore
import DNCData
import DNCReport
import DNCTasks
import DNCTraining
import SafeTensors

/// A kind of input.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The file of a checkpoint.
    case checkpoint
    /// The file of a trace.
    case trace
    /// The JSON under `dnc.training` or `dnc.config`.
    case configuration
    /// The JSON under `dnc.vocabulary`.
    case vocabulary
    /// A text to train on.
    case text
    /// A file of episodes to train on.
    case episodes
    /// A file of bAbI's stories.
    case stories

    /// Reads and uses the input; returns whether it was accepted.
    @discardableResult
    public func run(_ input: UnsafeRawBufferPointer) -> Bool {
        do {
            switch self {
            case .checkpoint: try withFile(input, readCheckpoint)
            case .trace: try withFile(input, readTrace)
            case .configuration: try readConfiguration(String(decoding: input, as: UTF8.self))
            case .vocabulary: try readVocabulary(String(decoding: input, as: UTF8.self))
            case .text: try withFile(input, readText)
            case .episodes: try withFile(input) { try readEpisodes($0, input) }
            case .stories: try readStories(input)
            }
            return true
        } catch {
            switch error {
            case is SafeTensorsError, is TrainingError, is CoreError, is DataError, is EpisodeFileError: break
            default: fatalError("an error of an unexpected kind: \(error)")
            }
            precondition("\(error)".utf8.count < 3000, "an error of unlimited length")
            return false
        }
    }
}

private func readCheckpoint(_ path: String) throws {
    let header = try CheckpointHeader(contentsOf: path)
    switch header.precision {
    case .float: try predict(Checkpoint<Float>(header).model)
    case .double: try predict(Checkpoint<Double>(header).model)
    }
}

/// Lets the model read its first and its last symbol.
private func predict<Scalar: TrainingScalar>(_ model: Model<Scalar>) throws {
    var session = try InferenceSession(model)
    for symbol in [0, Int32(model.layout.symbols - 1)] {
        try session.read(symbol)
        _ = session.logProbability(of: symbol)
    }
}

/// A report is made of every trace that can be read, and is one of JSON whatever the trace holds.
private func readTrace(_ path: String) throws {
    let trace = try Trace(contentsOf: path)
    precondition(trace.loss.nats >= 0)
    let page = try Report(trace, title: "</script>").html()
    precondition(page.contains("\u{5c}u003c/script>") && !page.contains("</script></script>"))
}

private func readConfiguration(_ text: String) throws {
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try CheckpointHeader.decode(type, from: text, of: "dnc.training", in: "the input")
    }
    let configuration: TrainingConfiguration
    if text.contains("\"fingerprint\"") {
        configuration = try decode(TrainingRecord.self).configuration
    } else if text.contains("batchSize") {
        configuration = try decode(TrainingConfiguration.self)
    } else {
        configuration = TrainingConfiguration(model: try decode(ModelConfiguration.self))
    }
    let layout = try ModelLayout(configuration.model, symbols: 50)
    precondition(layout.parameterCount > 0 && layout.stateCount > 0)
    switch configuration.precision {
    case .float: try check(configuration, as: Float.self)
    case .double: try check(configuration, as: Double.self)
    }
}

private func check<Scalar: TrainingScalar>(_ configuration: TrainingConfiguration, as scalar: Scalar.Type) throws {
    let (bytes, least) = try (
        Trainer<Scalar>.requiredBytes(configuration, symbols: 50), Trainer<Scalar>.leastBytes(configuration, symbols: 50)
    )
    precondition(0 < least && least <= bytes)
}

private func readVocabulary(_ text: String) throws {
    let vocabulary = try CheckpointHeader.decode(Vocabulary.self, from: text, of: "dnc.vocabulary", in: "the input")
    let symbols = Array(0..<Int32(vocabulary.count))
    for symbol in symbols { precondition(!vocabulary.symbolDescription(symbol).isEmpty) }
    let all = vocabulary.decode(symbols)
    if vocabulary.kind == .characters { precondition(try! vocabulary.encode(all) == symbols) }
    _ = try? vocabulary.encode(text)
}

private func readText(_ path: String) throws {
    let bytes = try readSymbols(Corpus(contentsOf: path, tokens: .bytes, validFraction: 0.25))
    let corpus = try Corpus(contentsOf: path, validFraction: 0.25)
    guard try readSymbols(corpus).elementsEqual(bytes.dropFirst(corpus.whole.bytes.lowerBound)) else {
        fatalError("the text is not its symbols")
    }

    // From memory, which is as good and faster.
    let text = String(decoding: bytes, as: UTF8.self)
    try readSegments(Corpus(text: text, validFraction: 0.25))
    try readSegments(Corpus(text: text, tokens: .bytes, validFraction: 0.25))
    // In the symbols of a model that knows few.
    _ = try? Vocabulary(characters: "abc é\n".unicodeScalars).encode(text)
}

private func readSymbols(_ corpus: Corpus) throws -> [UInt8] {
    var reader = SymbolReader(corpus.whole, vocabulary: corpus.vocabulary)
    var bytes: [UInt8] = []
    while let symbol = try reader.next() { bytes += corpus.vocabulary.bytes(of: symbol) }
    precondition(bytes.count == corpus.whole.byteCount && reader.isAtEnd, "the text is not its symbols")
    precondition(corpus.training.byteCount + corpus.validation.byteCount == corpus.whole.byteCount)
    return bytes
}

private func readSegments(_ corpus: Corpus) throws {
    var batcher = try SegmentBatcher(corpus.training, vocabulary: corpus.vocabulary, lanes: 3, steps: 2)
    for _ in 0..<2 {
        let cursors = batcher.cursors
        let segment = try batcher.next()
        let symbols = Int32(corpus.vocabulary.count)
        precondition(segment.inputs.allSatisfy { (0..<symbols).contains($0) })
        precondition(segment.targets.allSatisfy { (Segment.noTarget..<symbols).contains($0) })
        try batcher.restore(cursors: cursors)
        let again = try batcher.next()
        precondition(again.inputs == segment.inputs && again.targets == segment.targets)
    }
}
