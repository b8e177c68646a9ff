// Arithmetic on digits, and what of one operation helps with another.
import ArgumentParser
import DNC

extension Paper {
    /// As SiliconSloth's fork of ADNC has it: subtraction is begun from what addition has learned.
    static let arithmetic = Paper(
        name: "arithmetic", summary: "Addition and subtraction of up to 8 digits, at 12 digits, and one begun from the other",
        plot: .learning
    ) { options in
        let models = try PaperModel.named(["lstm", "nature", "dnc-s", "adnc", "gated-deltanet"])
        func table(_ name: String, _ claim: String, _ operation: ArithmeticTask.Operation) throws -> PaperTable {
            try TaskTable(
                name: name, claim: claim, task: ArithmeticTask(operation: operation), figure: .wrongEpisodes,
                longer: PaperTable.Longer(lengths: 12...12, slots: 48),
                model: .dnc(hidden: 128, slots: 32, width: 20, readHeads: 2), models: models, batchSize: 32, steps: 12_000,
                settings: ["schedule": "cosine"]
            ).table(options)
        }
        var tables = try [
            table("addition", "Numbers of 2 to 8 digits, the lowest first; every digit of the sum has to be right.", .addition),
            table("subtraction", "The difference, learned from nothing.", .subtraction),
        ]
        var transferred = try table(
            "subtraction-after-addition", "The difference, begun from the weights of the first seed's addition.", .subtraction)
        transferred.rows = transferred.rows.map { $0.begun(from: "addition") }
        tables.append(transferred)
        let chosen = try PaperOptions.chosen("--tasks", options.tasks, of: tables.map(\.name))
        if chosen.contains("subtraction-after-addition"), !chosen.contains("addition") {
            throw ValidationError("--tasks has subtraction-after-addition, which begins from addition; name that, too.")
        }
        return tables.filter { chosen.contains($0.name) }
    }
}
