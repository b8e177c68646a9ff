// All that happens in a model while it reads a text, to look at.
public import DNCCore
public import DNCData
import Foundation
public import SafeTensors

/// What a model did, step by step, while it read a text from the zero state. All numbers are `Float`, whatever the model's are.
///
/// A tensor's first dimension is the step, T of them. There are `logits` (V) and, of a DNC, the squashed interface vector in its
/// parts: `read_keys` (R, W), `read_strengths` (R), `write_key` (W), `write_strength`, `erase_vector` (W), `write_vector` (W),
/// `free_gates` (R), `allocation_gate`, `write_gate`, `read_modes` (R, 3: backward, content, forward); the weightings
/// `write_content_weighting` and `allocation_weighting` (N), `read_content_weightings`, `forward_weightings` and
/// `backward_weightings` (R, N); and the state after the step: `hidden` (H), `cell` (H; not of an RNN), `read_vectors` (R, W),
/// `memory` (N, W), `usage` (N), `precedence` (N), `link` (N, N), `write_weighting` (N), `read_weightings` (R, N).
///
/// Besides there is, of a DNC, `memory_influence`: how much of the prediction p comes from the memory, 0 ... 1, as Franke et al. (2018)
/// measure it in the ADNC. With p_c the prediction without the read vectors and p_m that without the controller's output, it is
/// m / (m + c) where m = sum |p - p_c| and c = sum |p - p_m|.
///
/// One file in safetensors format holds these under their names, with `symbols`, `targets` and `resets` as 32-bit integers, and as
/// metadata the JSON of `ModelConfiguration` (`dnc.config`) and `Vocabulary` (`dnc.vocabulary`), and the format's version
/// (`dnc.trace.schema`).
public struct Trace: Sendable {
    /// The model's sizes.
    public let layout: ModelLayout
    /// The symbols that the model knows.
    public let vocabulary: Vocabulary
    /// What was read at each step.
    public let symbols: [Int32]
    /// What was to follow each step; `Segment.noTarget` where nothing was asked.
    public let targets: [Int32]
    /// The steps before which the memory was emptied, the first not among them.
    public let resets: [Int32]
    fileprivate let tensors: [String: (shape: [Int], values: [Float])]

    /// The steps, T.
    public var steps: Int { symbols.count }

    /// The tensors of a trace with so many steps.
    static func tensors(of layout: ModelLayout, steps: Int) throws(CoreError) -> [(name: String, shape: [Int])] {
        let recorded = try SegmentRunner<Float>.recordedTensors(layout, steps: steps, lanes: 1)
        let tensors = recorded.map { (name: $0.name, shape: [steps] + $0.shape.dropFirst(2)) }
        return layout.configuration.memory != .none ? tensors + [(memoryInfluence, [steps])] : tensors
    }

    static let memoryInfluence = "memory_influence"

    /// One tensor, row-major; nil if there is none of this name.
    public subscript(name: String) -> (shape: [Int], values: [Float])? { tensors[name] }

    /// The natural logarithms of the probabilities that the model gave to all symbols after a step.
    public func logProbabilities(at step: Int) -> [Double] {
        let count = layout.symbols
        let logits = Array(tensors["logits"]?.values[step * count..<(step + 1) * count] ?? [])
        let normalizer = logSumExp(logits)
        return logits.map { Double($0) - normalizer }
    }

    /// The loss over the targets.
    public var loss: Loss {
        var loss = Loss()
        for (step, target) in targets.enumerated() where target >= 0 {
            loss += Loss(nats: -logProbabilities(at: step)[Int(target)], count: 1)
        }
        return loss
    }
}

// MARK: - Recording

extension Model {
    /// Reads symbols from the zero state and records everything.
    /// - Parameters:
    ///   - symbols: what is read, each in `0..<layout.symbols`.
    ///   - targets: what is to follow each symbol, `Segment.noTarget` for nothing; without them the next symbol.
    /// - Throws: `CoreError` for a symbol that is none of the model's, as many targets as are not symbols, or a trace that this
    ///   machine's memory cannot hold; `TrainingError.nonFiniteLogits`.
    public func trace(_ symbols: [Int32], targets: [Int32]? = nil) throws -> Trace {
        let targets = targets ?? symbols.dropFirst() + [Segment.noTarget]
        guard targets.count == symbols.count else {
            throw CoreError.wrongCount(name: "targets", count: targets.count, expected: symbols.count)
        }
        let tensors = try Trace.tensors(of: layout, steps: symbols.count)
        try checkMemory(
            for: "the trace of \(symbols.count) symbols", of: Float.self,
            tensors.reduce(0) { $0 + $1.shape.reduce(1, *) })
        var values: [String: [Float]] = [:]
        for (name, shape) in tensors { values[name, default: []].reserveCapacity(shape.reduce(1, *)) }

        var state = try RecurrentState<Scalar>(layout, lanes: 1)
        var runner: SegmentRunner<Scalar>?
        var (step, resets) = (0, [Int32]())
        while step < symbols.count {
            if let memoryLifetime, step > 0, step % memoryLifetime == 0 {
                state.resetMemory()
                resets.append(Int32(step))
            }
            // In pieces, so that the runner's memory does not grow with the text.
            let toReset = memoryLifetime.map { $0 - step % $0 } ?? .max
            let piece = step..<step + min(64, toReset, symbols.count - step)
            let current =
                if let runner, runner.steps == piece.count { runner } else {
                    try SegmentRunner<Scalar>(layout, steps: piece.count, lanes: 1)
                }
            runner = current
            _ = try current.forward(
                parameters: parameters, inputs: Array(symbols[piece]), targets: Array(targets[piece]), state: &state)
            for (name, _) in tensors where name != Trace.memoryInfluence {
                let (shape, recorded) = try current.recorded(name)
                // A state's begins with the one before the piece.
                let before = recorded.count / shape[0] * (shape[0] - piece.count)
                values[name]?.append(contentsOf: recorded[before...].lazy.map { Float($0) })
            }
            step = piece.upperBound
        }
        if layout.configuration.memory != .none { values[Trace.memoryInfluence] = memoryInfluence(values) }
        guard let logits = values["logits"], firstNonFinite(in: logits) == nil else { throw TrainingError.nonFiniteLogits }
        let shaped = tensors.map { ($0.name, (shape: $0.shape, values: values[$0.name, default: []])) }
        return Trace(
            layout: layout, vocabulary: try vocabulary, symbols: symbols, targets: targets, resets: resets,
            tensors: Dictionary(uniqueKeysWithValues: shaped))
    }

