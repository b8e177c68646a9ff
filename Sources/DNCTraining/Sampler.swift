// Writing text with a model.
public import DNCCore
import DNCData

/// How the next symbol is drawn from the model's probabilities.
public struct SamplingOptions: Hashable, Sendable {
    /// Logits are divided by it: below 1 more cautious, above 1 more daring; at 0 the likeliest symbol is taken.
    public let temperature: Double
    /// Only this many of the likeliest symbols are drawn from; nil for all.
    public let topK: Int?
    /// Only as few of the likeliest symbols are drawn from as have this probability together (Holtzman et al. 2019); nil for all.
    public let topP: Double?
    /// Only symbols are drawn that are at least so many times as likely as the likeliest (arXiv 2407.01082); nil for all.
    public let minP: Double?
    /// The logits of the last symbols are divided by it, or multiplied where they are negative (Keskar et al. 2019); nil for 1.
    public let repetitionPenalty: Double?
    /// Of how many of the last symbols, those of the prompt among them.
    public let repetitionWindow: Int

    /// - Throws: `TrainingError.invalid` for a negative or non-finite temperature, `topK` below 1, `topP` that is not above 0 and at
    ///   most 1, `minP` that is not in 0 ... 1, a penalty below 1, or a window below 1.
    public init(
        temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil, repetitionPenalty: Double? = nil,
        repetitionWindow: Int = 64
    ) throws(TrainingError) {
        func require(_ isAllowed: Bool, _ name: String, _ value: some CustomStringConvertible, _ allowed: String)
            throws(TrainingError)
        { if !isAllowed { throw .invalid(name: name, value: "\(value)", allowed: allowed) } }
        try require(temperature.isFinite && temperature >= 0, "the temperature", temperature, "0 or a positive number")
        if let topK { try require(topK >= 1, "top-k", topK, "at least 1") }
        if let topP { try require(topP > 0 && topP <= 1, "top-p", topP, "above 0 and at most 1") }
        if let minP { try require(minP >= 0 && minP <= 1, "min-p", minP, "0 ... 1") }
        if let repetitionPenalty {
            let allowed = repetitionPenalty >= 1 && repetitionPenalty.isFinite
            try require(allowed, "the repetition penalty", repetitionPenalty, "at least 1")
        }
        try require(repetitionWindow >= 1, "the repetition window", repetitionWindow, "at least 1")
        (self.temperature, self.topK, self.topP, self.minP) = (temperature, topK, topP, minP)
        (self.repetitionPenalty, self.repetitionWindow) = (repetitionPenalty, repetitionWindow)
    }

    var draw: DrawOptions {
        var draw = DrawOptions()
        (draw.temperature, draw.topK, draw.topP, draw.minP) = (temperature, topK, topP, minP)
        draw.repetitionPenalty = repetitionPenalty
        return draw
    }

    /// The symbols that the penalty is for, of all there are so far.
    func recent(of symbols: [Int32]) -> [Int32] { repetitionPenalty == nil ? [] : symbols.suffix(repetitionWindow) }
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
    private var recent: [Int32]

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
        draw = SymbolDraw(symbols: model.layout.symbols, options.draw)
        self.prompt = prompt.isEmpty ? [model.firstSymbol] : prompt
        recent = options.recent(of: self.prompt)
        for symbol in self.prompt { try session.read(symbol) }
    }

    /// Draws the next symbol and reads it.
    public mutating func next() throws -> Int32 {
        guard let symbol = try draw(session.logits, recent: recent, using: &generator) else {
            throw TrainingError.nonFiniteLogits
        }
        try session.read(symbol)
        if options.repetitionPenalty != nil { recent = options.recent(of: recent + [symbol]) }
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
