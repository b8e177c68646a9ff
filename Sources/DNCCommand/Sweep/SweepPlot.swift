// A sweep as a picture: for each setting a panel in which every trial is a point, the setting across, bits per character up.
import DNC
import Foundation

extension SweepReport {
    private static let (width, height, columns) = (300, 220, 3)
    /// Where a panel's points are.
    private static let (left, right, top, bottom) = (60.0, 280.0, 36.0, 176.0)

    /// An SVG that needs nothing else, on light ground or where the reader prefers it, on dark.
    var plot: String {
        let panels = names.enumerated().map { index, name in
            let (x, y) = (index % Self.columns * Self.width, index / Self.columns * Self.height)
            return "<g transform=\"translate(\(x) \(y))\">\n\(panel(name))</g>\n"
        }
        let width = min(names.count, Self.columns) * Self.width
        let height = (names.count + Self.columns - 1) / Self.columns * Self.height
        return Picture.svg(
            width: width, height: height,
            title: "Held-out bits per character of every trial by its settings; lower is better", panels.joined())
    }

    private func panel(_ name: String) -> String {
        let (scale, range) = (scale(of: name), range ?? 0...0)
        func x(_ value: SettingValue) -> Double { Self.left + (Self.right - Self.left) * scale.position(of: value) }
        func y(_ loss: Double) -> Double { Self.bottom - (Self.bottom - Self.top) * range.part(loss) }
        let title = scale.isLogarithmic ? "\(name) (logarithmic)" : name
        var lines = Picture.label((Self.left + Self.right) / 2, 18, "middle", title, #" class="name""#)
        lines += Picture.label(Self.left - 12, 18, "end", unit)
        for part in self.range == nil ? [] : range.lowerBound < range.upperBound ? [0, 0.25, 0.5, 0.75, 1] : [0] {
            let loss = range.lowerBound + part * (range.upperBound - range.lowerBound)
            let height = y(loss).rounded(to: 1)
            lines += "<path class=\"grid\" d=\"M\(Self.left - 8) \(height)H\(Self.right + 8)\"/>\n"
            let isBeyond = part == 1 && outcomes.contains { $0.loss ?? 0 > loss }
            lines += Picture.label(Self.left - 12, y(loss) + 4, "end", (isBeyond ? "≥ " : "") + loss.rounded(to: 3))
        }
        let marks = scale.values.map { value in
            let text = printable(value.description, limit: 20)
            let half = 3.3 * Double(text.count)
            return (text: text, half: half, center: min(max(x(value), half), Double(Self.width) - half))
        }
        // Those in between have none where there is no room.
        var end = 0.0
        let room = marks.last.map { $0.center - $0.half } ?? 0
        for (index, (text, half, center)) in marks.enumerated()
        where index == marks.count - 1 || center - half > end && center + half + 6 < room {
            lines += Picture.label(center, Self.bottom + 24, "middle", text)
            end = center + half + 6
        }
        // The best is drawn last, above the others.
        for outcome in outcomes.reversed() {
            guard let value = outcome.settings[name] else { continue }
            let about = "trial \(outcome.trial): \(outcome.summary), \(outcome.settings.summary)"
            if let loss = outcome.loss {
                lines += Picture.point(x(value), y(loss), about: about, isBest: outcome.trial == outcomes.first?.trial)
            } else if outcome.failure != nil {
                lines += Picture.cross(x(value), Self.top - 8, about: about)
            }
        }
        return lines
    }
}
