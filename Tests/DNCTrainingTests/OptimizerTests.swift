import DNCCore
import Foundation
import Testing

@testable import DNCTraining

@Suite struct OptimizerTests {
    /// One parameter, 1 at first; gradients 3 and then -4; learning rate 0.1.
    @Test(arguments: [
        // G = 9, then 25: steps of 0.1 * 3/3 and -0.1 * 4/5.
        (OptimizerConfiguration.Kind.adagrad, 0.9, 0.98),
        // S = 0.9, then 2.41; m = 0.3/sqrt(0.9) = 0.3162277660, then 0.9 m - 0.4/sqrt(2.41) = 0.0269423388
        (.rmsprop, 0.6837722340, 0.6568298952),
        // Corrected means 3, then -0.13/0.19; corrected squares 9, then 0.024991/0.001999.
        (.adam, 0.9, 0.9193510409),
        // m = 3, then 2.7 - 4.
        (.sgd, 0.7, 0.83),
    ])
    func twoStepsByHand(_ kind: OptimizerConfiguration.Kind, _ first: Double, _ second: Double) {
        var parameters = [1.0]
        var optimizer: any Optimizer<Double> = OptimizerConfiguration(kind).makeOptimizer(count: 1)
        optimizer.update(&parameters, gradient: [3], scale: 1, learningRate: 0.1, step: 1)
        #expect(abs(parameters[0] - first) < 1e-8)
        optimizer.update(&parameters, gradient: [-4], scale: 1, learningRate: 0.1, step: 2)
        #expect(abs(parameters[0] - second) < 1e-8)
    }

    @Test(arguments: OptimizerConfiguration.Kind.allCases)
    func fiftyStepsAgainstScalarReference(_ kind: OptimizerConfiguration.Kind) {
        let run = descend(kind, as: Double.self)
        for index in run.parameters.indices {
            #expect(abs(run.parameters[index] - reference(kind, index)) < 1e-13)
        }
        #expect(run.optimizer.moments.values.allSatisfy { $0.count == run.parameters.count })
    }

    @Test(arguments: OptimizerConfiguration.Kind.allCases)
    func floatAgreesWithDouble(_ kind: OptimizerConfiguration.Kind) {
        let float = descend(kind, as: Float.self).parameters.map { Double($0) }
        #expect(difference(float, descend(kind, as: Double.self).parameters) < 1e-4)
    }

    @Test(arguments: OptimizerConfiguration.Kind.allCases)
    func continuesFromItsMoments(_ kind: OptimizerConfiguration.Kind) {
        var (parameters, optimizer) = descend(kind, as: Float.self, steps: 1...20)
        var copy: any Optimizer<Float> = OptimizerConfiguration(kind).makeOptimizer(count: parameters.count)
        #expect(Set(copy.moments.keys) == Set(optimizer.moments.keys))
        copy.moments = optimizer.moments
        optimizer = copy
        descend(&parameters, &optimizer, steps: 21...50)
        #expect(parameters == descend(kind, as: Float.self).parameters)
    }

    @Test(arguments: [(-1, 5), (0, 5), (.nan, 5), (.infinity, 5), (0.1, -1), (0.1, .nan), (0.1, .infinity)])
    func refusesSettings(_ learningRate: Double, _ clipNorm: Double) {
        let settings = OptimizerConfiguration(.adam, learningRate: learningRate, clipNorm: clipNorm)
        #expect(throws: TrainingError.self) { try settings.validate() }
    }

    // MARK: Settings

