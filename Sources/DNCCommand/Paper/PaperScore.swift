// What a trial of a paper is worth: its best model on what training never had.
import ArgumentParser
import DNC

/// What a trained model has come to; kept beside it.
struct PaperScore: Codable {
    /// Of a task's answers the part that is wrong; of a text the loss of what is held out.
    let error: Double
    /// The part of the episodes without a wrong answer; nil of a text.
    @OrNull var sequencesRight: Double?
    /// The part of the answers to longer episodes that are wrong.
    @OrNull var longerError: Double?
    /// The memory's share in the answers, rather than the controller's.
    @OrNull var influence: Double?
    /// On what it has been measured, so that something else is not taken for it.
    let measuredOn: String

    /// How many episodes there are of each length, drawn by the seed of `dnc eval`.
    private static let (episodes, seed) = (1000, UInt64(0))

    /// The score of a trial that has ended: the one that is kept, or a new one, which is then kept.
    /// - Throws: `ExitCode` when a signal comes meanwhile.
    static func of(_ run: RunDirectory, in table: PaperTable, threads: Int) throws -> Self {
        let file = run.path + "/score.json"
        let data = table.settings["data"]?.description
        let measuredOn = data ?? "\(episodes) episodes" + (table.longer.map { ", and of length \($0)" } ?? "")
        if let kept: Self = try? readJSON(file), kept.measuredOn == measuredOn { return kept }

        let checkpoint = try Checkpoint<Float>(contentsOf: RunDirectory.checkpoint(at: run.path))
        func complete(_ evaluation: Evaluation<Float>) throws -> Evaluation<Float> {
            var evaluation = evaluation
            guard try evaluation.complete(isQuiet: true) else {
                throw ExitCode(Interruption.exitCode(of: Interruption.signal ?? 0))
            }
            return evaluation
        }
        let own: Evaluation<Float>
        let longer: Evaluation<Float>?
        if let data {
            let corpus = try Corpus(
                contentsOf: data, vocabulary: checkpoint.model.vocabulary,
                validFraction: checkpoint.record.configuration.validFraction)
            own = try complete(Evaluation(checkpoint.model, of: corpus.validation, threads: threads, influence: true))
            longer = nil
        } else {
            guard let task = try checkpoint.record.configuration.source.task?.task() else {
                throw TrainingError.noRun(path: run.path)
            }
            func evaluation(_ length: ClosedRange<Int>, influence: Bool) throws -> Evaluation<Float> {
                let source = try TaskEpisodes(task.ofLength(length), batchSize: 1, seed: seed)
                return try complete(
                    Evaluation(checkpoint.model, of: source, count: episodes, threads: threads, influence: influence))
            }
            own = try evaluation(task.length, influence: true)
            longer = try table.longer.map { try evaluation($0, influence: false) }
        }
        let score = Self(
            error: own.score?.errorRate ?? own.measure.value(of: own.loss), sequencesRight: own.score?.sequencesRightRate,
            longerError: longer?.score?.errorRate, influence: own.influence?.share, measuredOn: measuredOn)
        try AtomicFile.write(Array(json(score).utf8), to: file)
        return score
    }
}
