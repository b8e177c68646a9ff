// Many lines at a time, drawn from a model.
public import DNCCore
import DNCData

/// Draws lines, many side by side, each from a line end to the next.
///
/// Each line has random numbers of its own, a function of the seed and its number: how many there are does not change it, but for the
/// rounding of sums, by which in rare cases another symbol is drawn.
public struct LineSampler<Scalar: CoreScalar> {
    /// How symbols are drawn.
    public let options: SamplingOptions
    /// Of the random numbers.
    public let seed: UInt64

    private let model: Model<Scalar>
    private let lineEnd: Int32

    /// A sampler of a model of text that knows line ends.
    /// - Throws: `TrainingError.noText` for a model of something else, `DataError.unknownSymbol` for one without line ends.
    public init(_ model: Model<Scalar>, options: SamplingOptions, seed: UInt64) throws {
        (self.model, self.options, self.seed) = (model, options, seed)
        lineEnd = try model.vocabulary.encode("\n")[0]
    }

    /// The lines of these numbers, without their ends.
    /// - Parameters:
    ///   - numbers: which.
    ///   - longest: at how many symbols a line ends all the same.
    public func lines(_ numbers: Range<Int>, longest: Int) throws -> [[Int32]] {
        let vocabulary = try model.vocabulary
        let (lanes, symbols) = (min(32, max(1, numbers.count)), vocabulary.count)
        let runner = try StepRunner<Scalar>(model.layout, lanes: lanes)
        var state = try RecurrentState<Scalar>(model.layout, lanes: lanes)
        var draw = SymbolDraw<Scalar>(symbols: symbols)
        var logits = [Scalar](repeating: 0, count: lanes * symbols)
        var lines = [[Int32]](repeating: [], count: numbers.count)
        var waiting = lines.indices[...]
        /// Which line each lane draws.
        var drawn = (0..<lanes).map { _ in waiting.popFirst() }
        func generator(_ line: Int?) -> SeededGenerator {
            SeededGenerator(seed: seed, purpose: 0, index: UInt64(numbers.lowerBound + (line ?? 0)))
        }
        var generators = drawn.map(generator)
        var reads = [Int32](repeating: lineEnd, count: lanes)
        while drawn.contains(where: { $0 != nil }) {
            try runner.step(reads, parameters: model.parameters, state: &state, outputs: &logits)
            for lane in 0..<lanes {
                guard let line = drawn[lane] else { continue }
                let own = Array(logits[lane * symbols..<(lane + 1) * symbols])
                guard
                    let symbol = try draw(
                        own, temperature: options.temperature, topK: options.topK, using: &generators[lane])
                else { throw TrainingError.nonFiniteLogits }
                reads[lane] = symbol
                if symbol != lineEnd { lines[line].append(symbol) }
                guard symbol == lineEnd || lines[line].count == longest else { continue }
                drawn[lane] = waiting.popFirst()
                generators[lane] = generator(drawn[lane])
                reads[lane] = lineEnd
                state.reset(lane: lane)
            }
        }
        return lines
    }
}
