// One sequence of a task, and how it is put together.
public import DNCCore

/// One sequence: what a model reads at each of its steps, and what it is asked.
///
/// S, D, G and Y are the sizes of the model that it is for: `symbolsPerStep` and `vector` of its `ModelInput`, `groups` and
/// `size` of its `ModelOutput`. An `EpisodeBuilder` puts one together step by step.
public struct Episode: Hashable, Sendable {
    /// The symbols read, steps x S; `noSymbol` where nothing is read in that place.
    public var symbols: [Int32]
    /// The vectors read, steps x D.
    public var vectors: [Float]
    /// The symbols to answer, steps x G; `noSymbol` where nothing is asked. Empty unless the answers are symbols.
    public var targetSymbols: [Int32]
    /// The bits, 0 or 1, or the numbers to answer, steps x Y. Empty where the answers are symbols.
    public var targetVectors: [Float]
    /// What the loss of each step is multiplied by; 0 where nothing is asked.
    public var weights: [Float]

    /// In place of a symbol, as in a `Segment`.
    public static let noSymbol = Segment.noSymbol

    /// Any arrays; `check(_:_:)` tells whether they fit a model.
    public init(
        symbols: [Int32] = [], vectors: [Float] = [], targetSymbols: [Int32] = [], targetVectors: [Float] = [],
        weights: [Float]
    ) {
        (self.symbols, self.vectors) = (symbols, vectors)
        (self.targetSymbols, self.targetVectors, self.weights) = (targetSymbols, targetVectors, weights)
    }

    /// How many steps it has.
    public var steps: Int { weights.count }

    /// These of its steps alone.
    package func part(_ part: Range<Int>) -> Episode {
        func cut<Element>(_ elements: [Element]) -> [Element] {
            let perStep = elements.count / steps
            return Array(elements[part.lowerBound * perStep..<part.upperBound * perStep])
        }
        return Episode(
            symbols: cut(symbols), vectors: cut(vectors), targetSymbols: cut(targetSymbols),
            targetVectors: cut(targetVectors), weights: cut(weights))
    }

    /// Whether a stretch of answers begins at a step: it asks something, and the one before it nothing.
    private func beginsStretch(_ step: Int) -> Bool { step > 0 && weights[step] > 0 && weights[step - 1] == 0 }

    /// How many steps `thinking(count)` has.
    package func steps(thinking count: Int) -> Int { steps + count * weights.indices.count(where: beginsStretch) }

    /// The same with so many steps more before each stretch of answers, in which nothing is read and nothing asked: time to think. A
    /// stretch begins at a step that asks something behind one that asks nothing.
    public func thinking(_ count: Int) -> Episode {
        if count == 0 { return self }
        let stretches = weights.indices.filter(beginsStretch)
        func filled<Element>(_ elements: [Element], with blank: Element) -> [Element] {
            let perStep = elements.count / max(1, steps)
            let bounds = [0] + stretches.map { $0 * perStep } + [elements.count]
            let parts = zip(bounds, bounds.dropFirst()).map { elements[$0..<$1] }
            return Array(parts.joined(separator: repeatElement(blank, count: count * perStep)))
        }
        return Episode(
            symbols: filled(symbols, with: Self.noSymbol), vectors: filled(vectors, with: 0),
            targetSymbols: filled(targetSymbols, with: Self.noSymbol), targetVectors: filled(targetVectors, with: 0),
            weights: filled(weights, with: 0))
    }

    /// Of outputs of `thinking(count)`, steps x `perStep`, those at this episode's own steps.
    package func own(_ outputs: [Float], perStep: Int, thinking count: Int) -> [Float] {
        if count == 0 { return outputs }
        var blanks = 0
        return weights.indices.flatMap { step in
            if beginsStretch(step) { blanks += count }
            return outputs[(step + blanks) * perStep..<(step + blanks + 1) * perStep]
        }
    }

    /// Whether a model of this input and output can read it and answer.
    /// - Throws: `EpisodeError` for the first thing that does not fit.
    public func check(_ input: ModelInput, _ output: ModelOutput) throws(EpisodeError) {
        guard steps > 0 else { throw .empty }
        let answersSymbols = output.kind == .symbols
        for (name, count, perStep) in [
            ("symbols", symbols.count, input.symbolsPerStep), ("vectors", vectors.count, input.vector),
            ("targetSymbols", targetSymbols.count, answersSymbols ? output.groups : 0),
            ("targetVectors", targetVectors.count, answersSymbols ? 0 : output.size),
        ] where count != steps * perStep {
            throw .wrongCount(name: name, count: count, steps: steps, perStep: perStep)
        }
        for (name, symbols, perStep, alphabet) in [
            ("symbols", symbols, input.symbolsPerStep, input.symbols),
            ("targetSymbols", targetSymbols, output.groups, output.size),
        ] {
            if let place = symbols.firstIndex(where: { !(Int(Self.noSymbol)..<alphabet).contains(Int($0)) }) {
                throw .unknownSymbol(name: name, value: Int(symbols[place]), step: place / perStep, alphabet: alphabet)
            }
        }
        for (name, numbers, perStep) in [
            ("vectors", vectors, input.vector), ("targetVectors", targetVectors, output.size), ("weights", weights, 1),
        ] {
            if let place = numbers.firstIndex(where: { !$0.isFinite }) {
                throw .notFinite(name: name, value: numbers[place], step: place / perStep)
            }
        }
        if let step = weights.firstIndex(where: { $0 < 0 }) { throw .negativeWeight(weights[step], step: step) }
        if output.kind == .bits, let place = targetVectors.firstIndex(where: { $0 != 0 && $0 != 1 }) {
            throw .notABit(targetVectors[place], step: place / output.size)
        }
    }
}

