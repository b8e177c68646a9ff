// Giving back several times what was read once, and changed.
import DNC

extension Paper {
    /// Csordás & Schmidhuber 2019, section 4.2, and every operation on what is copied.
    static let repeatCopy = Paper(
        name: "repeat-copy", summary: "Repeat copy through few slots, and with its operations: copy, invert, and, or, rotate"
    ) { options in
        try TaskTable.tables(
            [
                TaskTable(
                    name: "repeat-copy",
                    claim:
                        "More steps than there are slots, so that slots are to be used again: with de-allocation and sharpness it should "
                        + "be learned better.",
                    task: RepeatCopyTask(bits: 8, length: 2...14, repeats: 1...8),
                    model: .dnc(hidden: 32, slots: 16, width: 16, readHeads: 1), models: PaperModel.changes, steps: 10_000),
                TaskTable(
                    name: "operations", claim: "What is given back depends on an operation that is told in front.",
                    task: RepeatCopyTask(bits: 8, length: 2...8, repeats: 1...4, operations: RepeatCopyTask.Operation.allCases),
                    model: .dnc(hidden: 64, slots: 16, width: 16, readHeads: 1), models: PaperModel.changes, steps: 10_000),
            ], options)
    }
}
