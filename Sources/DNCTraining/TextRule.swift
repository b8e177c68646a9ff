// What a text is learned with where nothing else is asked for.
public import DNCCore

/// The rule by which `dnc train --data` chooses what was not given: by the size of the text and the time there is. What it goes by was
/// found on alice29 and tinyshakespeare; docs/TEXT.md has what each part is worth, and what did not help.
///
///     let rule = TextRule(size: 152_089, time: .seconds(120))
///     let configuration = rule.configuration(of: rule.model(controller: .lstm, memory: .dnc))
public struct TextRule: Hashable, Sendable {
    /// Bytes of the text.
    public let size: Int
    /// How long training may take; nil for as long as it gets better.
    public let time: Duration?

    /// For a text of so many bytes, and this time.
    public init(size: Int, time: Duration?) { (self.size, self.time) = (size, time) }

    /// What the sizes go by: a text is worth that much time where nobody has said how much there is.
    private var seconds: Double { time.map { $0 / .seconds(1) } ?? 120 }

    /// The sizes of a model with these parts: as many units as the time is enough for, in two layers where it is enough for these.
    public func model(controller: Controller, memory: MemoryKind) -> ModelConfiguration {
        let steps: [(seconds: Double, hidden: Int)] = [(0, 128), (15, 192), (90, 256), (1200, 384), (3600, 512)]
        let hidden = steps.last { $0.seconds <= seconds }?.hidden ?? 128
        let own = size < 50_000 ? min(hidden, 128) : hidden
        let layers = own > 128 && Self.gates(of: controller) > 1 ? 2 : 1
        return ModelConfiguration(
            controller: controller, hidden: own, layers: layers, memory: memory, slots: memory == .none ? 0 : 16,
            width: memory == .none ? 0 : memory.usualWidth ?? 16, readHeads: memory == .none ? 0 : 1)
    }

    /// How many products a unit is made of.
    private static func gates(of controller: Controller) -> Int {
        switch controller {
        case .lstm, .squashedLSTM: 4
        case .gru: 3
        case .tanh, .feedForward: 1
        }
    }

    /// How often such a model reads the text in the time, about: on two cores of a server of 2023, with AVX-512.
    public func epochs(of model: ModelConfiguration) -> Double { symbols(of: model) / Double(max(1, size)) }

    /// How many symbols it reads.
    private func symbols(of model: ModelConfiguration) -> Double {
        let gates = Double(Self.gates(of: model.controller))
        let (hidden, layers) = (Double(model.hidden), Double(model.layers))
        // Of a step forward and backward: what a layer reads of itself, of the one below, and about as much of symbols and reads.
        let work = 6 * gates * hidden * (hidden * (2 * layers - 1) + 100 * layers)
        return seconds * 1e11 / work
    }

    /// Why a configuration is as it is, as far as the rule has chosen it.
    package func reason(_ configuration: TrainingConfiguration) -> String {
        let given = time.map { "\(Int($0 / .seconds(1))) seconds" } ?? "as long as it gets better"
        let model = configuration.model
        let units = model.layers > 1 ? "\(model.layers) layers of \(model.hidden) units" : "\(model.hidden) units"
        let times = epochs(of: model)
        let rates = configuration.dropout.bypass > 0 ? ", so that \(Int(100 * configuration.dropout.bypass)) % is dropped" : ""
        let end = configuration.schedule.endsWithRun ? ", the rate falling to the end" : ""
        return
            "for \(size) bytes and \(given): \(units), which read them \(times > 100 ? "more than 100" : "about \(max(1, Int(times)))") times\(rates); "
            + "\(configuration.batchSize) lanes of \(configuration.sequenceLength) symbols\(end). Every part has a flag"
    }

    /// How such a model is trained on the text.
    public func configuration(of model: ModelConfiguration) -> TrainingConfiguration {
        let epochs = epochs(of: model)
        let isGated = Self.gates(of: model.controller) > 1
        // The more weights, the more rows are worth their way from memory.
        let (lanes, steps) = (model.hidden > 256 ? 16 : 8, 64)
        let updates = symbols(of: model) / Double(lanes * steps)
        // The wider, and the more of them, the smaller steps can be.
        let most = isGated ? 30_000.0 : 3000
        let factor = (256 / Double(max(256, model.hidden))).squareRoot() * (3000 / min(max(updates, 300), most)).squareRoot()
        // What is read often is learned by heart, unless weights decay and steps are long; an RNN's must not be.
        let isReadOften = epochs >= 2
        let (usual, longest) = !isReadOften || !isGated ? (0.012, 0.02) : (epochs < 5 ? 0.018 : 0.03, 0.036)
        let first = min(longest, usual * factor) * (isGated ? 1 : 0.5)
        // What does not fall for long must be lower.
        let rate = time == nil ? first / 3 : first
        // A plain RNN learns little by heart.
        let dropout = isReadOften ? min(0.03 * epochs, isGated ? 0.5 : 0.1).rounded(toDigits: 2) : 0
        return TrainingConfiguration(
            model: model, batchSize: lanes, sequenceLength: steps, stretch: 512,
            dropout: DropoutRates(layers: model.layers > 1 ? dropout : 0, bypass: dropout),
            optimizer: OptimizerConfiguration(
                .adam, learningRate: rate.rounded(toDigits: 2), clipNorm: 1, weightDecay: isReadOften ? 0.1 : 0),
            schedule: time == nil ? LearningRateSchedule() : LearningRateSchedule(.cosine),
            symbolRange: TrainingConfiguration.symbolRangeOfTexts)
    }
}

extension Double {
    /// With so many digits that are not zeros in front, so that people can read and repeat it.
    fileprivate func rounded(toDigits digits: Int) -> Double {
        guard self > 0, isFinite else { return self }
        var (scale, value) = (1.0, self)
        while value < 1 { (value, scale) = (value * 10, scale * 10) }
        for _ in 1..<digits { (value, scale) = (value * 10, scale * 10) }
        return value.rounded() / scale
    }
}
