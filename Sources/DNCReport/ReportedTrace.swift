// A trace as the page takes it: small, and with no number that the page does not show.
import DNCCore
import DNCData
import DNCTraining
import Foundation

/// A tensor in few bytes, of every step or of one in `interval`: an element is `low` + (`high` - `low`) b / 255 for its byte b,
/// or a little-endian float.
private struct PackedTensor: Encodable {
    enum Kind: String, Encodable { case u8, f32 }

    let shape: [Int]
    let type: Kind
    let low: Float
    let high: Float
    let interval: Int
    /// Base64.
    let data: String

    init(_ tensor: (shape: [Int], values: [Float]), as type: Kind, every interval: Int = 1) {
        let step = Array(tensor.shape.dropFirst())
        let size = step.reduce(1, *)
        let values = stride(from: 0, to: tensor.values.count, by: interval * size).flatMap { tensor.values[$0..<$0 + size] }
        shape = [values.count / size] + step
        (self.type, self.interval) = (type, interval)
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        (self.low, self.high) = (low, high)
        switch type {
        case .u8:
            let scale = high > low ? 255 / (high - low) : 0
            data = Data(values.map { UInt8(min(255, (($0 - low) * scale).rounded())) }).base64EncodedString()
        case .f32:
            data = values.withUnsafeBytes { Data($0) }.base64EncodedString()
        }
    }
}

/// What the page shows of a trace.
struct ReportedTrace: Sendable, Encodable {
    private struct Likeliest: Encodable {
        var symbols: [[Int32]] = []
        var probabilities: [[Double]] = []
    }

    private let model: ModelConfiguration
    private let steps: Int
    private let vocabulary: [String]
    private let symbols: [Int32]
    private let targets: [Int32]
    private let resets: [Int32]
    private let top: Likeliest
    private let targetProbability: [Double?]
    private let arrays: [String: PackedTensor]

    enum CodingKeys: String, CodingKey {
        case model, steps, vocabulary, symbols, targets, resets, top, arrays
        case targetProbability = "target_probability"
    }

    /// What the page makes a picture of, in a byte each: 1/255 of the range is less than an eye can tell.
    private static let pictures = [
        "hidden", "cell", "memory", "usage", "write_weighting", "allocation_weighting", "write_content_weighting",
        "read_weightings", "read_content_weightings", "forward_weightings", "backward_weightings", "precedence",
        "erase_vector", "write_vector",
    ]
    /// What it also says in numbers, exactly.
    private static let scalars = [
        "free_gates", "allocation_gate", "write_gate", "read_modes", "read_strengths", "write_strength", "memory_influence",
    ]
    /// The bytes that temporal links may take, of which Base64 makes a third more. They are by far the most of a trace.
    private static let linkBudget = 1 << 21

    init(_ trace: Trace) {
        model = trace.layout.configuration
        steps = trace.steps
        vocabulary = (0..<Int32(trace.vocabulary.count)).map(trace.vocabulary.shownName)
        (symbols, targets, resets) = (trace.symbols, trace.targets, trace.resets)
        var (top, targetProbability) = (Likeliest(), [Double?]())
        for step in 0..<trace.steps {
            let scores = trace.logProbabilities(at: step)
            let likeliest = scores.indicesOfGreatest(5)
            top.symbols.append(likeliest.map(Int32.init))
            top.probabilities.append(likeliest.map { exp(scores[$0]) })
            let target = Int(trace.targets[step])
            targetProbability.append(target >= 0 ? exp(scores[target]) : nil)
        }
        (self.top, self.targetProbability) = (top, targetProbability)
        var arrays: [String: PackedTensor] = [:]
        for (names, kind) in [(Self.pictures, PackedTensor.Kind.u8), (Self.scalars, .f32)] {
            for name in names { arrays[name] = trace[name].map { PackedTensor($0, as: kind) } }
        }
        if let link = trace["link"] {
            let most = Self.linkBudget / link.shape.dropFirst().reduce(1, *)
            if most > 0 { arrays["link"] = PackedTensor(link, as: .u8, every: max(1, (trace.steps + most - 1) / most)) }
        }
        self.arrays = arrays
    }
}

extension [Double] {
    /// The greatest first, and of equals the earlier one. A vocabulary can be large: it is not sorted for the sake of a few.
    fileprivate func indicesOfGreatest(_ count: Int) -> [Int] {
        var greatest: [Int] = []
        for (index, value) in enumerated() where greatest.count < count || value > self[greatest[count - 1]] {
            greatest.insert(index, at: greatest.firstIndex { self[$0] < value } ?? greatest.endIndex)
            if greatest.count > count { greatest.removeLast() }
        }
        return greatest
    }
}

extension Vocabulary {
    /// A character itself, or a byte that is no ASCII character as 0x9B.
    fileprivate func shownName(of symbol: Int32) -> String {
        let bytes = bytes(of: symbol)
        return String(validating: bytes, as: UTF8.self) ?? symbolDescription(symbol)
    }
}
