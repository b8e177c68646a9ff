// Multi-query associative recall.
import DNC

extension Paper {
    /// Arora et al. 2023, "Zoology": their vocabulary and lengths, and within the first length also other numbers of pairs.
    static let recall = Paper(
        name: "mqar", summary: "Multi-query associative recall by the number of pairs, at equal parameters and slots",
        plot: .positions("pairs in 64 steps")
    ) { options in
        func table(_ name: String, length: Int, pairs: Int) -> TaskTable {
            TaskTable(
                name: name,
                claim: "\(pairs) pairs of a key and a value in \(length) steps; each key is asked once.",
                task: MultiQueryRecallTask(pairs: pairs, length: length...length), figure: .accuracy,
                position: length == 64 ? pairs : nil,
                published: length == 64 && pairs == 4
                    ? [
                        PaperTable.Published(
                            name: "attention", error: 1 - 0.9917,
                            source: "two layers of width 64 by HazyResearch/zoology, in 578 s on 8 cores")
                    ] : [],
                model: .dnc(hidden: 64, slots: 32, width: 32, readHeads: 1),
                models: PaperModel.named(["lstm", "nature", "adnc", "deltanet", "gated-deltanet"]), batchSize: 32, steps: 6000,
                settings: ["schedule": "cosine", "learning-rate": 0.01, "symbol-range": 2, "shards": 1])
        }
        return try TaskTable.tables(
            [2, 4, 8, 16].map { table("64-\($0)", length: 64, pairs: $0) } + [table("128-8", length: 128, pairs: 8)], options)
    }
}
