// Looking up by either half of what is in a slot.
import DNC

extension Paper {
    /// Csordás & Schmidhuber 2019, section 4.1.
    static let keyValue = Paper(
        name: "keyvalue", summary: "Key-value recall one way and two ways, with and without masks, de-allocation and sharpness"
    ) { options in
        let model = ModelConfiguration.dnc(hidden: 32, slots: 16, width: 32, readHeads: 1)
        return try TaskTable.tables(
            [
                TaskTable(
                    name: "key-value", claim: "The plain DNC learns to look up values by their keys.",
                    task: KeyValueTask(), model: model, models: PaperModel.changes, steps: 5000),
                TaskTable(
                    name: "key-value-2way",
                    claim:
                        "By keys or by values, which of them is told at the question: with masks it should be learned, without them "
                        + "hardly.",
                    task: KeyValueTask(twoWay: true), model: model, models: PaperModel.changes, steps: 5000),
            ], options)
    }
}
