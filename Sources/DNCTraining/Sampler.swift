// Writing text with a model.
public import DNCCore
import DNCData

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
    /// How symbols are drawn.
    public let options: SamplingOptions
    /// What the model read first.
    public let prompt: [Int32]
    /// The source of chance.
    public private(set) var generator: SeededGenerator
    private var session: InferenceSession<Scalar>
    private var draw: SymbolDraw<Scalar>

    /// Reads the prompt. Where it is empty, a line end, or else the first symbol, is read instead, since a model says nothing
    /// before it has read something.
    public init(
        _ model: Model<Scalar>, prompt: String = "", options: SamplingOptions, generator: SeededGenerator
    ) throws {
        try self.init(model, prompt: model.vocabulary.encode(prompt), options: options, generator: generator)
    }

    /// The same with a prompt in the model's symbols.
    public init(
        _ model: Model<Scalar>, prompt: [Int32], options: SamplingOptions, generator: SeededGenerator
    ) throws {
        self.options = options
        self.generator = generator
        session = try InferenceSession(model)
        draw = SymbolDraw(symbols: model.layout.symbols)
        self.prompt = prompt.isEmpty ? [model.firstSymbol] : prompt
        for symbol in self.prompt { try session.read(symbol) }
    }

    /// Draws the next symbol and reads it.
    public mutating func next() throws -> Int32 {
        guard
            let symbol = try draw(
                session.logits, temperature: options.temperature, topK: options.topK, using: &generator)
        else { throw TrainingError.nonFiniteLogits }
        try session.read(symbol)
        return symbol
    }

    /// Draws `length` symbols; none if that is negative.
    public mutating func text(length: Int) throws -> String {
        var symbols: [Int32] = []
        for _ in 0..<max(0, length) { symbols.append(try next()) }
        return try session.model.vocabulary.decode(symbols)
    }
}

extension Model {
    /// Text that it writes, by random numbers that go on from there.
    func text(
        length: Int, prompt: String = "", options: SamplingOptions, using generator: inout SeededGenerator
    ) throws -> String {
        var sampler = try Sampler(self, prompt: prompt, options: options, generator: generator)
        let text = try sampler.text(length: length)
        generator = sampler.generator
        return text
    }
}
