// All that happens in a model while it reads, to look at.
public import DNCCore
public import DNCData
public import DNCTasks
import Foundation
public import SafeTensors

/// What a model did, step by step, while it read an episode or a text from the zero state. All numbers are `Float`, whatever
/// the model's are.
///
/// A tensor's first dimension is the step, T of them. There are `logits` (V, or of several softmaxes G, V), of a model that
/// answers numbers `outputs` (Y); and, of a DNC, the squashed interface vector in its
/// parts: `read_keys` (R, W), `read_strengths` (R), `write_key` (W), `write_strength`, `erase_vector` (W), `write_vector` (W),
/// `free_gates` (R), `allocation_gate`, `write_gate`, `read_modes` (R, 3: backward, content, forward); the weightings
/// `write_content_weighting` and `allocation_weighting` (N), `read_content_weightings`, `forward_weightings` and
/// `backward_weightings` (R, N); and the state after the step: `hidden` (H), `cell` (H; of an LSTM alone), `layers` (L - 1, H;
/// those below `hidden` of a feed-forward controller), `read_vectors` (R, W), `memory` (N, W), `usage` (N), `precedence` (N),
/// `link` (N, N), `write_weighting` (N), `read_weightings` (R, N).
///
/// Besides there is, of a model with a memory whose answers are no mix of programs, `memory_influence`: how much of the prediction
/// comes from the memory, the share of its `MemoryInfluence`. The prediction is what `predictions(at:)` says.
///
/// One file in safetensors format holds these under their names. What was read and asked is there as `symbols` (T, S) and
/// `targets` (T, G), 32-bit integers and (T) where a step has one, as `input_vectors` (T, D) and `target_vectors` (T, Y), and as
/// `weights` (T), whichever the model has; with `resets` as integers. The metadata are the JSON of the model with what it reads
/// and answers (`dnc.config`), of a text its `Vocabulary` (`dnc.vocabulary`), of a file of episodes its `EpisodeEncoding`
/// (`dnc.episodes`), and the format's version (`dnc.trace.schema`).
public struct Trace: Sendable {
    /// The model's sizes.
    public let layout: ModelLayout
    /// What the model's symbols stand for.
    public let alphabet: Alphabet
    /// What was read at each step, and what was asked.
    public let episode: Episode
    /// The steps before which the memory was emptied, the first not among them.
    public let resets: [Int32]
    fileprivate let tensors: [String: (shape: [Int], values: [Float])]

    /// The steps, T.
    public var steps: Int { episode.steps }

    /// The symbols read, (T, S); `Episode.noSymbol` where none was.
    public var symbols: [Int32] { episode.symbols }

    /// The symbols asked for, (T, G), of a text what was to follow; `Episode.noSymbol` where nothing was asked.
    public var targets: [Int32] { episode.targetSymbols }

    /// In what the loss is told.
    public var measure: Measure { Measure(alphabet, layout.output) }

    /// The symbols of a model of text.
    /// - Throws: `TrainingError.noText` where it is of something else.
    public var vocabulary: Vocabulary { get throws(TrainingError) { try alphabet.vocabulary } }

    /// The tensors of a trace with so many steps.
    static func tensors(of layout: ModelLayout, steps: Int) throws(CoreError) -> [(name: String, shape: [Int])] {
        let recorded = try SegmentRunner<Float>.recordedTensors(layout, steps: steps, lanes: 1)
        let tensors = recorded.map { (name: $0.name, shape: [steps] + $0.shape.dropFirst(2)) }
        return layout.hasMemoryInfluence ? tensors + [(memoryInfluence, [steps])] : tensors
    }

    static let memoryInfluence = "memory_influence"

    /// One tensor of numbers, row-major; nil if there is none of this name.
    public subscript(name: String) -> (shape: [Int], values: [Float])? {
        tensors[name]
            ?? Self.numbers(layout, steps: steps).first { $0.name == name }.map { ($0.shape, episode[keyPath: $0.values]) }
    }

    /// What was put out, T x `layout.output.count`: logits, or numbers.
    public var outputs: [Float] { tensors[Self.outputsName(layout)]?.values ?? [] }

    fileprivate static func outputsName(_ layout: ModelLayout) -> String { layout.output.kind == .reals ? "outputs" : "logits" }

