// Compares the core's gradients with numerical derivatives of its loss.

/// Compares the gradient that `SegmentRunner.backward` computes with numerical derivatives, tensor by tensor.
///
/// The point is random: parameters uniform in +-0.5, so that gates are lively; a state after two segments of random
/// symbols, so that no two usages are equal. The numerical derivative is the central difference with four points,
/// (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h, always of the `Double` loss: checking `Float` means
/// comparing its gradient with that. Where two usages cross, allocation jumps and no derivative exists; an element is
/// skipped when moving it changes the order of the usages in any step.
public struct GradientCheck: Sendable {
    /// The smallest, mean and largest of some values; NaN when there are none.
    public struct Spread: Hashable, Sendable {
        /// The smallest.
        public let minimum: Double
        /// The mean.
        public let mean: Double
        /// The largest.
        public let maximum: Double

        init(_ values: [Double]) {
            minimum = values.min() ?? .nan
            mean = values.reduce(0, +) / Double(values.count)
            maximum = values.max() ?? .nan
        }
    }

    /// How one tensor of the parameters fared.
    public struct Report: Hashable, Sendable {
        /// As in `ModelLayout.parameters`.
        public let name: String
        /// As in `ModelLayout.parameters`.
        public let shape: [Int]
        /// How many elements were compared.
        public let checked: Int
        /// How many were not, because the order of the usages depends on them.
        public let skipped: Int
        /// The numerical derivatives n.
        public let numerical: Spread
        /// The computed gradient a, of the same elements.
        public let analytical: Spread
        /// |a - n| / max(|a| + |n|, a hundredth of the tensor's largest |a|, 1e-5 of the largest of all). The last two because
        /// the numerical derivative of an element that is small beside others is mostly rounding.
        public let relativeError: Spread
    }

    /// One per tensor, in the order of `ModelLayout.parameters`.
    public let reports: [Report]

    /// Whether something was compared in every tensor and every relative error is below `tolerance`.
    public func passes(tolerance: Double) -> Bool {
        reports.allSatisfy { $0.relativeError.maximum < tolerance }
    }

    /// Checks a model of this configuration on one random segment.
    /// - Parameters:
    ///   - configuration: the kind and sizes of the model.
    ///   - symbols: how many it reads and predicts, V.
    ///   - steps: symbols of the segment in each lane, T.
    ///   - lanes: sequences side by side, B.
    ///   - seed: of parameters, symbols and the choice of elements.
    ///   - maximumPerTensor: of a tensor with more elements, so many are drawn at random.
    ///   - instructionSet: nil for the preferred one.
    ///   - scalar: the precision whose gradient is checked.
    /// - Throws: `CoreError` when the model or a size is refused.
    public static func run<Scalar: CoreScalar>(
        configuration: ModelConfiguration, symbols: Int, steps: Int, lanes: Int, seed: UInt64 = 1,
        maximumPerTensor: Int = .max, instructionSet: InstructionSet? = nil, as scalar: Scalar.Type = Double.self
    ) throws(CoreError) -> GradientCheck {
        let layout = try ModelLayout(configuration, symbols: symbols, instructionSet: instructionSet)
        let problem = try GradientProblem(layout, steps: steps, lanes: lanes, seed: seed, as: Scalar.self)
        let gradient = try problem.gradient(as: Scalar.self)
        return try problem.compare(gradient, maximumPerTensor: maximumPerTensor)
    }
}

/// The point at which gradients are compared.
struct GradientProblem {
    let runner: SegmentRunner<Double>
    let parameters: [Double]
    var state: RecurrentState<Double>
    let inputs: [Int32]
    let targets: [Int32]
    private var random: SeededGenerator

