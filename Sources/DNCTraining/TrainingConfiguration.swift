// Everything that determines a training run but the text or the episodes.
public import DNCCore
public import DNCData
public import DNCTasks

/// The number type of a run.
public enum Precision: String, Codable, Sendable, CaseIterable {
    /// 32 bits: for training.
    case float
    /// 64 bits: for checks.
    case double

    init<Scalar: CoreScalar>(of scalar: Scalar.Type) { self = Scalar.self == Float.self ? .float : .double }
}

/// What training does when it diverges: when the loss or the gradient of a step is infinite or NaN, by which the parameters are never
/// changed, or when a period of `TrainingConfiguration.plateauEvery` steps was worse than guessing.
public enum NonFinitePolicy: String, Codable, Sendable, CaseIterable {
    /// Ends with an error that names the step and the tensor. What is finite goes on.
    case stop
    /// Leaves the segment out and lets every lane begin anew from the empty state. What is finite goes on.
    case skip
    /// Goes back to the last validation, or to where this sitting began, with half the learning rate. Since sittings count,
    /// such a setback after an interruption may lead elsewhere than it would have without.
    case rollback

    /// After so many setbacks in a row - with `rollback`, without a validation between them - training ends all the same.
    static let mostInARow = 10
}

/// All that determines, with the text or the episodes, what a run computes: the same configuration gives the same bits for any
/// number of threads and of interruptions.
public struct TrainingConfiguration: Hashable, Sendable {
    /// The network and its sizes.
    public var model: ModelConfiguration
    /// What is trained on; a trainer puts that of its source in its place.
    public var source: TrainingSource
    /// What a symbol of a text is; the corpus must have been made with the same.
    public var tokens: TokenKind
    /// Of words, how often one must occur to be a symbol; the corpus must have been made with the same.
    public var wordFloor: Int
    /// Lanes that read the text side by side, or episodes of an update, B.
    public var batchSize: Int
    /// In how many lanes the episodes of an update lie, one behind another, so that none has long to wait for the longest; nil for as
    /// many as there are of them, and for a text.
    public var lanes: Int?
    /// Symbols of a text per lane through which gradients are propagated back, T. Episodes are as long as they are.
    public var sequenceLength: Int
    /// How many parts of the batch are computed independently of each other, as threads do; the gradient is summed over them in
    /// a fixed order.
    public var shards: Int
    /// Whether a DNC's memory goes on from segment to segment, as the controller's state does, or begins empty in each.
    public var carryMemory: Bool
    /// Where a lane goes on that has come to the end of a text.
    public var restart: TextRestart
    /// After about so many symbols of a text a lane goes on elsewhere, from an empty state: each stretch is read once before any is
    /// again, in an order drawn for each pass. nil where lanes read to the end.
    public var stretch: Int?
    /// What is left out at random while training, but never in validation or use.
    public var dropout: DropoutRates
    /// How a gradient becomes a step of the parameters.
    public var optimizer: OptimizerConfiguration
    /// How the learning rate goes with the steps.
    public var schedule: LearningRateSchedule
    /// How many segments an update is made of: the gradient is that of the mean loss over all their answers, as if the batch had so
    /// many times as many lanes. A text's state goes on from each to the next.
    public var accumulate: Int
    /// How many steps in which nothing is read and nothing asked are put before each stretch of an episode's answers, in training and
    /// ever after; see `Episode.thinking(_:)`. Texts have none.
    public var thinkSteps: Int
    /// The initial weights by which symbols are read are drawn up to this in either direction; nil for as far as all others. See
    /// `ModelLayout.initialParameters`.
    public var symbolRange: Double?
    /// Of the initial parameters, of the episodes, and of the samples.
    public var seed: UInt64
    /// The part at the end of the text, or of the episodes of a file, that is held out, in 0 ..< 1.
    public var validFraction: Double
    /// After so many steps, again and again, a validation decides whether the learning rate falls and when training ends: see
    /// `plateauFactor` and `TrainingLimits.patience`. nil for the source's `usualPlateauEvery`, which a trainer puts in its place.
    public var plateauEvery: Int?
    /// Validations after every so many steps besides, which change nothing of what is learned; nil for none.
    public var validateEvery: Int?
    /// How many symbols of the held-out text are read for a validation at most.
    public var validSymbols: Int
    /// How many held-out episodes are answered for a validation at most.
    public var validEpisodes: Int
    /// The learning rate is multiplied by it where `plateauEvery` steps have not made the held-out text better predicted than ever
    /// at such a point; 1 keeps it, and so does every schedule but `plateau`.
    public var plateauFactor: Double
    /// What to do when the loss or the gradient is not finite.
    public var onNonFinite: NonFinitePolicy
    /// The number type; that of the trainer.
    public var precision: Precision

