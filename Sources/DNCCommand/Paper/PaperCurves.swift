// Models as curves: over the steps of their training, or over parts that differ by a number.
import DNC
import Foundation

/// A panel of curves.
struct PaperCurves {
    struct Curve {
        let model: String
        /// In the order of x.
        let points: [(x: Double, error: Double)]
        var about: String { points.map { "\($0.x.significant): \($0.error.significant)" }.joined(separator: ", ") }
    }

    let title: String
    let unit: String
    let figure: PaperFigure
    let curves: [Curve]

    /// Each seed of each model, by what its validations found.
    init(learning table: PaperReport.Table) {
        (title, unit, figure) = (table.name, "steps", .wrongAnswers)
        curves = table.rows.flatMap { row in
            row.trials.map { trial in
                Curve(model: row.name, points: trial.learning.map { (Double($0.step), $0.errorRate) })
            }
        }
    }

    /// The best seed of each model, in each part.
    init(parts table: PaperReport.Table, of unit: String) {
        (title, self.unit, figure) = (table.name, unit, table.measure)
        curves = table.rows.map { row in
            let parts = row.best?.parts ?? [:]
            return Curve(
                model: row.name,
                points: parts.compactMap { part, error in Double(part).map { ($0, error) } }.sorted { $0.x < $1.x })
        }
    }
}

extension PaperReport {
    private static let (curveWidth, curveHeight) = (620, 300)
    /// Where a panel's curves are.
    private static let (curveLeft, curveRight, curveTop, curveBottom) = (70.0, 440.0, 40.0, 250.0)

    /// Panels below each other.
    func curves(_ panels: [PaperCurves]) -> String {
        let drawn = panels.enumerated().map { index, panel in
            "<g transform=\"translate(0 \(index * Self.curveHeight))\">\n\(draw(panel))</g>\n"
        }
        return Picture.svg(
            width: Self.curveWidth, height: max(1, panels.count) * Self.curveHeight, title: summary, drawn.joined())
    }

    private func draw(_ panel: PaperCurves) -> String {
        let points = panel.curves.flatMap(\.points).filter { $0.error.isFinite }
        let errors = panel.figure.range(of: points.map(\.error))
        let ends = (points.map(\.x).min() ?? 0, points.map(\.x).max() ?? 1)
        func x(_ value: Double) -> Double {
            Self.curveLeft + (Self.curveRight - Self.curveLeft) * (value - ends.0) / max(1e-9, ends.1 - ends.0)
        }
        // What is better is further down, but for accuracy.
        func y(_ error: Double) -> Double {
            let part = panel.figure == .accuracy ? 1 - errors.part(error) : errors.part(error)
            return Self.curveBottom - (Self.curveBottom - Self.curveTop) * part
        }
        var marks = Picture.label(
            Self.curveLeft, 18, "start", [panel.title, panel.figure.rawValue].filter { !$0.isEmpty }.joined(separator: ": "),
            #" class="name""#)
        for part in [0, 0.5, 1] {
            let error = errors.lowerBound + part * (errors.upperBound - errors.lowerBound)
            marks += "<path class=\"grid\" d=\"M\(Self.curveLeft) \(y(error).rounded(to: 1))H\(Self.curveRight)\"/>\n"
            marks += Picture.label(Self.curveLeft - 8, y(error) + 4, "end", panel.figure.shown(error))
            let place = ends.0 + part * (ends.1 - ends.0)
            marks += Picture.label(x(place), Self.curveBottom + 18, "middle", Int(place.rounded()).grouped)
        }
        marks += Picture.label((Self.curveLeft + Self.curveRight) / 2, Self.curveBottom + 36, "middle", panel.unit)
        let models = panel.curves.map(\.model).eachOnce
        for curve in panel.curves {
            let places = curve.points.filter { $0.error.isFinite }.map { (x($0.x), y($0.error)) }
            marks += Picture.curve(
                places, colour: models.firstIndex(of: curve.model) ?? 0, about: "\(curve.model): \(curve.about)")
        }
        for (index, model) in models.enumerated() {
            let height = Self.curveTop + 16 * Double(index)
            marks += Picture.curve(
                [(Self.curveRight + 16, height), (Self.curveRight + 36, height)], colour: index, about: model)
            marks += Picture.label(Self.curveRight + 42, height + 4, "start", model)
        }
        return marks
    }
}
