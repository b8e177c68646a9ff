// A trace in a terminal: what was read and answered, and in rows above one another what the memory did.
import DNC
import DNCCore

/// Shows a trace as lines of text, a column for each step, in blocks as wide as the terminal.
struct TraceView {
    private static let shades = Array(" ░▒▓█")
    /// More slots, channels or bits than this are shown several to a line.
    private static let mostLines = 16

    private let trace: Trace
    private let columns: Int
    private let labelWidth = 14
    private let scores: [EpisodeScore]
    private let losses: [Double]
    private let likeliest: [Int32]
    private let inputNames: [Character]
    private let targetNames: [Character]

    init(_ trace: Trace, columns: Int) {
        self.trace = trace
        self.columns = max(columns, labelWidth + 10)
        scores = (0..<trace.steps).map(trace.score(at:))
        losses = (0..<trace.steps).map { trace.missing(at: $0) ?? 0 }
        likeliest = trace.layout.output.kind == .symbols ? trace.layout.output.likeliest(trace.outputs) : []
        let names = trace.alphabet.names { $0.decode([$1]) }
        (inputNames, targetNames) = (names.inputs.map(Self.shown), names.targets.map(Self.shown))
    }

    var text: String {
        let width = columns - labelWidth
        return stride(from: 0, to: trace.steps, by: width)
            .map { block($0..<min($0 + width, trace.steps)) }
            .joined(separator: "\n")
    }

