// The tables of a paper for people and programs to read.
import DNC
import Foundation

/// What a paper has come to.
struct PaperReport: Encodable {
    /// A model in a table.
    struct Row: Encodable {
        /// A seed of it.
        struct Trial: Encodable {
            let seed: Int
            /// Nil where it failed.
            @OrNull var score: PaperScore?
            @OrNull var symbolsPerSecond: Double?
            @OrNull var memoryBytes: Int?
            @OrNull var failure: String?
        }

        let name: String
        let parameters: Int
        let settings: [String: SettingValue]
        /// Those that have ended, in the order of their seeds.
        let trials: [Trial]

        private enum CodingKeys: String, CodingKey { case name, parameters, settings, trials }

        /// The mean of those that there are; nil where there are none.
        func mean(_ number: (Trial) -> Double?) -> Double? {
            let numbers = trials.compactMap(number)
            return numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
        }
    }

    struct Table: Encodable {
        let name: String
        let claim: String
        let measure: String
        let settings: [String: SettingValue]
        @OrNull var longer: [Int]?
        let rows: [Row]
        let leftOut: [String: String]
    }

    let paper: String
    let summary: String
    let seeds: Int
    /// Trials at a time, which share the processors.
    let jobs: Int
    let budgetSeconds: Double
    let tables: [Table]

    // MARK: - Markdown

    var markdown: String {
        let sharing = jobs == 1 ? "" : ", \(jobs) trials at a time, which share the machine"
        return """
            # \(summary)

            Mean, and in brackets each of \(seeds) seed\(seeds == 1 ? "" : "s"): of a task the answers that are wrong in 1,000 fresh \
            episodes, by the best model of the run. The memory's influence is its share in the answers, rather than the controller's. \
            Symbols a second are steps of episodes, or symbols of a text, in training on one thread\(sharing).

            \(tables.map(\.markdown).joined(separator: "\n"))
            """
    }
}

extension PaperReport.Table {
    /// Whether it is of a text, whose figures are losses.
    var isOfText: Bool { settings["task"] == nil }

    func shown(_ error: Double) -> String { isOfText ? error.rounded(to: 3) : error.asPercent }

    fileprivate var markdown: String {
        let numbers = ["max-steps": "steps", "batch-size": "batch", "optimizer": "", "learning-rate": "rate"]
        let alike = settings.filter { numbers[$0.key] != nil }.sorted { $0.key < $1.key }
            .map { "\(numbers[$0.key] ?? "") \($0.value)".trimmingCharacters(in: .whitespaces) }
        let work = settings["task-options"] ?? settings["data"]
        var heading = ["model", "controller", "parameters", measure]
        if let longer { heading.append("of length \(longer[0]) - \(longer[1])") }
        heading += ["memory's influence", "symbols/s", "memory"]
        let rule = heading.enumerated().map { $0.offset == 0 ? "---" : "---:" }
        let table = ([heading, rule] + rows.map(cells)).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
        return """
            ## \(name)

            \(claim)

            \(work?.description ?? ""): \(alike.joined(separator: ", ")).

            \(table)\(leftOut.sorted { $0.key < $1.key }.map { "\nWithout \($0.key): \($0.value).\n" }.joined())
            """
    }

    private func cells(_ row: PaperReport.Row) -> [String] {
        let all = settings.merging(row.settings) { $1 }
        let controller = [all["controller"] ?? all["model"], all["hidden"]]
        var cells = [row.name, controller.compactMap { $0?.description }.joined(separator: " "), row.parameters.grouped]
        cells.append(figure(row) { $0.error })
        if longer != nil { cells.append(figure(row) { $0.longerError }) }
        cells.append(row.mean { $0.score?.influence }?.rounded(to: 2) ?? "-")
        cells.append(row.mean { $0.symbolsPerSecond }.map { Int($0).grouped } ?? "-")
        cells.append(row.trials.compactMap(\.memoryBytes).max()?.asBytes ?? "-")
        return cells
    }

    /// The mean of a figure, and it by each seed.
    private func figure(_ row: PaperReport.Row, _ number: (PaperScore) -> Double?) -> String {
        if row.trials.isEmpty { return "-" }
        let each = row.trials.map { trial in
            trial.failure ?? trial.score.flatMap(number).map(shown) ?? "-"
        }
        let mean = row.mean { $0.score.flatMap(number) }.map(shown) ?? "-"
        return "\(mean) (\(each.joined(separator: ", ")))"
    }
}

extension PaperReport.Row.Trial {
    /// A trial that has ended.
    init(seed: Int, _ outcome: TrialOutcome, _ score: PaperScore?, symbolsPerPrediction: Double) {
        self.seed = seed
        self.score = score
        if let result = outcome.result, result.seconds > 0 {
            symbolsPerSecond = Double(result.predictions) * symbolsPerPrediction / result.seconds
        }
        memoryBytes = outcome.result?.memoryBytes
        failure = outcome.failure.map { $0.isDivergence ? "diverged" : "failed" }
    }
}