    /// A DNC that learns a text by Adagrad, but for what is given; `TextRule` has what `dnc train` chooses. Without `shards`, `defaultShards(_:batchSize:)` of them.
    public init(
        model: ModelConfiguration = .dnc(hidden: 128, slots: 16, width: 16, readHeads: 1),
        source: TrainingSource = .text,
        tokens: TokenKind = .characters,
        wordFloor: Int = Corpus.usualWordFloor,
        batchSize: Int = 32,
        lanes: Int? = nil,
        sequenceLength: Int = 32,
        shards: Int? = nil,
        carryMemory: Bool = true,
        restart: TextRestart = .beginning,
        stretch: Int? = nil,
        dropout: DropoutRates = DropoutRates(),
        optimizer: OptimizerConfiguration = OptimizerConfiguration(),
        schedule: LearningRateSchedule = LearningRateSchedule(),
        accumulate: Int = 1,
        thinkSteps: Int = 0,
        symbolRange: Double? = nil,
        seed: UInt64 = 1,
        validFraction: Double = 0.1,
        plateauEvery: Int? = nil,
        validateEvery: Int? = nil,
        validSymbols: Int = 20_000,
        validEpisodes: Int = 256,
        plateauFactor: Double = 0.3,
        onNonFinite: NonFinitePolicy = .stop,
        precision: Precision = .float
    ) {
        self.model = model
        self.source = source
        (self.tokens, self.wordFloor) = (tokens, wordFloor)
        (self.batchSize, self.lanes) = (batchSize, lanes)
        self.sequenceLength = sequenceLength
        self.shards = shards ?? Self.defaultShards(source, batchSize: batchSize, lanes: lanes)
        (self.carryMemory, self.restart, self.stretch, self.dropout) = (carryMemory, restart, stretch, dropout)
        self.optimizer = optimizer
        (self.schedule, self.accumulate, self.thinkSteps) = (schedule, accumulate, thinkSteps)
        (self.symbolRange, self.seed) = (symbolRange, seed)
        self.validFraction = validFraction
        self.plateauEvery = plateauEvery
        self.validateEvery = validateEvery
        self.validSymbols = validSymbols
        self.validEpisodes = validEpisodes
        self.plateauFactor = plateauFactor
        self.onNonFinite = onNonFinite
        self.precision = precision
    }

    /// Two, or for a large batch one for every 16 lanes of a text, or of episodes one behind another, up to eight: smaller shards make the products inefficient. Of
    /// episodes one for every 8: each ends with the longest of its own, and threads take one after the other. Does not depend on
    /// the machine, since results depend on it.
    public static func defaultShards(_ source: TrainingSource, batchSize: Int, lanes: Int? = nil) -> Int {
        let count = lanes ?? batchSize
        return count < 4 ? 1 : max(2, min(8, count / (source == .text || count < batchSize ? 16 : 8)))
    }

    /// How many lanes there are.
    package var laneCount: Int { lanes ?? batchSize }

    /// What the task is known to be learned with.
    public init(_ task: some EpisodeTask) {
        let settings = task.settings
        self.init(
            model: settings.model, source: .task(TaskDescription(task, curriculum: settings.curriculum)),
            batchSize: settings.batchSize,
            optimizer: OptimizerConfiguration(.adam, learningRate: settings.learningRate, clipNorm: settings.clipNorm),
            symbolRange: settings.symbolRange,
            // A task is often learned after a long time in which nothing seems to happen.
            plateauFactor: 1)
    }

