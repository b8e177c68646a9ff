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

    // MARK: The descent

    private static let scale = 0.5, rate = 0.01

    /// Exact in both precisions; one parameter has no gradient at all.
    private func gradient(_ index: Int, _ step: Int) -> Double {
        index == 0 ? 0 : Double((index * 37 + step * 11) % 64 - 30) / 16
    }

    private func descend<Scalar: CoreScalar>(
        _ kind: OptimizerConfiguration.Kind, as scalar: Scalar.Type, steps: ClosedRange<Int> = 1...50
    ) -> (parameters: [Scalar], optimizer: any Optimizer<Scalar>) {
        var parameters = (0..<9).map { Scalar($0) / 8 }
        var optimizer: any Optimizer<Scalar> = OptimizerConfiguration(kind).makeOptimizer(count: parameters.count)
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
