// What can be given to `dnc train`, and in what limits.
import ArgumentParser
import DNC

struct TrainOptions: ParsableArguments {
    @OptionGroup(title: "What is trained on")
    var work: WorkOptions

    @Option(
        help: ArgumentHelp("The run's folder. (default: runs/<data, task or episodes>-<model>)", valueName: "folder"),
        completion: .directory)
    var out: String?
    @Option(
        help: ArgumentHelp(
            #"Settings as JSON, such as {"data": "book.txt", "hidden": 64, "carry-memory": false}; flags beside it count more."#,
            valueName: "file"), completion: .file(extensions: ["json"]))
    var config: String?
    @Flag(help: "Print the settings, those of --config and all defaults too, as a file for --config, and end.")
    var printConfig = false
    @Flag(
        help:
            "Go on with the run in --out. Its settings are taken from there; a --learning-rate or --schedule that is given begins anew."
    )
    var resume = false

    @Option(
        help: ArgumentHelp(
            "Begin with a trained model, and not with random numbers: a checkpoint, or a run's folder, which means its best one. A text may have other characters; another --seed draws other episodes of a task than the model has seen.",
            valueName: "checkpoint"), completion: .file())
    var initFrom: String?
    @Option(
        help: ArgumentHelp(
            "A model of the literature with its published sizes and optimizer, of those that dnc presets lists; flags beside it count more.",
            valueName: "name"))
    var preset: String?
    @OptionGroup(title: "Model (default: dnc, 128 hidden, 16 slots of width 16, 1 read head; of a task its own)")
    var model: ModelOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What a symbol of a text is: characters (Unicode scalars), bytes, or words, of which those that are not frequent are spelled. (default: characters)",
            valueName: "kind"))
    var tokens: TokenKind?
    @Option(
        parsing: .unconditional,
        help: "How often a word must occur in what is trained on to be a symbol. (default: \(Corpus.usualWordFloor))")
    var wordFloor: Int?
    @Option(
        parsing: .unconditional,
        help: "Lanes that read the text side by side, or episodes of an update. (default: 32, for lines 16)")
    var batchSize: Int?
    @Option(
        parsing: .unconditional,
        help: "Lanes in which the episodes of an update lie one behind another. (default: as many as episodes; of bAbI 8)")
    var lanes: Int?
    @Option(parsing: .unconditional, help: "Symbols of a text through which gradients are propagated back. (default: 32)")
    var seqLength: Int?
    @Option(parsing: .unconditional, help: "adagrad, rmsprop, adam or sgd. (default: adagrad for a text, adam for episodes)")
    var optimizer: OptimizerConfiguration.Kind?
    @Option(parsing: .unconditional, help: "Size of the steps. (default: depends on the optimizer)")
    var learningRate: Double?
    @Option(
        parsing: .unconditional,
        help: "Longer gradients are scaled down to this norm; 0 turns that off. (default: 5, for episodes 1)")
    var clipNorm: Double?
    @Option(
        parsing: .unconditional,
        help: "Before that, bring each number of the gradient to within plus and minus this; 0 turns that off. (default: 0)")
    var clipValue: Double?
    @Option(parsing: .unconditional, help: "How much of a step of rmsprop or sgd goes into the next. (default: 0.9)")
    var momentum: Double?
    @Option(parsing: .unconditional, help: "How much of rmsprop's mean of squares stays. (default: 0.9)")
    var decay: Double?
    @Option(
        parsing: .unconditional,
        help: "What keeps the root of adagrad, rmsprop and adam from 0. (default: 1e-10 in rmsprop, or else 1e-8)")
    var epsilon: Double?
    @Flag(
        inversion: .prefixedNo,
        help:
            "Add rmsprop's epsilon under the root, as with the DNC, or to the root, as PyTorch does. (default: --epsilon-inside)"
    )
    var epsilonInside: Bool?
    @Option(
        parsing: .unconditional,
        help: "What every weight, but no bias or scale, loses of itself in a step, times the learning rate. (default: 0)")
    var weightDecay: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("In the first so many steps alone. (default: all)", valueName: "steps"))
    var weightDecaySteps: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How the learning rate goes with the steps: plateau (see --plateau-factor), constant, exponential or cosine. "
                + "(default: plateau; cosine of a text, and of bAbI with a --time-limit)", valueName: "kind"))
    var schedule: LearningRateSchedule.Kind?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Let the learning rate rise in a straight line in the first so many steps; the schedule begins behind them. (default: 0)",
            valueName: "steps"))
    var warmUp: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Steps that an exponential schedule takes to --period-factor, or a cosine to --least-rate.", valueName: "steps"))
    var period: Int?
    @Option(
        parsing: .unconditional,
        help: "What an exponential schedule multiplies the learning rate by in every --period steps. (default: 0.5)")
    var periodFactor: Double?
    @Option(parsing: .unconditional, help: "Where a cosine ends, as a share of the learning rate. (default: 0)")
    var leastRate: Double?
    @Flag(inversion: .prefixedNo, help: "Begin a cosine anew after every --period. (default: --no-restarts)")
    var restarts: Bool?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Segments of an update, as if there were so many times as many lanes or episodes. (default: 1)",
            valueName: "segments"))
    var accumulate: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Steps without anything before each stretch of an episode's answers, for the model to think in. (default: 0)",
            valueName: "steps"))
    var thinkSteps: Int?
    @Flag(inversion: .prefixedNo, help: "Keep the DNC's memory from segment to segment of a text. (default: --carry-memory)")
    var carryMemory: Bool?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Leave out this share of what a layer of the controller reads of the one below, in training alone. (default: 0; of a text "
                + "by how often it will be read)", valueName: "rate"))
    var layerDropout: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Likewise of what the output reads of the controller, so that it cannot do without the memory. (default: 0; of a text by "
                + "how often it will be read)", valueName: "rate"))
    var bypassDropout: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Read nothing in place of this share of the symbols, in training alone. (default: 0)", valueName: "rate"))
    var inputDropout: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Leave out this share of the weights by which the controller reads its own last step, others at every update. (default: 0)",
            valueName: "rate"))
    var recurrentDropout: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where a lane goes on that has come to the end of a text: at its beginning, or at random. (default: beginning)",
            valueName: "place"))
    var restart: TextRestart?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Go on elsewhere in the text after so many symbols, from an empty state; all of it is read once before any is again. 0 reads "
                + "to the end. (default: 0; of a text by how often it will be read)", valueName: "symbols"))
    var stretch: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Draw the initial weights by which symbols are read up to this in either direction; 0 as all others, up to 1 / sqrt(H). "
                + "(default: 0; 2 of a text and of bAbI)", valueName: "weight"))
    var symbolRange: Double?
    @Option(
        parsing: .unconditional,
        help: "The part of the text, at its end, or of a file's episodes that is held out. (default: 0.1)")
    var validFraction: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Validate and save also every so many steps; changes nothing of what is learned. (default: by --plateau-every alone)"
        ))
    var validEvery: Int?
    @Option(
        parsing: .unconditional, help: "Read at most so many symbols of the held-out text for a validation. (default: 20000)")
    var validSymbols: Int?
    @Option(
        parsing: .unconditional, help: "Answer at most so many held-out episodes for a validation. (default: 256)")
    var validEpisodes: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Validate, save and look every so many steps whether what is held out is predicted better than ever; the learning rate and "
                + "the end go by that. (default: 250, or fewer for a small text: ten times through it)"))
    var plateauEvery: Int?
    @Option(
        parsing: .unconditional,
        help: "Where it is not, multiply the learning rate by this, in --schedule plateau; 1 keeps it. (default: 0.3)")
    var plateauFactor: Double?
    @Option(
        name: .customLong("on-nonfinite"),
        help: ArgumentHelp(
            "When the loss or the gradient is infinite or NaN: stop, skip the segment, or rollback to the last validation with half "
                + "the learning rate, also after --plateau-every steps worse than guessing. (default: stop)",
            valueName: "policy"))
    var onNonFinite: NonFinitePolicy?
    @Option(
        parsing: .unconditional,
        help: "Of the initial parameters and the samples; random draws one, and tells it. (default: 1)")
    var seed: Seed?
    @Option(parsing: .unconditional, help: "float or double. (default: float)")
    var precision: Precision?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Parts of the batch that threads share; changes results in the last digits. (default: by batch size)"))
    var shards: Int?

    @Option(parsing: .unconditional, help: "End after so many updates of the parameters.")
    var maxSteps: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End after this time, the last reading of the held-out text included.", valueName: "seconds"))
    var timeLimit: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "End after so many times --plateau-every steps without a better validation. (default: 8; none where a cosine ends with the "
                + "run)"))
    var patience: Int?
    @Option(parsing: .unconditional, help: "Write a sample, or an episode with its answers, every so many steps; 0 for none.")
    var sampleEvery = 1000
    @Option(parsing: .unconditional, help: "Threads; does not change results. (default: all processors that it may use)")
    var threads: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What training may take, as 500MB or 2GB: of a DNC's temporal links only some are kept, and the others computed again. "
                + "Does not change results. (default: no limit)", valueName: "bytes"))
    var memoryLimit: ByteCount?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Serve the report page to browsers on this machine while training goes on; 0 takes any free port.",
            valueName: "port"))
    var watch: UInt16?
    @Flag(
        inversion: .prefixedNo,
        help: "Write the log also as TensorBoard reads it, to the run's folder; once begun, --resume keeps it up."
    )
    var tensorboard = false
    @Flag(help: "Print the result as JSON.")
    var json = false
    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false
    /// The `dnc sweep` that this is a trial of.
    @Option(help: .hidden)
    var parent: Int32?

    func validate() throws {
        if config == nil, !printConfig { try work.check(isResuming: resume, hasFolder: out != nil) }
        _ = try preset.map(ModelPreset.named)
        try checkSize("--batch-size", batchSize)
        try checkSize("--seq-length", seqLength)
        try checkPositive("--shards", shards)
        try checkSize("--lanes", lanes)
        try check("--lanes", lanes, "at most the batch size") { $0 <= batchSize ?? .max }
        try check("--shards", shards, "at most the batch size") { $0 <= batchSize ?? .max }
        try check("--learning-rate", learningRate, "a positive number") { $0 > 0 && $0.isFinite }
        try check("--clip-norm", clipNorm, "a positive number, or 0 to turn clipping off") { $0 >= 0 && $0.isFinite }
        try check("--clip-value", clipValue, "a positive number, or 0 to turn clipping off") { $0 >= 0 && $0.isFinite }
        try checkFraction("--momentum", momentum)
        try checkFraction("--decay", decay)
        try check("--epsilon", epsilon, "from 1e-30 to 1", OptimizerConfiguration.allowedEpsilons.contains)
        try check("--weight-decay", weightDecay, "a positive number, or 0 for none") { $0 >= 0 && $0.isFinite }
        try checkPositive("--weight-decay-steps", weightDecaySteps)
        try check("--warm-up", warmUp, "at least 0, and at most 2^40") {
            $0 == 0 || LearningRateSchedule.allowedSteps.contains($0)
        }
        try check("--period", period, "at least 1, and at most 2^40", LearningRateSchedule.allowedSteps.contains)
        try check("--period-factor", periodFactor, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
        try check("--least-rate", leastRate, "from 0 to 1, a share of the learning rate") { (0...1).contains($0) }
        try check("--accumulate", accumulate, "from 1 to 1000", TrainingConfiguration.allowedSegments.contains)
        try check("--think-steps", thinkSteps, "from 0 to 1000", TrainingConfiguration.allowedThinkSteps.contains)
        try check("--symbol-range", symbolRange, "from 0 to 1000") { (0...1000).contains($0) }
        try check("--stretch", stretch, "from 0 to 2^40") { (0...1 << 40).contains($0) }
        try checkFraction("--layer-dropout", layerDropout)
        try checkFraction("--bypass-dropout", bypassDropout)
        try checkFraction("--input-dropout", inputDropout)
        try checkFraction("--recurrent-dropout", recurrentDropout)
        try checkFraction("--valid-fraction", validFraction)
        try checkPositive("--valid-every", validEvery)
        try checkPositive("--plateau-every", plateauEvery)
        try check("--valid-symbols", validSymbols, "at least 2") { $0 >= 2 }
        try check("--valid-episodes", validEpisodes, "at least 1") { $0 >= 1 }
        if !work.isContinuousText {
            for (flag, isGiven) in [
                ("--seq-length", seqLength != nil), ("--carry-memory", carryMemory != nil),
                ("--restart", restart != nil), ("--stretch", stretch != nil),
                ("--valid-symbols", validSymbols != nil),
            ] where isGiven {
                throw ValidationError("\(flag) is for a text that is read from its beginning to its end; leave it out.")
            }
            if tokens != nil, !work.lines { throw ValidationError("--tokens is for texts; leave it out.") }
        }
        try check("--plateau-factor", plateauFactor, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
        try checkPositive("--max-steps", maxSteps)
        try check("--time-limit", timeLimit, "a positive number of seconds") { $0 > 0 && $0 < 1e9 }
        try checkPositive("--patience", patience)
        try check("--sample-every", sampleEvery, "at least 0") { $0 >= 0 }
        try checkPositive("--threads", threads)
        #if !Watch
        if watch != nil {
            throw ValidationError("This dnc has no --watch; build it with: swift build -c release --traits Watch")
        }
        #endif
    }

    var runPath: String {
        get throws {
            if let out { return out }
            let kind = try model.model ?? TrainingConfiguration(learning: work.source(goingOnWith: nil)).model.model
            return try "runs/\(work.name)-\(kind.rawValue)"
        }
    }

    /// What is best before a schedule has come to its end is not yet what it comes to.
    func usualPatience(_ schedule: LearningRateSchedule) -> Int? { patience ?? (schedule.endsWithRun ? nil : 8) }

    var threadCount: Int { threads ?? defaultThreads }
}
