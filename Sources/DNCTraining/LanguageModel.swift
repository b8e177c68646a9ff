// A trained, or still random, model of text.
public import DNCCore
public import DNCData

/// A network that predicts the next symbol of a text: sizes, vocabulary and parameters.
public struct LanguageModel<Scalar: CoreScalar>: Sendable {
    /// The sizes, and where each tensor lies in `parameters`.
    public let layout: ModelLayout
    /// The symbols that it reads and predicts, V = `layout.symbols` of them.
    public let vocabulary: Vocabulary
    /// Flat, as `layout.parameters` says.
    public internal(set) var parameters: [Scalar]
    /// After how many symbols a DNC's memory is emptied, as it was in training; nil if never.
    public let memoryLifetime: Int?

    /// A model of parameters that a loop of your own has trained.
    /// - Parameters:
    ///   - layout: the sizes.
    ///   - vocabulary: of as many symbols as the layout's.
    ///   - parameters: flat, as `layout.parameters` says.
    ///   - memoryLifetime: after how many symbols a DNC's memory is emptied; nil for never.
    /// - Throws: `CoreError.wrongCount` when the vocabulary or the parameters do not fit the layout.
    public init(
        layout: ModelLayout, vocabulary: Vocabulary, parameters: [Scalar], memoryLifetime: Int? = nil
    ) throws(CoreError) {
        for (name, count, expected) in [
            ("the vocabulary", vocabulary.count, layout.symbols), ("parameters", parameters.count, layout.parameterCount),
        ] where count != expected {
            throw .wrongCount(name: name, count: count, expected: expected)
        }
        self.layout = layout
        self.vocabulary = vocabulary
        self.parameters = parameters
        self.memoryLifetime = memoryLifetime
    }

    /// What the model reads first where there is no text: a line end, or else the first symbol.
    var firstSymbol: Int32 { (try? vocabulary.encode("\n").first) ?? 0 }

    /// One parameter tensor, row-major; nil if there is none of this name.
    public func tensor(_ name: String) -> (shape: [Int], values: [Scalar])? {
        layout.parameters.first { $0.name == name }.map { ($0.shape, Array(parameters[$0.range])) }
    }

    /// The same model blind to its memory: every weight that a read vector meets is 0. What its loss rises by is what the memory
    /// is worth.
    public func withoutReads() -> Self {
        var blind = self
        for tensor in layout.parameters {
            let columns = tensor.shape.last ?? 0
            switch tensor.name {
            case "output.weight_read":
                blind.parameters.replaceSubrange(tensor.range, with: repeatElement(0, count: tensor.count))
            case "controller.0.weight_ih":
                for index in tensor.range where (index - tensor.offset) % columns >= layout.symbols {
                    blind.parameters[index] = 0
                }
            default: break
            }
        }
        return blind
    }
}

extension LanguageModel {
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
