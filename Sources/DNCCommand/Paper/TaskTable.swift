// Tables of tasks, and the models that are compared in them.
import ArgumentParser
import DNC

/// A table of a task. Its models have one skeleton: its controller, slots, width and read heads, but for what each does otherwise, and as
/// many hidden units as bring it to the parameters of the skeleton's DNC.
struct TaskTable {
    let name: String
    let claim: String
    let task: any EpisodeTask
    var figure = PaperFigure.wrongAnswers
    var longer: PaperTable.Longer?
    var parts: [Int: any EpisodeTask] = [:]
    var published: [PaperTable.Published] = []
    let model: ModelConfiguration
    var models = PaperModel.all
    var batchSize = 16
    let steps: Int
    /// Other settings than the usual ones.
    var settings: [String: SettingValue] = [:]

    /// Those of the tables that the options want.
    static func tables(_ all: [Self], _ options: PaperOptions) throws -> [PaperTable] {
        let chosen = try PaperOptions.chosen("--tasks", options.tasks, of: all.map(\.name))
        return try all.filter { chosen.contains($0.name) }.map { try $0.table(options) }
    }

    func table(_ options: PaperOptions) throws -> PaperTable {
        let steps = options.steps ?? steps
        var usual = TrainingConfiguration(task)
        usual.batchSize = batchSize
        let described = TaskDescription(task, curriculum: task.settings.curriculum)
        var all = usual.trial(steps: steps)
        (all["task"], all["task-options"]) = (.text(described.name), .text(try json(described.options)))
        all["curriculum"] = try described.curriculum.map { .text(try json($0)) }
        all["valid-episodes"] = 128
        all.merge(settings) { $1 }
        if all["schedule"] == "plateau" { all["plateau-factor"] = .real(usual.plateauFactor) }
        let episodes = try TaskEpisodes(task, batchSize: 256, seed: 1).batch(step: 0).map(\.episode)
        let asked = try EpisodeBatch(episodes, task.input, task.output).segment.targetCount
        let symbols = episodes.reduce(0) { $0 + $1.steps }
        let (rows, leftOut) = try PaperModel.rows(models, on: model, task.input, task.output, options)
        return PaperTable(
            name: name, claim: claim, settings: all, figure: figure, longer: longer, parts: parts, published: published,
            symbolsPerPrediction: Double(symbols) / Double(asked),
            work: Double(steps) * Double(batchSize * symbols) / Double(episodes.count), rows: rows, leftOut: leftOut)
    }
}

/// A model of tables, without its sizes.
struct PaperModel {
    let name: String
    /// As `PaperTable.Row` has it.
    private(set) var countsAs: String?
    /// Nil of one without a memory.
    private(set) var model: ModelConfiguration?
    /// What makes it.
    private(set) var settings: [String: SettingValue]

    /// An LSTM without a memory, every preset, and those that drop of the bypass also without that.
    static var all: [Self] {
        var models = [lstm]
        for preset in ModelPreset.all {
            let model = Self(preset)
            models.append(model)
            if preset.dropout.bypass > 0 {
                models.append(model.trained(preset.name + "-no-dropout", ["bypass-dropout": 0]))
            }
        }
        return models
    }

    static var lstm: Self { Self(name: "lstm", settings: ["model": "lstm", "layers": 1, "bypass-dropout": 0]) }

    /// The three changes of Csordás & Schmidhuber 2019 in all combinations, beside none of them and what came before and after.
    static var changes: [Self] {
        get throws {
            try named([
                "lstm", "nature", "dnc-m", "dnc-d", "dnc-s", "dnc-md", "dnc-ms", "dnc-ds", "dnc-mds", "adnc", "gated-deltanet",
            ])
        }
    }

    /// The LSTM and presets, in this order.
    static func named(_ names: [String]) throws -> [Self] {
        try names.map { $0 == "lstm" ? lstm : Self(try ModelPreset.named($0)) }
    }

    /// The same, trained otherwise than the table's models are.
    func trained(_ name: String, _ settings: [String: SettingValue]) -> Self {
        Self(name: name, model: model, settings: self.settings.merging(settings) { $1 })
    }

    /// The same, trained otherwise, and of both the better one counts.
    func also(_ way: String, _ settings: [String: SettingValue]) -> Self {
        var other = trained(name + "-" + way, settings)
        other.countsAs = countsAs ?? name
        return other
    }

    /// The same with something otherwise in its memory or controller.
    func changed(_ name: String, _ change: (inout ModelVariant) -> Void) -> Self {
        var variant = model?.variant ?? ModelVariant()
        change(&variant)
        var changed = Self(name: name, model: model, settings: settings)
        changed.model?.variant = variant
        changed.settings["variant"] = .text("\(variant)")
        return changed
    }

    /// Models on a skeleton, as rows of a table.
    static func rows(
        _ models: [Self], on skeleton: ModelConfiguration, _ input: ModelInput, _ output: ModelOutput, _ options: PaperOptions,
        ofText: Bool = false
    ) throws -> (rows: [PaperTable.Row], leftOut: [String: String]) {
        let chosen = try PaperOptions.chosen("--only", options.only, of: models.map(\.name))
        let count = try ModelLayout(skeleton, input: input, output: output).parameterCount
        var (rows, leftOut) = ([PaperTable.Row](), [String: String]())
        for kind in models where chosen.contains(kind.name) {
            let model = kind.model?.on(skeleton, input, output) ?? .lstm(hidden: 1)
            if ofText, model.variant.bidirectional {
                leftOut[kind.name] = "it reads from the end, too, and would know what is to be predicted"
                continue
            }
            do {
                let layout = try model.matched(to: count, input, output)
                var settings = kind.settings
                settings["hidden"] = .integer(layout.configuration.hidden)
                if kind.model != nil {
                    settings["controller"] = .text(model.controller.rawValue)
                    (settings["slots"], settings["width"]) = (.integer(model.slots), .integer(model.width))
                    settings["read-heads"] = .integer(model.readHeads)
                }
                rows.append(
                    PaperTable.Row(
                        name: kind.name, countsAs: kind.countsAs, settings: settings, parameters: layout.parameterCount))
            } catch {
                leftOut[kind.name] = "\(error)"
            }
        }
        return (rows, leftOut)
    }
}

extension PaperModel {
    private init(_ preset: ModelPreset) {
        self.init(name: preset.name, model: preset.model, settings: ["preset": .text(preset.name)])
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
