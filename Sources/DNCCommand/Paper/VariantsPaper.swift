// Every preset on the tasks that its paper is about, as one model with as many parameters.
import ArgumentParser
import DNC

extension Paper {
    /// What each variant of the literature is worth, all else being equal: of one skeleton - its controller, slots, width and read
    /// heads - each has what it does otherwise, and as many hidden units as bring it to the parameters of the DNC.
    static let variants = Paper(
        name: "variants",
        summary: "Every preset on copy, recall, key-value, repeat copy, parity and a text: as many parameters, the same steps"
    ) { options in
        let kinds = Skeleton.all.map(\.name) + ["text"]
        if let tasks = options.tasks, tasks.split(separator: ",").contains("text"), options.data == nil {
            throw ValidationError("--tasks has text; give it one by --data.")
        }
        let chosen = try PaperOptions.chosen("--tasks", options.tasks, of: kinds)
        var tables = try Skeleton.all.filter { chosen.contains($0.name) }.map { try $0.table(options) }
        if let data = options.data, chosen.contains("text") { tables.append(try Skeleton.text(data, options)) }
        return tables
    }
}

/// What the models of a table have in common.
private struct Skeleton {
    let name: String
    let claim: String
    let task: any EpisodeTask
    var longer: ClosedRange<Int>?
    let model: ModelConfiguration
    let batchSize = 16
    let steps: Int

    static let all = [
        Skeleton(
            name: "copy", claim: "All that have a memory should learn it.",
            task: CopyTask(length: 1...20),
            model: .dnc(hidden: 64, slots: 24, width: 16, readHeads: 1), steps: 6000),
        Skeleton(
            name: "associative-recall",
            claim:
                "A lookup finds an item, and a link the one behind it. Dropout of the bypass (adnc beside adnc-no-dropout) should raise "
                + "the memory's influence (Franke et al. 2018).",
            task: AssociativeRecallTask(),
            model: .dnc(hidden: 64, slots: 32, width: 16, readHeads: 1), steps: 6000),
        Skeleton(
            name: "key-value-2way",
            claim:
                "Masks (dnc-m, dnc-md, dnc-ms, dnc-mds) look up by half of what is in a slot, and should solve it where the plain "
                + "DNC, nature, does not (Csordas & Schmidhuber 2019).",
            task: KeyValueTask(bits: 5, length: 2...8, twoWay: true),
            model: .dnc(hidden: 48, slots: 16, width: 20, readHeads: 1), steps: 8000),
        Skeleton(
            name: "repeat-copy",
            claim:
                "More steps than there are slots, seven times as many at most, so that slots are to be used again. De-allocation and "
                + "sharpness (dnc-ds, dnc-mds) should solve it where the plain DNC does not, whose sizes and episodes these are "
                + "(Csordas & Schmidhuber 2019).",
            task: RepeatCopyTask(bits: 8, length: 2...14, repeats: 1...8),
            model: .dnc(hidden: 32, slots: 16, width: 16, readHeads: 1), steps: 6000),
        Skeleton(
            name: "parity",
            claim:
                "The controller remembers nothing, but where a variant is of an LSTM. Negative eigenvalues (deltanet-negative) "
                + "turn a memory's sign at every one, which eigenvalues in 0 ... 1 cannot (Grazzi et al. 2024); but here the "
                + "controller sees what was read, and can turn it, too.",
            task: ParityTask(), longer: 41...100,
            model: .dnc(hidden: 128, slots: 8, width: 8, readHeads: 1, controller: .feedForward), steps: 6000),
    ]

    func table(_ options: PaperOptions) throws -> PaperTable {
        let steps = options.steps ?? steps
        var settings: [String: SettingValue] = [
            "task": .text(name(of: task)), "task-options": .text(try json(task.options)),
            "optimizer": "adam", "learning-rate": 0.003, "clip-norm": 1, "plateau-factor": 1,
            "valid-episodes": 128,
        ]
        settings.merge(Self.common(steps, batchSize: batchSize)) { $1 }
        let episodes = try TaskEpisodes(task, batchSize: 256, seed: 1).batch(step: 0).map(\.episode)
        let asked = try EpisodeBatch(episodes, task.input, task.output).segment.targetCount
        let symbols = episodes.reduce(0) { $0 + $1.steps }
        let (rows, leftOut) = try Self.rows(model, task.input, task.output, options)
        return PaperTable(
            name: name, claim: claim, settings: settings, longer: longer,
            symbolsPerPrediction: Double(symbols) / Double(asked),
            work: Double(steps * batchSize * symbols) / Double(episodes.count), rows: rows, leftOut: leftOut)
    }

    private func name(of task: some EpisodeTask) -> String { type(of: task).name }

    static func text(_ data: String, _ options: PaperOptions) throws -> PaperTable {
        let symbols = try Corpus(contentsOf: data).vocabulary.count
        let model = ModelConfiguration.dnc(hidden: 128, slots: 16, width: 16, readHeads: 1)
        let (steps, batchSize, length) = (options.steps ?? 2000, 32, 32)
        let (rows, leftOut) = try Self.rows(model, .symbols(symbols), .symbols(symbols), options, ofText: true)
        let settings: [String: SettingValue] = [
            "data": .text(data), "seq-length": .integer(length), "carry-memory": true,
            "restart": .text(TextRestart.beginning.rawValue), "stretch": 0, "symbol-range": 0, "optimizer": "adagrad",
            "learning-rate": 0.1, "clip-norm": 5,
        ]
        return PaperTable(
            name: "text",
            claim: "Bits per character of the tenth at the end, which training does not see. Whether a memory is worth its "
                + "parameters, or the LSTM without one had better have them.",
            settings: settings.merging(common(steps, batchSize: batchSize)) { $1 },
            symbolsPerPrediction: 1, work: Double(steps * batchSize * length), rows: rows, leftOut: leftOut)
    }

