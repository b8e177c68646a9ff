// bAbI's twenty tasks by one model.
import ArgumentParser
import DNC

extension Paper {
    /// Weston et al. 2015, all tasks of a folder jointly, as Graves et al. 2016 and those after them have it.
    static let babi = Paper(
        name: "babi", summary: "bAbI's tasks jointly: the questions that are wrong, beside what has been published",
        example: "--data en-10k"
    ) { options in
        guard let folder = options.data else {
            throw ValidationError(
                "There are no stories; give their folder by --data, or have some made up by: dnc babi --out stories.")
        }
        _ = try PaperOptions.chosen("--tasks", options.tasks, of: ["babi"])
        let stories = try BabiStories(folder: folder)
        // What dnc train --babi is by itself, and how all are trained.
        let usual = try TrainingConfiguration(learning: .babi(EpisodeReading()))
        let both = try PaperModel.named(["gated-deltanet"]).map { $0.changed("bi-gated-deltanet") { $0 = usual.model.variant } }
        let steps = options.steps ?? 16_000
        let (rows, leftOut) = try PaperModel.rows(
            PaperModel.named(["lstm", "nature", "dnc-md", "adnc", "biadnc", "gated-deltanet"]) + both,
            on: .dnc(hidden: 128, slots: 64, width: 32, readHeads: 4), stories.input, stories.output, options)
        let settings: [String: SettingValue] = [
            "babi": .text(folder), "lanes": .integer(usual.laneCount), "schedule": "cosine",
            "bypass-dropout": .real(usual.dropout.bypass), "valid-episodes": 512,
        ]
        let (words, answers) = stories.size
        return [
            PaperTable(
                name: "babi", claim: "Whole stories, a word a step, the loss at the answers alone.",
                settings: usual.trial(steps: steps).merging(settings) { $1 }, figure: .wrongQuestions,
                published: publishedBabi, symbolsPerPrediction: Double(words) / Double(answers),
                work: Double(steps) * Double(usual.batchSize * words) / Double(stories.count), rows: rows, leftOut: leftOut)
        ]
    }

    /// In %: the mean, and of the tasks those that were told.
    private static let publishedBabi = [
        published(
            "DNC", 16.7, [9.0, 39.2, 39.6, 27.2, 53.6, 32.4, 64.6], "Graves et al. 2016, the mean of its runs, by ADNC's tables"
        ),
        published(
            "Mostafa-Samir", 15.8, [0.0, 11.9, 27.8, 45.4, 56.4, 39.0, 98.2], "github.com/Mostafa-Samir/DNC-tensorflow, one run"
        ),
        published(
            "bgavran", 13.0, [0.3, 32.5, 36.5, 0.2, 50.7, 13.4, 94.9],
            "github.com/bgavran/DNC, one run of nine days on a GTX 1080"),
        published("bgavran's LSTM 512", 20.6, [0.0, 46.2, 44.2, 45.3, 54.4, 14.4, 92.7], "github.com/bgavran/DNC, one run"),
        published("DNC-MD", 9.5, [0.0, 6.9, 12.4, 23.6, 53.9, 39.8, 40.7], "Csordás & Schmidhuber 2019, arXiv 1904.10278"),
        published("EntNet", 9.7, [0.0, 15.3, 29.3, 3.6, 53.3, 8.8, 70.4], "Henaff et al. 2017, by ADNC's tables"),
        published("SDNC", 6.4, [0.0, 7.1, 9.4, 3.6, 53.0, 12.4, 30.8], "Rae et al. 2016, by ADNC's tables"),
        published("ADNC", 6.3, [0.1, 0.8, 6.5, 0.1, 52.1, 18.5, 43.3], "Franke et al. 2018, arXiv 1807.02658, five seeds"),
        published("BiADNC", 3.2, [0.1, 0.8, 2.4, 0.1, 52.6, 4.8, 0.0], "Franke et al. 2018, arXiv 1807.02658, five seeds"),
    ]

    private static func published(
        _ name: String, _ mean: Double, _ errors: [Double], _ source: String
    ) -> PaperTable.Published {
        let parts = zip(["1", "2", "3", "15", "16", "17", "19"], errors.map { $0 / 100 })
        return PaperTable.Published(
            name: name, error: mean / 100, parts: Dictionary(uniqueKeysWithValues: parts), source: source)
    }
}
