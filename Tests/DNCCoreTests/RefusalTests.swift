import DNCCore
import Testing

@Suite struct RefusalTests {
    let layout: ModelLayout
    let runner: SegmentRunner<Float>
    var state: RecurrentState<Float>
    let parameters: [Float]

    init() throws {
        layout = try ModelLayout(.lstm(hidden: 2), symbols: 3)
        runner = try SegmentRunner(layout, steps: 2, lanes: 2)
        state = try RecurrentState(layout, lanes: 2)
        parameters = try layout.initialParameters(seed: 1)
    }

    @Test(arguments: [
        (ModelConfiguration.rnn(hidden: 0), 5, "hidden is 0; it must be 1 ... 1048576"),
        (.rnn(hidden: 1 << 40), 5, "hidden is 1099511627776; it must be 1 ... 1048576"),
        (.rnn(hidden: 1), -1, "symbols is -1; it must be 1 ... 1048576"),
        (.dnc(hidden: 1, slots: 0, width: 1, readHeads: 1), 1, "slots is 0; it must be 1 ... 1048576"),
        (.dnc(hidden: 1, slots: 1, width: 1, readHeads: 0), 1, "readHeads is 0; it must be 1 ... 1048576"),
        (
            .init(hidden: 1, width: 4), 1,
            "width is 4; it must be 0 or absent, because only the model dnc has a memory"
        ),
    ])
    func configuration(_ configuration: ModelConfiguration, symbols: Int, sentence: String) {
        #expect { try ModelLayout(configuration, symbols: symbols) } throws: { "\($0)" == sentence }
    }

    @Test func sizesBeyondTheAddressSpace() {
        let largest = 1 << 20
        let configuration = ModelConfiguration.dnc(hidden: largest, slots: 1, width: largest, readHeads: largest)
        #expect { try ModelLayout(configuration, symbols: 1) } throws: { isTooLarge($0) }
    }

    @Test func sizesBeyondTheMachine() throws {
        let largest = 1 << 20
        let manySlots = try ModelLayout(.dnc(hidden: 1, slots: largest, width: 1, readHeads: 1), symbols: 1)
        #expect(try SegmentRunner<Float>.requiredBytes(manySlots, steps: 1, lanes: 1) > 1 << 42)  // the link alone
        #expect { try SegmentRunner<Float>(manySlots, steps: 1, lanes: 1) } throws: { isTooLarge($0) }
        #expect { try RecurrentState<Float>(manySlots, lanes: largest) } throws: { isTooLarge($0) }
        let manyUnits = try ModelLayout(.rnn(hidden: largest), symbols: 1)
        #expect { try manyUnits.initialParameters(seed: 1, as: Float.self) } throws: { isTooLarge($0) }
    }

    @Test func stepsAndLanes() {
        let refusal = { (name: String) in CoreError.outOfRange(name: name, value: 0, allowed: 1...1_048_576) }
        #expect(throws: refusal("steps")) { try SegmentRunner<Float>(layout, steps: 0, lanes: 1) }
        #expect(throws: refusal("lanes")) { try SegmentRunner<Float>(layout, steps: 1, lanes: 0) }
        #expect(throws: refusal("lanes")) { try StepRunner<Float>(layout, lanes: 0) }
        #expect(throws: refusal("lanes")) { try RecurrentState<Float>(layout, lanes: 0) }
    }

    @Test mutating func symbolsAreNamedByPosition() throws {
        let before = state
        #expect(throws: CoreError.symbolOutOfRange(value: -2, step: 1, lane: 1, symbols: 3)) {
            try runner.forward(parameters: parameters, inputs: [0, 1, 2, -2], targets: [0, 1, 2, -1], state: &state)
        }
        #expect(throws: CoreError.symbolOutOfRange(value: 3, step: 1, lane: 0, symbols: 3)) {
            try runner.forward(parameters: parameters, inputs: [0, 1, 2, 0], targets: [0, 1, 3, 0], state: &state)
        }
        #expect(state == before)
        var logits = [Float](repeating: 0, count: 6)
        #expect(throws: CoreError.symbolOutOfRange(value: 7, step: 0, lane: 1, symbols: 3)) {
            try StepRunner(layout, lanes: 2).step([0, 7], parameters: parameters, state: &state, outputs: &logits)
        }
    }

    @Test mutating func counts() throws {
        let symbols: [Int32] = [0, 1, 2, 0]
        #expect(throws: CoreError.wrongCount(name: "parameters", count: 1, expected: layout.parameterCount)) {
            try runner.forward(parameters: [0], inputs: symbols, targets: symbols, state: &state)
        }
        #expect(throws: CoreError.wrongCount(name: "inputs", count: 0, expected: 4)) {
            try runner.forward(parameters: parameters, inputs: [], targets: symbols, state: &state)
        }
        #expect(throws: CoreError.wrongCount(name: "targets", count: 1, expected: 4)) {
            try runner.forward(parameters: parameters, inputs: symbols, targets: [0], state: &state)
        }
        var oneLane = try RecurrentState<Float>(layout, lanes: 1)
        #expect(throws: CoreError.wrongCount(name: "inputs", count: 4, expected: 2)) {
            try runner.forward(parameters: parameters, inputs: symbols, targets: symbols, state: &oneLane)
        }
        var logits: [Float] = []
        #expect(throws: CoreError.wrongCount(name: "outputs", count: 0, expected: 3)) {
            try StepRunner(layout).step(0, parameters: parameters, state: &oneLane, outputs: &logits)
        }
    }

    @Test mutating func backwardNeedsItsForward() throws {
        let symbols: [Int32] = [0, 1, 2, 0]
        var gradient = [Float](repeating: 0, count: layout.parameterCount)
        #expect(throws: CoreError.noForward) { try runner.recorded("logits") }
        #expect(throws: CoreError.noForward) {
            try runner.backward(inputs: symbols, targets: symbols, gradient: &gradient)
        }
        #expect(gradient.allSatisfy { $0 == 0 })
        _ = try runner.forward(parameters: parameters, inputs: symbols, targets: symbols, state: &state)
        try runner.backward(inputs: symbols, targets: symbols, gradient: &gradient)
        #expect(throws: CoreError.noForward) {
            try runner.backward(inputs: symbols, targets: symbols, gradient: &gradient)
        }
    }

    @Test func unknownTensorsListTheKnown() throws {
        #expect(throws: CoreError.unknownTensor(name: "memory", known: ["hidden", "cell"])) {
            try state.tensor("memory")
        }
    }

    private func isTooLarge(_ error: any Error) -> Bool {
        if case .tooLarge = error as? CoreError { true } else { false }
    }
}
