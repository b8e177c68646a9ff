// The models of the literature, with the sizes and the settings that they were published with.
public import DNCCore
public import DNCData

/// A model of the literature: what it is, and how it was trained.
public struct ModelPreset: Sendable {
    /// What it is called on the command line.
    public let name: String
    /// Who published it, and where.
    public let paper: String
    /// The model with the published sizes.
    public let model: ModelConfiguration
    /// How a gradient becomes a step.
    public let optimizer: OptimizerConfiguration
    /// Lanes, or episodes, of an update.
    public let batchSize: Int
    /// Symbols of a text through which gradients are propagated back; nil where no text was read.
    public let sequenceLength: Int?
    /// Whether a text's memory is kept from segment to segment.
    public let carriesMemory: Bool
    /// What is left out at random in training.
    public let dropout: DropoutRates
    /// Where a lane goes on that has come to the end of a text.
    public let restart: TextRestart

    private init(
        _ name: String, _ paper: String, _ model: ModelConfiguration, _ optimizer: OptimizerConfiguration, batchSize: Int,
        sequenceLength: Int? = nil, carriesMemory: Bool = true, restart: TextRestart = .beginning,
        dropout: DropoutRates = DropoutRates()
    ) {
        (self.name, self.paper, self.model, self.optimizer, self.batchSize) = (name, paper, model, optimizer, batchSize)
        (self.sequenceLength, self.carriesMemory, self.restart) = (sequenceLength, carriesMemory, restart)
        self.dropout = dropout
    }

    /// All there are.
    public static let all: [Self] = {
        let csordas = "Csordas & Schmidhuber 2019, arXiv 1904.10278 (sizes of bAbI)"
        /// Of the three changes, those whose letters are in the name.
        func fixed(_ name: String) -> Self {
            let letters = name.split(separator: "-").last ?? ""
            let variant = variant {
                $0.masks = letters.contains("m")
                $0.deallocation = letters.contains("d")
                $0.sharpness = letters.contains("s")
                ($0.detachedUsage, $0.allocationEpsilon, $0.interfaceClip) = (true, true, 20)
            }
            return Self(
                name, csordas, .dnc(hidden: 256, slots: 256, width: 64, readHeads: 4, variant: variant),
                OptimizerConfiguration(
                    .rmsprop, learningRate: 1e-4, clipNorm: 10, momentum: 0.9, decay: 0.99, epsilonInside: false,
                    weightDecay: 1e-5),
                batchSize: 2)
        }
        return [
            Self(
                "nature", "Graves et al. 2016, Nature 538 (sizes of bAbI)",
                .dnc(hidden: 256, slots: 256, width: 64, readHeads: 4),
                OptimizerConfiguration(.rmsprop, learningRate: 1e-4, clipNorm: 0, clipValue: 10), batchSize: 1),
            Self(
                "deepmind", "github.com/google-deepmind/dnc",
                .dnc(
                    hidden: 64, slots: 16, width: 16, readHeads: 4,
                    variant: variant {
                        ($0.strengths, $0.detachedUsage, $0.allocationEpsilon) = (.softplus, true, true)
                        ($0.interfaceClip, $0.activationClip) = (20, 20)
                    }),
                OptimizerConfiguration(.rmsprop, learningRate: 1e-4, clipNorm: 50, momentum: 0), batchSize: 16),
            Self(
                "adnc", "Franke, Niehues & Waibel 2018, arXiv 1807.02658",
                .dnc(
                    hidden: 128, slots: 64, width: 32, readHeads: 4,
                    variant: variant { ($0.linkage, $0.interfaceNorm, $0.gateNorm) = (.none, true, true) }),
                OptimizerConfiguration(.rmsprop, learningRate: 5e-5, clipNorm: 0, clipValue: 10), batchSize: 32,
                dropout: DropoutRates(bypass: 0.1)),
            Self(
                "biadnc", "Franke, Niehues & Waibel 2018, arXiv 1807.02658 (sizes of bAbI)",
                .dnc(
                    hidden: 172, slots: 192, width: 64, readHeads: 4,
                    variant: variant {
                        ($0.linkage, $0.interfaceNorm, $0.gateNorm, $0.bidirectional) = (.none, true, true, true)
                    }),
                OptimizerConfiguration(.rmsprop, learningRate: 3e-5, clipNorm: 0, clipValue: 10), batchSize: 32,
                dropout: DropoutRates(bypass: 0.1)),
            Self(
                "harvard", "github.com/ksluck/sl-dnhc, 2018",
                .dnc(
                    hidden: 64, slots: 16, width: 16, readHeads: 4,
                    variant: variant {
                        ($0.strengths, $0.detachedUsage, $0.allocationEpsilon, $0.writeHeads) = (.softplus, true, true, 2)
                        ($0.programs, $0.programUse, $0.programWidth) = (12, .outputRows, 128)
                    }),
                OptimizerConfiguration(.rmsprop, learningRate: 1e-4, clipNorm: 50, momentum: 0), batchSize: 16),
            Self(
                "nsm", "Le, Tran & Venkatesh 2020, arXiv 1906.08862 (the sizes of Graves et al. for bAbI)",
                .dnc(
                    hidden: 256, slots: 256, width: 64, readHeads: 4,
                    variant: variant { ($0.programs, $0.programWidth) = (4, 8) }),
                OptimizerConfiguration(.rmsprop, learningRate: 1e-4, clipNorm: 0, clipValue: 10), batchSize: 1),
            Self(
                "holographic", "github.com/brandontrabucco/program-hdc (a tanh controller, 32 quaternions)",
                ModelConfiguration(controller: .tanh, hidden: 64, memory: .holographic, slots: 32, width: 4, readHeads: 1),
                OptimizerConfiguration(.adam, learningRate: 1e-4, clipNorm: 0), batchSize: 32),
            Self(
                "numpy", "github.com/krocki/dnc, 2019",
                .dnc(
                    hidden: 100, slots: 8, width: 8, readHeads: 1, controller: .squashedLSTM,
                    variant: variant {
                        ($0.addressing, $0.strengths, $0.linkage, $0.allocation) = (.dot, .none, .none, .none)
                        ($0.readBeforeWrite, $0.memoryStart) = (true, .drawn)
                    }),
                OptimizerConfiguration(.adagrad, learningRate: 0.05, clipNorm: 0), batchSize: 8, sequenceLength: 15,
                carriesMemory: false, restart: .random),
            Self(
                "deltanet", "Schlag, Irie & Schmidhuber 2021; Yang et al. 2024 (sizes of a small layer)",
                delta(variant { _ in }),
                OptimizerConfiguration(.adam, learningRate: 3e-3, clipNorm: 1), batchSize: 32),
            Self(
                "gated-deltanet", "Yang, Kautz & Hatamizadeh 2025 (sizes of a small layer)", delta(variant { $0.decay = true }),
                OptimizerConfiguration(.adam, learningRate: 3e-3, clipNorm: 1), batchSize: 32),
            Self(
                "deltanet-negative", "Grazzi et al. 2024, arXiv 2411.12537 (sizes of a small layer)",
                delta(variant { $0.negativeEigenvalues = true }),
                OptimizerConfiguration(.adam, learningRate: 3e-3, clipNorm: 1), batchSize: 32),
        ] + ["dnc-m", "dnc-d", "dnc-s", "dnc-md", "dnc-ms", "dnc-ds", "dnc-mds"].map(fixed)
    }()

