// Episodes as a file of them has them.
public import DNCCore

extension Episode {
    /// The line of a file of episodes; symbols are their numbers.
    /// - Parameters:
    ///   - input: what it has a model read: symbols or vectors, since a file cannot have both in a step.
    ///   - output: what it asks of it.
    public func jsonLine(_ input: ModelInput, _ output: ModelOutput) -> String {
        precondition(input.symbols == 0 || input.vector == 0, "a file cannot have symbols and vectors in a step")
        let inputs =
            input.symbols > 0
            ? Self.steps(symbols, input.symbolsPerStep, steps) : Self.steps(vectors, input.vector, weights.map { _ in true })
        let targets =
            output.kind == .symbols
            ? Self.steps(targetSymbols, output.groups, steps)
            : Self.steps(targetVectors, output.size, weights.map { $0 > 0 })
        // What a step weighs without the field: 1 where anything is asked. Symbols are written that have a weight of 0, too.
        let isUsual = weights.indices.allSatisfy { step in
            let asks =
                output.kind == .symbols
                ? targetSymbols[step * output.groups..<(step + 1) * output.groups].contains { $0 >= 0 } : weights[step] > 0
            return weights[step] == (asks ? 1 : 0)
        }
        let weighed = isUsual ? "" : ", \"weights\": [\(weights.map(Self.text).joined(separator: ", "))]"
        return "{\"inputs\": [\(inputs)], \"targets\": [\(targets)]\(weighed)}"
    }

    /// Each symbol by its number; null where there is none, and a list of all places where a step has several.
    private static func steps(_ symbols: [Int32], _ perStep: Int, _ steps: Int) -> String {
        (0..<steps).map { step in
            let own = symbols[step * perStep..<(step + 1) * perStep]
            let texts = own.map { $0 < 0 ? "null" : "\"\($0)\"" }.joined(separator: ", ")
            return own.allSatisfy { $0 < 0 } ? "null" : perStep == 1 ? texts : "[\(texts)]"
        }.joined(separator: ", ")
    }

    private static func steps(_ numbers: [Float], _ perStep: Int, _ isGiven: [Bool]) -> String {
        isGiven.enumerated().map { step, isGiven in
            let own = numbers[step * perStep..<(step + 1) * perStep]
            return isGiven ? "[\(own.map(text).joined(separator: ", "))]" : "null"
        }.joined(separator: ", ")
    }

    /// Whole numbers without a point.
    static func text(_ number: Float) -> String {
        number == number.rounded() && abs(number) < 1e6 ? "\(Int(number))" : "\(number)"
    }
}