    private func outputs(at step: Int) -> [Float] {
        Array(outputs[step * layout.output.count..<(step + 1) * layout.output.count])
    }

    /// What was answered at a step: of each softmax the probabilities, of bits the probabilities that they are 1, or the
    /// numbers; `layout.output.count` of them.
    public func predictions(at step: Int) -> [Float] { layout.output.predictions(outputs(at: step)) }

    /// The natural logarithms of the probabilities that the model gave to all symbols after a step, G x V; empty where it
    /// answers no symbols.
    public func logProbabilities(at step: Int) -> [Double] {
        let (logits, output) = (outputs(at: step), layout.output)
        guard output.kind == .symbols else { return [] }
        return stride(from: 0, to: logits.count, by: output.size).flatMap { start in
            let group = Array(logits[start..<start + output.size])
            let normalizer = logSumExp(group)
            return group.map { Double($0) - normalizer }
        }
    }

    /// The loss over what is asked, that of each step multiplied by its weight.
    public var loss: Loss {
        counted(Loss(nats: -episode.logLikelihood(outputs, layout.output), count: score.answers), of: episode)
    }

    /// The loss of a step, without its weight.
    public func loss(at step: Int) -> Loss {
        var asked = episode.part(step..<step + 1)
        asked.weights = asked.weights.map { $0 > 0 ? 1 : 0 }
        return counted(
            Loss(nats: -asked.logLikelihood(outputs(at: step), layout.output), count: score(at: step).answers), of: asked)
    }

    private func counted(_ loss: Loss, of episode: Episode) -> Loss {
        guard case .text(let vocabulary) = alphabet else { return loss }
        return Measure.count(loss, of: episode.targetSymbols, in: vocabulary)
    }

    /// What is missing at a step, of all its answers together: bits, or the sum of the squared errors. Nil where nothing is asked.
    package func missing(at step: Int) -> Double? {
        let loss = loss(at: step)
        return loss.count > 0 ? Double(loss.count) * measure.value(of: loss) : nil
    }

    /// How many of the answers are right.
    public var score: EpisodeScore { Self.score(episode, outputs, layout.output) }

    /// How many of a step's answers are right.
    public func score(at step: Int) -> EpisodeScore {
        Self.score(episode.part(step..<step + 1), outputs(at: step), layout.output)
    }

    private static func score(_ episode: Episode, _ outputs: [Float], _ output: ModelOutput) -> EpisodeScore {
        // There are always as many outputs as the steps have.
        (try? EpisodeScore(episode, outputs: outputs, output)) ?? EpisodeScore()
    }
}

extension Episode {
    /// A text: a symbol a step, and what is to follow each.
    fileprivate init(text symbols: [Int32], targets: [Int32]) {
        self.init(symbols: symbols, targetSymbols: targets, weights: targets.map { $0 < 0 ? 0 : 1 })
    }

    /// These steps for a runner.
    fileprivate func segment(_ steps: Range<Int>, _ layout: ModelLayout) -> Segment {
        let part = part(steps)
        var segment = Segment(steps: steps.count, lanes: 1, input: layout.input, output: layout.output)
        (segment.inputs, segment.inputVectors) = (part.symbols, part.vectors)
        (segment.targets, segment.targetVectors) = (part.targetSymbols, part.targetVectors)
        segment.weights = part.weights
        return segment
    }
}

extension ModelOutput {
    /// What the outputs of a step say: of each softmax the probabilities, of bits those that they are 1, or the numbers.
    package func predictions(_ outputs: [Float]) -> [Float] {
        switch kind {
        case .symbols: stride(from: 0, to: outputs.count, by: size).flatMap { softmax(outputs[$0..<$0 + size]) }
        case .bits: outputs.map { 1 / (1 + exp(-$0)) }
        case .reals: outputs
        }
    }
}

// MARK: - Recording

extension Model {
    /// Reads an episode from the zero state, with the model's steps to think in, and records everything.
    /// - Throws: `EpisodeError` for one that does not fit the model; `CoreError` for a trace that this machine's memory cannot
    ///   hold; `TrainingError.nonFiniteLogits`.
    public func trace(_ episode: Episode) throws -> Trace {
        try episode.check(layout.input, layout.output)
        return try trace(episode.thinking(thinkSteps), memoryLifetime: nil)
    }

