import Testing

@testable import DNCCore

@Suite struct GradientCheckTests {
    @Test(arguments: configurations)
    func everyElementInDouble(_ configuration: ModelConfiguration) throws {
        let check = try GradientCheck.run(configuration: configuration, symbols: 4, steps: 5, lanes: 2)
        #expect(check.passes(tolerance: 1e-6), "\(summary(check))")
        for report in check.reports {
            #expect(report.checked + report.skipped == report.shape.reduce(1, *))
            #expect(report.checked > report.skipped)
            #expect(report.analytical.maximum > 0 && report.analytical.minimum < 0)
        }
    }

    /// Single slots, heads, lanes and symbols.
    @Test(arguments: [
        (ModelConfiguration.dnc(hidden: 1, slots: 1, width: 1, readHeads: 1), 2, 1),
        (.dnc(hidden: 2, slots: 2, width: 1, readHeads: 3), 2, 3), (.rnn(hidden: 1), 1, 1), (.lstm(hidden: 1), 2, 1),
    ])
    func edgeSizes(_ configuration: ModelConfiguration, symbols: Int, steps: Int) throws {
        let check = try GradientCheck.run(configuration: configuration, symbols: symbols, steps: steps, lanes: 1)
        #expect(check.passes(tolerance: 1e-6), "\(summary(check))")
    }

    @Test(arguments: configurations)
    func someElementsInFloat(_ configuration: ModelConfiguration) throws {
        let check = try GradientCheck.run(
            configuration: configuration, symbols: 4, steps: 5, lanes: 2, maximumPerTensor: 10, as: Float.self)
        #expect(check.passes(tolerance: 1e-3), "\(summary(check))")
        #expect(check.reports.allSatisfy { $0.checked + $0.skipped == min(10, $0.shape.reduce(1, *)) })
    }

    @Test(arguments: configurations)
    func aWrongGradientFails(_ configuration: ModelConfiguration) throws {
        let layout = try ModelLayout(configuration, symbols: 4)
        let problem = try GradientProblem(layout, steps: 3, lanes: 1, seed: 1, as: Double.self)
        let gradient = try problem.gradient(as: Double.self)
        #expect(try problem.compare(gradient).passes(tolerance: 1e-6))
        for tensor in layout.parameters {
            var wrong = gradient
            for index in tensor.range { wrong[index] *= 1.0001 }
            let reports = try problem.compare(wrong, maximumPerTensor: 20).reports
            #expect(reports.filter { $0.relativeError.maximum > 1e-6 }.map(\.name) == [tensor.name])
            wrong[tensor.offset] = .nan
            #expect(try !problem.compare(wrong).passes(tolerance: 1))
        }
    }

    /// Two usages that the free gate moves at different rates are brought together, so that moving the gate swaps them.
    @Test func skipsWhatReordersTheUsages() throws {
        let layout = try ModelLayout(.dnc(hidden: 3, slots: 3, width: 2, readHeads: 1), symbols: 2)
        var problem = try GradientProblem(layout, steps: 1, lanes: 1, seed: 1, as: Double.self)
        try problem.state.setTensor("write_weighting", to: [0, 0, 0])  // usage is now retention times its old value
        try problem.state.setTensor("read_weightings", to: [0.1, 0.5, 0.2])
        try problem.state.setTensor("usage", to: [1, 1, 1])
        var state = problem.state
        _ = try problem.runner.forward(
            parameters: problem.parameters, inputs: problem.inputs, targets: problem.targets, state: &state)
        let retention = try state.tensor("usage").values
        try problem.state.setTensor("usage", to: [0.5 / retention[0], 0.5 / retention[1] + 1e-9, 0.1])

        let skipped = try problem.compare(problem.gradient(as: Double.self)).reports.map { ($0.name, $0.skipped) }
        #expect(skipped.filter { $0.0 == "interface.weight" }.map(\.1) == [3])  // the free gate's row
        #expect(skipped.filter { $0.0 == "interface.bias" }.map(\.1) == [1])
        #expect(skipped.filter { $0.0.hasPrefix("output.") }.map(\.1) == [0, 0, 0])
    }

    @Test func nothingComparedIsNotAPass() throws {
        let check = try GradientCheck.run(
            configuration: .rnn(hidden: 1), symbols: 2, steps: 1, lanes: 1, maximumPerTensor: 0)
        #expect(!check.passes(tolerance: 1))
    }

    private func summary(_ check: GradientCheck) -> String {
        check.reports.map { "\($0.name): \($0.relativeError.maximum) (\($0.checked) checked, \($0.skipped) skipped)" }
            .joined(separator: "\n")
    }
}
