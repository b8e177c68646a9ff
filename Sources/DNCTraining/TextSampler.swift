// Many texts at a time, drawn from a model.
public import DNCCore
public import DNCData

/// Draws texts, many side by side, each after the same prompt, until a text at which it ends: lines, from a line end to the next, or
/// answers.
///
/// Each text has random numbers of its own, a function of the seed and its number: how many there are does not change it, but for the
/// rounding of sums, by which in rare cases another symbol is drawn.
public struct TextSampler<Scalar: CoreScalar> {
    /// How symbols are drawn.
    public let options: SamplingOptions
    /// Of the random numbers.
    public let seed: UInt64
    /// What the model reads before each text.
    public let prompt: [Int32]
    /// What the symbols stand for.
    public let vocabulary: Vocabulary

    private let model: Model<Scalar>
    private let stops: [[Int32]]

    /// A sampler of texts.
    /// - Parameters:
    ///   - model: of a text.
    ///   - prompt: what it reads first; where that is empty, what a ``Sampler`` reads then.
    ///   - stops: the texts at which one ends.
    ///   - options: how symbols are drawn.
    ///   - seed: of the random numbers.
    /// - Throws: `TrainingError.noText` for a model of something else.
    public init(
        _ model: Model<Scalar>, prompt: [Int32] = [], endingAt stops: [[Int32]] = [], options: SamplingOptions, seed: UInt64
    ) throws {
        vocabulary = try model.vocabulary
        (self.model, self.stops, self.options, self.seed) = (model, stops, options, seed)
        self.prompt = prompt.isEmpty ? [model.firstSymbol] : prompt
    }

    /// A sampler of lines, each after a line end.
    /// - Throws: `TrainingError.noText` for a model of something else, `DataError.unknownSymbol` for one without line ends.
    public static func lines(of model: Model<Scalar>, options: SamplingOptions, seed: UInt64) throws -> Self {
        let lineEnd = try model.vocabulary.encode("\n")
        return try Self(model, prompt: lineEnd, endingAt: [lineEnd], options: options, seed: seed)
    }

    /// The texts of these numbers, without what they end at, words spelled.
    /// - Parameters:
    ///   - numbers: which.
    ///   - longest: at how many symbols, at least 1, a text ends all the same.
    public func texts(_ numbers: Range<Int>, longest: Int) throws -> [[Int32]] {
        let (lanes, symbols) = (min(32, max(1, numbers.count)), model.layout.symbols)
        let runner = try StepRunner<Scalar>(model.layout, lanes: lanes)
        var state = try RecurrentState<Scalar>(model.layout, lanes: lanes)
        var draw = SymbolDraw<Scalar>(symbols: symbols, options.draw)
        var logits = [Scalar](repeating: 0, count: lanes * symbols)
        var texts = [[Int32]](repeating: [], count: numbers.count)
        var waiting = texts.indices[...]
        var writers = (0..<lanes).map { _ in Writer(waiting.popFirst(), of: numbers, self) }
        var reads = writers.map { $0.reads[0] }
        while writers.contains(where: { $0.text != nil }) {
            try runner.step(reads, parameters: model.parameters, state: &state, outputs: &logits)
            for lane in 0..<lanes {
                guard let text = writers[lane].text else { continue }
                if let next = writers[lane].nextOfPrompt() {
                    reads[lane] = next
                    continue
                }
                let own = Array(logits[lane * symbols..<(lane + 1) * symbols])
                let recent = options.recent(of: writers[lane].reads)
                guard let symbol = try draw(own, recent: recent, using: &writers[lane].generator) else {
                    throw TrainingError.nonFiniteLogits
                }
                reads[lane] = symbol
                if !writers[lane].write(symbol, to: &texts[text], longest: longest) { continue }
                writers[lane] = Writer(waiting.popFirst(), of: numbers, self)
                reads[lane] = writers[lane].reads[0]
                state.reset(lane: lane)
            }
        }
        return texts
    }

    /// What a lane does.
    private struct Writer {
        /// Which text it draws; nil when there is no other.
        let text: Int?
        /// The prompt, and what it has written.
        var reads: [Int32]
        var generator: SeededGenerator
        private var stop: StopTexts
        private let prompt: Int
        private var promptRead = 1

        init(_ text: Int?, of numbers: Range<Int>, _ sampler: TextSampler) {
            self.text = text
            reads = sampler.prompt
            prompt = reads.count
            stop = StopTexts(sampler.stops, in: sampler.vocabulary)
            generator = SeededGenerator(seed: sampler.seed, purpose: 0, index: UInt64(numbers.lowerBound + (text ?? 0)))
        }

        mutating func nextOfPrompt() -> Int32? {
            guard promptRead < prompt else { return nil }
            defer { promptRead += 1 }
            return reads[promptRead]
        }

        /// Whether the text has come to its end with this symbol.
        mutating func write(_ symbol: Int32, to text: inout [Int32], longest: Int) -> Bool {
            reads.append(symbol)
            text += stop.add(symbol)
            if stop.isReached { return true }
            guard reads.count - prompt >= longest else { return false }
            text += stop.rest()
            return true
        }
    }
}
