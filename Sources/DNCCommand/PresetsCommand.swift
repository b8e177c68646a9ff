import ArgumentParser
import DNC

struct PresetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets",
        abstract: "List the models of the literature that train --preset knows.",
        discussion: """
            Each with its paper, its sizes, and what it does otherwise than the DNC of Graves et al. 2016, as --variant has it.

            dnc train --task copy --preset dnc-mds --slots 16 --width 16 --hidden 64
            """)

    @Flag(help: "Print the list as JSON.")
    var json = false

    private struct Line: Encodable {
        let preset: String
        let paper: String
        let model: String
        @OrNull var differences: String?
    }

    func run() throws {
        if json {
            try Terminal.write(
                json: ModelPreset.all.map {
                    Line(preset: $0.name, paper: $0.paper, model: $0.model.summary, differences: $0.differences)
                })
            return
        }
        for preset in ModelPreset.all {
            var model = preset.model
            model.variant = ModelVariant()
            try Terminal.write(
                """
                \(Terminal.styled(preset.name.padded(to: 18), .bold, on: .output)) \(preset.paper)
                \("".padded(to: 18)) \(model.summary)
                \("".padded(to: 18)) \(preset.differences ?? "the DNC itself")

                """)
        }
    }
}

extension ModelPreset {
    /// The preset that is called so.
    static func named(_ name: String) throws(ValidationError) -> Self {
        if let preset = all.first(where: { $0.name == name }) { return preset }
        let hint = Names.question(about: name, among: all.map(\.name), otherwise: "dnc presets lists them.")
        throw ValidationError("There is no preset \(name). \(hint)")
    }
}
