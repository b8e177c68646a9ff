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
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)">
            <title>Held-out bits per character of every trial by its settings; lower is better</title>
            <style>
            text { font: 11px system-ui, sans-serif; fill: #222 } .name { font-weight: bold }
            .page { fill: #fff } .grid { stroke: #ddd } circle { fill: #1668b8; fill-opacity: 0.7 }
            .best { fill: #c2410c; fill-opacity: 1 } .failed { fill: none; stroke: #777; stroke-width: 1.5 }
            @media (prefers-color-scheme: dark) {
            text { fill: #e4e4e4 } .page { fill: #16181d } .grid { stroke: #3a3d45 } circle { fill: #6cb2f5 }
            .best { fill: #fb923c } .failed { stroke: #999 }
            }
            </style>
            <rect class="page" width="100%" height="100%"/>
            \(panels.joined())</svg>

            """
    }

    private func panel(_ name: String) -> String {
        let (scale, range) = (scale(of: name), range ?? 0...0)
        func x(_ value: SettingValue) -> Double { Self.left + (Self.right - Self.left) * scale.position(of: value) }
        func y(_ loss: Double) -> Double { Self.bottom - (Self.bottom - Self.top) * range.part(loss) }
        func label(_ x: Double, _ y: Double, _ anchor: String, _ text: String, _ style: String = "") -> String {
            "<text x=\"\(x.rounded(to: 1))\" y=\"\(y.rounded(to: 1))\" text-anchor=\"\(anchor)\"\(style)>\(text.inXML)</text>\n"
        }
        let title = scale.isLogarithmic ? "\(name) (logarithmic)" : name
        var lines = label((Self.left + Self.right) / 2, 18, "middle", title, #" class="name""#)
        lines += label(Self.left - 12, 18, "end", unit)
        for part in self.range == nil ? [] : range.lowerBound < range.upperBound ? [0, 0.25, 0.5, 0.75, 1] : [0] {
            let loss = range.lowerBound + part * (range.upperBound - range.lowerBound)
            let height = y(loss).rounded(to: 1)
            lines += "<path class=\"grid\" d=\"M\(Self.left - 8) \(height)H\(Self.right + 8)\"/>\n"
            let isBeyond = part == 1 && outcomes.contains { $0.loss ?? 0 > loss }
            lines += label(Self.left - 12, y(loss) + 4, "end", (isBeyond ? "≥ " : "") + loss.rounded(to: 3))
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
            lines += label(center, Self.bottom + 24, "middle", text)
            end = center + half + 6
        }
        // The best is drawn last, above the others.
        for outcome in outcomes.reversed() {
            guard let value = outcome.settings[name] else { continue }
            let about = "<title>\("trial \(outcome.trial): \(outcome.summary), \(outcome.settings.summary)".inXML)</title>"
            if let loss = outcome.loss {
                let style = outcome.trial == outcomes.first?.trial ? #" class="best""# : ""
                let (x, y) = (x(value).rounded(to: 1), y(loss).rounded(to: 1))
                lines += "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"4\"\(style)>\(about)</circle>\n"
            } else if outcome.failure != nil {
                let corner = "M\((x(value) - 4).rounded(to: 1)) \(Self.top - 12)"
                lines += "<path class=\"failed\" d=\"\(corner)l8 8m0 -8l-8 8\">\(about)</path>\n"
            }
        }
        return lines
    }
}

extension String {
    /// As text in XML, which has no control characters.
    fileprivate var inXML: String {
        printable(self, limit: 500).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\u{FFFE}", with: "?").replacing("\u{FFFF}", with: "?")
    }
}
