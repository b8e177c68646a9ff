// A trace in a terminal: what was read, and in rows above one another what the memory did.
import DNC
import Foundation

/// Shows a trace as lines of text, a column for each step, in blocks as wide as the terminal.
struct TraceView {
    private static let shades = Array(" ░▒▓█")
    /// More slots than this are shown several to a line, by the largest.
    private static let mostLines = 16

    private let trace: Trace
    private let columns: Int
    private let labelWidth = 14

    init(_ trace: Trace, columns: Int) {
        self.trace = trace
        self.columns = max(columns, labelWidth + 10)
    }

    var text: String {
        let width = columns - labelWidth
        return stride(from: 0, to: trace.steps, by: width)
            .map { block($0..<min($0 + width, trace.steps)) }
            .joined(separator: "\n")
    }

    private func block(_ steps: Range<Int>) -> String {
        var lines = [line("text", steps) { Self.shown(trace.vocabulary.decode([trace.symbols[$0]])) }]
        let surprise = steps.map { step in
            let target = Int(trace.targets[step])
            return target < 0 ? 0 : -trace.logProbabilities(at: step)[target] / log(2)
        }
        lines.append(curve("surprise", surprise, upTo: 8))
        lines += curves("memory_influence", "influence", steps) + curves("write_gate", "write gate", steps)
        lines += curves("allocation_gate", "allocation", steps) + curves("free_gates", "free gate", steps)
        lines += maps("usage", "usage", steps) + maps("write_weighting", "write", steps)
        lines += maps("read_weightings", "read", steps)
        return lines.map { $0 + "\n" }.joined()
    }

    /// A tensor (T) or (T, R), whose numbers are from 0 to 1: a line for each of R.
    private func curves(_ name: String, _ label: String, _ steps: Range<Int>) -> [String] {
        guard let (shape, values) = trace[name] else { return [] }
        let count = shape.dropFirst().first ?? 1
        return (0..<count).map { index in
            curve(count > 1 ? "\(label) \(index + 1)" : label, steps.map { Double(values[$0 * count + index]) }, upTo: 1)
        }
    }

    /// A tensor (T, N) or (T, R, N), whose numbers are from 0 to 1: lines of slots, for each of R. Black is the largest number in the
    /// trace, which stands at the second line.
    private func maps(_ name: String, _ label: String, _ steps: Range<Int>) -> [String] {
        guard let (shape, values) = trace[name], let slots = shape.last else { return [] }
        let (heads, together) = (shape.count > 2 ? shape[1] : 1, (slots + Self.mostLines - 1) / Self.mostLines)
        let highest = max(values.max() ?? 0, .leastNormalMagnitude)
        return (0..<heads).flatMap { head in
            stride(from: 0, to: slots, by: together).map { slot in
                let own = slot..<min(slot + together, slots)
                let titles = [heads > 1 ? "\(label) \(head + 1)" : label, "≤ \(Double(highest).rounded(to: 2))"]
                let title = slot / together < titles.count ? titles[slot / together] : ""
                return line("\(title.padded(to: labelWidth - 5))\("\(slot)".leftPadded(to: 4))", steps) { step in
                    let largest = own.map { values[(step * heads + head) * slots + $0] }.max() ?? 0
                    return shade(Double(largest / highest), of: Self.shades)
                }
            }
        }
    }

    private func curve(_ label: String, _ values: [Double], upTo highest: Double) -> String {
        label.padded(to: labelWidth) + sparkline(values, from: 0, to: highest)
    }

    private func line(_ label: String, _ steps: Range<Int>, _ character: (Int) -> Character) -> String {
        label.padded(to: labelWidth) + String(steps.map(character))
    }

    /// In a single column, and harmless to a terminal.
    private static func shown(_ symbol: String) -> Character {
        guard let scalar = symbol.unicodeScalars.first, scalar != "\n" else { return "↵" }
        // Characters of East Asia, beyond, are as wide as two.
        return VisibleText.of(symbol).unicodeScalars.count == 1 && scalar.value < 0x1100 ? Character(scalar) : "·"
    }
}
