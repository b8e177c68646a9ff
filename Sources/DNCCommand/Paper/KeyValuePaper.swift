// Looking up by either half of what is in a slot.
import DNC

extension Paper {
    /// Csordás & Schmidhuber 2019, section 4.1.
    static let keyValue = Paper(
        name: "keyvalue", summary: "Key-value recall one way and two ways, with and without masks, de-allocation and sharpness"
    ) { options in
        func table(_ name: String, _ claim: String, twoWay: Bool) throws -> TaskTable {
            try TaskTable(
                name: name, claim: claim, task: KeyValueTask(twoWay: twoWay),
                model: .dnc(hidden: 32, slots: 16, width: 32, readHeads: 1), models: PaperModel.changes, steps: 5000,
                // As there, but for the rate, which is larger: of Adam, one seed of three learned it at the best of three rates.
                settings: ["optimizer": "rmsprop", "momentum": 0.9, "decay": 0.99, "epsilon-inside": false])
        }
        return try TaskTable.tables(
            [
                table("key-value", "The plain DNC learns to look up values by their keys.", twoWay: false),
                table(
                    "key-value-2way",
                    "By keys or by values, which of them is told at the question: with masks it should be learned, without them hardly.",
                    twoWay: true),
            ], options)
    }
}
