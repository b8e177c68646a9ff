// Inference: from logits to a symbol.
internal import CDNCCore

/// From which symbols one is drawn, and with which probabilities; nil for what does not matter.
package struct DrawOptions: Hashable, Sendable {
    /// What logits are divided by: finite and not negative; at 0 the likeliest symbol is drawn.
    package var temperature = 1.0
    /// Only this many of the likeliest, at least 1, ties by index.
    package var topK: Int?
    /// Only as few of the likeliest as have this probability together, above 0.
    package var topP: Double?
    /// Only those that are at least so many times as likely as the likeliest, in 0 ... 1.
    package var minP: Double?
    /// How much less likely recent symbols are, at least 1.
    package var repetitionPenalty: Double?

    /// The plain probabilities.
    package init() {}

    fileprivate var narrows: Bool { topP != nil || minP != nil || repetitionPenalty != nil }
}

/// Draws symbols from logits. Owns the memory for it and allocates none later.
package struct SymbolDraw<Scalar: CoreScalar>: Sendable {
    /// How they are drawn.
    package let options: DrawOptions
    private var candidates: [dnc_candidate]
    private var narrowed: [Scalar]

    /// - Parameters:
    ///   - symbols: how many there are.
    ///   - options: how they are drawn.
    package init(symbols: Int, _ options: DrawOptions) {
        self.options = options
        candidates = Array(repeating: dnc_candidate(), count: symbols)
        narrowed = options.narrows ? Array(repeating: 0, count: symbols) : []
    }

    /// Draws a symbol.
    /// - Parameters:
    ///   - logits: one per symbol.
    ///   - recent: the symbols that the repetition penalty is for.
    ///   - generator: gives one number.
    /// - Returns: the symbol; nil if a logit is infinite or NaN.
    package mutating func callAsFunction(
        _ logits: [Scalar], recent: [Int32] = [], using generator: inout SeededGenerator
    ) throws(CoreError) -> Int32? {
        try checkCount("logits", logits.count, candidates.count)
        // The core takes minus infinity for a symbol that is masked; a model's own logit comes to that by overflow alone.
        guard areFinite(logits) else { return nil }
        guard options.narrows else { return try draw(logits, using: &generator) }
        for index in logits.indices { narrowed[index] = logits[index] }
        let status = recent.withUnsafeBufferPointer { recent in
            var how = dnc_narrowing()
            how.struct_size = UInt32(MemoryLayout<dnc_narrowing>.size)
            (how.recent, how.recent_count) = (recent.baseAddress, Int32(recent.count))
            (how.temperature, how.top_p, how.min_p) = (options.temperature, options.topP ?? 0, options.minP ?? 0)
            how.repetition_penalty = options.repetitionPenalty ?? 0
            return Scalar._core.narrow(&narrowed, Int32(narrowed.count), &how, &candidates)
        }
        try check(status)
        return try draw(narrowed, using: &generator)
    }

    private mutating func draw(_ logits: [Scalar], using generator: inout SeededGenerator) throws(CoreError) -> Int32 {
        let topK = Int32(min(options.topK ?? logits.count, logits.count))
        var symbol: Int32 = 0
        let status = generator.withCore { random in
            Scalar._core.draw(logits, Int32(logits.count), options.temperature, topK, random, &candidates, &symbol)
        }
        try check(status)
        return symbol
    }
}

@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func areFinite<Scalar: CoreScalar>(_ numbers: [Scalar]) -> Bool {
    numbers.withUnsafeBufferPointer { numbers in
        for number in numbers where !number.isFinite { return false }
        return true
    }
}
