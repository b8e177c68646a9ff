// What a model has learned, for another text.
import DNCCore
public import DNCData

extension Model {
    /// The same model with more symbols, of which it knows nothing yet: what belongs to a symbol it had goes with that symbol, and
    /// what belongs to a new one is as at the beginning of training.
    /// - Parameters:
    ///   - vocabulary: all of the model's symbols, and others.
    ///   - seed: of the numbers of the new ones.
    /// - Throws: `TrainingError.invalid` where a symbol of the model is missing, `.noText` for a model of something else, `CoreError`
    ///   where the model becomes too large.
    public func extended(to vocabulary: Vocabulary, seed: UInt64) throws -> Self {
        let own = try self.vocabulary
        if own == vocabulary { return self }
        guard own.kind == vocabulary.kind else {
            throw TrainingError.invalid(
                name: "the kind of tokens", value: vocabulary.kind.rawValue, allowed: "that of the model, \(own.kind)")
        }
        let (places, texts) = (Dictionary(uniqueKeysWithValues: zip(vocabulary.texts, 0...)), own.texts)
        // Where each of the model's symbols goes.
        let place = try texts.indices.map { symbol in
            guard let place = places[texts[symbol]] else {
                throw TrainingError.invalid(
                    name: "the vocabulary", value: "without \(own.symbolDescription(Int32(symbol)))",
                    allowed: "one that has all symbols of the model")
            }
            return place
        }
        let larger = try ModelLayout(
            layout.configuration, input: .symbols(vocabulary.count), output: .symbols(vocabulary.count),
            instructionSet: layout.instructionSet)
        var values: [Scalar] = try larger.initialParameters(seed: seed)
        for (new, old) in zip(larger.parameters, layout.parameters) {
            let (newColumns, oldColumns) = (new.shape.dropFirst().reduce(1, *), old.shape.dropFirst().reduce(1, *))
            let rows = Self.places(old.shape[0], new.shape[0], place, of: vocabulary.count)
            let columns = Self.places(oldColumns, newColumns, place, of: vocabulary.count)
            for (row, newRow) in rows.enumerated() {
                for (column, newColumn) in columns.enumerated() {
                    values[new.offset + newRow * newColumns + newColumn] = parameters[old.offset + row * oldColumns + column]
                }
            }
        }
        return try Self(
            layout: larger, vocabulary: vocabulary, parameters: values, memoryLifetime: memoryLifetime)
    }

    /// The parameters with which training on a source begins.
    /// - Throws: `TrainingError.invalid` where they fit no model of this layout.
    func parameters(for source: any SegmentSource, _ layout: ModelLayout, seed: UInt64) throws -> [Scalar] {
        let own =
            layout.configuration == self.layout.configuration && source.alphabet.isText && alphabet.isText
            ? try extended(to: source.alphabet.vocabulary, seed: seed) : self
        guard own.layout.parameters == layout.parameters, own.layout.configuration == layout.configuration else {
            func summary(_ layout: ModelLayout) -> String {
                "\(layout.configuration.summary), which reads \(layout.input.summary) and answers \(layout.output.summary)"
            }
            throw TrainingError.invalid(
                name: "the model to begin with", value: summary(own.layout), allowed: summary(layout))
        }
        guard own.alphabet == source.alphabet else {
            throw TrainingError.invalid(
                name: "the model to begin with", value: "one of other symbols",
                allowed: "one of the symbols of what is trained on")
        }
        return own.parameters
    }

    /// Where the rows of a tensor go, or its columns: those of symbols to these, of which there may be several groups, and what
    /// follows them behind the new ones.
    private static func places(_ old: Int, _ new: Int, _ place: [Int], of symbols: Int) -> [Int] {
        if old == new { return Array(0..<old) }
        let groups = (new - old) / (symbols - place.count)
        return (0..<old).map { index in
            let (group, symbol) = index.quotientAndRemainder(dividingBy: place.count)
            return group < groups ? group * symbols + place[symbol] : index + groups * (symbols - place.count)
        }
    }
}
