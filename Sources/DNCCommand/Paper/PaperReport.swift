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
            /// The validations, of what has right and wrong answers.
            var learning: [LearningPoint] = []
            @OrNull var symbolsPerSecond: Double?
            @OrNull var memoryBytes: Int?
            @OrNull var failure: String?

            /// The step of the first validation in which less than one answer in a hundred was wrong.
            var learnedAt: Int? { learning.first { $0.errorRate < 0.01 }?.step }
        }

        /// A validation: the part of the answers that were wrong after so many steps.
        struct LearningPoint: Encodable {
            let step: Int
            let errorRate: Double
        }

        let name: String
        /// As `PaperTable.Row` has it.
        @OrNull var countsAs: String?
        let parameters: Int
        let settings: [String: SettingValue]
        /// Those that have ended, in the order of their seeds.
        let trials: [Trial]

        private enum CodingKeys: String, CodingKey { case name, countsAs, parameters, settings, trials }

        /// What its figures count as.
        var model: String { countsAs ?? name }

        /// The score of the best seed.
        var best: PaperScore? { trials.compactMap(\.score).min { $0.error < $1.error } }

        /// The mean of those that there are; nil where there are none.
        func mean(_ number: (Trial) -> Double?) -> Double? {
            let numbers = trials.compactMap(number)
            return numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
        }
    }

    struct Table: Encodable {
        let name: String
        let claim: String
        let measure: PaperFigure
        let settings: [String: SettingValue]
        @OrNull var longer: [Int]?
        @OrNull var longerSlots: Int?
        let rows: [Row]
        let published: [PaperTable.Published]
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

            Mean, and in brackets each of \(seeds) seed\(seeds == 1 ? "" : "s"), by the best model of the run: of a task in 1,000 fresh \
            episodes, of other lengths in 480 of 24 lengths, each of which counts alike. The memory's influence is its share in the \
            answers, rather than the controller's. \
            Symbols a second are steps of episodes, or symbols of a text, in training on one thread\(sharing).

            \(overview)\(tables.map(\.markdown).joined(separator: "\n"))
            """
    }

    /// All tables in one, where there are several.
    private var overview: String {
        guard tables.count > 1 else { return "" }
        let lines = tables.map { table in
            PaperMatrix.Line(
                name: table.name,
                cells: table.models.compactMap { model in
                    let trials = table.rows.filter { $0.model == model }.flatMap(\.trials)
                    return trials.compactMap(\.score?.headline).min().map { (model, table.measure.shown($0)) }
                } + table.published.compactMap { known in known.error.map { (known.name, table.measure.shown($0)) } })
        }
        let matrix = PaperMatrix(
            own: tables.flatMap(\.models).eachOnce, published: tables.flatMap(\.published).map(\.name).eachOnce, lines: lines)
        let ways = tables.contains { $0.models.count < $0.rows.count } ? ", in whichever way it was trained" : ""
        return "The best seed of each\(ways):\n\n" + matrix.markdown + "\n"
    }
}

/// Models beside each other, one figure of each.
private struct PaperMatrix {
    struct Line {
        let name: String
        let cells: [(column: String, figure: String)]
    }

    /// The names of models, and of what was published.
    let own, published: [String]
    let lines: [Line]

    var markdown: String {
        let names = own + published
        let heading = [""] + own + published.map { "*\($0)*" }
        let rows = lines.map { line in
            [line.name] + names.map { name in line.cells.first { $0.column == name }?.figure ?? "-" }
        }
        return markdownTable([heading] + rows)
    }
}

/// The first row is the heading; numbers are at the right.
private func markdownTable(_ rows: [[String]]) -> String {
    let rule = (rows.first ?? []).indices.map { $0 == 0 ? "---" : "---:" }
    return (rows.prefix(1) + [rule] + rows.dropFirst()).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
}

extension PaperReport.Table {
    func shown(_ error: Double) -> String { measure.shown(error) }

    /// What its rows count as.
    fileprivate var models: [String] { rows.map(\.model).eachOnce }

    fileprivate var markdown: String {
        let numbers = ["max-steps": "steps", "batch-size": "batch", "optimizer": "", "learning-rate": "rate"]
        let alike = settings.filter { numbers[$0.key] != nil }.sorted { $0.key < $1.key }
            .map { "\(numbers[$0.key] ?? "") \($0.value)".trimmingCharacters(in: .whitespaces) }
        let work = settings["task-options"] ?? settings["data"] ?? settings["babi"]
        return """
            ## \(name)

            \(claim)

            \(work?.description ?? ""): \(alike.joined(separator: ", ")).

            \(markdownTable([heading] + rows.map(cells) + others))\(parts)\(sources)\
            \(leftOut.sorted { $0.key < $1.key }.map { "\nWithout \($0.key): \($0.value).\n" }.joined())
            """
    }

    private var heading: [String] {
        var heading = ["model", "controller", "parameters", measure.rawValue]
        if let longer {
            heading.append("of length \(longer[0]) - \(longer[1])" + (longerSlots.map { ", \($0) slots" } ?? ""))
        }
        if hasLearning { heading.append("1 % wrong at step") }
        return heading + ["memory's influence", "symbols/s", "memory"]
    }

    /// Whether validations tell of any trial when it was learned.
    private var hasLearning: Bool { rows.contains { $0.trials.contains { $0.learnedAt != nil } } }

    private func cells(_ row: PaperReport.Row) -> [String] {
        let all = settings.merging(row.settings) { $1 }
        let controller = [all["controller"] ?? all["model"], all["hidden"]]
        var cells = [row.name, controller.compactMap { $0?.description }.joined(separator: " "), row.parameters.grouped]
        cells.append(figure(row) { $0.error })
        if longer != nil { cells.append(figure(row) { $0.longerError }) }
        if hasLearning {
            let steps = row.trials.map { trial in trial.learnedAt?.grouped ?? "-" }
            cells.append(steps.isEmpty ? "-" : steps.joined(separator: ", "))
        }
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

    /// What others have published, and the best that there can be.
    private var others: [[String]] {
        let least = rows.flatMap(\.trials).compactMap { $0.score?.leastError }.first
        let known = published.compactMap { known in known.error.map { ("*\(known.name)*", $0) } }
        let figures = known + (least.map { [("*the best there can be*", $0)] } ?? [])
        return figures.map { name, error in
            var cells = heading.map { _ in "" }
            (cells[0], cells[longer == nil ? 3 : 4]) = (name, shown(error))
            return cells
        }
    }

    /// Of each part of what is asked the best seed's figures.
    private var parts: String {
        let best = rows.compactMap { row in row.best.map { (row.name, $0.parts) } }
        let all = best + published.map { ($0.name, $0.parts) }
        let names = Set(best.flatMap(\.1.keys)).sorted { (Int($0) ?? 0, $0) < (Int($1) ?? 0, $1) }
        if names.isEmpty { return "" }
        let lines = names.map { part in
            PaperMatrix.Line(
                name: part, cells: all.compactMap { name, parts in parts[part].map { (name, shown($0)) } })
        }
        let matrix = PaperMatrix(own: rows.map(\.name), published: published.map(\.name), lines: lines)
        return "\nOne by one, the best seed of each:\n\n" + matrix.markdown
    }

    private var sources: String {
        published.map(\.source).eachOnce.map { source in
            "\n\(published.filter { $0.source == source }.map(\.name).joined(separator: ", ")): \(source).\n"
        }.joined()
    }
}

extension PaperReport.Row.Trial {
    /// A trial that has ended.
    init(
        seed: Int, _ outcome: TrialOutcome, _ score: PaperScore?, _ log: [MetricsLine], symbolsPerPrediction: Double
    ) {
        self.seed = seed
        self.score = score
        learning = log.compactMap { line in
            line.validErrorRate.map { PaperReport.Row.LearningPoint(step: line.step, errorRate: $0) }
        }
        if let result = outcome.result, result.seconds > 0 {
            symbolsPerSecond = Double(result.predictions) * symbolsPerPrediction / result.seconds
        }
        memoryBytes = outcome.result?.memoryBytes
        failure = outcome.failure.map { $0.isDivergence ? "diverged" : "failed" }
    }
}