    /// One parameter, 1 at first; gradients 3 and then -4; learning rate 0.1.
    @Test(arguments: [
        // S = 4.5, then 10.25; roots and epsilon 2.6213203436 and 3.7015621187; m = 0.1144461419, then half of it less 0.1080624847.
        (
            OptimizerConfiguration(.rmsprop, momentum: 0.5, decay: 0.5, epsilon: 0.5, epsilonInside: false), 0.8855538581,
            0.9363932719
        ),
        // Roots of 5 and 10.75: 2.2360679775 and 3.2787192622; m = 0.1341640786, then half of it less 0.1219988560.
        (OptimizerConfiguration(.rmsprop, momentum: 0.5, decay: 0.5, epsilon: 0.5), 0.8658359214, 0.9207527381),
        // m = 3, then 1.5 - 4.
        (OptimizerConfiguration(.sgd, momentum: 0.5), 0.7, 0.95),
        (OptimizerConfiguration(.sgd, momentum: 0), 0.7, 1.1),
        // Roots 3 and 5, with epsilon 4 and 6.
        (OptimizerConfiguration(.adagrad, epsilon: 1), 0.925, 0.9916666667),
        // Corrected means 3 and -0.13/0.19, roots 3 and 3.5357815, with epsilon 4 and 4.5357815.
        (OptimizerConfiguration(.adam, epsilon: 1), 0.925, 0.9400847),
    ])
    func settingsByHand(_ settings: OptimizerConfiguration, _ first: Double, _ second: Double) {
        var parameters = [1.0]
        var optimizer: any Optimizer<Double> = settings.makeOptimizer(count: 1)
        optimizer.update(&parameters, gradient: [3], scale: 1, learningRate: 0.1, step: 1)
        #expect(abs(parameters[0] - first) < 1e-7)
        optimizer.update(&parameters, gradient: [-4], scale: 1, learningRate: 0.1, step: 2)
        #expect(abs(parameters[0] - second) < 1e-7)
    }

    /// The rule of torch.optim.RMSprop, as its documentation has it, where the rate does not change.
    @Test(arguments: [(0.0, 0.99, 1e-8), (0.9, 0.95, 1e-2), (0.25, 0.5, 1.0)])
    func rmspropOfPyTorch(_ momentum: Double, _ alpha: Double, _ epsilon: Double) {
        let settings = OptimizerConfiguration(
            .rmsprop, momentum: momentum, decay: alpha, epsilon: epsilon, epsilonInside: false)
        let run = descend(settings, as: Double.self)
        for index in run.parameters.indices {
            var (p, squareAverage, buffer) = (Double(index) / 8, 0.0, 0.0)
            for step in 1...50 {
                let g = Self.scale * gradient(index, step)
                squareAverage = alpha * squareAverage + (1 - alpha) * g * g
                buffer = momentum * buffer + g / (sqrt(squareAverage) + epsilon)
                p -= Self.rate * buffer
            }
            #expect(abs(run.parameters[index] - p) < 1e-12)
        }
    }

    /// To the bit what it was when these numbers could not be set: runs of then go on as they would have.
    @Test func theUsualSettingsAreTheOldConstants() {
        func old<Scalar: CoreScalar>(_ kind: OptimizerConfiguration.Kind, _ index: Int, as scalar: Scalar.Type) -> Scalar {
            var (p, a, b) = (Scalar(index) / 8, Scalar(0), Scalar(0))
            let rate = Scalar(Self.rate)
            for step in 1...50 {
                let g = Scalar(Self.scale) * Scalar(gradient(index, step))
                switch kind {
                case .adagrad:
                    a += g * g
                    p -= rate * g / (a.squareRoot() + 1e-8)
                case .rmsprop:
                    a = 0.9 * a + 0.1 * g * g
                    b = 0.9 * b + rate * g / (a + 1e-10).squareRoot()
                    p -= b
                case .adam:
                    a = 0.9 * a + 0.1 * g
                    b = 0.999 * b + 0.001 * g * g
                    let (mean, squares) = (Scalar(1 / (1 - power(0.9, step))), Scalar(1 / (1 - power(0.999, step))))
                    p -= rate * (a * mean) / ((b * squares).squareRoot() + 1e-8)
                case .sgd:
                    a = 0.9 * a + g
                    p -= rate * a
                }
            }
            return p
        }
        for kind in OptimizerConfiguration.Kind.allCases {
            #expect(descend(kind, as: Double.self).parameters == (0..<9).map { old(kind, $0, as: Double.self) }, "\(kind)")
            #expect(descend(kind, as: Float.self).parameters == (0..<9).map { old(kind, $0, as: Float.self) }, "\(kind)")
        }
    }

    @Test func weightsShrinkAndGradientsAreClippedByHand() {
        var parameters = [1, 2, -4, 8, 16.0]
        shrink(&parameters, in: [1..<3, 4..<5], by: 0.25)
        #expect(parameters == [1, 1.5, -3, 8, 12])
        clip(&parameters, to: 2)
        #expect(parameters == [1, 1.5, -2, 2, 2])
        multiply(&parameters, by: 0.5)
        #expect(parameters == [0.5, 0.75, -1, 1, 1])
    }

