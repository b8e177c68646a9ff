// A trained, or still random, model.
public import DNCCore
public import DNCData

/// A network: its sizes, its parameters, and what its symbols stand for. One of text predicts the next symbol; others answer
/// episodes.
public struct Model<Scalar: CoreScalar>: Sendable {
    /// The sizes, and where each tensor lies in `parameters`.
    public let layout: ModelLayout
    /// What its symbols stand for.
    public let alphabet: Alphabet
    /// Flat, as `layout.parameters` says.
    public internal(set) var parameters: [Scalar]
    /// After how many symbols a DNC's memory is emptied, as it was in training; nil if never.
    public let memoryLifetime: Int?
    /// How many steps without anything it has before each stretch of an episode's answers, as it had in training; see
    /// `Episode.thinking(_:)`. Whatever answers, measures or traces episodes puts them in.
    public let thinkSteps: Int

    /// A model of parameters that a loop of your own has trained.
    /// - Parameters:
    ///   - layout: the sizes.
    ///   - alphabet: what symbols stand for; that of a text has as many as the layout reads and answers.
    ///   - parameters: flat, as `layout.parameters` says.
    ///   - memoryLifetime: after how many symbols of a text a DNC's memory is emptied; nil for never.
    ///   - thinkSteps: how many steps it has before each stretch of an episode's answers.
    /// - Throws: `CoreError.wrongCount` when the vocabulary or the parameters do not fit the layout.
    public init(
        layout: ModelLayout, alphabet: Alphabet = .none, parameters: [Scalar], memoryLifetime: Int? = nil,
        thinkSteps: Int = 0
    ) throws(CoreError) {
        if case .text(let vocabulary) = alphabet, alphabet.contradiction(layout) != nil {
            let other = [layout.output.count, layout.symbols].first { $0 != vocabulary.count }
            throw .wrongCount(name: "the vocabulary", count: vocabulary.count, expected: other ?? layout.output.count)
        }
        guard parameters.count == layout.parameterCount else {
            throw .wrongCount(name: "parameters", count: parameters.count, expected: layout.parameterCount)
        }
        (self.layout, self.alphabet) = (layout, alphabet)
        (self.parameters, self.memoryLifetime, self.thinkSteps) = (parameters, memoryLifetime, thinkSteps)
    }

    /// A model of text.
    public init(
        layout: ModelLayout, vocabulary: Vocabulary, parameters: [Scalar], memoryLifetime: Int? = nil
    ) throws(CoreError) {
        try self.init(
            layout: layout, alphabet: .text(vocabulary), parameters: parameters, memoryLifetime: memoryLifetime)
    }

    /// The symbols of a model of text, V = `layout.symbols` of them.
    /// - Throws: `TrainingError.noText` where the model is of something else.
    public var vocabulary: Vocabulary { get throws(TrainingError) { try alphabet.vocabulary } }

    /// What a model of text reads first where there is no text: a line end, or else the first symbol.
    var firstSymbol: Int32 { (try? vocabulary.encode("\n").first) ?? 0 }

    /// One parameter tensor, row-major; nil if there is none of this name.
    public func tensor(_ name: String) -> (shape: [Int], values: [Scalar])? {
        layout.parameters.first { $0.name == name }.map { ($0.shape, Array(parameters[$0.range])) }
    }

    /// The same model with another number of slots, of which its parameters know nothing; what its memory holds is spread over
    /// more or fewer of them.
    /// - Throws: `CoreError` for a model without a memory, or a number that is out of range.
    public func withSlots(_ slots: Int) throws(CoreError) -> Self {
        var configuration = layout.configuration
        configuration.slots = slots
        let larger = try ModelLayout(
            configuration, input: layout.input, output: layout.output, instructionSet: layout.instructionSet)
        return try Self(
            layout: larger, alphabet: alphabet, parameters: parameters, memoryLifetime: memoryLifetime,
            thinkSteps: thinkSteps)
    }

    /// The same model blind to its memory: every weight that a read vector meets is 0. What its loss rises by is what the memory
    /// is worth.
    public func withoutReads() -> Self {
        var blind = self
        let ofReads = layout.inputWeights(of: (layout.symbols + layout.input.vector)...)
        for range in ofReads + layout.parameters.filter({ $0.name == "output.weight_read" }).map(\.range) {
            blind.parameters.replaceSubrange(range, with: repeatElement(0, count: range.count))
        }
        return blind
    }
}

extension Model {
    /// The name of the first parameter tensor that holds an infinite or NaN number.
    func nonFiniteTensor() -> String? { layout.tensorOfFirstNonFinite(in: parameters) }

    /// The name of the parameter tensor with the largest number, or with one that is infinite or NaN.
    func largestTensor() -> String {
        func magnitude(_ tensor: TensorLayout) -> Scalar { parameters[tensor.range].reduce(0) { max($0, abs($1)) } }
        let largest = layout.parameters.max { magnitude($0) < magnitude($1) }
        return nonFiniteTensor() ?? largest?.name ?? "no tensor"
    }
}

extension ModelLayout {
    func tensorOfFirstNonFinite<Scalar: CoreScalar>(in vector: [Scalar]) -> String? {
        firstNonFinite(in: vector).flatMap { index in parameters.first { $0.range.contains(index) }?.name }
    }
}
