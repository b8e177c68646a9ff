import Foundation
import Testing

@testable import DNCCore

let configurations: [ModelConfiguration] = [
    .rnn(hidden: 5), .lstm(hidden: 5), .dnc(hidden: 5, slots: 6, width: 3, readHeads: 2),
]

@Suite struct RunnerTests {
    let symbols = 4

    @Test(arguments: configurations)
    func zeroParametersPredictUniformly(_ configuration: ModelConfiguration) throws {
        let layout = try ModelLayout(configuration, symbols: symbols)
        let parameters = [Double](repeating: 0, count: layout.parameterCount)
        var state = try RecurrentState<Double>(layout, lanes: 2)
        let loss = try SegmentRunner(layout, steps: 3, lanes: 2)
            .forward(parameters: parameters, inputs: [0, 1, 2, 3, 0, 1], targets: [1, 2, 3, -1, -1, 0], state: &state)
        #expect(loss.count == 4)
        #expect(abs(loss.nats - 4 * log(4.0)) < 1e-14)
        #expect(abs(loss.bitsPerSymbol - 2) < 1e-14)
    }

    @Test func rnnAgainstTheFormula() throws {
        let layout = try ModelLayout(.rnn(hidden: 2), symbols: 2)
        let parameters = (0..<layout.parameterCount).map { sin(Double($0)) }
        // weight_ih 0, weight_hh 4, bias 8, output.weight 10, output.bias 14
        func matrix(_ offset: Int, _ x: [Double]) -> [Double] {
            (0..<2).map { parameters[offset + 2 * $0] * x[0] + parameters[offset + 2 * $0 + 1] * x[1] }
        }
        let inputs: [Int32] = [0, 1, 1], targets: [Int32] = [1, 0, 1]
        var hidden = [0.0, 0.0], expected = 0.0
        for (input, target) in zip(inputs, targets) {
            let (a, b) = (matrix(0, input == 0 ? [1, 0] : [0, 1]), matrix(4, hidden))
            hidden = (0..<2).map { tanh(a[$0] + b[$0] + parameters[8 + $0]) }
            let y = zip(matrix(10, hidden), parameters[14...]).map(+)
            expected += log(exp(y[0]) + exp(y[1])) - y[Int(target)]
        }
        var state = try RecurrentState<Double>(layout, lanes: 1)
        let loss = try SegmentRunner(layout, steps: 3, lanes: 1)
            .forward(parameters: parameters, inputs: inputs, targets: targets, state: &state)
        #expect(abs(loss.nats - expected) < 1e-13)
        #expect(difference(state.values, hidden) < 1e-14)
    }

    @Test(arguments: configurations)
    func floatAgreesWithDouble(_ configuration: ModelConfiguration) throws {
        func bits<Scalar: CoreScalar>(as scalar: Scalar.Type) throws -> Double {
            try DrawnSegment<Scalar>(configuration, symbols: symbols, steps: 20, lanes: 3).run().loss.bitsPerSymbol
        }
        #expect(try abs(bits(as: Float.self) - bits(as: Double.self)) < 1e-4)
    }

    @Test(arguments: configurations, InstructionSet.available)
    func instructionSetsAgree(_ configuration: ModelConfiguration, _ set: InstructionSet) throws {
        let base = try DrawnSegment<Double>(configuration, symbols: symbols, instructionSet: .base).run()
        let other = try DrawnSegment<Double>(configuration, symbols: symbols, instructionSet: set).run()
        #expect(abs(base.loss.nats - other.loss.nats) < 1e-11)
        #expect(difference(base.gradient, other.gradient) < 1e-10)
    }

    @Test(arguments: configurations)
    func stepsAgreeWithSegment(_ configuration: ModelConfiguration) throws {
        let segment = try DrawnSegment<Double>(configuration, symbols: symbols, steps: 7, lanes: 3)
        var state = segment.state
        let runner = try SegmentRunner<Double>(segment.layout, steps: 7, lanes: 3)
        _ = try runner.forward(
            parameters: segment.parameters, inputs: segment.inputs, targets: segment.targets, state: &state)
        let recorded = try runner.recorded("logits")
        #expect(recorded.shape == [7, 3, symbols])

        var stepped = segment.state
        var logits = [Double](repeating: .nan, count: 3 * symbols)
        let stepRunner = try StepRunner<Double>(segment.layout, lanes: 3)
        for step in 0..<7 {
            try stepRunner.step(
                Array(segment.inputs[step * 3..<step * 3 + 3]), parameters: segment.parameters, state: &stepped,
                outputs: &logits)
            #expect(difference(logits, recorded.values[step * 3 * symbols..<(step + 1) * 3 * symbols]) < 1e-12)
        }
        #expect(difference(stepped.values, state.values) < 1e-12)
    }

    @Test(arguments: configurations)
    func oneLaneStepsAgreeWithManyLanes(_ configuration: ModelConfiguration) throws {
        let segment = try DrawnSegment<Double>(configuration, symbols: symbols, steps: 1, lanes: 1)
        var (one, many) = (segment.state, segment.state)
        var logits = (one: [Double](repeating: 0, count: symbols), many: [Double](repeating: 1, count: symbols))
        let runner = try StepRunner<Double>(segment.layout)
        try runner.step(segment.inputs[0], parameters: segment.parameters, state: &one, outputs: &logits.one)
        try runner.step(segment.inputs, parameters: segment.parameters, state: &many, outputs: &logits.many)
        #expect(logits.one == logits.many && one == many)
    }

