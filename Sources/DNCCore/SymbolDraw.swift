// Inference: from logits to a symbol.
internal import CDNCCore

/// Draws symbols from logits. Owns the memory for it and allocates none later.
package struct SymbolDraw<Scalar: CoreScalar>: Sendable {
    private var candidates: [dnc_candidate]

    /// - Parameter symbols: how many there are.
    package init(symbols: Int) { candidates = Array(repeating: dnc_candidate(), count: symbols) }

    /// Draws a symbol with the probabilities softmax(logits / temperature), at temperature 0 the likeliest one.
    /// - Parameters:
    ///   - logits: one per symbol.
    ///   - temperature: finite and not negative.
    ///   - topK: draw only from this many of the likeliest, at least 1, ties by index; nil for all.
    ///   - generator: gives one number.
    /// - Returns: the symbol; nil if a logit is infinite or NaN.
    package mutating func callAsFunction(
        _ logits: [Scalar], temperature: Double, topK: Int?, using generator: inout SeededGenerator
    ) throws(CoreError) -> Int32? {
        try checkCount("logits", logits.count, candidates.count)
        // The core takes minus infinity for a symbol that is masked; a model's own logit comes to that by overflow alone.
        guard areFinite(logits) else { return nil }
        let topK = Int32(min(topK ?? logits.count, logits.count))
        var symbol: Int32 = 0
        let status = generator.withCore { random in
            Scalar._core.draw(logits, Int32(logits.count), temperature, topK, random, &candidates, &symbol)
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
