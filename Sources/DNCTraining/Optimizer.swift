// The optimizers: how a gradient becomes a step of the parameters.
public import DNCCore

/// An optimizer's kind and settings.
public struct OptimizerConfiguration: Hashable, Sendable {
    /// The optimizers of this package.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// `Adagrad`.
        case adagrad
        /// `RMSProp`.
        case rmsprop
        /// `Adam`.
        case adam
        /// `MomentumSGD`.
        case sgd

        /// A rate at which a model of the default sizes learns a book well; found by trying.
        public var defaultLearningRate: Double {
            switch self {
            case .adagrad: 0.1
            case .rmsprop: 0.001
            case .adam: 0.01
            case .sgd: 0.5
            }
        }

        /// What keeps the root from 0: under it in RMSProp, added to it in the others.
        public var defaultEpsilon: Double { self == .rmsprop ? 1e-10 : 1e-8 }
    }

    /// Which one.
    public var kind: Kind
    /// What the optimizer multiplies its step by, above 0.
    public var learningRate: Double
    /// The gradient is scaled down to this Euclidean norm where it is longer; 0 turns that off.
    public var clipNorm: Double
    /// Before that, each number of the gradient is brought to within plus and minus this; 0 turns that off.
    public var clipValue: Double
    /// How much of a step goes into the next, of RMSProp and SGD.
    public var momentum: Double
    /// How much of the mean of squares stays, of RMSProp.
    public var decay: Double
    /// What keeps the root from 0, of all but SGD.
    public var epsilon: Double
    /// Whether it is added under the root, as with the DNC, or to the root, as PyTorch does; of RMSProp.
    public var epsilonInside: Bool
    /// Before a step every weight loses this times the learning rate of itself, as in AdamW (Loshchilov, Hutter 2019); biases and
    /// scales do not. 0 turns that off.
    public var weightDecay: Double
    /// In so many steps, the first, from 1; nil for all of them. What has become simple by it grows distinct again without it.
    public var weightDecaySteps: Int?

    /// An optimizer of this kind; without a learning rate or an epsilon with the kind's `defaultLearningRate` and `defaultEpsilon`.
    public init(
        _ kind: Kind = .adagrad, learningRate: Double? = nil, clipNorm: Double = 5, clipValue: Double = 0,
        momentum: Double = 0.9, decay: Double = 0.9, epsilon: Double? = nil, epsilonInside: Bool = true,
        weightDecay: Double = 0, weightDecaySteps: Int? = nil
    ) {
        self.kind = kind
        self.learningRate = learningRate ?? kind.defaultLearningRate
        (self.clipNorm, self.clipValue) = (clipNorm, clipValue)
        (self.momentum, self.decay) = (momentum, decay)
        (self.epsilon, self.epsilonInside) = (epsilon ?? kind.defaultEpsilon, epsilonInside)
        (self.weightDecay, self.weightDecaySteps) = (weightDecay, weightDecaySteps)
    }

    /// The optimizer, at the beginning of training `count` parameters.
    public func makeOptimizer<Scalar: CoreScalar>(count: Int, as scalar: Scalar.Type = Scalar.self) -> any Optimizer<Scalar> {
        switch kind {
        case .adagrad: Adagrad(count: count, epsilon: epsilon)
        case .rmsprop:
            RMSProp(count: count, momentum: momentum, decay: decay, epsilon: epsilon, epsilonInside: epsilonInside)
        case .adam: Adam(count: count, epsilon: epsilon)
        case .sgd: MomentumSGD(count: count, momentum: momentum)
        }
    }

    /// What is otherwise than usual, in words, each behind a comma.
    package var remarks: String {
        let usual = Self(kind)
        var remarks: [String] = []
        if momentum != usual.momentum { remarks.append("momentum \(momentum)") }
        if decay != usual.decay { remarks.append("decay \(decay)") }
        if epsilon != usual.epsilon { remarks.append("epsilon \(epsilon)") }
        if !epsilonInside { remarks.append("epsilon outside the root") }
        if weightDecay != 0 {
            remarks.append("weight decay \(weightDecay)" + (weightDecaySteps.map { " in the first \($0) steps" } ?? ""))
        }
        if clipValue != 0 { remarks.append("clip value \(clipValue)") }
        return remarks.map { ", " + $0 }.joined()
    }

    func validate() throws(TrainingError) {
        guard learningRate.isFinite, learningRate > 0 else {
            throw .invalid(name: "the learning rate", value: "\(learningRate)", allowed: "a positive number")
        }
        for (name, value) in [("the clip norm", clipNorm), ("the clip value", clipValue)] {
            guard value.isFinite, value >= 0 else {
                throw .invalid(name: name, value: "\(value)", allowed: "a positive number, or 0 to turn clipping off")
            }
        }
        for (name, value) in [("the momentum", momentum), ("the decay of the mean of squares", decay)] {
            guard (0..<1).contains(value) else {
                throw .invalid(name: name, value: "\(value)", allowed: "at least 0 and below 1")
            }
        }
        guard Self.allowedEpsilons.contains(epsilon) else {
            throw .invalid(name: "epsilon", value: "\(epsilon)", allowed: "1e-30 ... 1")
        }
        guard weightDecay.isFinite, weightDecay >= 0 else {
            throw .invalid(name: "the weight decay", value: "\(weightDecay)", allowed: "a positive number, or 0 for none")
        }
        if let weightDecaySteps, weightDecaySteps < 1 {
            throw .invalid(name: "the steps of weight decay", value: "\(weightDecaySteps)", allowed: "at least 1")
        }
    }

    /// Smaller ones are 0 in single precision.
    package static let allowedEpsilons = 1e-30...1
}

