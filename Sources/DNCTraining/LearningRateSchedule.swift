// How the learning rate goes with the steps.

/// What the learning rate is multiplied by at each step: a function of the step alone, but for `plateau`.
public struct LearningRateSchedule: Hashable, Sendable, Codable {
    /// The schedules of this package.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// 1; what validations say makes the rate fall, see `TrainingConfiguration.plateauFactor`.
        case plateau
        /// 1.
        case constant
        /// `periodFactor` after a period, its square after two, and smoothly between them.
        case exponential
        /// From 1 along half a cosine to `leastRate` (Loshchilov, Hutter 2017).
        case cosine

        /// Whether it has a period.
        package var isPeriodic: Bool { self == .exponential || self == .cosine }
    }

    /// Which one.
    public var kind: Kind
    /// In so many steps, the first, the rate rises to 1 in a straight line; the schedule begins behind them. 0 for none.
    public var warmUp: Int
    /// Steps that an exponential takes to `periodFactor`, or a cosine to `leastRate`; nil of the others, and of a cosine that ends with
    /// the run, by its `TrainingLimits.maxSteps` or `timeLimit`.
    public var period: Int?
    /// Of an exponential.
    public var periodFactor: Double
    /// Of a cosine: where it ends and, without restarts, stays, as a share of the rate.
    public var leastRate: Double
    /// Whether a cosine begins anew after every period.
    public var restarts: Bool

    /// Any; `plateau` and `constant` have no period, an exponential and a cosine with restarts need one.
    public init(
        _ kind: Kind = .plateau, warmUp: Int = 0, period: Int? = nil, periodFactor: Double = 0.5, leastRate: Double = 0,
        restarts: Bool = false
    ) {
        (self.kind, self.warmUp, self.period) = (kind, warmUp, period)
        (self.periodFactor, self.leastRate, self.restarts) = (periodFactor, leastRate, restarts)
    }

    /// Whether it goes to the end of the run, wherever that is.
    public var endsWithRun: Bool { kind == .cosine && period == nil }

    /// What the rate is multiplied by in the step that has so many before it. The same bits on every machine.
    /// - Parameters:
    ///   - step: from the schedule's beginning.
    ///   - place: where the run is, from 0 to 1 at its end; counts where the schedule ends with it.
    public func factor(step: Int, place: Double = 0) -> Double {
        if step < warmUp { return Double(step + 1) / Double(warmUp) }
        if endsWithRun { return leastRate + (1 - leastRate) * squareOfCosine(place) }
        let (step, period) = (step - warmUp, period ?? 1)
        switch kind {
        case .plateau, .constant: return 1
        case .exponential: return power(periodFactor, Double(step) / Double(period))
        case .cosine:
            let place = restarts ? step % period : min(step, period)
            return leastRate + (1 - leastRate) * squareOfCosine(Double(place) / Double(period))
        }
    }

    /// In words, as behind a learning rate; nil for plateaus without a warm-up.
    package var summary: String? {
        if self == Self() { return nil }
        let falls =
            switch kind {
            case .plateau, .constant: ""
            case .exponential: " by \(periodFactor) in \(period ?? 1) steps"
            case .cosine:
                " to \(leastRate) \(period.map { "in \($0) steps" } ?? "at the end")\(restarts ? ", again and again" : "")"
            }
        return kind.rawValue + falls + (warmUp > 0 ? ", after \(warmUp) steps of warm-up" : "")
    }

    /// What a warm-up, unless it is 0, and a period may be.
    package static let allowedSteps = 1...1 << 40

    func validate() throws(TrainingError) {
        guard warmUp == 0 || Self.allowedSteps.contains(warmUp) else {
            throw .invalid(name: "the warm-up", value: "\(warmUp)", allowed: "0 ... \(1 << 40) steps")
        }
        let isAllowed = period.map { kind.isPeriodic && Self.allowedSteps.contains($0) }
        guard isAllowed ?? (!kind.isPeriodic || endsWithRun && !restarts) else {
            throw .invalid(
                name: "the period of the \(kind.rawValue) schedule", value: period.map { "\($0)" } ?? "missing",
                allowed: kind.isPeriodic ? "1 ... \(1 << 40) steps" : "none")
        }
        guard periodFactor > 0, periodFactor <= 1 else {
            throw .invalid(name: "the factor of a period", value: "\(periodFactor)", allowed: "above 0 and at most 1")
        }
        guard (0...1).contains(leastRate) else {
            throw .invalid(name: "the least rate", value: "\(leastRate)", allowed: "0 ... 1 of the learning rate")
        }
    }
}

/// How far a run is, for a schedule that ends with it: from a step on, evenly to the end.
struct RunPlan: Hashable, Sendable, Codable {
    /// The step from which it holds,
    var step: Int
    /// where the run is there, from 0 to 1 at its end,
    var place: Double
    /// and after how many more it ends.
    var steps: Int

    /// Where the run is at a step.
    func place(at step: Int) -> Double {
        let part = Double(max(0, step - self.step)) / Double(steps)
        return part < 1 ? place + (1 - place) * part : 1
    }

    /// Whether a run of so many steps could have it.
    func isPossible(after step: Int) -> Bool {
        (0...step).contains(self.step) && (0...1).contains(place) && (1...1 << 53).contains(steps)
    }
}

/// base^exponent, neither below 0, by products and square roots alone: for every binary digit behind the point another root.
private func power(_ base: Double, _ exponent: Double) -> Double {
    var (result, root, rest) = (power(base, Int(exponent)), base, exponent.truncatingRemainder(dividingBy: 1))
    while rest > 0 {
        (root, rest) = (root.squareRoot(), 2 * rest)
        if rest >= 1 { (result, rest) = (result * root, rest - 1) }
    }
    return result
}

/// (1 + cos(pi part)) / 2 = cos(pi part / 2)^2 for a part in 0 ... 1, by the cosine's series: what is left out is below 1e-19.
private func squareOfCosine(_ part: Double) -> Double {
    let angle = .pi / 2 * part
    var (sum, term) = (0.0, 1.0)
    for n in stride(from: 2.0, through: 26, by: 2) {
        sum += term
        term *= -angle * angle / (n * (n - 1))
    }
    return sum * sum
}
