// Multi-query associative recall.
import DNC

extension Paper {
    /// Arora et al. 2023, "Zoology": their vocabulary, and in the parts their numbers of pairs, each in the length that it has there.
    static let recall = Paper(
        name: "mqar", summary: "Multi-query associative recall by the number of pairs, at equal parameters and slots",
        plot: .parts("pairs")
    ) { options in
        let parts = [(2, 64), (4, 64), (8, 128), (16, 256)].map { pairs, length in
            (pairs, MultiQueryRecallTask(pairs: pairs...pairs, length: length...length))
        }
        let task = MultiQueryRecallTask()
        return try TaskTable.tables(
            [
                TaskTable(
                    name: "recall",
                    claim:
                        "Trained on 2 to 16 pairs of a key and a value in 64 steps, each key asked once; then 2 and 4 pairs in 64 steps, 8 in 128 "
                        + "and 16 in 256.",
                    task: task, figure: .accuracy, parts: Dictionary(uniqueKeysWithValues: parts),
                    published: [
                        PaperTable.Published(
                            name: "attention", parts: ["4": 1 - 0.9917],
                            source: "two layers of width 64 by HazyResearch/zoology, trained on 4 pairs in 578 s of 8 cores")
                    ],
                    model: task.settings.model,
                    models: PaperModel.named(["lstm", "nature", "adnc", "deltanet", "gated-deltanet"]), batchSize: 32,
                    steps: 8000, settings: ["schedule": "cosine", "shards": 1])
            ], options)
    }
}