    /// With which texts are learned well.
    static let symbolRangeOfTexts = 2.0

    /// Of an update. With 1000 of them, all of 2^53 steps can be counted.
    package static let allowedSegments = 1...1000

    package static let allowedThinkSteps = 0...1000

    /// Behind what a segment is: how many of them make an update, where they are several, and what is put in.
    package var segmentRemarks: String {
        (lanes == nil ? "" : ", in \(laneCount) lanes") + (accumulate == 1 ? "" : ", \(accumulate) times an update")
            + (thinkSteps == 0 ? "" : ", thinking for \(thinkSteps) steps")
    }

    /// How many symbols of a text or episodes are read for a validation at most.
    package var validLimit: Int { source == .text ? validSymbols : validEpisodes }

    /// Whether a validation follows this step.
    func validates(after step: Int) -> Bool {
        [plateauEvery, validateEvery].contains { $0.map(step.isMultiple) ?? false }
    }

    /// After how many symbols of a text the memory is emptied; nil if never.
    var memoryLifetime: Int? { carryMemory || source != .text ? nil : sequenceLength }

    /// Which settings that a run in progress must keep are others in `new`, in words.
    func fixedDifferences(from new: Self) -> [String] {
        let settings: [(name: String, old: AnyHashable, new: AnyHashable)] = [
            ("the model", model.summary, new.model.summary), ("what is trained on", source.summary, new.source.summary),
            ("the task", source.taskJSON, new.source.taskJSON), ("the kind of tokens", tokens.rawValue, new.tokens.rawValue),
            ("how often words must occur", wordFloor, new.wordFloor),
            ("the batch size", batchSize, new.batchSize), ("the number of lanes", laneCount, new.laneCount),
            ("the number of segments of an update", accumulate, new.accumulate),
            ("the number of steps to think in", thinkSteps, new.thinkSteps),
            ("carrying the memory", carryMemory, new.carryMemory),
            ("where lanes begin anew", restart.rawValue, new.restart.rawValue),
            ("the optimizer", optimizer.kind.rawValue, new.optimizer.kind.rawValue),
            ("the range of symbols' initial weights", symbolRange ?? 0, new.symbolRange ?? 0), ("the seed", seed, new.seed),
            ("the validation fraction", validFraction, new.validFraction),
            ("the precision", precision.rawValue, new.precision.rawValue),
        ]
        return settings.filter { $0.old != $0.new }.map { "\($0.name) was \($0.old), now \($0.new)" }
    }

