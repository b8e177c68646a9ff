// What of the rule by which a text is learned is worth having: it, and it with one thing otherwise.
import ArgumentParser
import DNC

extension Paper {
    /// The choices of `TextRule`, one after the other undone, and what has been tried besides.
    static let text = Paper(
        name: "text",
        summary: "What dnc train chooses for a text, with one thing otherwise at a time: the same symbols are read",
        example: "--data alice29.txt"
    ) { options in
        guard let data = options.data else { throw ValidationError("There is no text; give it one by --data.") }
        _ = try PaperOptions.chosen("--tasks", options.tasks, of: ["text"])
        let corpus = try Corpus(contentsOf: data)
        let rule = TextRule(size: corpus.training.byteCount, time: .seconds(120))
        let usual = rule.configuration(of: rule.model(controller: .lstm, memory: .none))
        let layout = try ModelLayout(usual.model, symbols: corpus.vocabulary.count)
        let changes = try Change.all(of: usual, layout)
        let chosen = try PaperOptions.chosen("--only", options.only, of: changes.map(\.name))
        let steps = options.steps ?? 1800
        let settings = Change.settings(of: usual, steps: steps).merging(["data": .text(data)]) { $1 }
        let rows = try changes.filter { chosen.contains($0.name) }.map { change in
            var own = change.settings
            if change.segments != 1 { own.merge(PaperTable.length(Int(Double(steps) / change.segments))) { $1 } }
            let arguments = try Setting.arguments(settings.merging(own) { $1 }, of: change.name)
            let model = try TrainCommand.parse(arguments).options.configuration(goingOnWith: nil).model
            return PaperTable.Row(
                name: change.name, settings: own,
                parameters: try ModelLayout(model, symbols: corpus.vocabulary.count).parameterCount)
        }
        return [
            PaperTable(
                name: "text",
                claim:
                    "Bits per character of the tenth at the end, which training does not see. What is worse than the rule is why the "
                    + "rule is as it is; what is better is not in it yet.",
                settings: settings, figure: .bitsPerCharacter, symbolsPerPrediction: 1,
                work: Double(steps * usual.batchSize * usual.sequenceLength), rows: rows, leftOut: [:])
        ]
    }
}

/// What is otherwise than the rule has it.
private struct Change {
    let name: String
    let settings: [String: SettingValue]
    /// How many segments of the rule's size a step reads; there are the fewer steps for it.
    var segments = 1.0

    /// What the rule has chosen, as flags.
    static func settings(of usual: TrainingConfiguration, steps: Int) -> [String: SettingValue] {
        let settings: [String: SettingValue] = [
            "model": "lstm", "hidden": .integer(usual.model.hidden), "layers": .integer(usual.model.layers),
            "stretch": .integer(usual.stretch ?? 0), "seq-length": .integer(usual.sequenceLength), "schedule": "cosine",
            "layer-dropout": .real(usual.dropout.layers), "bypass-dropout": .real(usual.dropout.bypass),
            "input-dropout": .real(usual.dropout.inputs), "recurrent-dropout": .real(usual.dropout.recurrent),
        ]
        return usual.trial(steps: steps).merging(settings) { $1 }
    }

    /// - Parameter layout: of the rule's model, to which others have as many parameters.
    static func all(of usual: TrainingConfiguration, _ layout: ModelLayout) throws -> [Self] {
        let (rate, lanes, steps, dropout) = (
            usual.optimizer.learningRate, usual.batchSize, usual.sequenceLength, usual.dropout
        )
        /// As many layers, whose units make up for it.
        func layers(_ count: Int) throws -> Self {
            var model = usual.model
            model.layers = count
            let hidden = try model.matched(to: layout.parameterCount, layout.input, layout.output).configuration.hidden
            var settings: [String: SettingValue] = ["layers": .integer(count), "hidden": .integer(hidden)]
            if count == 1 { settings["layer-dropout"] = 0 }
            return Self(name: count == 1 ? "one-layer" : "\(count)-layers", settings: settings)
        }
        /// What that preset does otherwise.
        func variant(_ preset: String) throws -> SettingValue { .text("\(try ModelPreset.named(preset).model.variant)") }
        let memory: [String: SettingValue] = ["model": "dnc", "slots": 16, "width": 16, "read-heads": 1]
        return try [
            Self(name: "rule", settings: [:]),
            Self(name: "all-weights-alike", settings: ["symbol-range": 0]),
            Self(name: "symbol-range-1", settings: ["symbol-range": 1]),
            Self(name: "symbol-range-4", settings: ["symbol-range": 4]),
            usual.stretch == nil
                ? Self(name: "stretches", settings: ["stretch": 512]) : Self(name: "no-stretches", settings: ["stretch": 0]),
            Self(name: "adagrad", settings: ["optimizer": "adagrad", "learning-rate": 0.1]),
            Self(name: "a-third-of-the-rate", settings: ["learning-rate": .real(rate / 3)]),
            Self(name: "twice-the-rate", settings: ["learning-rate": .real(rate * 2)]),
            Self(name: "plateau", settings: ["schedule": "plateau", "learning-rate": .real(rate / 3)]),
            usual.optimizer.weightDecay == 0
                ? Self(name: "weight-decay", settings: ["weight-decay": 0.1])
                : Self(name: "no-weight-decay", settings: ["weight-decay": 0]),
            Self(name: "half-the-lanes", settings: ["batch-size": .integer(lanes / 2)], segments: 0.5),
            Self(name: "twice-the-lanes", settings: ["batch-size": .integer(2 * lanes)], segments: 2),
            Self(
                name: "lanes-for-steps", settings: ["batch-size": .integer(2 * lanes), "seq-length": .integer(steps / 2)]),
            Self(name: "nothing-dropped", settings: ["layer-dropout": 0, "bypass-dropout": 0]),
            Self(
                name: "half-as-much-dropped",
                settings: [
                    "layer-dropout": .real(dropout.layers / 2), "bypass-dropout": .real(dropout.bypass / 2),
                ]),
            Self(name: "inputs-dropped", settings: ["input-dropout": 0.1]),
            Self(name: "recurrent-dropped", settings: ["recurrent-dropout": 0.3]),
            Self(name: "gate-norm", settings: ["variant": "gate-norm"]),
            Self(name: "gru", settings: ["model": "gru"]),
            Self(name: "dnc", settings: memory),
            Self(name: "adnc", settings: memory.merging(["variant": variant("adnc")]) { $1 }),
            Self(
                name: "gated-deltanet",
                settings: [
                    "model": "delta", "variant": variant("gated-deltanet"), "slots": 32, "width": 32, "read-heads": 2,
                ]),
        ] + (1...3).filter { $0 != usual.model.layers }.map(layers)
    }
}
