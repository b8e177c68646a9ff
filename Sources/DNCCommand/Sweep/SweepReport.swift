// A sweep for people to read: a table of its trials, and for each setting how good the best trial of every value is.
import DNC
import Foundation

struct SweepReport {
    /// The best first.
    let outcomes: [TrialOutcome]

    /// The settings that vary.
    var names: [String] { outcomes.first?.settings.keys.sorted() ?? [] }

    /// In what losses are told.
    var unit: String { outcomes.lazy.compactMap { $0.result?.measure.unit }.first ?? "loss" }

    /// A line for each trial.
    var table: String {
        let heading = ["held-out \(unit)", "step", "time"] + names + ["trial"]
        let rows = outcomes.map { outcome in
            let result = outcome.result.map { [$0.validLoss?.rounded(to: 4) ?? "-", $0.step.grouped, $0.seconds.asTime] }
            let failure = outcome.failure.map { ["failed (\($0.exitCode))", "", ""] }
            return (result ?? failure ?? []) + names.map { outcome.settings[$0]?.shown ?? "" } + ["\(outcome.trial)"]
        }
        let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([heading] + rows).map { zip($0, widths).map { $0.leftPadded(to: $1) }.joined(separator: "  ") }
        return Terminal.styled(lines[0], .bold, on: .output) + "\n" + lines.dropFirst().map { $0 + "\n" }.joined()
    }

    /// For each setting with several values, a line for each, or where they are many, for some together; the further to the
    /// left, the better.
    var profile: String {
        guard let range else { return "" }
        let settings = names.map { ($0, groups(of: $0)) }.filter { $0.1.count > 1 }
        let all = settings.flatMap(\.1)
        let (labelWidth, numberWidth) = (all.map(\.label.count).max() ?? 0, all.map(\.number.count).max() ?? 0)
        var text = ""
        for (name, groups) in settings {
            text += "\n" + Terminal.styled("\(name): held-out \(unit) of the best trial", .bold, on: .output) + "\n"
            for group in groups {
                let line = "  \(group.label.leftPadded(to: labelWidth))  \(group.number.leftPadded(to: numberWidth))"
                let plot = group.loss.map {
                    "  " + String(repeating: "─", count: Int(range.part($0) * 30)) + (range.contains($0) ? "●" : "→")
                }
                let isBest = group.loss == range.lowerBound
                text += isBest ? Terminal.styled(line + (plot ?? ""), .green, on: .output) : line + (plot ?? "")
                text += "\n"
            }
        }
        return text
    }

    /// One or several values of a setting, and the lowest number of their trials; nil where none has one.
    private struct Group {
        let label: String
        let loss: Double?

        var number: String { loss?.rounded(to: 4) ?? "-" }
    }

    private func groups(of name: String) -> [Group] {
        let scale = scale(of: name)
        let least = Dictionary(outcomes.map { ($0.settings[name], $0.loss ?? .infinity) }, uniquingKeysWith: min)
        return Dictionary(grouping: scale.values, by: scale.group).sorted { $0.key < $1.key }.map { _, values in
            let labels = [values[0], values[values.count - 1]].map(\.shown)
            let loss = values.compactMap { least[$0] }.min().flatMap { $0.isFinite ? $0 : nil }
            return Group(label: values.count == 1 ? labels[0] : labels.joined(separator: " - "), loss: loss)
        }
    }

    func scale(of name: String) -> Scale { Scale(outcomes.compactMap { $0.settings[name] }) }

    /// From the best number to the worst; but what is far out, as that of a trial that went wrong, does not press the others
    /// together.
    var range: ClosedRange<Double>? {
        let losses = outcomes.compactMap(\.loss).sorted()
        guard let best = losses.first, let worst = losses.last else { return nil }
        let median = losses[(losses.count - 1) / 2]
        return best...(median > best ? min(worst, best + 4 * (median - best)) : worst)
    }
}

extension ClosedRange<Double> {
    /// Where in it a number is, from 0 to 1, which is also what is beyond.
    func part(_ number: Double) -> Double {
        lowerBound < upperBound ? Swift.min((number - lowerBound) / (upperBound - lowerBound), 1) : 0
    }
}

/// Where the values of a setting are on a line from 0 to 1: numbers by their size, or where they span a decade, by their
/// logarithm; others side by side.
struct Scale {
    /// Each once, in order.
    let values: [SettingValue]
    let isLogarithmic: Bool
    /// Of numbers.
    private let range: ClosedRange<Double>?

    init(_ values: [SettingValue]) {
        self.values = Set(values).sorted(by: SettingValue.isBefore)
        let numbers = self.values.compactMap(\.number)
        if numbers.count == self.values.count, let least = numbers.first, let most = numbers.last {
            range = least...most
            isLogarithmic = least > 0 && most >= 10 * least
        } else {
            (range, isLogarithmic) = (nil, false)
        }
    }

    func position(of value: SettingValue) -> Double {
        guard values.count > 1 else { return 0.5 }
        guard let range, let number = value.number else { return Double(index(of: value)) / Double(values.count - 1) }
        guard isLogarithmic else { return range.part(number) }
        return log(number / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }

    private static let mostGroups = 8

    /// Which group a value is in: one of its own, unless there are too many numbers; these share parts of the line.
    func group(of value: SettingValue) -> Int {
        guard range != nil, values.count > Self.mostGroups else { return index(of: value) }
        return min(Int(position(of: value) * Double(Self.mostGroups)), Self.mostGroups - 1)
    }

    private func index(of value: SettingValue) -> Int { values.firstIndex(of: value) ?? 0 }
}

extension SettingValue {
    /// Safe to print, on one line.
    var shown: String { printable(description, limit: 40) }

    /// Numbers by their size, before all else by its words.
    static func isBefore(_ one: Self, _ other: Self) -> Bool {
        switch (one, other) {
        case (.number(let one), .number(let other)): one < other
        case (.number, _): true
        case (_, .number): false
        default: one.description < other.description
        }
    }
}