// What is absent, since a file is older than it, is as in `init`.

extension OptimizerConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, learningRate, clipNorm, clipValue, momentum, decay, epsilon, epsilonInside, weightDecay, weightDecaySteps
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let usual = Self(try container.decode(Kind.self, forKey: .kind))
        func value<Value: Decodable>(_ key: CodingKeys, _ usual: Value) throws -> Value {
            container.contains(key) ? try container.decode(Value.self, forKey: key) : usual
        }
        self.init(
            usual.kind, learningRate: try container.decode(Double.self, forKey: .learningRate),
            clipNorm: try container.decode(Double.self, forKey: .clipNorm),
            clipValue: try value(.clipValue, usual.clipValue), momentum: try value(.momentum, usual.momentum),
            decay: try value(.decay, usual.decay), epsilon: try value(.epsilon, usual.epsilon),
            epsilonInside: try value(.epsilonInside, usual.epsilonInside),
            weightDecay: try value(.weightDecay, usual.weightDecay),
            weightDecaySteps: try value(.weightDecaySteps, usual.weightDecaySteps))
    }
}

/// Updates parameters from gradients. What it remembers from step to step is in `moments`, so that a checkpoint can hold it.
public protocol Optimizer<Scalar>: Sendable {
    /// The number type of parameters and gradients.
    associatedtype Scalar: CoreScalar

    /// One number per parameter in each, by name. Set only with the names that it has.
    var moments: [String: [Scalar]] { get set }

    /// Changes `parameters` by a step against `scale * gradient`.
    /// - Parameters:
    ///   - parameters: flat; as many as the optimizer was made for.
    ///   - gradient: laid out as the parameters.
    ///   - scale: what the gradient is multiplied by first, as clipping asks for.
    ///   - learningRate: what the step is multiplied by.
    ///   - step: how many updates came before, plus one.
    mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], scale: Scalar, learningRate: Scalar, step: Int)
}

/// Adagrad (Duchi, Hazan, Singer 2011):  G += g^2;  p -= rate g / (sqrt(G) + epsilon)
public struct Adagrad<Scalar: CoreScalar>: Optimizer {
    private var sumOfSquares: [Scalar]
    private let epsilon: Scalar

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(count: Int, epsilon: Double = 1e-8) {
        sumOfSquares = Array(repeating: 0, count: count)
        self.epsilon = Scalar(epsilon)
    }

    public var moments: [String: [Scalar]] {
        get { ["sum_of_squares": sumOfSquares] }
        set { sumOfSquares = newValue["sum_of_squares"] ?? sumOfSquares }
    }

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], scale: Scalar, learningRate: Scalar, step: Int
    ) {
        let epsilon = epsilon
        withVectors(&parameters, gradient, &sumOfSquares) { p, g, sum in
            for i in pieces(p) {
                let gradient = scale * g[piece: i]
                let squares = sum[piece: i] + gradient * gradient
                sum[piece: i] = squares
                p[piece: i] -= learningRate * gradient / (squareRoot(squares) + epsilon)
            }
        }
    }
}

/// RMSProp as used with the DNC (Graves et al. 2016; Graves 2013 without centring):
/// S = decay S + (1 - decay) g^2;  m = momentum m + rate g / sqrt(S + epsilon);  p -= m; or with sqrt(S) + epsilon in place of the root
public struct RMSProp<Scalar: CoreScalar>: Optimizer {
    private var meanOfSquares: [Scalar]
    private var momentum: [Scalar]
    /// What stays of the mean and of the momentum.
    private let decay: Double
    private let carried: Scalar
    /// What is added under the root and what to it, one of them 0.
    private let inside: Scalar
    private let outside: Scalar

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(
        count: Int, momentum: Double = 0.9, decay: Double = 0.9, epsilon: Double = 1e-10, epsilonInside: Bool = true
    ) {
        meanOfSquares = Array(repeating: 0, count: count)
        self.momentum = meanOfSquares
        (self.decay, carried) = (decay, Scalar(momentum))
        (inside, outside) = (Scalar(epsilonInside ? epsilon : 0), Scalar(epsilonInside ? 0 : epsilon))
    }