    /// Reads a text from the zero state, its memory emptied as it was in training, and records everything.
    /// - Parameters:
    ///   - symbols: what is read, each in `0..<layout.symbols`.
    ///   - targets: what is to follow each symbol, `Segment.noTarget` for nothing; without them the next symbol.
    /// - Throws: `CoreError` for a symbol that is none of the model's, as many targets as are not symbols, or a trace that this
    ///   machine's memory cannot hold; `TrainingError.noText`, `.nonFiniteLogits`.
    public func trace(_ symbols: [Int32], targets: [Int32]? = nil) throws -> Trace {
        let targets = targets ?? symbols.dropFirst() + [Segment.noTarget]
        guard targets.count == symbols.count else {
            throw CoreError.wrongCount(name: "targets", count: targets.count, expected: symbols.count)
        }
        _ = try vocabulary
        return try trace(Episode(text: symbols, targets: targets), memoryLifetime: memoryLifetime)
    }

    private func trace(_ episode: Episode, memoryLifetime: Int?) throws -> Trace {
        let tensors = try Trace.tensors(of: layout, steps: episode.steps)
        try checkMemory(
            for: "the trace of \(episode.steps) steps", of: Float.self,
            tensors.reduce(0) { $0 + $1.shape.reduce(1, *) })
        var values: [String: [Float]] = [:]
        for (name, shape) in tensors { values[name, default: []].reserveCapacity(shape.reduce(1, *)) }

        var state = try RecurrentState<Scalar>(layout, lanes: 1)
        var runner: SegmentRunner<Scalar>?
        var (step, resets) = (0, [Int32]())
        while step < episode.steps {
            if let memoryLifetime, step > 0, step % memoryLifetime == 0 {
                state.resetMemory()
                resets.append(Int32(step))
            }
            // In pieces, so that the runner's memory does not grow with the text.
            let toReset = memoryLifetime.map { $0 - step % $0 } ?? .max
            let piece = step..<step + min(64, toReset, episode.steps - step)
            let current =
                if let runner, runner.steps == piece.count { runner } else {
                    try SegmentRunner<Scalar>(layout, steps: piece.count, lanes: 1)
                }
            runner = current
            _ = try current.forward(parameters: parameters, segment: episode.segment(piece, layout), state: &state)
            for (name, _) in tensors where name != Trace.memoryInfluence {
                let (shape, recorded) = try current.recorded(name)
                // A state's begins with the one before the piece.
                let before = recorded.count / shape[0] * (shape[0] - piece.count)
                values[name]?.append(contentsOf: recorded[before...].lazy.map { Float($0) })
            }
            step = piece.upperBound
        }
        guard let outputs = values[Trace.outputsName(layout)], firstNonFinite(in: outputs) == nil else {
            throw TrainingError.nonFiniteLogits
        }
        if layout.hasMemoryInfluence {
            let influences = memoryInfluence(
                outputs: outputs, hidden: values["hidden", default: []], reads: values["read_vectors", default: []])
            values[Trace.memoryInfluence] = influences.map { Float($0.share ?? 0) }
        }
        let shaped = tensors.map { ($0.name, (shape: $0.shape, values: values[$0.name, default: []])) }
        return Trace(
            layout: layout, alphabet: alphabet, episode: episode, resets: resets,
            tensors: Dictionary(uniqueKeysWithValues: shaped))
    }
}

