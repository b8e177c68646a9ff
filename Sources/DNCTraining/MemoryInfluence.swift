// How much of what a model answers comes from its memory.
import DNCCore

/// How far a model's predictions change without its memory, and without its controller, as Franke et al. (2018) measure it in the
/// ADNC. With p the prediction, p_c that without the read vectors and p_m that without the controller's output, the sums are
/// m = sum |p - p_c| and c = sum |p - p_m|, and the memory's share is m / (m + c). Predictions are probabilities, or the numbers that
/// are answered.
public struct MemoryInfluence: Hashable, Sendable {
    /// What changes without the read vectors, m.
    public var memory = 0.0
    /// What changes without the controller's output, c.
    public var controller = 0.0

    /// Of nothing.
    public init() {}

    /// The memory's share, 0 ... 1; nil where nothing changes.
    public var share: Double? { memory + controller > 0 ? memory / (memory + controller) : nil }

    /// Adds that of other predictions.
    public static func += (sum: inout Self, other: Self) {
        sum.memory += other.memory
        sum.controller += other.controller
    }
}

extension ModelLayout {
    /// Whether it can be told apart what comes from the memory: there is one, and one map of what it reads to the answers, rather than
    /// programs that are mixed.
    var hasMemoryInfluence: Bool {
        let (model, variant) = (configuration, configuration.variant)
        return model.memory != .none && (variant.programs == 0 || variant.programUse == .interface)
    }
}

extension Model {
    /// That of every step. y = W_y h + W_r r + b: what is left out is subtracted from the outputs.
    /// - Parameters:
    ///   - outputs: (steps, `output.count`).
    ///   - hidden: (steps, H), of all layers that the output sees.
    ///   - reads: (steps, R, W).
    func memoryInfluence(outputs: [Float], hidden: [Float], reads: [Float]) -> [MemoryInfluence] {
        let fromController = products("output.weight", hidden)
        let fromMemory = products("output.weight_read", reads)
        return stride(from: 0, to: outputs.count, by: layout.output.count).map { start in
            let range = start..<start + layout.output.count
            let whole = layout.output.predictions(Array(outputs[range]))
            func change(without part: [Float]) -> Double {
                let rest = layout.output.predictions(zip(outputs[range], part[range]).map(-))
                return zip(whole, rest).reduce(0) { $0 + Double(abs($1.0 - $1.1)) }
            }
            var influence = MemoryInfluence()
            (influence.memory, influence.controller) = (change(without: fromMemory), change(without: fromController))
            return influence
        }
    }

    /// W x for every x of `vectors`, one after the other.
    private func products(_ weights: String, _ vectors: [Float]) -> [Float] {
        guard let (shape, values) = tensor(weights) else { return [] }
        let (weights, columns) = (values.map { Float($0) }, shape[1])
        return stride(from: 0, to: vectors.count, by: columns).flatMap { start in
            stride(from: 0, to: weights.count, by: columns).map { row in
                (0..<columns).reduce(Float(0)) { $0 + weights[row + $1] * vectors[start + $1] }
            }
        }
    }
}

extension SegmentRunner {
    /// That of the steps and lanes of the last `forward` in which something was asked.
    func memoryInfluence(
        on model: Model<Scalar>, where isAsked: (_ step: Int, _ lane: Int) -> Bool
    ) throws(CoreError) -> MemoryInfluence {
        let (hidden, reads, outputs) = (try recorded("hidden"), try recorded("read_vectors"), try recordedOutputs())
        let lanes = reads.shape[1]
        let steps = outputs.count / (lanes * layout.output.count)
        let rows = (0..<steps).flatMap { step in (0..<lanes).filter { isAsked(step, $0) }.map { step * lanes + $0 } }
        func asked<Number: BinaryFloatingPoint>(_ values: [Number], _ each: Int, from start: Int = 0) -> [Float] {
            rows.flatMap { row in values[start + row * each..<start + (row + 1) * each].map { Float($0) } }
        }
        // A state's begins with the one before the first step.
        func asked(_ recorded: (shape: [Int], values: [Scalar])) -> [Float] {
            let each = recorded.shape.dropFirst(2).reduce(1, *)
            return asked(recorded.values, each, from: (recorded.shape[0] - steps) * lanes * each)
        }
        return model.memoryInfluence(
            outputs: asked(outputs, layout.output.count), hidden: asked(hidden), reads: asked(reads)
        ).reduce(into: MemoryInfluence()) { $0 += $1 }
    }
}