    public var moments: [String: [Scalar]] {
        get { ["mean_of_squares": meanOfSquares, "momentum": momentum] }
        set {
            meanOfSquares = newValue["mean_of_squares"] ?? meanOfSquares
            momentum = newValue["momentum"] ?? momentum
        }
    }

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], scale: Scalar, learningRate: Scalar, step: Int
    ) {
        let (old, new) = (Scalar(decay), Scalar(complement(decay)))
        let (carried, inside, outside) = (carried, inside, outside)
        withVectors(&parameters, gradient, &meanOfSquares, &momentum) { p, g, mean, momentum in
            for i in pieces(p) {
                let gradient = scale * g[piece: i]
                let squares = old * mean[piece: i] + new * gradient * gradient
                let step = carried * momentum[piece: i] + learningRate * gradient / (squareRoot(squares + inside) + outside)
                mean[piece: i] = squares
                momentum[piece: i] = step
                p[piece: i] -= step
            }
        }
    }
}

/// Adam (Kingma and Ba 2015):  m = 0.9 m + 0.1 g;  v = 0.999 v + 0.001 g^2;  p -= rate m^ / (sqrt(v^) + epsilon), where ^
/// divides by 1 - 0.9^step or 1 - 0.999^step.
public struct Adam<Scalar: CoreScalar>: Optimizer {
    private var mean: [Scalar]
    private var meanOfSquares: [Scalar]
    private let epsilon: Scalar

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(count: Int, epsilon: Double = 1e-8) {
        mean = Array(repeating: 0, count: count)
        meanOfSquares = mean
        self.epsilon = Scalar(epsilon)
    }

    public var moments: [String: [Scalar]] {
        get { ["mean": mean, "mean_of_squares": meanOfSquares] }
        set {
            mean = newValue["mean"] ?? mean
            meanOfSquares = newValue["mean_of_squares"] ?? meanOfSquares
        }
    }

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], scale: Scalar, learningRate: Scalar, step: Int
    ) {
        let meanCorrection = Scalar(1 / (1 - power(0.9, step))), squareCorrection = Scalar(1 / (1 - power(0.999, step)))
        let epsilon = epsilon
        withVectors(&parameters, gradient, &mean, &meanOfSquares) { p, g, m, v in
            for i in pieces(p) {
                let gradient = scale * g[piece: i]
                let mean = 0.9 * m[piece: i] + 0.1 * gradient
                let squares = 0.999 * v[piece: i] + 0.001 * gradient * gradient
                m[piece: i] = mean
                v[piece: i] = squares
                p[piece: i] -= learningRate * (mean * meanCorrection) / (squareRoot(squares * squareCorrection) + epsilon)
            }
        }
    }
}

/// Gradient descent with momentum:  m = momentum m + g;  p -= rate m
public struct MomentumSGD<Scalar: CoreScalar>: Optimizer {
    private var momentum: [Scalar]
    /// What stays of it.
    private let carried: Scalar

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(count: Int, momentum: Double = 0.9) {
        self.momentum = Array(repeating: 0, count: count)
        carried = Scalar(momentum)
    }

    public var moments: [String: [Scalar]] {
        get { ["momentum": momentum] }
        set { momentum = newValue["momentum"] ?? momentum }
    }

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], scale: Scalar, learningRate: Scalar, step: Int
    ) {
        let carried = carried
        withVectors(&parameters, gradient, &momentum) { p, g, m in
            for i in pieces(p) {
                let step = carried * m[piece: i] + scale * g[piece: i]
                m[piece: i] = step
                p[piece: i] -= learningRate * step
            }
        }
    }
}

/// 1 - share as it is in decimals: of 0.9 it is 0.1, and not the 0.09999999999999998 of the subtraction.
private func complement(_ share: Double) -> Double { ((1 - share) * 1e15).rounded() / 1e15 }

/// base^exponent by repeated squaring: the same bits on every machine, which a library's pow does not promise.
func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}

private typealias Mutable<Scalar> = UnsafeMutableBufferPointer<Scalar>

/// The vectors as buffers of one length.
@inline(__always)
private func withVectors<Scalar>(
    _ parameters: inout [Scalar], _ gradient: [Scalar], _ moment: inout [Scalar],
    _ body: (Mutable<Scalar>, UnsafeBufferPointer<Scalar>, Mutable<Scalar>) -> Void
) {
    precondition(gradient.count == parameters.count && moment.count == parameters.count, "vectors of different lengths")
    parameters.withUnsafeMutableBufferPointer { p in
        gradient.withUnsafeBufferPointer { g in
            moment.withUnsafeMutableBufferPointer { m in body(p, g, m) }
        }
    }
}

@inline(__always)
private func withVectors<Scalar>(
    _ parameters: inout [Scalar], _ gradient: [Scalar], _ first: inout [Scalar], _ second: inout [Scalar],
    _ body: (Mutable<Scalar>, UnsafeBufferPointer<Scalar>, Mutable<Scalar>, Mutable<Scalar>) -> Void
) {
    precondition(second.count == parameters.count, "vectors of different lengths")
    second.withUnsafeMutableBufferPointer { s in
        withVectors(&parameters, gradient, &first) { p, g, f in body(p, g, f, s) }
    }
}
