// A paper as a picture: for each table a panel in which every trial is a point, its model down, the error across; further to the
// left is better.
import DNC

extension PaperReport {
    private static let (width, columns, line) = (460, 2, 18)
    /// Where a panel's points are.
    private static let (left, right, top) = (150.0, 430.0, 52.0)

    /// An SVG that needs nothing else.
    func picture(_ plot: Paper.Plot) -> String {
        switch plot {
        case .points: points
        case .learning: curves(tables.map { PaperCurves(learning: $0) })
        case .parts(let unit): curves(tables.map { PaperCurves(parts: $0, of: unit) })
        }
    }

    private var points: String {
        let height = 70 + Self.line * (tables.map(\.rows.count).max() ?? 0)
        let panels = tables.enumerated().map { index, table in
            let (x, y) = (index % Self.columns * Self.width, index / Self.columns * height)
            return "<g transform=\"translate(\(x) \(y))\">\n\(panel(table))</g>\n"
        }
        let rows = (tables.count + Self.columns - 1) / Self.columns
        return Picture.svg(
            width: max(1, min(tables.count, Self.columns)) * Self.width, height: max(1, rows) * height, title: summary,
            panels.joined())
    }

    private func panel(_ table: Table) -> String {
        let errors = table.rows.flatMap(\.trials).compactMap(\.score?.headline).filter(\.isFinite)
        let range = table.measure.range(of: errors)
        func x(_ error: Double) -> Double { Self.left + (Self.right - Self.left) * range.part(error) }
        let bottom = Self.top + Double(Self.line * table.rows.count)
        var marks = Picture.label(Self.left, 18, "start", "\(table.name): \(table.measure.rawValue)", #" class="name""#)
        for part in [0, 0.5, 1] {
            let error = range.lowerBound + part * (range.upperBound - range.lowerBound)
            marks += "<path class=\"grid\" d=\"M\(x(error).rounded(to: 1)) \(Self.top - 8)V\(bottom.rounded(to: 1))\"/>\n"
            marks += Picture.label(x(error), Self.top - 14, "middle", table.shown(error))
        }
        let best = table.rows.compactMap { row in row.mean { $0.score?.headline } }.min()
        for (index, row) in table.rows.enumerated() {
            let y = Self.top + Double(Self.line * index) + 8
            marks += Picture.label(Self.left - 12, y + 4, "end", row.name)
            let isBest = best != nil && row.mean { $0.score?.headline } == best
            for trial in row.trials {
                let about = "\(row.name), seed \(trial.seed): "
                if let error = trial.score?.headline, error.isFinite {
                    marks += Picture.point(x(error), y, about: about + table.shown(error), isBest: isBest)
                } else {
                    marks += Picture.cross(Self.right + 12, y, about: about + (trial.failure ?? "not measured"))
                }
            }
        }
        return marks
    }
}