    /// What a file from before these settings lacks is as usual.
    @Test(arguments: OptimizerConfiguration.Kind.allCases)
    func settingsOfOlderFiles(_ kind: OptimizerConfiguration.Kind) throws {
        let old = #"{"kind":"\#(kind.rawValue)","learningRate":0.25,"clipNorm":3}"#
        let usual = OptimizerConfiguration(kind, learningRate: 0.25, clipNorm: 3)
        #expect(try JSONDecoder().decode(OptimizerConfiguration.self, from: Data(old.utf8)) == usual)
        let other = OptimizerConfiguration(
            kind, clipValue: 2, momentum: 0.5, decay: 0.25, epsilon: 0.125, epsilonInside: false, weightDecay: 0.75,
            weightDecaySteps: 8)
        #expect(try JSONDecoder().decode(OptimizerConfiguration.self, from: JSONEncoder().encode(other)) == other)
        #expect(usual.remarks == "")
        #expect(
            other.remarks
                == ", momentum 0.5, decay 0.25, epsilon 0.125, epsilon outside the root, weight decay 0.75 in the first 8 steps, "
                + "clip value 2.0")
    }

    @Test(arguments: [
        OptimizerConfiguration(clipValue: -1), .init(clipValue: .infinity), .init(momentum: 1), .init(momentum: -0.1),
        .init(decay: 1), .init(decay: .nan), .init(epsilon: 0), .init(epsilon: 2), .init(epsilon: .nan),
        .init(weightDecay: -1), .init(weightDecay: .infinity), .init(weightDecaySteps: 0),
    ])
    func refusesOtherSettings(_ settings: OptimizerConfiguration) {
        #expect(throws: TrainingError.self) { try settings.validate() }
    }

    // MARK: The descent

    private static let scale = 0.5, rate = 0.01

    /// Exact in both precisions; one parameter has no gradient at all.
    private func gradient(_ index: Int, _ step: Int) -> Double {
        index == 0 ? 0 : Double((index * 37 + step * 11) % 64 - 30) / 16
    }

    private func descend<Scalar: CoreScalar>(
        _ kind: OptimizerConfiguration.Kind, as scalar: Scalar.Type, steps: ClosedRange<Int> = 1...50
    ) -> (parameters: [Scalar], optimizer: any Optimizer<Scalar>) {
        descend(OptimizerConfiguration(kind), as: scalar, steps: steps)
    }

    private func descend<Scalar: CoreScalar>(
        _ settings: OptimizerConfiguration, as scalar: Scalar.Type, steps: ClosedRange<Int> = 1...50
    ) -> (parameters: [Scalar], optimizer: any Optimizer<Scalar>) {
        var parameters = (0..<9).map { Scalar($0) / 8 }
        var optimizer: any Optimizer<Scalar> = settings.makeOptimizer(count: parameters.count)
        descend(&parameters, &optimizer, steps: steps)
        return (parameters, optimizer)
    }

    private func descend<Scalar: CoreScalar>(
        _ parameters: inout [Scalar], _ optimizer: inout any Optimizer<Scalar>, steps: ClosedRange<Int>
    ) {
        for step in steps {
            optimizer.update(
                &parameters, gradient: parameters.indices.map { Scalar(gradient($0, step)) },
                scale: Scalar(Self.scale), learningRate: Scalar(Self.rate), step: step)
        }
    }

    /// The published formulas for one parameter, in their own words.
    private func reference(_ kind: OptimizerConfiguration.Kind, _ index: Int) -> Double {
        var (p, first, second) = (Double(index) / 8, 0.0, 0.0)
        for step in 1...50 {
            let g = Self.scale * gradient(index, step)
            switch kind {
            case .adagrad:
                first += pow(g, 2)
                p -= Self.rate * g / (sqrt(first) + 1e-8)
            case .rmsprop:
                first = 0.9 * first + (1 - 0.9) * pow(g, 2)
                second = 0.9 * second + Self.rate * g / sqrt(first + 1e-10)
                p -= second
            case .adam:
                first = 0.9 * first + (1 - 0.9) * g
                second = 0.999 * second + (1 - 0.999) * pow(g, 2)
                let (mean, square) = (first / (1 - pow(0.9, Double(step))), second / (1 - pow(0.999, Double(step))))
                p -= Self.rate * mean / (sqrt(square) + 1e-8)
            case .sgd:
                first = 0.9 * first + g
                p -= Self.rate * first
            }
        }
        return p
    }
}
