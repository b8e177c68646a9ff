// What a trial of a paper is worth: its best model on what training never had.
import ArgumentParser
import DNC
import Foundation

/// What a trained model has come to; kept beside it.
struct PaperScore: Codable {
    /// As the table's figure is.
    let error: Double
    /// The part of the episodes without a wrong answer; nil of a text.
    @OrNull var sequencesRight: Double?
    /// The error in longer episodes, in the mean of their lengths.
    @OrNull var longerError: Double?
    /// The memory's share in the answers, rather than the controller's.
    @OrNull var influence: Double?
    /// The error of the best that there can be, where that is known.
    @OrNull var leastError: Double?
    /// The error in each part of what is asked, by its number: of bAbI each task, of others each of the table's.
    var parts: [String: Double] = [:]
    /// On what it has been measured, so that something else is not taken for it.
    let measuredOn: String

    /// What models are told apart by: the error in longer episodes, where these are asked.
    var headline: Double { longerError ?? error }

    /// How many episodes there are, drawn by the seed of `dnc eval`, and how many of longer ones, of so many lengths.
    private static let (episodes, seed) = (1000, UInt64(0))
    private static let (longerEpisodes, longerLengths) = (480, 24)

    /// The score of a trial that has ended: the one that is kept, or a new one, which is then kept.
    /// - Throws: `ExitCode` when a signal comes meanwhile.
    static func of(_ run: RunDirectory, in table: PaperTable, threads: Int) throws -> Self {
        let file = run.path + "/score.json"
        let data = (table.settings["data"] ?? table.settings["babi"])?.description
        let longer = table.longer.map { longer in
            ", and \(longerEpisodes) of length \(longer.lengths)" + (longer.slots.map { " through \($0) slots" } ?? "")
        }
        let parts = table.parts.isEmpty ? nil : ", and of \(table.parts.keys.sorted())"
        let measuredOn = "\(table.figure.rawValue): " + (data ?? "\(episodes) episodes" + (longer ?? "") + (parts ?? ""))
        if let kept: Self = try? readJSON(file), kept.measuredOn == measuredOn { return kept }
        let checkpoint = try Checkpoint<Float>(contentsOf: RunDirectory.checkpoint(at: run.path))
        let configuration = checkpoint.record.configuration
        let score: Self
        switch configuration.source {
        case .text: score = try ofText(checkpoint.model, configuration, data ?? "", measuredOn, threads)
        case .babi(let reading): score = try ofStories(checkpoint.model, reading, data ?? "", measuredOn, threads)
        case .task(let task): score = try ofTask(checkpoint.model, task.task(), in: table, measuredOn, threads)
        case .lines, .episodes: throw TrainingError.noRun(path: run.path)
        }
        try AtomicFile.write(Array(json(score).utf8), to: file)
        return score
    }

    private static func completed(_ evaluation: Evaluation<Float>) throws -> Evaluation<Float> {
        var evaluation = evaluation
        guard try evaluation.complete(isQuiet: true) else {
            throw ExitCode(Interruption.exitCode(of: Interruption.signal ?? 0))
        }
        return evaluation
    }

    private static func ofText(
        _ model: Model<Float>, _ configuration: TrainingConfiguration, _ data: String, _ measuredOn: String, _ threads: Int
    ) throws -> Self {
        let corpus = try Corpus(
            contentsOf: data, vocabulary: model.vocabulary, validFraction: configuration.validFraction)
        let evaluation = try completed(Evaluation(model, of: corpus.validation, threads: threads, influence: true))
        return Self(
            error: evaluation.measure.value(of: evaluation.loss), influence: evaluation.influence?.share, measuredOn: measuredOn
        )
    }

    private static func ofStories(
        _ model: Model<Float>, _ reading: EpisodeReading, _ folder: String, _ measuredOn: String, _ threads: Int
    ) throws -> Self {
        guard case .words(let encoding) = model.alphabet else {
            throw EpisodeFileError.noStories(folder: folder, part: BabiStories.Part.test.rawValue)
        }
        let stories = try BabiStories(
            folder: folder, part: .test, tasks: reading.tasks, encoding: encoding, maximumLength: reading.maximumLength,
            overlong: reading.overlong)
        let errors = try model.scores(on: stories, threads: threads, isQuiet: true).compactMap { task, score in
            score.questionErrorRate.map { ("\(task)", $0) }
        }
        return Self(
            error: errors.map(\.1).reduce(0, +) / Double(max(1, errors.count)),
            parts: Dictionary(uniqueKeysWithValues: errors), measuredOn: measuredOn)
    }

    private static func ofTask(
        _ model: Model<Float>, _ task: any EpisodeTask, in table: PaperTable, _ measuredOn: String, _ threads: Int
    ) throws -> Self {
        func evaluation(
            _ model: Model<Float>, _ task: any EpisodeTask, count: Int, influence: Bool = false
        ) throws -> (evaluation: Evaluation<Float>, source: TaskEpisodes) {
            let source = try TaskEpisodes(task, batchSize: 1, seed: seed)
            let all = try Evaluation(model, of: source, count: count, threads: threads, influence: influence)
            return (try completed(all), source)
        }
        let own = try evaluation(model, task, count: episodes, influence: true)
        let longerError = try table.longer.map { longer in
            let isDNC = model.layout.configuration.memory == .dnc
            let large = try isDNC ? longer.slots.map { try model.withSlots($0) } ?? model : model
            let errors = try longer.lengths.spread(longerLengths).map { length in
                let count = longerEpisodes / longerLengths
                return table.figure.error(try evaluation(large, task.ofLength(length...length), count: count).evaluation)
            }
            return errors.reduce(0, +) / Double(errors.count)
        }
        let parts = try table.parts.map { number, task in
            ("\(number)", table.figure.error(try evaluation(model, task, count: episodes).evaluation))
        }
        return Self(
            error: table.figure.error(own.evaluation), sequencesRight: own.evaluation.score?.sequencesRightRate,
            longerError: longerError, influence: own.evaluation.influence?.share,
            leastError: table.figure == .bitsPerEpisode ? own.source.leastBits(of: episodes) : nil,
            parts: Dictionary(uniqueKeysWithValues: parts), measuredOn: measuredOn)
    }
}

extension PaperFigure {
    /// What has come of episodes.
    fileprivate func error(_ evaluation: Evaluation<Float>) -> Double {
        let error =
            switch self {
            case .wrongEpisodes: evaluation.score?.sequencesRightRate.map { 1 - $0 }
            case .bitsPerEpisode: evaluation.bitsPerSequence
            case .wrongAnswers, .accuracy, .wrongQuestions, .bitsPerCharacter: evaluation.score?.errorRate
            }
        return error ?? evaluation.measure.value(of: evaluation.loss)
    }
}

extension ClosedRange<Int> {
    /// So many numbers of it at the same distance from each other, the first and the last among them; all where it has no more.
    fileprivate func spread(_ most: Int) -> [Int] {
        count <= most ? Array(self) : (0..<most).map { lowerBound + (upperBound - lowerBound) * $0 / (most - 1) }
    }
}