private func softmax(_ logits: ArraySlice<Float>) -> [Float] {
    let highest = logits.max() ?? 0
    let powers = logits.map { exp($0 - highest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}

// MARK: - Files

extension Trace {
    private static let schemaKey = "dnc.trace.schema", schema = "3"
    /// The versions that are read, each with that of the checkpoints whose words it uses. Before 3 there were texts alone.
    private static let schemas = ["1": 2, "2": 3, schema: CheckpointHeader.schema]

    /// The tensors of integers that hold an episode.
    private static func integers(
        _ layout: ModelLayout, steps: Int
    ) -> [(name: String, shape: [Int], values: WritableKeyPath<Episode, [Int32]>)] {
        [
            ("symbols", layout.input.symbolsPerStep, \.symbols),
            ("targets", layout.output.kind == .symbols ? layout.output.groups : 0, \.targetSymbols),
        ].filter { $0.1 > 0 }.map { ($0.0, $0.1 == 1 ? [steps] : [steps, $0.1], $0.2) }
    }

    /// The tensors of numbers that hold an episode.
    private static func numbers(
        _ layout: ModelLayout, steps: Int
    ) -> [(name: String, shape: [Int], values: WritableKeyPath<Episode, [Float]>)] {
        [
            ("input_vectors", layout.input.vector, \.vectors),
            ("target_vectors", layout.output.kind == .symbols ? 0 : layout.output.size, \.targetVectors),
        ].filter { $0.1 > 0 }.map { ($0.0, [steps, $0.1], $0.2) } + [("weights", [steps], \.weights)]
    }

    /// Whether a file says that it is a trace.
    public static func isTrace(_ file: SafeTensorsFile) -> Bool { file.metadata[schemaKey] != nil }

    /// Writes the file in one step: whatever happens, there is the old one or the new one.
    public func write(to path: String) throws {
        var file = SafeTensorsWriter(metadata: [
            "format": "dnc-trace", Self.schemaKey: Self.schema,
            CheckpointHeader.Key.configuration: try json(DescribedModel(layout)),
        ])
        try file.metadata.merge(alphabet.metadata) { $1 }
        for (name, tensor) in tensors { try file.add(name, shape: tensor.shape, values: tensor.values) }
        for (name, shape, values) in Self.integers(layout, steps: steps) {
            try file.add(name, shape: shape, values: episode[keyPath: values])
        }
        for (name, shape, values) in Self.numbers(layout, steps: steps) {
            try file.add(name, shape: shape, values: episode[keyPath: values])
        }
        try file.add("resets", shape: [resets.count], values: resets)
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
        guard let words = Self.schemas[schema] else {
            throw invalid("it has the format \(printable(schema)), this program reads \(Self.schema): trace the model again")
        }
        let isOfText = schema != Self.schema
        if isOfText { _ = try entry(CheckpointHeader.Key.vocabulary) }
        let configuration = try entry(CheckpointHeader.Key.configuration)
        let model: DescribedModel
        do {
            alphabet = try CheckpointHeader.alphabet(of: file, schema: words)
            model = try CheckpointHeader.decode(
                DescribedModel.self, from: configuration, of: CheckpointHeader.Key.configuration, schema: words, in: file.path)
        } catch TrainingError.invalidCheckpoint(_, let problem) {
            throw invalid(problem)
        }
        do throws(CoreError) {
            layout = try ModelLayout(
                model.configuration, input: model.input ?? alphabet.input, output: model.output ?? alphabet.output)
        } catch { throw invalid("in its \(CheckpointHeader.Key.configuration), \(error)") }
        if let contradiction = alphabet.contradiction(layout) { throw invalid(contradiction) }

        let steps = try isOfText ? file.values("symbols", as: Int32.self).count : file.values("weights", as: Float.self).count
        resets = try file.values("resets")
        let integers = Self.integers(layout, steps: steps)
        let numbers = isOfText ? [] : Self.numbers(layout, steps: steps)
        let recorded = try Self.tensors(of: layout, steps: steps)
        try file.checkTensors(
            recorded.map { ($0.name, .f32, $0.shape) } + numbers.map { ($0.name, .f32, $0.shape) }
                + integers.map { ($0.name, .i32, $0.shape) } + [("resets", .i32, [resets.count])])

        var episode = Episode(weights: [])
        for (name, _, values) in integers { episode[keyPath: values] = try file.values(name) }
        for (name, _, values) in numbers { episode[keyPath: values] = try file.values(name) }
        if isOfText { episode = Episode(text: episode.symbols, targets: episode.targetSymbols) }
        do throws(EpisodeError) { try episode.check(layout.input, layout.output) } catch { throw invalid("\(error)") }
        guard resets.allSatisfy((1..<max(2, Int32(steps))).contains), zip(resets, resets.dropFirst()).allSatisfy(<) else {
            throw invalid("it has resets that cannot be")
        }
        self.episode = episode
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for (name, shape) in recorded {
            let values: [Float] = try file.values(name)
            guard firstNonFinite(in: values) == nil else { throw invalid("\(name) holds infinite or NaN numbers") }
            tensors[name] = (shape, values)
        }
        self.tensors = tensors
    }
}
