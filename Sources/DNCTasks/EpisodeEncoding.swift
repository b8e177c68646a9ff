// What the words of a file of episodes are to a model.
public import DNCCore

/// How a file's episodes become numbers: found in the file that a model is trained on, and kept with the model, so that
/// other files are read in the same way.
public struct EpisodeEncoding: Hashable, Sendable, Codable {
    /// What the steps of the field "inputs" hold.
    public enum InputKind: String, Codable, Sendable, CaseIterable {
        /// Words, or whole numbers that stand for words.
        case symbols
        /// Lists of numbers.
        case vector
    }

    /// What a step of the inputs holds.
    public let inputKind: InputKind
    /// The words of the inputs, in the order of their symbols; empty where they are vectors.
    public let inputWords: [String]
    /// The words to answer; empty where the answers are bits or numbers.
    public let targetWords: [String]
    /// What a model of these episodes reads.
    public let input: ModelInput
    /// What a model of these episodes answers.
    public let output: ModelOutput

    init(inputKind: InputKind, inputWords: [String], targetWords: [String], input: ModelInput, output: ModelOutput) {
        (self.inputKind, self.inputWords, self.targetWords) = (inputKind, inputWords, targetWords)
        (self.input, self.output) = (input, output)
    }

    /// Throws `DecodingError` unless words and sizes agree, as they do in what has been encoded.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        inputKind = try container.decode(InputKind.self, forKey: .inputKind)
        inputWords = try container.decode([String].self, forKey: .inputWords)
        targetWords = try container.decode([String].self, forKey: .targetWords)
        input = try container.decode(ModelInput.self, forKey: .input)
        output = try container.decode(ModelOutput.self, forKey: .output)
        let (readsSymbols, answersSymbols) = (inputKind == .symbols, output.kind == .symbols)
        let sizes = ModelLayout.allowedSizes
        let reads = readsSymbols ? [input.symbols, input.symbolsPerStep] : [input.vector]
        guard (reads + [output.size, output.groups]).allSatisfy(sizes.contains),
            input == (readsSymbols ? .symbols(inputWords.count, perStep: input.symbolsPerStep) : .vector(input.vector)),
            readsSymbols || inputWords.isEmpty, answersSymbols ? targetWords.count == output.size : targetWords.isEmpty,
            answersSymbols || output.groups == 1, Set(inputWords).count == inputWords.count,
            Set(targetWords).count == targetWords.count
        else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: "words and sizes of the episodes do not agree"))
        }
    }

    /// The symbol of each word of the inputs.
    package var inputSymbols: [String: Int32] { Dictionary(uniqueKeysWithValues: zip(inputWords, 0...)) }
    /// The symbol of each word to answer.
    package var targetSymbols: [String: Int32] { Dictionary(uniqueKeysWithValues: zip(targetWords, 0...)) }

    /// Sorted: as numbers where all words are whole numbers, or else by their Unicode scalars.
    static func sorted(_ words: some Sequence<String>) -> [String] {
        let numbers = words.map { (word: $0, value: Int($0)) }
        let areNumbers = numbers.allSatisfy { $0.value != nil }
        return numbers.sorted { one, other in
            areNumbers && one.value != other.value
                ? (one.value ?? 0) < (other.value ?? 0)
                : one.word.unicodeScalars.lexicographicallyPrecedes(other.word.unicodeScalars)
        }.map(\.word)
    }
}
