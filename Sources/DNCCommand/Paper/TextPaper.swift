// What of the rule by which a text is learned is worth having: it, and it with one thing otherwise.
import ArgumentParser
import DNC

extension Paper {
    /// The choices of `TextRule`, one after the other undone, and what has been tried besides.
    static let text = Paper(
        name: "text",
        summary: "What dnc train chooses for a text, with one thing otherwise at a time: the same symbols are read"
    ) { options in
        guard let data = options.data else { throw ValidationError("There is no text; give it one by --data.") }
        _ = try PaperOptions.chosen("--tasks", options.tasks, of: ["text"])
        let corpus = try Corpus(contentsOf: data)
        let rule = TextRule(size: corpus.training.byteCount, time: .seconds(120))
        let usual = rule.configuration(of: rule.model(controller: .lstm, memory: .none))
        let changes = Change.all(of: usual)
        let chosen = try PaperOptions.chosen("--only", options.only, of: changes.map(\.name))
        let steps = options.steps ?? 2500
        let settings = Change.settings(of: usual, steps: steps).merging(["data": .text(data)]) { $1 }
        let rows = try changes.filter { chosen.contains($0.name) }.map { change in
            var own = change.settings
            if change.segments != 1 { own.merge(PaperTable.length(Int(Double(steps) / change.segments))) { $1 } }
            let arguments = try Setting.arguments(settings.merging(own) { $1 }, of: change.name)
            let model = try TrainCommand.parse(arguments).options.configuration(goingOnWith: nil).model
            let layout = try ModelLayout(model, symbols: corpus.vocabulary.count)
            return PaperTable.Row(name: change.name, settings: own, parameters: layout.parameterCount)
        }
        return [
            PaperTable(
                name: "text",
                claim:
                    "Bits per character of the tenth at the end, which training does not see. What is worse than the rule is why the "
                    + "rule is as it is; what is better is not in it yet.",
                settings: settings, symbolsPerPrediction: 1, work: Double(steps * usual.batchSize * usual.sequenceLength),
                rows: rows, leftOut: [:])
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
            "optimizer": .text(usual.optimizer.kind.rawValue), "learning-rate": .real(usual.optimizer.learningRate),
            "clip-norm": .real(usual.optimizer.clipNorm), "schedule": "cosine",
            "batch-size": .integer(usual.batchSize), "seq-length": .integer(usual.sequenceLength),
            "layer-dropout": .real(usual.dropout.layers), "bypass-dropout": .real(usual.dropout.bypass),
            "input-dropout": .real(usual.dropout.inputs), "recurrent-dropout": .real(usual.dropout.recurrent),
        ]
        return settings.merging(PaperTable.training(steps: steps)) { $1 }
    }

    static func all(of usual: TrainingConfiguration) -> [Self] {
        let rate = usual.optimizer.learningRate
        let memory: [String: SettingValue] = ["slots": 16, "width": 16, "read-heads": 1]
        return [
            Self(name: "rule", settings: [:]),
            Self(name: "adagrad", settings: ["optimizer": "adagrad", "learning-rate": 0.1]),
            Self(name: "a-third-of-the-rate", settings: ["learning-rate": .real(rate / 3)]),
            Self(name: "twice-the-rate", settings: ["learning-rate": .real(rate * 2)]),
            Self(name: "plateau", settings: ["schedule": "plateau", "learning-rate": .real(rate / 3)]),
            Self(name: "weight-decay", settings: ["weight-decay": 0.1]),
            Self(name: "batch-8", settings: ["batch-size": 8, "learning-rate": .real(rate * 0.7)], segments: 0.5),
            Self(name: "batch-32", settings: ["batch-size": 32, "learning-rate": .real(rate * 1.4)], segments: 2),
            Self(name: "segments-of-64", settings: ["seq-length": 64, "learning-rate": .real(rate * 1.4)], segments: 2),
            Self(name: "nothing-dropped", settings: ["layer-dropout": 0, "bypass-dropout": 0]),
            Self(name: "inputs-dropped", settings: ["input-dropout": 0.1]),
            Self(name: "recurrent-dropped", settings: ["recurrent-dropout": 0.3]),
            Self(name: "one-layer", settings: ["layers": 1, "hidden": 320, "layer-dropout": 0]),
            Self(name: "three-layers", settings: ["layers": 3, "hidden": 148]),
            Self(name: "gate-norm", settings: ["variant": "gate-norm"]),
            Self(name: "gru", settings: ["model": "gru"]),
            Self(name: "dnc", settings: memory.merging(["model": "dnc"]) { $1 }),
            Self(
                name: "adnc",
                settings: memory.merging(["model": "dnc", "variant": "gate-norm,interface-norm,linkage=none"]) { $1 }),
            Self(
                name: "gated-deltanet",
                settings: ["model": "delta", "variant": "decay", "slots": 32, "width": 32, "read-heads": 2]),
        ]
    }
}