    /// Whatever a preset was published with, all are trained alike, for as many steps.
    private static func common(_ steps: Int, batchSize: Int) -> [String: SettingValue] {
        let settings: [String: SettingValue] = [
            "batch-size": .integer(batchSize), "clip-value": 0, "weight-decay": 0, "epsilon": 1e-8, "schedule": "plateau",
        ]
        return settings.merging(PaperTable.training(steps: steps)) { $1 }
    }

    /// The models, each with the settings that make it, but for sizes: an LSTM without a memory, every preset, and those that drop
    /// of the bypass also without that.
    private static var models: [Model] {
        var models = [Model(name: "lstm", preset: nil, settings: ["model": "lstm", "layers": 1, "bypass-dropout": 0])]
        for preset in ModelPreset.all {
            let settings: [String: SettingValue] = ["preset": .text(preset.name)]
            models.append(Model(name: preset.name, preset: preset, settings: settings))
            if preset.dropout.bypass > 0 {
                let without = settings.merging(["bypass-dropout": 0]) { $1 }
                models.append(Model(name: preset.name + "-no-dropout", preset: preset, settings: without))
            }
        }
        return models
    }

    private struct Model {
        let name: String
        let preset: ModelPreset?
        let settings: [String: SettingValue]
    }

    private static func rows(
        _ skeleton: ModelConfiguration, _ input: ModelInput, _ output: ModelOutput, _ options: PaperOptions,
        ofText: Bool = false
    ) throws -> (rows: [PaperTable.Row], leftOut: [String: String]) {
        let chosen = try PaperOptions.chosen("--only", options.only, of: models.map(\.name))
        let count = try ModelLayout(skeleton, input: input, output: output).parameterCount
        var (rows, leftOut) = ([PaperTable.Row](), [String: String]())
        for kind in models where chosen.contains(kind.name) {
            let model = kind.preset?.model.on(skeleton, input, output) ?? .lstm(hidden: 1)
            if ofText, model.variant.bidirectional {
                leftOut[kind.name] = "it reads from the end, too, and would know what is to be predicted"
                continue
            }
            do {
                let layout = try model.matched(to: count, input, output)
                var settings = kind.settings
                settings["hidden"] = .integer(layout.configuration.hidden)
                if kind.preset != nil {
                    settings["controller"] = .text(model.controller.rawValue)
                    (settings["slots"], settings["width"]) = (.integer(model.slots), .integer(model.width))
                    settings["read-heads"] = .integer(model.readHeads)
                }
                rows.append(PaperTable.Row(name: kind.name, settings: settings, parameters: layout.parameterCount))
            } catch {
                leftOut[kind.name] = "\(error)"
            }
        }
        return (rows, leftOut)
    }
}

extension ModelConfiguration {
    /// This model with the controller and the sizes of another, and otherwise as it is. Where it is about its controller - another
    /// than an LSTM, or a change of that - it keeps it, and where its memory cannot have these sizes, its own.
    func on(_ skeleton: ModelConfiguration, _ input: ModelInput, _ output: ModelOutput) -> ModelConfiguration {
        var (sized, own) = (self, self)
        (sized.slots, sized.width, sized.readHeads) = (skeleton.slots, skeleton.width, skeleton.readHeads)
        (sized.hidden, own.hidden) = (skeleton.hidden, skeleton.hidden)
        func controlled(_ model: ModelConfiguration) -> ModelConfiguration {
            var model = model
            if controller == .lstm { (model.controller, model.activation) = (skeleton.controller, skeleton.activation) }
            return model
        }
        return [controlled(sized), sized, controlled(own)].first {
            (try? ModelLayout($0, input: input, output: output)) != nil
        } ?? own
    }

    /// With so many hidden units that it has about so many parameters.
    /// - Throws: `CommandLineError` where no number of them comes to within 3 %.
    func matched(to count: Int, _ input: ModelInput, _ output: ModelOutput) throws -> ModelLayout {
        func layout(_ hidden: Int) throws -> ModelLayout {
            var model = self
            model.hidden = hidden
            return try ModelLayout(model, input: input, output: output)
        }
        // The first that has as many, or more.
        var (below, above) = (0, 1)
        while try layout(above).parameterCount < count { (below, above) = (above, 2 * above) }
        while above - below > 1 {
            let middle = (below + above) / 2
            if try layout(middle).parameterCount < count { below = middle } else { above = middle }
        }
        let best = try [below, above].filter { $0 > 0 }.map(layout).min {
            abs($0.parameterCount - count) < abs($1.parameterCount - count)
        }
        guard let best, 100 * abs(best.parameterCount - count) <= 3 * count else {
            throw CommandLineError(
                description: "no number of hidden units brings it to within 3 % of \(count.grouped) parameters")
        }
        return best
    }
}
