import ArgumentParser
import DNC
import DNCCore
import Foundation
import SystemFiles

struct AskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Tell a model of stories something, and ask it questions.",
        discussion: """
            dnc ask runs/en-10k-delta
            echo 'Mary went to the office. Where is Mary?' | dnc ask runs/en-10k-delta

            A sentence that ends with a question mark is answered at once, with what each read head of a DNC's or DeltaNet's memory reads \
            there: the words at which that was written. An empty line begins another story.
            """)

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(parsing: .unconditional, help: "How many words an answer has.")
    var words = 1
    @Flag(help: "Print each answer as JSON on a line.")
    var json = false

    func validate() throws { try checkPositive("--words", words) }

    func run() throws {
        let header = try checkpoint.header()
        switch header.precision {
        case .float: try ask(Model<Float>(header))
        case .double: try ask(Model<Double>(header))
        }
    }

    private func ask<Scalar: CoreScalar>(_ model: Model<Scalar>) throws {
        guard case .words(let encoding) = model.alphabet, encoding.inputKind == .symbols, encoding.output.kind == .symbols,
            encoding.inputWords.contains(BabiLine.answerSlot)
        else {
            throw CommandLineError(
                description: "the model reads no stories with questions; train one with dnc train --babi, or use dnc predict")
        }
        var conversation = Conversation(encoding: encoding)
        while let line = readLine() {
            if line.allSatisfy(\.isWhitespace) {
                conversation = Conversation(encoding: encoding)
                continue
            }
            for sentence in Self.sentences(in: line) {
                if let problem = conversation.add(sentence) {
                    Terminal.writeError("dnc: note: \(VisibleText.of(problem)); left out: \(VisibleText.of(sentence))\n")
                } else if sentence.hasSuffix("?") {
                    let answers = try conversation.answers(of: model, count: words)
                    for answer in answers { try json ? Terminal.write(json: answer) : Terminal.write(answer.text) }
                }
            }
        }
    }

    /// Each with the mark that ends it; a full stop where there is none.
    private static func sentences(in line: String) -> [String] {
        var (sentences, sentence) = ([String](), "")
        for character in line + "\n" {
            if character != "\n" { sentence.append(character) }
            guard ".?\n".contains(character) else { continue }
            let text = String(sentence.drop(while: \.isWhitespace))
            if !text.isEmpty { sentences.append(".?".contains(character) ? text : text + ".") }
            sentence = ""
        }
        return sentences
    }
}

/// What a model has been told so far.
private struct Conversation {
    let encoding: EpisodeEncoding
    private var symbols: [Int32] = []
    private let numbers: [String: Int32]

    init(encoding: EpisodeEncoding) {
        self.encoding = encoding
        numbers = encoding.inputSymbols
    }

    /// Adds a sentence, or says why it cannot be read.
    mutating func add(_ sentence: String) -> String? {
        let own = BabiLine(sentence).words
        for word in own where numbers[word] == nil {
            let meant = word.nearest(among: encoding.inputWords).map { "; did you mean \($0)?" } ?? ""
            return "the model does not know the word \(word)\(meant)"
        }
        symbols += own.compactMap { numbers[$0] }
        return nil
    }

    /// Asks for so many words, which stay in the story as slots.
    mutating func answers<Scalar: CoreScalar>(of model: Model<Scalar>, count: Int) throws -> [Answer] {
        guard let slot = numbers[BabiLine.answerSlot] else { return [] }
        symbols += Array(repeating: slot, count: count)
        let isSlot = symbols.map { $0 == slot }
        let episode = Episode(
            symbols: symbols, targetSymbols: isSlot.map { $0 ? 0 : Episode.noSymbol }, weights: isSlot.map { $0 ? 1 : 0 })
        let trace = try model.trace(episode)
        // The trace has the steps to think in, too.
        let slots = trace.symbols.indices.filter { trace.symbols[$0] == slot }.suffix(count)
        return slots.map { Answer(trace, at: $0, encoding) }
    }
}

/// A word that is answered, and what the memory read for it.
private struct Answer: Encodable {
    struct Word: Encodable {
        let word: String
        let probability: Double
    }

    struct Read: Encodable {
        let head: Int
        /// The words at which was written what is read most, and how much of the reading is of each.
        let written: [Word]
    }

    let answer: String
    let likeliest: [Word]
    let reads: [Read]