/// Why a model cannot read an episode. Steps count from 0.
public enum EpisodeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It has no step.
    case empty
    /// An array has not so many elements for each step.
    case wrongCount(name: String, count: Int, steps: Int, perStep: Int)
    /// A symbol that is not in the alphabet.
    case unknownSymbol(name: String, value: Int, step: Int, alphabet: Int)
    /// Infinity, or not a number.
    case notFinite(name: String, value: Float, step: Int)
    /// A weight below 0.
    case negativeWeight(Float, step: Int)
    /// A bit to answer that is neither 0 nor 1.
    case notABit(Float, step: Int)
    /// The outputs to be scored are not so many for each step.
    case outputCount(Int, steps: Int, perStep: Int)

    public var description: String {
        switch self {
        case .empty:
            "an episode has no steps; give it one at least"
        case .wrongCount(let name, let count, let steps, let perStep):
            "\(name) has \(count) elements; \(steps) steps of \(perStep) need \(steps * perStep): make it, and the sizes of the task's "
                + "input and output, agree"
        case .unknownSymbol(let name, let value, let step, let alphabet):
            "\(name) has \(value) at step \(step); it must be below \(alphabet), or \(Episode.noSymbol) for none"
        case .notFinite(let name, let value, let step):
            "\(name) has \(value) at step \(step); it must be a finite number"
        case .negativeWeight(let weight, let step):
            "the weight of step \(step) is \(weight); it must be 0 or more"
        case .notABit(let value, let step):
            "targetVectors has \(value) at step \(step); it must be 0 or 1, or the output of kind reals"
        case .outputCount(let count, let steps, let perStep):
            "there are \(count) outputs; \(steps) steps of \(perStep) have \(steps * perStep)"
        }
    }
}

/// What is read or asked at one step.
public struct StepContent: Hashable, Sendable {
    /// Symbols; those that are missing are none.
    public var symbols: [Int]
    /// Numbers; those that are missing are 0.
    public var vector: [Float]

    /// Symbols, a vector, or both.
    public init(symbols: [Int] = [], vector: [Float] = []) { (self.symbols, self.vector) = (symbols, vector) }

    /// Nothing is read: no symbol, and a vector of zeros. Or nothing is asked.
    public static let nothing = Self()

    /// One symbol.
    public static func symbol(_ symbol: Int) -> Self { Self(symbols: [symbol]) }

    /// Several symbols, each in its place.
    public static func symbols(_ symbols: [Int]) -> Self { Self(symbols: symbols) }

    /// The first numbers of a vector; the others are 0.
    public static func vector(_ numbers: [Float]) -> Self { Self(vector: numbers) }

    /// A vector of zeros but for one channel.
    public static func channel(_ channel: Int, value: Float = 1) -> Self {
        Self(vector: Array(repeating: 0, count: channel) + [value])
    }
}

/// Puts an episode together, step by step:
///
/// ```swift
/// var builder = EpisodeBuilder(input, output)
/// for vector in pattern { builder.add(reads: .vector(vector)) }
/// builder.add(reads: .channel(flag))
/// for vector in pattern { builder.add(asks: .vector(vector)) }
/// return builder.episode
/// ```
public struct EpisodeBuilder: Sendable {
    /// The steps so far.
    public private(set) var episode = Episode(weights: [])

    private let input: ModelInput
    private let output: ModelOutput

    /// Begins an episode for a model of this input and output.
    public init(_ input: ModelInput, _ output: ModelOutput) { (self.input, self.output) = (input, output) }

    /// Adds a step. There must be no more symbols and numbers than a step has room for.
    /// - Parameters:
    ///   - reads: what the model reads.
    ///   - asks: what it should answer.
    ///   - weight: what the loss is multiplied by, where something is asked.
    public mutating func add(reads: StepContent = .nothing, asks: StepContent = .nothing, weight: Float = 1) {
        let asksSymbols = output.kind == .symbols
        episode.symbols += filled(
            reads.symbols.map(Int32.init), input.symbolsPerStep, with: Episode.noSymbol, "symbols to read")
        episode.vectors += filled(reads.vector, input.vector, with: 0, "numbers to read")
        episode.targetSymbols += filled(
            asks.symbols.map(Int32.init), asksSymbols ? output.groups : 0, with: Episode.noSymbol, "symbols to answer")
        episode.targetVectors += filled(asks.vector, asksSymbols ? 0 : output.size, with: 0, "numbers to answer")
        episode.weights.append(asks == .nothing ? 0 : weight)
    }

    private func filled<Element>(_ elements: [Element], _ count: Int, with none: Element, _ name: String) -> [Element] {
        precondition(
            elements.count <= count, "step \(episode.steps) has \(elements.count) \(name); there is room for \(count)")
        return elements + repeatElement(none, count: count - elements.count)
    }
}
