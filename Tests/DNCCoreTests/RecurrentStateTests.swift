import Testing

@testable import DNCCore

@Suite struct RecurrentStateTests {
    // H = 2, N = 2, W = 1, R = 1: hidden 0..<2, cell 2..<4 and 15 numbers of memory, 19 in all per lane.
    var state: RecurrentState<Double>

    init() throws {
        let layout = try ModelLayout(.dnc(hidden: 2, slots: 2, width: 1, readHeads: 1), symbols: 2)
        state = try RecurrentState(layout, lanes: 2)
        #expect(state.values == Array(repeating: 0, count: 38))
        state.values = (1...38).map(Double.init)
    }

    @Test mutating func resettingTheMemoryKeepsTheController() {
        state.resetMemory()
        #expect(state.values.enumerated().filter { $0.element != 0 }.map(\.offset) == [0, 1, 2, 3, 19, 20, 21, 22])
    }

    @Test mutating func resettingOneLaneKeepsTheOthers() {
        state.reset(lane: 0)
        #expect(state.values == Array(repeating: 0, count: 19) + (20...38).map(Double.init))
        state.reset()
        #expect(state.values == Array(repeating: 0, count: 38))
    }

    /// A memory that begins with drawn numbers has these at every beginning, in every lane.
    @Test func aDrawnMemoryIsDrawnOnce() throws {
        var variant = ModelVariant()
        variant.memoryStart = .drawn
        let model = ModelConfiguration.dnc(hidden: 2, slots: 2, width: 1, readHeads: 1, variant: variant)
        let initial = try RecurrentState<Double>(ModelLayout(model, symbols: 2), lanes: 2)
        let drawn = [0x1.619921d2e944p-8, -0x1.f22347a9e8ap-11]
        #expect(try initial.tensor("memory").values == drawn + drawn)
        #expect(initial.values.filter { $0 != 0 } == drawn + drawn)

        var state = initial
        state.values = (1...38).map(Double.init)
        state.resetMemory()
        let controller = [1.0, 2, 3, 4], memory = Array(initial.values[4..<19])
        #expect(state.values == controller + memory + controller.map { $0 + 19 } + memory)
        state.values = (1...38).map(Double.init)
        state.reset(lane: 1)
        #expect(state.values == (1...19).map(Double.init) + initial.values[19...])
        state.reset()
        #expect(state == initial)
    }

    @Test mutating func tensorsOfAllLanes() throws {
        let usage = try state.tensor("usage")  // after 4 of the controller, 1 read vector and 2 of memory
        #expect(usage.shape == [2, 2])
        #expect(usage.values == [8, 9, 27, 28])
        try state.setTensor("usage", to: [-1, -2, -3, -4])
        #expect(state.values[6..<10] == [7, -1, -2, 10])
        #expect(state.values[25..<29] == [26, -3, -4, 29])
        #expect(throws: CoreError.wrongCount(name: "link", count: 4, expected: 8)) {
            try state.setTensor("link", to: [1, 2, 3, 4])
        }
    }

    @Test mutating func equalityIsThatOfTheNumbers() {
        let copy = state
        #expect(state == copy)
        state.values[37] += 1
        #expect(state != copy)
    }
}