    /// Numbers are rounded to `Scalar`, so that both precisions work on the same ones.
    init<Scalar: CoreScalar>(
        _ layout: ModelLayout, steps: Int, lanes: Int, seed: UInt64, as scalar: Scalar.Type
    ) throws(CoreError) {
        var random = SeededGenerator(seed: seed)
        func symbols(from first: Int32) -> [Int32] {
            (0..<steps * lanes).map { _ in .random(in: first..<Int32(layout.symbols), using: &random) }
        }
        func rounded(_ values: [Double]) -> [Double] { values.map { Double(Scalar($0)) } }

        runner = try SegmentRunner(layout, steps: steps, lanes: lanes)
        parameters = rounded((0..<layout.parameterCount).map { _ in .random(in: -0.5...0.5, using: &random) })
        var state = try RecurrentState<Double>(layout, lanes: lanes)
        for _ in 0..<2 {
            _ = try runner.forward(
                parameters: parameters, inputs: symbols(from: 0), targets: symbols(from: 0), state: &state)
        }
        state.values = rounded(state.values)
        self.state = state
        inputs = symbols(from: 0)
        targets = symbols(from: -1)  // some without a target
        self.random = random
    }

    /// The gradient computed in the precision of `Scalar`.
    func gradient<Scalar: CoreScalar>(as scalar: Scalar.Type) throws(CoreError) -> [Double] {
        let layout = runner.layout
        let runner = try SegmentRunner<Scalar>(layout, steps: runner.steps, lanes: runner.lanes)
        let parameters = parameters.map { Scalar($0) }
        var state = try RecurrentState<Scalar>(layout, lanes: runner.lanes)
        state.values = self.state.values.map { Scalar($0) }
        var gradient = [Scalar](repeating: 0, count: layout.parameterCount)
        _ = try runner.forward(parameters: parameters, inputs: inputs, targets: targets, state: &state)
        try runner.backward(inputs: inputs, targets: targets, gradient: &gradient)
        return gradient.map { Double($0) }
    }

    func compare(_ gradient: [Double], maximumPerTensor: Int = .max) throws(CoreError) -> GradientCheck {
        var random = random
        var reports: [GradientCheck.Report] = []
        let order = try evaluate(parameters).order
        func largest(in range: Range<Int>) -> Double { gradient[range].reduce(0) { max($0, abs($1)) } }
        let least = largest(in: gradient.indices) / 1e5
        for tensor in runner.layout.parameters {
            let indices = tensor.range.shuffled(using: &random).prefix(maximumPerTensor)
            var pairs: [(analytical: Double, numerical: Double)] = []
            for index in indices {
                guard let derivative = try derivative(at: index, order: order) else { continue }
                pairs.append((gradient[index], derivative))
            }
            let floor = max(largest(in: tensor.range) / 100, least)
            let errors = pairs.map { a, n in
                let error = a == n ? 0 : abs(a - n) / max(abs(a) + abs(n), floor)
                return error.isNaN ? .infinity : error
            }
            reports.append(
                GradientCheck.Report(
                    name: tensor.name, shape: tensor.shape, checked: pairs.count, skipped: indices.count - pairs.count,
                    numerical: .init(pairs.map(\.numerical)), analytical: .init(pairs.map(\.analytical)),
                    relativeError: .init(errors)))
        }
        return GradientCheck(reports: reports)
    }

    /// The derivative of the loss by one parameter; nil when the order of the usages changes on the way.
    private func derivative(at index: Int, order: [[Int]]) throws(CoreError) -> Double? {
        // Larger, and the h^4 of what the formula leaves out shows where the content weighting bends sharply (memory of
        // almost no length); smaller, and the loss' rounding, divided by h, shows.
        let h = 2e-4
        var sum = 0.0
        for (distance, weight) in [(-2.0, 1.0), (-1, -8), (1, 8), (2, -1)] {
            var moved = parameters
            moved[index] += distance * h
            let point = try evaluate(moved)
            guard point.order == order else { return nil }
            sum += weight * point.loss
        }
        return sum / (12 * h)
    }

    /// The loss, and the slots by ascending usage in every step of every lane.
    private func evaluate(_ parameters: [Double]) throws(CoreError) -> (loss: Double, order: [[Int]]) {
        var state = state
        let loss = try runner.forward(parameters: parameters, inputs: inputs, targets: targets, state: &state).nats
        let slots = runner.layout.configuration.slots
        guard runner.layout.state.contains(where: { $0.name == "usage" }) else { return (loss, []) }
        let usage = try runner.recorded("usage").values
        let order = stride(from: 0, to: usage.count, by: slots).map { row in
            (0..<slots).sorted { (usage[row + $0], $0) < (usage[row + $1], $1) }
        }
        return (loss, order)
    }
}
