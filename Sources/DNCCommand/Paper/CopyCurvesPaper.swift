// How soon copying is learned.
import DNC

extension Paper {
    /// As Collier & Beel 2018 compare them: the same sequences, and how many of them each model needs.
    static let copyCurves = Paper(
        name: "copy-curves", summary: "How soon each memory learns to copy, curve by curve", plot: .learning
    ) { options in
        let begins = try PaperModel.named(["nature"]).map { $0.changed("nature-drawn") { $0.memoryStart = .drawn } }
        return try TaskTable.tables(
            [
                TaskTable(
                    name: "copy",
                    claim:
                        "A memory whose slots are alike at the beginning (nature) should be learned about twice as fast as one of random "
                        + "numbers (nature-drawn), as Collier & Beel 2018 found of the NTM.",
                    task: CopyTask(), model: .dnc(hidden: 100, slots: 128, width: 20, readHeads: 1),
                    models: PaperModel.named(["lstm", "nature"]) + begins
                        + PaperModel.named(["dnc-d", "dnc-s", "adnc", "deltanet", "gated-deltanet"]),
                    batchSize: 32, steps: 4000, settings: ["learning-rate": 0.001])
            ], options)
    }
}