    /// An LSTM with two matrices of DeltaNet.
    private static func delta(_ variant: ModelVariant) -> ModelConfiguration {
        ModelConfiguration(hidden: 128, memory: .delta, slots: 32, width: 32, readHeads: 2, variant: variant)
    }

    private static func variant(_ change: (inout ModelVariant) -> Void) -> ModelVariant {
        var variant = ModelVariant()
        change(&variant)
        return variant
    }

    /// What is otherwise than in the DNC of Graves et al. 2016, in words; nil where nothing is.
    public var differences: String? {
        let parts = [
            model.memory == .dnc ? nil : "memory \(model.memory)",
            model.controller == .lstm ? nil : "controller \(model.controller)",
            model.variant == ModelVariant() ? nil : "\(model.variant)",
            dropout.layers == 0 ? nil : "dropout \(dropout.layers) between layers",
            dropout.bypass == 0 ? nil : "bypass dropout \(dropout.bypass)",
        ]
        let all = parts.compactMap(\.self)
        return all.isEmpty ? nil : all.joined(separator: "; ")
    }

    /// Settings to begin with: these in place of those, and the rest of those.
    public func applied(to settings: TrainingConfiguration) -> TrainingConfiguration {
        var settings = settings
        (settings.model, settings.optimizer, settings.batchSize) = (model, optimizer, batchSize)
        (settings.sequenceLength, settings.carryMemory) = (sequenceLength ?? settings.sequenceLength, carriesMemory)
        (settings.restart, settings.dropout) = (restart, dropout)
        settings.lanes = settings.lanes.map { min($0, batchSize) }
        settings.shards = min(settings.shards, settings.laneCount)
        return settings
    }
}
