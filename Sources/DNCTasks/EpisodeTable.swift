// Episodes as people read them.
public import DNCCore

extension Episode {
    /// The episode as a table: a line for each step, with what is read and what is asked.
    ///
    /// A vector's 0 is a point, and so is a place without a symbol. What a step of weight 0 would answer is left out, and a
    /// weight other than 0 and 1 stands behind the step.
    /// - Parameters:
    ///   - input: what it has a model read.
    ///   - output: what it asks of it.
    ///   - symbolNames: what the symbols that are read are called; their numbers, where there are no names.
    ///   - targetNames: what the symbols to answer are called.
    ///   - answers: what a model has put out, steps x `output.count`, to stand beside what was asked, wrong steps with a cross;
    ///     empty for none.
    public func table(
        _ input: ModelInput, _ output: ModelOutput, symbolNames: [String] = [], targetNames: [String] = [],
        answers: [Float] = []
    ) -> String {
        let asked = weights.map { $0 > 0 }
        let reads =
            Self.columns(symbols, input.symbolsPerStep) { Self.name($0, symbolNames) }
            + Self.columns(vectors, input.vector, Self.cell)
        let asks =
            output.kind == .symbols
            ? Self.columns(targetSymbols, output.groups) { Self.name($0, targetNames) }
            : Self.columns(targetVectors, output.size, Self.cell)
        let number = Self.aligned([""] + weights.indices.map(String.init))
        let read = Self.block("reads", reads, shown: asked.map { _ in true })
        let answered = Self.block("asks", asks, shown: asked)
        let weight = [""] + weights.map { $0 == 0 || $0 == 1 ? "" : "x \($0)" }
        let given =
            answers.isEmpty
            ? number.map { _ in "" }
            : Self.block("answers", columns(ofAnswers: answers, output, targetNames), shown: asked)
        let wrong = [""] + (answers.isEmpty ? weights.map { _ in false } : wrongSteps(answers, output)).map { $0 ? "✗" : "" }
        return number.indices.map { row in
            let beside = answers.isEmpty ? [] : [given[row], wrong[row]]
            let line = ([number[row], read[row], answered[row]] + beside + [weight[row]]).joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    private func columns(ofAnswers answers: [Float], _ output: ModelOutput, _ names: [String]) -> [[String]] {
        switch output.kind {
        case .symbols:
            Self.columns(output.likeliest(answers), output.groups) { Self.name($0, names) }
        case .bits:
            Self.columns(answers, output.size) { $0 > 0 ? "1" : "." }
        case .reals:
            Self.columns(answers, output.size) { "\(($0 * 1000).rounded() / 1000)" }
        }
    }

    private func wrongSteps(_ answers: [Float], _ output: ModelOutput) -> [Bool] {
        (0..<steps).map { step in
            let own = Array(answers[step * output.count..<(step + 1) * output.count])
            let score = try? EpisodeScore(part(step..<step + 1), outputs: own, output)
            return score.map { $0.wrongAnswers > 0 } ?? false
        }
    }

    private static func name(_ symbol: Int32, _ names: [String]) -> String {
        symbol < 0 ? "." : names.indices.contains(Int(symbol)) ? names[Int(symbol)] : "\(symbol)"
    }

    private static func cell(_ number: Float) -> String { number == 0 ? "." : text(number) }

    /// The texts of one place in all steps, for each place of a step.
    private static func columns<Element>(_ elements: [Element], _ perStep: Int, _ text: (Element) -> String) -> [[String]] {
        (0..<perStep).map { place in stride(from: place, to: elements.count, by: perStep).map { text(elements[$0]) } }
    }

    /// A heading and the lines below it, all of one width. Columns of single characters stand side by side.
    private static func block(_ heading: String, _ columns: [[String]], shown: [Bool]) -> [String] {
        let columns = columns.map { aligned($0) }
        let separator = columns.allSatisfy { $0.first?.count ?? 1 == 1 } ? "" : " "
        let rows = shown.indices.map { step in shown[step] ? columns.map { $0[step] }.joined(separator: separator) : "" }
        return aligned([heading] + rows, isLeading: true)
    }

    /// The same texts, filled up with spaces.
    private static func aligned(_ texts: [String], isLeading: Bool = false) -> [String] {
        let width = texts.map(\.count).max() ?? 0
        return texts.map { text in
            let spaces = String(repeating: " ", count: width - text.count)
            return isLeading ? text + spaces : spaces + text
        }
    }
}

extension ModelOutput {
    /// Of logits, the symbol of each softmax that is the likeliest, and of equals the first.
    package func likeliest(_ logits: [Float]) -> [Int32] {
        stride(from: 0, to: logits.count, by: size).map { start in
            var best = start
            for index in start..<start + size where logits[index] > logits[best] { best = index }
            return Int32(best - start)
        }
    }
}