    init(_ trace: Trace, at step: Int, _ encoding: EpisodeEncoding) {
        let logProbabilities = trace.logProbabilities(at: step)
        likeliest = logProbabilities.indices.sorted { logProbabilities[$0] > logProbabilities[$1] }.prefix(3).map {
            Word(word: encoding.targetWords[$0], probability: exp(logProbabilities[$0]))
        }
        answer = likeliest.first?.word ?? ""
        reads = (Self.slotShares(trace, at: step) ?? Self.deltaShares(trace, at: step) ?? []).enumerated().map { head, shares in
            let most = shares.filter { $0.value > 0.05 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
            return Read(
                head: head + 1,
                written: most.map { Word(word: Self.place(of: $0.key, in: trace, encoding), probability: $0.value) })
        }
    }

    /// Of each read head, how much of what it reads at a step is of slots that were written last at which step; nil of a memory without.
    private static func slotShares(_ trace: Trace, at step: Int) -> [[Int: Double]]? {
        guard let read = trace["read_weightings"], let write = trace["write_weighting"], read.shape.count == 3 else {
            return nil
        }
        let (heads, slots, writers) = (read.shape[1], read.shape[2], write.values.count / trace.steps / read.shape[2])
        /// The step at which a slot was last written with at least half of the most that ever was.
        func origin(_ slot: Int) -> Int? {
            let weights = (0...step).map { step in
                (0..<writers).map { write.values[(step * writers + $0) * slots + slot] }.max() ?? 0
            }
            let most = weights.max() ?? 0
            return most > 0.05 ? weights.lastIndex { $0 >= most / 2 } : nil
        }
        return (0..<heads).map { head in
            let weights = Array(read.values[(step * heads + head) * slots..<(step * heads + head + 1) * slots])
            var shares: [Int: Double] = [:]
            for slot in weights.indices.sorted(by: { weights[$0] > weights[$1] }).prefix(8) where weights[slot] > 0.05 {
                if let origin = origin(slot) { shares[origin, default: 0] += Double(weights[slot]) }
            }
            return shares
        }
    }

    /// Of each head of DeltaNet, how much of what it reads at a step was written at which. What it reads, S^T q, is the sum of all that
    /// was written, alpha ... alpha (k.q) beta error, decayed since; of these a share is that of the length. Nil of another memory.
    private static func deltaShares(_ trace: Trace, at step: Int) -> [[Int: Double]]? {
        guard let keys = trace["keys"], let queries = trace["queries"], let errors = trace["errors"],
            let strengths = trace["strengths"], keys.shape.count == 3
        else { return nil }
        let (heads, decays) = (keys.shape[1], trace["decays"])
        func row(_ tensor: (shape: [Int], values: [Float]), _ step: Int, _ head: Int) -> ArraySlice<Float> {
            let size = tensor.values.count / trace.steps / heads
            return tensor.values[(step * heads + head) * size..<(step * heads + head + 1) * size]
        }
        return (0..<heads).map { head in
            let query = row(queries, step, head)
            var (lengths, left): ([Int: Double], Float) = ([:], 1)
            for step in (0...step).reversed() {
                let match = zip(row(keys, step, head), query).reduce(0) { $0 + $1.0 * $1.1 }
                let error = row(errors, step, head).reduce(0) { $0 + $1 * $1 }.squareRoot()
                lengths[step] = Double(abs(left * match * strengths.values[step * heads + head]) * error)
                if let decays { left *= decays.values[step * heads + head] }
            }
            let all = lengths.values.reduce(0, +)
            return all > 0 ? lengths.mapValues { $0 / all } : [:]
        }
    }

    /// The word of a step, with the one before it.
    private static func place(of step: Int, in trace: Trace, _ encoding: EpisodeEncoding) -> String {
        trace.symbols[max(0, step - 2)...step].map { $0 < 0 ? "…" : encoding.inputWords[Int($0)] }.joined(separator: " ")
    }

    var text: String {
        let others = likeliest.dropFirst().filter { $0.probability >= 0.01 }.map { "\($0.word) \($0.probability.asPercent)" }
        let heads = reads.map { read in
            let written = read.written.map { "\"\($0.word)\" \($0.probability.asPercent)" }.joined(separator: ", ")
            return "    head \(read.head) reads \(written.isEmpty ? "nothing much" : written)\n"
        }
        return "  \(answer)  \(likeliest.first?.probability.asPercent ?? "")"
            + (others.isEmpty ? "" : "  (\(others.joined(separator: ", ")))") + "\n" + heads.joined()
    }
}
