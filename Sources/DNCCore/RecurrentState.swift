// What a model remembers between steps.

/// The recurrent state of some lanes (independent sequences): the controller's and, in a DNC, the memory's.
public struct RecurrentState<Scalar: CoreScalar>: Sendable, Equatable {
    /// The model that it belongs to.
    public let layout: ModelLayout
    /// How many sequences, B.
    public let lanes: Int
    /// Lane after lane, `layout.stateCount` elements each, laid out as `layout.state` says.
    public package(set) var values: [Scalar]

    /// The state before the first symbol: zeros, but for a memory that begins with drawn numbers.
    /// - Throws: `CoreError` when `lanes` is out of range or this machine has less memory.
    public init(_ layout: ModelLayout, lanes: Int) throws(CoreError) {
        try checkSize("lanes", lanes)
        try checkMemory(for: "the state of \(lanes) lanes", of: Scalar.self, layout.stateCount, lanes)
        self.layout = layout
        self.lanes = lanes
        values = Array(repeating: 0, count: lanes * layout.stateCount)
        reset()
    }

    /// Begins anew in every lane.
    public mutating func reset() { begin([0..<layout.stateCount], lanes: 0..<lanes) }

    /// Begins anew in one lane.
    public mutating func reset(lane: Int) {
        precondition((0..<lanes).contains(lane), "lane \(lane) of \(lanes)")
        begin([0..<layout.stateCount], lanes: lane..<lane + 1)
    }

    /// The memory begins anew in every lane; the controller's state stays.
    public mutating func resetMemory() {
        begin(layout.state.filter { $0.role == .memoryState }.map(\.range), lanes: 0..<lanes)
    }

    /// One tensor of all lanes: its shape is (lanes, ...).
    /// - Throws: `CoreError.unknownTensor`.
    public func tensor(_ name: String) throws(CoreError) -> (shape: [Int], values: [Scalar]) {
        let tensor = try layout.state.named(name)
        return ([lanes] + tensor.shape, (0..<lanes).flatMap { values[range(of: tensor.range, lane: $0)] })
    }

    /// Replaces one tensor in all lanes, given as `tensor(_:)` returns it.
    /// - Throws: `CoreError.unknownTensor` or `.wrongCount`.
    public mutating func setTensor(_ name: String, to newValues: [Scalar]) throws(CoreError) {
        let tensor = try layout.state.named(name)
        try checkCount(name, newValues.count, lanes * tensor.count)
        for lane in 0..<lanes {
            let source = newValues[lane * tensor.count..<(lane + 1) * tensor.count]
            values.replaceSubrange(range(of: tensor.range, lane: lane), with: source)
        }
    }

    private func range(of part: Range<Int>, lane: Int) -> Range<Int> {
        part.lowerBound + lane * layout.stateCount..<part.upperBound + lane * layout.stateCount
    }

    /// These parts of some lanes become those of the initial state.
    private mutating func begin(_ parts: [Range<Int>], lanes: Range<Int>) {
        var config = layout.config
        var initial = [Scalar](repeating: 0, count: layout.stateCount)
        _ = Scalar._core.initialState(&config, 1, &initial)  // which a layout, having been checked, is not refused
        for lane in lanes {
            for part in parts { values.replaceSubrange(range(of: part, lane: lane), with: initial[part]) }
        }
    }
}