    private func block(_ steps: Range<Int>) -> String {
        var lines = reads(steps) + answers(steps)
        lines.append(line("right", steps) { scores[$0].answers == 0 ? "·" : scores[$0].wrongAnswers == 0 ? "✓" : "✗" })
        // What is missing in bits; of numbers there is no such measure.
        let isSquare = trace.measure == .squaredError
        lines.append(
            curve(isSquare ? "error" : "surprise", steps.map { losses[$0] }, upTo: isSquare ? losses.max() ?? 0 : 8))
        lines += curves("memory_influence", "influence", steps) + curves("write_gate", "write gate", steps)
        lines += curves("allocation_gate", "allocation", steps) + curves("free_gates", "free gate", steps)
        lines += maps("usage", "usage", steps) + maps("write_weighting", "write", steps)
        lines += maps("read_weightings", "read", steps)
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: - What is read, asked and answered

    private func reads(_ steps: Range<Int>) -> [String] {
        let perStep = trace.layout.input.symbolsPerStep
        let label = trace.alphabet.isText ? "text" : "reads"
        let symbols = (0..<perStep).map { place in
            line(perStep > 1 ? "\(label) \(place + 1)" : label, steps) {
                Self.name(trace.symbols[$0 * perStep + place], inputNames)
            }
        }
        guard let (shape, values) = trace["input_vectors"] else { return symbols }
        return symbols + shaded(label, shape[1], steps, in: Self.range(of: values)) { values[$0 * shape[1] + $1] }
    }

    /// Nothing of a text: what is asked is what comes next.
    private func answers(_ steps: Range<Int>) -> [String] {
        let output = trace.layout.output
        switch output.kind {
        case .symbols:
            if trace.alphabet.isText { return [] }
            return words(trace.targets, "asks", steps) + words(likeliest, "answers", steps)
        case .bits: return bits(steps)
        case .reals:
            let (asked, answered) = (trace.episode.targetVectors, trace.outputs)
            // One scale for both, that of what is asked.
            let range = Self.range(of: asked)
            return shaded("asks", output.size, steps, in: range) { isAsked($0) ? asked[$0 * output.size + $1] : nil }
                + shaded("answers", output.size, steps, in: range) { isAsked($0) ? answered[$0 * output.size + $1] : nil }
        }
    }

    private func isAsked(_ step: Int) -> Bool { scores[step].answers > 0 }

    /// Symbols (T, G), a line for each of G.
    private func words(_ symbols: [Int32], _ label: String, _ steps: Range<Int>) -> [String] {
        let groups = trace.layout.output.groups
        return (0..<groups).map { group in
            line(groups > 1 ? "\(label) \(group + 1)" : label, steps) {
                isAsked($0) && trace.targets[$0 * groups + group] >= 0
                    ? Self.name(symbols[$0 * groups + group], targetNames) : " "
            }
        }
    }

    /// A 1 where one of a line's bits is 1; a cross where one of its answers is wrong.
    private func bits(_ steps: Range<Int>) -> [String] {
        let (size, targets, logits) = (trace.layout.output.size, trace.episode.targetVectors, trace.outputs)
        let asks = together("asks", size, steps) { step, own in
            isAsked(step) ? own.contains { targets[step * size + $0] == 1 } ? "1" : "." : " "
        }
        let answers = together("answers", size, steps) { step, own in
            guard isAsked(step) else { return " " }
            let isWrong = own.contains {
                let logit = logits[step * size + $0]
                return targets[step * size + $0] == 1 ? logit <= 0 : logit >= 0
            }
            return isWrong ? "✗" : own.contains { logits[step * size + $0] > 0 } ? "1" : "."
        }
        return asks + answers
    }

    // MARK: - Rows

    /// Darker where a number is larger, a line for each of `count`; blank where there is none. The second says what is black.
    private func shaded(
        _ label: String, _ count: Int, _ steps: Range<Int>, in range: ClosedRange<Float>,
        value: (_ step: Int, _ index: Int) -> Float?
    ) -> [String] {
        let extent = max(range.upperBound - range.lowerBound, .leastNormalMagnitude)
        let (least, largest) = (Double(range.lowerBound), Double(range.upperBound))
        let second = least < 0 ? "\(least.rounded(to: 1))…\(largest.rounded(to: 1))" : "≤ \(largest.rounded(to: 2))"
        return together(label, count, steps, second: second) { step, own in
            guard let largest = own.compactMap({ value(step, $0) }).max() else { return " " }
            return shade(Double((largest - range.lowerBound) / extent), of: Self.shades)
        }
    }

    /// From 0 or what is less to the largest number.
    private static func range(of values: [Float]) -> ClosedRange<Float> {
        let least = min(0, values.min() ?? 0)
        return least...max(least, values.max() ?? 0)
    }

    /// Lines of `count` slots, channels or bits, several together where there are many.
    private func together(
        _ label: String, _ count: Int, _ steps: Range<Int>, second: String = "",
        character: (_ step: Int, _ own: Range<Int>) -> Character
    ) -> [String] {
        let together = (count + Self.mostLines - 1) / Self.mostLines
        return stride(from: 0, to: count, by: max(1, together)).map { first in
            let own = first..<min(first + together, count)
            let title = String((first == 0 ? label : first == together ? second : "").prefix(labelWidth - 5))
            return line("\(title.padded(to: labelWidth - 5))\("\(first)".leftPadded(to: 4))", steps) { character($0, own) }
        }
    }

    /// A tensor (T) or (T, R), whose numbers are from 0 to 1: a line for each of R.
    private func curves(_ name: String, _ label: String, _ steps: Range<Int>) -> [String] {
        guard let (shape, values) = trace[name] else { return [] }
        let count = shape.dropFirst().first ?? 1
        return (0..<count).map { index in
            curve(count > 1 ? "\(label) \(index + 1)" : label, steps.map { Double(values[$0 * count + index]) }, upTo: 1)
        }
    }

    /// A tensor (T, N) or (T, R, N), whose numbers are from 0 to 1: lines of slots, for each of R.
    private func maps(_ name: String, _ label: String, _ steps: Range<Int>) -> [String] {
        guard let (shape, values) = trace[name], let slots = shape.last else { return [] }
        let (heads, range) = (shape.count > 2 ? shape[1] : 1, Self.range(of: values))
        return (0..<heads).flatMap { head in
            shaded(heads > 1 ? "\(label) \(head + 1)" : label, slots, steps, in: range) {
                values[($0 * heads + head) * slots + $1]
            }
        }
    }

    private func curve(_ label: String, _ values: [Double], upTo highest: Double) -> String {
        label.padded(to: labelWidth) + sparkline(values, from: 0, to: highest)
    }

    private func line(_ label: String, _ steps: Range<Int>, _ character: (Int) -> Character) -> String {
        label.padded(to: labelWidth) + String(steps.map(character))
    }

    // MARK: - Symbols

    /// A symbol's name in a single column; without names its number, where that has a digit.
    private static func name(_ symbol: Int32, _ names: [Character]) -> Character {
        if symbol < 0 { return " " }
        if names.indices.contains(Int(symbol)) { return names[Int(symbol)] }
        return names.isEmpty && symbol < 36 ? Character(String(symbol, radix: 36)) : "·"
    }

    /// A name's first character, in a single column and harmless to a terminal.
    static func shown(_ name: String) -> Character {
        guard let scalar = name.unicodeScalars.first, scalar != "\n" else { return "↵" }
        // Characters of East Asia, beyond, are as wide as two.
        return VisibleText.of(String(scalar)).unicodeScalars.count == 1 && scalar.value < 0x1100 ? Character(scalar) : "·"
    }
}
