// Every preset on the tasks that its paper is about, as one model with as many parameters.
import ArgumentParser
import DNC

extension Paper {
    /// What each variant of the literature is worth, all else being equal.
    static let variants = Paper(
        name: "variants",
        summary: "Every preset on copy, recall, key-value, repeat copy, parity and a text: as many parameters, the same steps",
        example: "--data alice29.txt"
    ) { options in
        if let tasks = options.tasks, tasks.split(separator: ",").contains("text"), options.data == nil {
            throw ValidationError("--tasks has text; give it one by --data.")
        }
        let chosen = try PaperOptions.chosen("--tasks", options.tasks, of: taskTables.map(\.name) + ["text"])
        var tables = try taskTables.filter { chosen.contains($0.name) }.map { try $0.table(options) }
        if let data = options.data, chosen.contains("text") { tables.append(try textTable(data, options)) }
        return tables
    }

    private static let taskTables = [
        TaskTable(
            name: "copy", claim: "All that have a memory should learn it.",
            task: CopyTask(length: 1...20),
            model: .dnc(hidden: 64, slots: 24, width: 16, readHeads: 1), steps: 6000),
        TaskTable(
            name: "associative-recall",
            claim:
                "A lookup finds an item, and a link the one behind it. Dropout of the bypass (adnc beside adnc-no-dropout) should raise "
                + "the memory's influence (Franke et al. 2018).",
            task: AssociativeRecallTask(),
            model: .dnc(hidden: 64, slots: 32, width: 16, readHeads: 1), steps: 6000),
        TaskTable(
            name: "key-value-2way",
            claim:
                "Masks (dnc-m, dnc-md, dnc-ms, dnc-mds) look up by half of what is in a slot, and should solve it where the plain "
                + "DNC, nature, does not (Csordas & Schmidhuber 2019).",
            task: KeyValueTask(bits: 5, length: 2...8, twoWay: true),
            model: .dnc(hidden: 48, slots: 16, width: 20, readHeads: 1), steps: 8000),
        TaskTable(
            name: "repeat-copy",
            claim:
                "More steps than there are slots, seven times as many at most, so that slots are to be used again. De-allocation and "
                + "sharpness (dnc-ds, dnc-mds) should solve it where the plain DNC does not, whose sizes and episodes these are "
                + "(Csordas & Schmidhuber 2019).",
            task: RepeatCopyTask(bits: 8, length: 2...14, repeats: 1...8),
            model: .dnc(hidden: 32, slots: 16, width: 16, readHeads: 1), steps: 6000),
        TaskTable(
            name: "parity",
            claim:
                "The controller remembers nothing, but where a variant is of an LSTM. Negative eigenvalues (deltanet-negative) "
                + "turn a memory's sign at every one, which eigenvalues in 0 ... 1 cannot (Grazzi et al. 2024); but here the "
                + "controller sees what was read, and can turn it, too.",
            task: ParityTask(), longer: PaperTable.Longer(lengths: 41...100),
            model: .dnc(hidden: 128, slots: 8, width: 8, readHeads: 1, controller: .feedForward), steps: 6000),
    ]

    private static func textTable(_ data: String, _ options: PaperOptions) throws -> PaperTable {
        let symbols = try Corpus(contentsOf: data).vocabulary.count
        let model = ModelConfiguration.dnc(hidden: 128, slots: 16, width: 16, readHeads: 1)
        let steps = options.steps ?? 2000
        let usual = TrainingConfiguration(
            batchSize: 32, sequenceLength: 32, optimizer: OptimizerConfiguration(.adagrad, learningRate: 0.1, clipNorm: 5))
        let (rows, leftOut) = try PaperModel.rows(
            PaperModel.all, on: model, .symbols(symbols), .symbols(symbols), options, ofText: true)
        let settings: [String: SettingValue] = [
            "data": .text(data), "seq-length": .integer(usual.sequenceLength), "carry-memory": true,
            "restart": .text(TextRestart.beginning.rawValue), "stretch": 0,
        ]
        return PaperTable(
            name: "text",
            claim: "Bits per character of the tenth at the end, which training does not see. Whether a memory is worth its "
                + "parameters, or the LSTM without one had better have them.",
            settings: usual.trial(steps: steps).merging(settings) { $1 }, figure: .bitsPerCharacter, symbolsPerPrediction: 1,
            work: Double(steps * usual.batchSize * usual.sequenceLength), rows: rows, leftOut: leftOut)
    }
}
