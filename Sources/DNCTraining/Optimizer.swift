// The optimizers: how a gradient becomes a step of the parameters.
public import DNCCore

/// An optimizer's kind and settings.
public struct OptimizerConfiguration: Hashable, Sendable, Codable {
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
    }

    /// Which one.
    public var kind: Kind
    /// What the optimizer multiplies its step by, above 0.
    public var learningRate: Double
    /// The gradient is scaled down to this Euclidean norm where it is longer; 0 turns that off.
    public var clipNorm: Double

    /// An optimizer of this kind; without a learning rate with the kind's `defaultLearningRate`.
    public init(_ kind: Kind = .adagrad, learningRate: Double? = nil, clipNorm: Double = 5) {
        self.kind = kind
        self.learningRate = learningRate ?? kind.defaultLearningRate
        self.clipNorm = clipNorm
    }

    /// The optimizer, at the beginning of training `count` parameters.
    public func makeOptimizer<Scalar: CoreScalar>(count: Int, as scalar: Scalar.Type = Scalar.self) -> any Optimizer<Scalar> {
        switch kind {
        case .adagrad: Adagrad(count: count)
        case .rmsprop: RMSProp(count: count)
        case .adam: Adam(count: count)
        case .sgd: MomentumSGD(count: count)
        }
    }

    func validate() throws(TrainingError) {
        guard learningRate.isFinite, learningRate > 0 else {
            throw .invalid(name: "the learning rate", value: "\(learningRate)", allowed: "a positive number")
        }
        guard clipNorm.isFinite, clipNorm >= 0 else {
            throw .invalid(name: "the clip norm", value: "\(clipNorm)", allowed: "a positive number, or 0 to turn clipping off")
        }
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

/// Adagrad (Duchi, Hazan, Singer 2011):  G += g^2;  p -= rate g / (sqrt(G) + 1e-8)
public struct Adagrad<Scalar: CoreScalar>: Optimizer {
    private var sumOfSquares: [Scalar]

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(count: Int) { sumOfSquares = Array(repeating: 0, count: count) }

    public var moments: [String: [Scalar]] {
        get { ["sum_of_squares": sumOfSquares] }
        set { sumOfSquares = newValue["sum_of_squares"] ?? sumOfSquares }
    }

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], scale: Scalar, learningRate: Scalar, step: Int
    ) {
        withVectors(&parameters, gradient, &sumOfSquares) { p, g, sum in
            for i in pieces(p) {
                let gradient = scale * g[piece: i]
                let squares = sum[piece: i] + gradient * gradient
                sum[piece: i] = squares
                p[piece: i] -= learningRate * gradient / (squareRoot(squares) + 1e-8)
            }
        }
    }
}

/// RMSProp as used with the DNC (Graves et al. 2016; Graves 2013 without centring):
/// S = 0.9 S + 0.1 g^2;  m = 0.9 m + rate g / sqrt(S + 1e-10);  p -= m
public struct RMSProp<Scalar: CoreScalar>: Optimizer {
    private var meanOfSquares: [Scalar]
    private var momentum: [Scalar]

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(count: Int) {
        meanOfSquares = Array(repeating: 0, count: count)
        momentum = meanOfSquares
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
        withVectors(&parameters, gradient, &meanOfSquares, &momentum) { p, g, mean, momentum in
            for i in pieces(p) {
                let gradient = scale * g[piece: i]
                let squares = 0.9 * mean[piece: i] + 0.1 * gradient * gradient
                let step = 0.9 * momentum[piece: i] + learningRate * gradient / squareRoot(squares + 1e-10)
                mean[piece: i] = squares
                momentum[piece: i] = step
                p[piece: i] -= step
            }
        }
    }
}

/// Adam (Kingma and Ba 2015):  m = 0.9 m + 0.1 g;  v = 0.999 v + 0.001 g^2;  p -= rate m^ / (sqrt(v^) + 1e-8), where ^
/// divides by 1 - 0.9^step or 1 - 0.999^step.
public struct Adam<Scalar: CoreScalar>: Optimizer {
    private var mean: [Scalar]
    private var meanOfSquares: [Scalar]

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(count: Int) {
        mean = Array(repeating: 0, count: count)
        meanOfSquares = mean
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
        withVectors(&parameters, gradient, &mean, &meanOfSquares) { p, g, m, v in
            for i in pieces(p) {
                let gradient = scale * g[piece: i]
                let mean = 0.9 * m[piece: i] + 0.1 * gradient
                let squares = 0.999 * v[piece: i] + 0.001 * gradient * gradient
                m[piece: i] = mean
                v[piece: i] = squares
                p[piece: i] -= learningRate * (mean * meanCorrection) / (squareRoot(squares * squareCorrection) + 1e-8)
            }
        }
    }
}

/// Gradient descent with momentum:  m = 0.9 m + g;  p -= rate m
public struct MomentumSGD<Scalar: CoreScalar>: Optimizer {
    private var momentum: [Scalar]

    /// At the beginning of training `count` parameters: all moments are 0.
    public init(count: Int) { momentum = Array(repeating: 0, count: count) }

    public var moments: [String: [Scalar]] {
        get { ["momentum": momentum] }
        set { momentum = newValue["momentum"] ?? momentum }
    }

    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func update(
        _ parameters: inout [Scalar], gradient: [Scalar], scale: Scalar, learningRate: Scalar, step: Int
    ) {
        withVectors(&parameters, gradient, &momentum) { p, g, m in
            for i in pieces(p) {
                let step = 0.9 * m[piece: i] + scale * g[piece: i]
                m[piece: i] = step
                p[piece: i] -= learningRate * step
            }
        }
    }
}

/// base^exponent by repeated squaring: the same bits on every machine, which a library's pow does not promise.
private func power(_ base: Double, _ exponent: Int) -> Double {
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
