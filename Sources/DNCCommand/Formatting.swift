// Numbers and columns for people to read.
import Foundation

extension Int {
    /// With a comma between thousands.
    var grouped: String {
        var digits = String(magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// As a number of bytes.
    var asBytes: String {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var (value, unit) = (Double(self), 0)
        while value >= 1000, unit + 1 < units.count {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(self) bytes" : "\(value.rounded(to: 1)) \(units[unit])"
    }
}

extension Double {
    /// With so many decimal places.
    func rounded(to places: Int) -> String { String(format: "%.\(places)f", self) }

    /// As a time: 1:05 or 2:01:05.
    var asTime: String {
        let seconds = Int(self.rounded())
        let tail = String(format: "%02d", seconds % 60)
        return seconds < 3600
            ? "\(seconds / 60):\(tail)" : "\(seconds / 3600):" + String(format: "%02d", seconds / 60 % 60) + ":\(tail)"
    }

    /// With three digits that count.
    var significant: String { String(format: "%.3g", self) }

    /// As a part of a hundred. Only what is all is 100 %, only nothing 0 %.
    var asPercent: String {
        let text = (100 * self).rounded(to: 1)
        if text == "100.0" { return self == 1 ? "100 %" : "> 99.9 %" }
        return text == "0.0" ? self == 0 ? "0 %" : "< 0.1 %" : "\(text) %"
    }

    /// Like -1.2e-07.
    var scientific: String { String(format: "%.1e", self) }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

/// A bar for each number, from ▁ for the least of them to █ for the largest; a blank for what is not finite.
func sparkline(_ values: some Collection<Double>) -> String {
    let finite = values.filter(\.isFinite)
    return sparkline(values, from: finite.min() ?? 0, to: finite.max() ?? 0)
}

/// A bar for each number, from ▁ for `least` and below to █ for `largest` and above.
func sparkline(_ values: some Collection<Double>, from least: Double, to largest: Double) -> String {
    String(
        values.map { $0.isFinite ? shade(largest > least ? ($0 - least) / (largest - least) : 0, of: Array("▁▂▃▄▅▆▇█")) : " " })
}

/// The character for a part of 1, of those that stand for 0 to 1.
func shade(_ part: Double, of scale: [Character]) -> Character {
    scale[Int((min(max(part, 0), 1) * Double(scale.count - 1)).rounded())]
}