    /// The trainer's use: two runners on halves of the lanes, on slices of shared arrays.
    @Test(arguments: configurations)
    func shardsAddUpToTheWhole(_ configuration: ModelConfiguration) throws {
        let segment = try DrawnSegment<Double>(configuration, symbols: symbols, steps: 6, lanes: 4)
        let whole = try segment.run()

        var state = segment.state
        var loss = Loss()
        var gradient = [Double](repeating: 0, count: segment.layout.parameterCount)
        for lanes in [0..<2, 2..<4] {
            let runner = try SegmentRunner<Double>(segment.layout, steps: 6, lanes: 2)
            let part = Segment(inputs: segment.inputs, targets: segment.targets, lanes: 4).part(lanes)
            #expect(part.inputs == (0..<6).flatMap { step in lanes.map { segment.inputs[step * 4 + $0] } })
            try segment.parameters.withUnsafeBufferPointer { parameters in
                try state.values.withUnsafeMutableBufferPointer { values in
                    let size = segment.layout.stateCount
                    let slice = values[lanes.lowerBound * size..<lanes.upperBound * size]
                    loss += try runner.forward(
                        parameters: parameters, segment: part, state: UnsafeMutableBufferPointer(rebasing: slice))
                }
            }
            try runner.backward(segment: part, gradient: &gradient)
        }
        #expect(loss.count == whole.loss.count)
        #expect(abs(loss.nats - whole.loss.nats) < 1e-11)
        #expect(difference(state.values, whole.state.values) < 1e-12)
        #expect(difference(gradient, whole.gradient) < 1e-11)
    }

    @Test func backwardAddsAndScales() throws {
        let segment = try DrawnSegment<Double>(configurations[2], symbols: symbols)
        let once = try segment.run().gradient
        let again = try segment.run(scale: -2, addingTo: once).gradient
        #expect(difference(again, once.map { -$0 }) < 1e-12)
    }

    /// Fewer links are kept, and the same bits come out; with their times taken, too.
    @Test(arguments: [2, 3, 7, 8])
    func linkIntervalChangesMemoryAlone(interval: Int) throws {
        let segment = try DrawnSegment<Float>(configurations[2], symbols: symbols, steps: 7, lanes: 2)
        let all = try segment.run()
        let runner = try SegmentRunner<Float>(segment.layout, steps: 7, lanes: 2, linkInterval: interval)
        runner.timesPhases = true
        let bytes = try SegmentRunner<Float>.requiredBytes(segment.layout, steps: 7, lanes: 2)
        #expect(runner.workspaceBytes < bytes)
        let (loss, state, gradient) = try segment.run(on: runner)
        #expect(loss == all.loss && state == all.state && gradient == all.gradient)
        #expect(Phase.allCases.allSatisfy { runner.phaseTimes[$0] ?? 0 > 0 })
        #expect(throws: CoreError.self) { try runner.recorded("link") }
    }

    @Test func phasesAreThoseOfTheCore() {
        #expect(Phase.allCases.allSatisfy { $0.coreName == $0.rawValue })
    }

    @Test func recordsWhatTheStateBecomes() throws {
        let segment = try DrawnSegment<Double>(configurations[2], symbols: symbols, steps: 3, lanes: 2)
        let runner = try SegmentRunner<Double>(segment.layout, steps: 3, lanes: 2)
        #expect(try runner.workspaceBytes == SegmentRunner<Double>.requiredBytes(segment.layout, steps: 3, lanes: 2))
        var state = segment.state
        _ = try runner.forward(
            parameters: segment.parameters, inputs: segment.inputs, targets: segment.targets, state: &state)
        for tensor in segment.layout.state {
            let recorded = try runner.recorded(tensor.name)
            #expect(recorded.shape == [4, 2] + tensor.shape)
            let size = 2 * tensor.count
            #expect(try Array(recorded.values.prefix(size)) == segment.state.tensor(tensor.name).values)
            #expect(try Array(recorded.values.suffix(size)) == state.tensor(tensor.name).values)
        }
    }
}

/// A segment with random parameters, symbols and (by having run one before) state; the same for both precisions.
struct DrawnSegment<Scalar: CoreScalar> {
    let layout: ModelLayout
    let steps, lanes: Int
    let parameters: [Scalar]
    let inputs, targets: [Int32]
    var state: RecurrentState<Scalar>

    init(
        _ configuration: ModelConfiguration, symbols: Int, steps: Int = 4, lanes: Int = 2,
        instructionSet: InstructionSet = .auto
    ) throws {
        layout = try ModelLayout(configuration, symbols: symbols, instructionSet: instructionSet)
        (self.steps, self.lanes) = (steps, lanes)
        var random = SeededGenerator(seed: 5)
        parameters = (0..<layout.parameterCount).map { _ in Scalar(Double.random(in: -0.5...0.5, using: &random)) }
        inputs = (0..<steps * lanes).map { _ in .random(in: 0..<Int32(symbols), using: &random) }
        targets = inputs.reversed()
        state = try RecurrentState(layout, lanes: lanes)
        state = try run().state
    }

    func run(
        scale: Scalar = 1, addingTo start: [Scalar]? = nil, on given: SegmentRunner<Scalar>? = nil
    ) throws -> (loss: Loss, state: RecurrentState<Scalar>, gradient: [Scalar]) {
        let runner = try given ?? SegmentRunner<Scalar>(layout, steps: steps, lanes: lanes)
        var state = state
        var gradient = start ?? [Scalar](repeating: 0, count: layout.parameterCount)
        let loss = try runner.forward(parameters: parameters, inputs: inputs, targets: targets, state: &state)
        try runner.backward(
            inputs: inputs, targets: targets, scale: scale, gradient: &gradient)
        return (loss, state, gradient)
    }
}

/// The largest difference of two vectors; infinite when one has a NaN or another length.
func difference(_ a: some Collection<Double>, _ b: some Collection<Double>) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
}