    func validate() throws(TrainingError) {
        try optimizer.validate()
        try schedule.validate()
        for (name, value) in [
            ("the batch size", batchSize), ("the sequence length", sequenceLength), ("how often words must occur", wordFloor),
            ("the length of a stretch", stretch ?? 1),
            ("the number of steps that a plateau takes", plateauEvery ?? 1),
            ("the number of steps between validations", validateEvery ?? 1),
            ("the number of symbols of a validation", validSymbols),
            ("the number of episodes of a validation", validEpisodes),
        ] {
            guard (1...1 << 40).contains(value) else {
                throw .invalid(name: name, value: "\(value)", allowed: "1 ... \(1 << 40)")
            }
        }
        guard Self.allowedSegments.contains(accumulate) else {
            throw .invalid(name: "the number of segments of an update", value: "\(accumulate)", allowed: "1 ... 1000")
        }
        guard symbolRange.map({ $0 > 0 && $0 <= 1000 }) ?? true else {
            throw .invalid(
                name: "the range of symbols' initial weights", value: "\(symbolRange ?? 0)", allowed: "above 0 and at most 1000"
            )
        }
        guard Self.allowedThinkSteps.contains(thinkSteps) else {
            throw .invalid(name: "the number of steps to think in", value: "\(thinkSteps)", allowed: "0 ... 1000")
        }
        for (name, rate) in dropout.all {
            guard DropoutRates.allowed.contains(rate) else {
                throw .invalid(name: name, value: "\(rate)", allowed: "at least 0 and below 1")
            }
        }
        guard dropout.layers == 0 || model.layers > 1 else {
            throw .invalid(
                name: "the dropout between layers", value: "\(dropout.layers)", allowed: "0 without a second layer")
        }
        guard dropout.recurrent == 0 || model.controller != .feedForward else {
            throw .invalid(
                name: "the dropout of recurrent weights", value: "\(dropout.recurrent)",
                allowed: "0 for a controller that has none")
        }
        guard !model.variant.bidirectional || !source.isText else {
            throw .invalid(
                name: "bidirectional", value: "true",
                allowed: "false for a text, whose next symbol a controller that reads from the end would know")
        }
        guard (0..<1).contains(validFraction) else {
            throw .invalid(name: "the validation fraction", value: "\(validFraction)", allowed: "at least 0 and below 1")
        }
        guard plateauFactor > 0, plateauFactor <= 1 else {
            throw .invalid(name: "the plateau factor", value: "\(plateauFactor)", allowed: "above 0 and at most 1")
        }
        guard (1...batchSize).contains(laneCount), lanes == nil || source != .text else {
            throw .invalid(
                name: "the number of lanes", value: "\(laneCount)",
                allowed: source == .text ? "that of the batch size of a text" : "1 ... \(batchSize), the batch size")
        }
        guard (1...laneCount).contains(shards) else {
            throw .invalid(name: "the number of shards", value: "\(shards)", allowed: "1 ... \(laneCount), the number of lanes")
        }
    }
}

// What is absent, since a file is older than it, is as in `init`.

extension TrainingConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case model, source, tokens, wordFloor, batchSize, lanes, sequenceLength, shards, carryMemory, restart, stretch, dropout,
            optimizer
        case schedule, accumulate, thinkSteps, symbolRange, seed, validFraction, plateauEvery, validateEvery, validSymbols,
            validEpisodes
        case plateauFactor, onNonFinite, precision
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys, _ usual: Value) throws -> Value {
            container.contains(key) ? try container.decode(Value.self, forKey: key) : usual
        }
        let usual = Self(model: try container.decode(ModelConfiguration.self, forKey: .model))
        let (source, batchSize) = try (value(.source, usual.source), value(.batchSize, usual.batchSize))
        let lanes = try value(.lanes, usual.lanes)
        self.init(
            model: usual.model, source: source, tokens: try value(.tokens, usual.tokens),
            wordFloor: try value(.wordFloor, usual.wordFloor), batchSize: batchSize, lanes: lanes,
            sequenceLength: try value(.sequenceLength, usual.sequenceLength),
            shards: try value(.shards, Self.defaultShards(source, batchSize: batchSize, lanes: lanes)),
            carryMemory: try value(.carryMemory, usual.carryMemory), restart: try value(.restart, usual.restart),
            stretch: try value(.stretch, usual.stretch),
            dropout: try value(.dropout, usual.dropout),
            optimizer: try value(.optimizer, usual.optimizer),
            schedule: try value(.schedule, usual.schedule), accumulate: try value(.accumulate, usual.accumulate),
            thinkSteps: try value(.thinkSteps, usual.thinkSteps),
            symbolRange: try value(.symbolRange, usual.symbolRange),
            seed: try value(.seed, usual.seed), validFraction: try value(.validFraction, usual.validFraction),
            plateauEvery: try value(.plateauEvery, usual.plateauEvery),
            validateEvery: try value(.validateEvery, usual.validateEvery),
            validSymbols: try value(.validSymbols, usual.validSymbols),
            validEpisodes: try value(.validEpisodes, usual.validEpisodes),
            plateauFactor: try value(.plateauFactor, usual.plateauFactor),
            onNonFinite: try value(.onNonFinite, usual.onNonFinite), precision: try value(.precision, usual.precision))
    }
}
