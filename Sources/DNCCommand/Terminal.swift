// Where text goes: results to standard output, progress and errors to standard error.
import Foundation

enum Terminal {
    /// Standard output cannot be written to: the result is lost.
    struct OutputError: Error, CustomStringConvertible {
        let reason: String
        var description: String { "cannot write to standard output: \(reason); free space or choose another place" }
    }

    static func write(_ text: String) throws(OutputError) { try write(Data(text.utf8)) }

    static func write(_ bytes: Data) throws(OutputError) {
        do { try FileHandle.standardOutput.write(contentsOf: bytes) } catch { throw OutputError(reason: reason(of: error)) }
    }

    static func writeError(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    /// Whether somebody watches standard error.
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// One line of JSON with sorted keys on standard output.
    static func write(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try write(encoder.encode(value) + Data("\n".utf8))
    }
}

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
}

extension Double {
    /// Like -1.2e-07.
    var scientific: String { String(format: "%.1e", self) }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

/// The system's own words.
private func reason(of error: any Error) -> String {
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error
    return (cause ?? error).localizedDescription
}
