// A trace as the page takes it: small, and with no number that the page does not show.
import DNCCore
import DNCData
import DNCTasks
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

/// What the page shows of a trace. S and G are how many symbols a step reads and answers.
struct ReportedTrace: Sendable, Encodable {
    /// Of each of (T, G).
    private struct Likeliest: Encodable {
        var symbols: [[Int32]] = []
        var probabilities: [[Double]] = []
    }

    private let model: ModelConfiguration
    private let input: ModelInput
    private let output: ModelOutput
    private let isText: Bool
    private let steps: Int
    /// What the symbols that are read are called, and those to answer; empty where they have no names.
    private let vocabulary: [String]
    private let answerVocabulary: [String]
    /// (T, S) and (T, G).
    private let symbols: [Int32]
    private let targets: [Int32]
    private let resets: [Int32]
    private let top: Likeliest
    /// Whether all that a step was asked is right, and by how much it is missed: in bits, or as a sum of squares. Nil where
    /// nothing was asked.
    private let right: [Bool?]
    private let loss: [Double?]
    private let arrays: [String: PackedTensor]

    enum CodingKeys: String, CodingKey {
        case model, input, output, steps, vocabulary, symbols, targets, resets, top, right, loss, arrays
        case isText = "is_text"
        case answerVocabulary = "answer_vocabulary"
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
        "input_vectors", "target_vectors",
    ]
    /// The bytes that temporal links may take, of which Base64 makes a third more. They are by far the most of a trace.
    private static let linkBudget = 1 << 21

    init(_ trace: Trace) {
        (model, input, output) = (trace.layout.configuration, trace.layout.input, trace.layout.output)
        (isText, steps) = (trace.alphabet.isText, trace.steps)
        (vocabulary, answerVocabulary) = trace.alphabet.names { $0.shownName(of: $1) }
        (symbols, targets, resets) = (trace.symbols, trace.targets, trace.resets)
        right = (0..<trace.steps).map(trace.score(at:)).map { $0.answers > 0 ? $0.wrongAnswers == 0 : nil }
        loss = (0..<trace.steps).map(trace.missing(at:))
        top = Self.likeliest(trace)
        var arrays: [String: PackedTensor] = [:]
        for (names, kind) in [(Self.pictures, PackedTensor.Kind.u8), (Self.scalars, .f32)] {
            for name in names { arrays[name] = trace[name].map { PackedTensor($0, as: kind) } }
        }
        if output.kind != .symbols {
            let answers = (0..<trace.steps).flatMap(trace.predictions(at:))
            arrays["answers"] = PackedTensor((shape: [trace.steps, output.size], values: answers), as: .f32)
        }
        if let link = trace["link"] {
            let most = Self.linkBudget / link.shape.dropFirst().reduce(1, *)
            if most > 0 { arrays["link"] = PackedTensor(link, as: .u8, every: max(1, (trace.steps + most - 1) / most)) }
        }
        self.arrays = arrays
    }

    /// The likeliest symbols of each softmax; none where it is no symbols that are answered.
    private static func likeliest(_ trace: Trace) -> Likeliest {
        var top = Likeliest()
        let size = trace.layout.output.size
        for step in 0..<trace.steps {
            let all = trace.logProbabilities(at: step)
            for start in stride(from: 0, to: all.count, by: size) {
                let scores = Array(all[start..<start + size])
                let likeliest = scores.indicesOfGreatest(5)
                top.symbols.append(likeliest.map(Int32.init))
                top.probabilities.append(likeliest.map { exp(scores[$0]) })
            }
        }
        return top
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
