// What pictures in SVG have in common: they need nothing else, on light ground or where the reader prefers it, on dark.
import DNC

enum Picture {
    /// A picture of this size, with a title for those who do not see it.
    static func svg(width: Int, height: Int, title: String, _ content: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)">
        <title>\(title.inXML)</title>
        <style>
        text { font: 11px system-ui, sans-serif; fill: #222 } .name { font-weight: bold }
        .page { fill: #fff } .grid { stroke: #ddd } circle { fill: #1668b8; fill-opacity: 0.7 }
        .curve { fill: none; stroke-width: 1.8; stroke-opacity: 0.85 }
        .best { fill: #c2410c; fill-opacity: 1 } .failed { fill: none; stroke: #777; stroke-width: 1.5 }
        @media (prefers-color-scheme: dark) {
        text { fill: #e4e4e4 } .page { fill: #16181d } .grid { stroke: #3a3d45 } circle { fill: #6cb2f5 }
        .best { fill: #fb923c } .failed { stroke: #999 }
        }
        </style>
        <rect class="page" width="100%" height="100%"/>
        \(content)</svg>

        """
    }

    static func label(_ x: Double, _ y: Double, _ anchor: String, _ text: String, _ style: String = "") -> String {
        "<text x=\"\(x.rounded(to: 1))\" y=\"\(y.rounded(to: 1))\" text-anchor=\"\(anchor)\"\(style)>\(text.inXML)</text>\n"
    }

    /// A point that tells what it is.
    static func point(_ x: Double, _ y: Double, about: String, isBest: Bool) -> String {
        let style = isBest ? #" class="best""# : ""
        return
            "<circle cx=\"\(x.rounded(to: 1))\" cy=\"\(y.rounded(to: 1))\" r=\"4\"\(style)><title>\(about.inXML)</title></circle>\n"
    }

    /// Told apart on light ground and on dark.
    private static let colours = ["#1668b8", "#c2410c", "#15803d", "#9333ea", "#0e9aa7", "#ca8a04", "#db2777", "#737373"]

    /// A line through points, in one of a few colours, that tells what it is.
    static func curve(_ points: [(x: Double, y: Double)], colour: Int, about: String) -> String {
        let path = points.map { "\($0.x.rounded(to: 1)) \($0.y.rounded(to: 1))" }.joined(separator: "L")
        guard !path.isEmpty else { return "" }
        let stroke = colours[colour % colours.count]
        return "<path class=\"curve\" stroke=\"\(stroke)\" d=\"M\(path)\"><title>\(about.inXML)</title></path>\n"
    }

    /// A cross for what has failed.
    static func cross(_ x: Double, _ y: Double, about: String) -> String {
        let corner = "M\((x - 4).rounded(to: 1)) \((y - 4).rounded(to: 1))"
        return "<path class=\"failed\" d=\"\(corner)l8 8m0 -8l-8 8\"><title>\(about.inXML)</title></path>\n"
    }
}

extension String {
    /// As text in XML, which has no control characters.
    fileprivate var inXML: String {
        printable(self, limit: 500).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\u{FFFE}", with: "?").replacing("\u{FFFF}", with: "?")
    }
}