    /// See `Trace`. y = W_y h + W_r r + b: what is left out is subtracted from the logits.
    private func memoryInfluence(_ values: [String: [Float]]) -> [Float] {
        let logits = values["logits", default: []]
        let fromController = products("output.weight", values["hidden", default: []])
        let fromMemory = products("output.weight_read", values["read_vectors", default: []])
        return stride(from: 0, to: logits.count, by: layout.symbols).map { start in
            let range = start..<start + layout.symbols
            let whole = softmax(logits[range])
            func change(without part: [Float]) -> Float {
                let rest = softmax(zip(logits[range], part[range]).map(-))
                return zip(whole, rest).reduce(0) { $0 + abs($1.0 - $1.1) }
            }
            let (memory, controller) = (change(without: fromMemory), change(without: fromController))
            return memory + controller > 0 ? memory / (memory + controller) : 0
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

private func softmax(_ logits: some Collection<Float>) -> [Float] {
    let highest = logits.max() ?? 0
    let powers = logits.map { exp($0 - highest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}

// MARK: - Files

extension Trace {
    private static let schemaKey = "dnc.trace.schema", schema = "2"
    /// Of traces from when checkpoints were of schema 2, whose words they use.
    private static let schemaBefore = "1"
    private static let integers = ["symbols", "targets", "resets"]

    /// Whether a file says that it is a trace.
    public static func isTrace(_ file: SafeTensorsFile) -> Bool { file.metadata[schemaKey] != nil }

    /// Writes the file in one step: whatever happens, there is the old one or the new one.
    public func write(to path: String) throws {
        var file = SafeTensorsWriter(metadata: [
            "format": "dnc-trace", Self.schemaKey: Self.schema,
            CheckpointHeader.Key.configuration: try json(DescribedModel(layout)),
            CheckpointHeader.Key.vocabulary: try json(vocabulary),
        ])
        for (name, tensor) in tensors { try file.add(name, shape: tensor.shape, values: tensor.values) }
        for (name, values) in zip(Self.integers, [symbols, targets, resets]) {
            try file.add(name, shape: [values.count], values: values)
        }
        try file.write(to: path)
    }

    /// Reads what `write(to:)` wrote.
    /// - Throws: `SafeTensorsError`, `CoreError`, or `TrainingError.invalidTrace` for a file that is no trace or contradicts itself.
    public init(contentsOf path: String) throws { try self.init(SafeTensorsFile(contentsOf: path)) }

    /// Reads a file whose header has been read.
    public init(_ file: SafeTensorsFile) throws {
        func invalid(_ problem: String) -> TrainingError { .invalidTrace(path: file.path, problem: problem) }
        func entry(_ key: String) throws -> String {
            guard let text = file.metadata[key] else { throw invalid("it has no \(key): it is no trace of dnc") }
            return text
        }
        let schema = try entry(Self.schemaKey)
        guard [Self.schema, Self.schemaBefore].contains(schema) else {
            throw invalid("it has the format \(printable(schema)), this program reads \(Self.schema): trace the text again")
        }
        func decode<Value: Decodable>(_ key: String) throws -> Value {
            do {
                return try CheckpointHeader.decode(
                    Value.self, from: entry(key), of: key, schema: schema == Self.schema ? CheckpointHeader.schema : 2,
                    in: file.path)
            } catch TrainingError.invalidCheckpoint(_, let problem) {
                throw invalid(problem)
            }
        }
        vocabulary = try decode(CheckpointHeader.Key.vocabulary)
        let model: DescribedModel = try decode(CheckpointHeader.Key.configuration)
        layout = try ModelLayout(model.configuration, symbols: vocabulary.count)
        symbols = try file.values("symbols")
        targets = try file.values("targets", shape: [symbols.count])
        resets = try file.values("resets")

        let steps = symbols.count
        let expected = try Self.tensors(of: layout, steps: steps)
        try file.checkTensors(
            expected.map { ($0.name, .f32, $0.shape) }
                + zip(Self.integers, [steps, steps, resets.count]).map { ($0, .i32, [$1]) })
        let known = Int32(vocabulary.count)
        guard symbols.allSatisfy((0..<known).contains), targets.allSatisfy((Segment.noTarget..<known).contains),
            resets.allSatisfy((1..<max(2, Int32(steps))).contains), zip(resets, resets.dropFirst()).allSatisfy(<)
        else { throw invalid("it has symbols, targets or resets that cannot be") }
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for (name, shape) in expected {
            let values: [Float] = try file.values(name)
            guard firstNonFinite(in: values) == nil else { throw invalid("\(name) holds infinite or NaN numbers") }
            tensors[name] = (shape, values)
        }
        self.tensors = tensors
    }
}
