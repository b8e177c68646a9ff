// Writing text with a model.
public import DNCCore
import DNCData
import Foundation

/// How the next symbol is drawn from the model's probabilities.
public struct SamplingOptions: Hashable, Sendable {
    /// Logits are divided by it: below 1 more cautious, above 1 more daring; at 0 the likeliest symbol is taken.
    public let temperature: Double
    /// Only this many of the likeliest symbols are drawn from; nil for all.
    public let topK: Int?

    /// - Throws: `TrainingError.invalid` for a negative or non-finite temperature, or `topK` below 1.
    public init(temperature: Double = 1, topK: Int? = nil) throws(TrainingError) {
        guard temperature.isFinite, temperature >= 0 else {
            throw .invalid(name: "the temperature", value: "\(temperature)", allowed: "0 or a positive number")
        }
        if let topK, topK < 1 { throw .invalid(name: "top-k", value: "\(topK)", allowed: "at least 1") }
        self.temperature = temperature
        self.topK = topK
    }
}

/// Draws symbol after symbol, each read by the model before the next: an endless text.
public struct Sampler<Scalar: CoreScalar> {
    public let options: SamplingOptions
    /// What the model read first.
    public let prompt: [Int32]
    /// The source of chance.
    public private(set) var generator: SeededGenerator
    private var session: InferenceSession<Scalar>
    private let symbols: [Int]  // all of them
    private var weights: [Double] = []  // kept, so that drawing allocates nothing

    /// Reads the prompt. Where it is empty, a line end, or else the first symbol, is read instead, since a model says nothing
    /// before it has read something.
    public init(
        _ model: LanguageModel<Scalar>, prompt: String = "", options: SamplingOptions, generator: SeededGenerator
    ) throws {
        self.options = options
        self.generator = generator
        session = try InferenceSession(model)
        self.symbols = Array(0..<model.layout.symbols)
        var symbols = try model.vocabulary.encode(prompt)
        if symbols.isEmpty { symbols = [(try? model.vocabulary.encode("\n").first) ?? 0] }
        self.prompt = symbols
        for symbol in symbols { try session.read(symbol) }
    }

    /// Draws the next symbol and reads it.
    public mutating func next() throws -> Int32 {
        let symbol = try draw()
        try session.read(symbol)
        return symbol
    }

    /// Draws `length` symbols; none if that is negative.
    public mutating func text(length: Int) throws -> String {
        var symbols: [Int32] = []
        for _ in 0..<max(0, length) { symbols.append(try next()) }
        return session.model.vocabulary.decode(symbols)
    }

    private mutating func draw() throws(TrainingError) -> Int32 {
        let logits = session.logits
        guard firstNonFinite(in: logits) == nil else { throw .nonFiniteLogits }
        var candidates = symbols
        if let count = options.temperature == 0 ? 1 : options.topK, count < candidates.count {
            candidates = likeliest(count, logits)
        }
        weigh(candidates, logits, temperature: options.temperature, into: &weights)
        var remaining = generator.unit() * weights.reduce(0, +)
        for (candidate, weight) in zip(candidates, weights) {
            remaining -= weight
            if remaining < 0 { return Int32(candidate) }
        }
        return Int32(candidates[candidates.count - 1])
    }
}

/// The symbols of the `count` largest logits, the largest first; ties by index, so that the drawing does not depend on a sorting
/// algorithm.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func likeliest<Scalar: CoreScalar>(_ count: Int, _ logits: [Scalar]) -> [Int] {
    let order = logits.indices.sorted { logits[$0] > logits[$1] || logits[$0] == logits[$1] && $0 < $1 }
    return Array(order.prefix(count))
}

/// The candidates' probabilities, up to a common factor.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func weigh<Scalar: CoreScalar>(
    _ candidates: [Int], _ logits: [Scalar], temperature: Double, into weights: inout [Double]
) {
    weights.removeAll(keepingCapacity: true)
    let highest = candidates.reduce(-Double.infinity) { max($0, Double(logits[$1])) }
    let divisor = max(temperature, .leastNormalMagnitude)
    for candidate in candidates { weights.append(exp((Double(logits[candidate]) - highest) / divisor)) }
}
