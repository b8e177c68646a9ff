import DNCCore
import Testing

@Suite struct ModelLayoutTests {
    // Counted by hand for H = 3, V = 5; in the DNC N = 4, W = 2, R = 2, so that its interface vector has
    // R W + 3 W + 5 R + 3 = 23 elements.

    @Test func rnn() throws {
        let layout = try ModelLayout(.rnn(hidden: 3), symbols: 5)
        #expect(
            table(layout.parameters) == [
                "controller.0.weight_ih 0 [3, 5]",
                "controller.0.weight_hh 15 [3, 3]",
                "controller.0.bias 24 [3]",
                "output.weight 27 [5, 3]",
                "output.bias 42 [5]",
            ])
        #expect(layout.parameterCount == 47)
        #expect(table(layout.state) == ["hidden 0 [3]"])
        #expect(layout.stateCount == 3)
    }

    @Test func lstm() throws {
        let layout = try ModelLayout(.lstm(hidden: 3), symbols: 5)
        #expect(
            table(layout.parameters) == [
                "controller.0.weight_ih 0 [12, 5]",
                "controller.0.weight_hh 60 [12, 3]",
                "controller.0.bias 96 [12]",
                "output.weight 108 [5, 3]",
                "output.bias 123 [5]",
            ])
        #expect(layout.parameterCount == 128)
        #expect(table(layout.state) == ["hidden 0 [3]", "cell 3 [3]"])
        #expect(layout.stateCount == 6)
    }

    @Test func dnc() throws {
        let layout = try ModelLayout(.dnc(hidden: 3, slots: 4, width: 2, readHeads: 2), symbols: 5)
        #expect(
            table(layout.parameters) == [
                "controller.0.weight_ih 0 [12, 9]",
                "controller.0.weight_hh 108 [12, 3]",
                "controller.0.bias 144 [12]",
                "interface.weight 156 [23, 3]",
                "interface.bias 225 [23]",
                "output.weight 248 [5, 3]",
                "output.bias 263 [5]",
                "output.weight_read 268 [5, 4]",
            ])
        #expect(layout.parameterCount == 288)
        #expect(
            table(layout.state) == [
                "hidden 0 [3]",
                "cell 3 [3]",
                "read_vectors 6 [2, 2]",
                "memory 10 [4, 2]",
                "usage 18 [4]",
                "precedence 22 [4]",
                "link 26 [4, 4]",
                "write_weighting 42 [4]",
                "read_weightings 46 [2, 4]",
            ])
        #expect(layout.stateCount == 54)
        #expect(layout.parameters[3].range == 156..<225)
    }

    @Test func initialParametersFollowTheRule() throws {
        let layout = try ModelLayout(.lstm(hidden: 4), symbols: 3)
        let parameters = try layout.initialParameters(seed: 7, as: Double.self)
        for tensor in layout.parameters {
            let values = Array(parameters[tensor.range])
            switch tensor.name {
            case "controller.0.bias":  // i, f, g, o
                #expect(values == [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
            case "output.bias":
                #expect(values == [0, 0, 0])
            default:
                #expect(values.allSatisfy { abs($0) <= 0.5 } && Set(values).count == values.count)
            }
        }
        #expect(try layout.initialParameters(seed: 7) == parameters.map(Float.init))
        #expect(try layout.initialParameters(seed: 8) != parameters)
    }

    /// Of two layers, each of which reads symbols and the memory, only the weights of the symbols lie further out.
    @Test func symbolsHaveARangeOfTheirOwn() throws {
        let layout = try ModelLayout(
            ModelConfiguration(controller: .lstm, hidden: 4, layers: 2, memory: .dnc, slots: 3, width: 2, readHeads: 1),
            symbols: 5)
        let (usual, wide) = try (
            layout.initialParameters(seed: 3, as: Double.self),
            layout.initialParameters(seed: 3, symbolRange: 3, as: Double.self)
        )
        var ofSymbols: [Double] = []
        for tensor in layout.parameters {
            let (before, after) = (Array(usual[tensor.range]), Array(wide[tensor.range]))
            guard tensor.name.hasSuffix("weight_ih") else {
                #expect(before == after)
                continue
            }
            #expect(tensor.shape == [16, 7])
            for (place, value) in after.enumerated() {
                if place % 7 < 5 { ofSymbols.append(value) } else { #expect(value == before[place]) }
            }
        }
        #expect(ofSymbols.count == 2 * 16 * 5)
        #expect(ofSymbols.allSatisfy { abs($0) <= 3 } && (2.7...3).contains(ofSymbols.map(abs).max() ?? 0))
    }

    @Test func instructionSets() throws {
        #expect(InstructionSet.available.starts(with: [.auto, .base]))
        #expect(InstructionSet.base.resolved == .base)
        #expect(InstructionSet.auto.resolved == InstructionSet.available.last)
        for set in InstructionSet.allCases where set.resolved == nil {
            #expect(throws: CoreError.unavailable(set)) {
                try ModelLayout(.rnn(hidden: 1), symbols: 1, instructionSet: set)
            }
        }
    }

    private func table(_ tensors: [TensorLayout]) -> [String] {
        tensors.map { "\($0.name) \($0.offset) \($0.shape)" }
    }
}
