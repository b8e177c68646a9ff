// Steps to run through a network and to learn from.

/// What some steps of some lanes read and are asked: all lanes' first step, then all lanes' second, ... What a model does not have
/// is empty.
public struct Segment: Hashable, Sendable {
    /// T, how many steps.
    public let steps: Int
    /// B, how many lanes.
    public let lanes: Int
    /// Symbols read, (steps, lanes, `ModelInput.symbolsPerStep`); `noSymbol` where nothing is.
    public var inputs: [Int32] = []
    /// Vectors read, (steps, lanes, `ModelInput.vector`).
    public var inputVectors: [Float] = []
    /// Symbols asked for, (steps, lanes, `ModelOutput.groups`); `noTarget` where nothing is.
    public var targets: [Int32] = []
    /// Bits, 0 or 1, or numbers asked for, (steps, lanes, `ModelOutput.size`).
    public var targetVectors: [Float] = []
    /// By which the loss of each step and lane is multiplied; 0 where nothing is asked. Empty: 1 everywhere.
    public var weights: [Float] = []
    /// 1 where a lane begins anew before the step, in the initial state. No gradient passes there. Empty: nowhere.
    public var begins: [UInt8] = []
    /// What is left out at random; nil for nothing.
    public var dropout: Dropout?

    /// In place of a symbol: nothing is read.
    public static let noSymbol: Int32 = -1
    /// In place of a target: nothing to predict.
    public static let noTarget: Int32 = -1

    /// Steps in which nothing is read or asked, for a model of this input and output.
    public init(steps: Int, lanes: Int, input: ModelInput, output: ModelOutput) {
        (self.steps, self.lanes) = (steps, lanes)
        let rows = steps * lanes
        inputs = Array(repeating: Self.noSymbol, count: rows * input.symbolsPerStep)
        inputVectors = Array(repeating: 0, count: rows * input.vector)
        switch output.kind {
        case .symbols: targets = Array(repeating: Self.noTarget, count: rows * output.groups)
        case .bits, .reals:
            targetVectors = Array(repeating: 0, count: rows * output.size)
            weights = Array(repeating: 0, count: rows)
        }
    }

    /// One symbol a step, and one asked for: a text's.
    /// - Parameters:
    ///   - inputs: (steps, lanes) symbols.
    ///   - targets: (steps, lanes) symbols to predict, or `noTarget`.
    ///   - lanes: how many.
    public init(inputs: [Int32], targets: [Int32], lanes: Int = 1) {
        (steps, self.lanes) = (inputs.count / max(1, lanes), lanes)
        (self.inputs, self.targets) = (inputs, targets)
    }

    /// The lanes that begin anew before the first step.
    public var lanesToReset: [Int] { begins.prefix(lanes).indices.filter { begins[$0] != 0 } }

    /// Makes a lane begin anew before a step.
    public mutating func begin(lane: Int, step: Int = 0) {
        if begins.isEmpty { begins = Array(repeating: 0, count: steps * lanes) }
        begins[step * lanes + lane] = 1
    }

    /// How many symbols, bits or numbers are asked for.
    public var targetCount: Int {
        if !targets.isEmpty, weights.isEmpty { return targets.count { $0 != Self.noTarget } }
        let (rows, each) = (steps * lanes, max(targets.count, targetVectors.count) / max(1, steps * lanes))
        return (0..<rows).reduce(0) { sum, row in
            guard weights.isEmpty || weights[row] != 0 else { return sum }
            return sum + (targets.isEmpty ? each : targets[row * each..<(row + 1) * each].count { $0 != Self.noTarget })
        }
    }

    /// These lanes of it alone.
    public func part(_ part: Range<Int>) -> Segment { part == 0..<lanes ? self : self.part(part, steps: steps) }

    /// Without the steps at its end in which no lane has a weight; at least one step is left. Only episodes have steps of no
    /// weight: of a segment without weights all steps stay.
    public func trimmed() -> Segment {
        guard let last = weights.lastIndex(where: { $0 != 0 }) else { return self }
        let steps = last / lanes + 1
        return steps == self.steps ? self : part(0..<lanes, steps: steps)
    }

    /// The first steps of these lanes.
    private func part(_ part: Range<Int>, steps: Int) -> Segment {
        func cut<Element>(_ values: [Element]) -> [Element] {
            if values.isEmpty { return [] }
            let each = values.count / (self.steps * lanes)
            var result: [Element] = []
            result.reserveCapacity(steps * part.count * each)
            for step in 0..<steps {
                let row = step * lanes
                result += values[(row + part.lowerBound) * each..<(row + part.upperBound) * each]
            }
            return result
        }
        var result = Segment(steps: steps, lanes: part.count)
        (result.inputs, result.inputVectors) = (cut(inputs), cut(inputVectors))
        (result.targets, result.targetVectors) = (cut(targets), cut(targetVectors))
        (result.weights, result.begins, result.dropout) = (cut(weights), cut(begins), dropout)
        result.dropout?.lane += UInt64(part.lowerBound)
        return result
    }

    private init(steps: Int, lanes: Int) { (self.steps, self.lanes) = (steps, lanes) }
}
