// Dynamic n-grams.
import DNC

extension Paper {
    /// Graves et al. 2014, section 4.4.
    static let nGrams = Paper(
        name: "n-grams", summary: "Dynamic n-grams: bits that are missing of 195, beside the best that there can be"
    ) { options in
        try TaskTable.tables(
            [
                TaskTable(
                    name: "n-grams",
                    claim:
                        "Bits by a rule of the five before, which is new in each episode: it has to be counted what followed them.",
                    task: NGramTask(), figure: .bitsPerEpisode,
                    model: .dnc(hidden: 100, slots: 32, width: 16, readHeads: 1),
                    models: PaperModel.named(["lstm", "nature", "adnc", "deltanet", "gated-deltanet"]), steps: 9000,
                    settings: ["schedule": "cosine"])
            ], options)
    }
}
