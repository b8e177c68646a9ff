// Training on episodes: the same trainer, the same promises.

import DNCCore
import DNCData
import DNCTasks
import Foundation
import Testing
import TestSupport

@testable import DNCTraining

/// A run on a small task, of a few milliseconds.
private func small(
    _ task: CopyTask = CopyTask(bits: 3, length: 1...4), shards: Int = 3, curriculum: Curriculum? = nil,
    accumulate: Int = 1, thinkSteps: Int = 0
) -> TrainingConfiguration {
    TrainingConfiguration(
        model: smallModels[2], source: .task(TaskDescription(task, curriculum: curriculum)), batchSize: 7, shards: shards,
        optimizer: OptimizerConfiguration(.adam, learningRate: 0.01, clipNorm: 1), accumulate: accumulate,
        thinkSteps: thinkSteps, seed: 3, plateauEvery: 4, validEpisodes: 9,
        plateauFactor: 0.5, precision: .double)
}

private let task = CopyTask(bits: 3, length: 1...4)

@Suite struct TaskTrainingTests {
    /// A loop in the plainest way: each episode by itself, the gradients summed, the mean over all answers.
    @Test(arguments: [(1, 0), (3, 0), (2, 2)])
    func stepsAreThoseOfAnObviousLoop(accumulate: Int, thinkSteps: Int) async throws {
        let trainer = try Trainer<Double>(task, small(accumulate: accumulate, thinkSteps: thinkSteps))
        let layout = try ModelLayout(smallModels[2], input: task.input, output: task.output)
        var parameters: [Double] = try layout.initialParameters(seed: 3)
        var optimizer = Adam<Double>(count: layout.parameterCount)
        let episodes = try TaskEpisodes(task, batchSize: 7, seed: 3)
        for step in 1...6 {
            var (loss, gradient) = (Loss(), parameters.map { _ in 0.0 })
            let all = ((step - 1) * accumulate..<step * accumulate).flatMap { episodes.batch(step: $0) }
            for var episode in all.map(\.episode) {
                // A copy has as many vectors to read as to answer, and a flag between them.
                for _ in 0..<thinkSteps {
                    let flag = (episode.steps - 1) / 2
                    episode.vectors.insert(contentsOf: [0, 0, 0, 0], at: 4 * (flag + 1))
                    episode.targetVectors.insert(contentsOf: [0, 0, 0], at: 3 * (flag + 1))
                    episode.weights.insert(0, at: flag + 1)
                }
                let segment = try EpisodeBatch([episode], task.input, task.output).segment
                let runner = try SegmentRunner<Double>(layout, steps: segment.steps, lanes: 1)
                var state = try RecurrentState<Double>(layout, lanes: 1)
                loss += try runner.forward(parameters: parameters, segment: segment, state: &state)
                try runner.backward(segment: segment, gradient: &gradient)
            }
            gradient = gradient.map { $0 / Double(loss.count) }
            let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
            optimizer.update(&parameters, gradient: gradient, scale: min(1, 1 / norm), learningRate: 0.01, step: step)
            let found = try await trainer.step()
            #expect(found.count == loss.count && abs(found.nats - loss.nats) < 1e-10)
        }
        #expect(difference(await trainer.currentModel.parameters, parameters) < 1e-9)
    }

    @Test(arguments: [1, 2, 3, 5])
    func threadsDoNotMatter(threads: Int) async throws {
        let one = try Trainer<Double>(task, small())
        let several = try Trainer<Double>(task, small(), threads: threads)
        for trainer in [one, several] { try await trainer.steps(9) }
        #expect(await one.currentModel.parameters == several.currentModel.parameters)
    }

    private static let lessons = Curriculum(
        [.init(["length": .list([.integer(1), .integer(1)])], success: 0.05), .init(success: 0.05), .init()], review: 0.3,
        window: 10)

    @Test(arguments: [nil, lessons], [(1, 0), (2, 3)])
    func resumesToTheSameBits(curriculum: Curriculum?, more: (accumulate: Int, thinkSteps: Int)) async throws {
        let folder = try TemporaryFolder()
        let settings = small(curriculum: curriculum, accumulate: more.accumulate, thinkSteps: more.thinkSteps)
        let whole = try Trainer<Double>(task, settings)
        try await whole.steps(30)
        let first = try Trainer<Double>(task, settings)
        try await first.steps(13)
        try await first.checkpoint().write(to: folder.path("a"))
        let checkpoint = try Checkpoint<Double>(contentsOf: folder.path("a"))
        let source = try EpisodeSegments(task, checkpoint.record.configuration)
        let second = try Trainer(resuming: checkpoint, source, threads: 2)
        try await second.steps(17)
        let (a, b) = (try await whole.checkpoint(), try await second.checkpoint())
        #expect(a.model.parameters == b.model.parameters && a.optimizer.moments == b.optimizer.moments)
        #expect(a.record.curriculum == b.record.curriculum && a.record.predictions == b.record.predictions)
        // A copy of single vectors is soon answered by chance: 1 in 8.
        #expect(curriculum == nil ? a.record.curriculum == nil : try #require(a.record.curriculum).lesson > 0)
    }

    /// What a model has learned with steps to think in it is measured, asked and traced with, whoever puts them in.
    @Test func modelsThinkAsTheyLearned() async throws {
        let trainer = try Trainer<Double>(task, small(thinkSteps: 2))
        try await trainer.steps(20)
        let folder = try TemporaryFolder()
        try await trainer.checkpoint().write(to: folder.path("a"))
        let model = try Model<Double>(contentsOf: folder.path("a"))
        #expect(model.thinkSteps == 2)
        #expect(try model.withSlots(9).thinkSteps == 2)
        // The same parameters without such steps, which are put in by hand.
        let plain = try Model(layout: model.layout, parameters: model.parameters)
        let episodes = try TaskEpisodes(task, batchSize: 1, seed: 3)
        var evaluation = try Evaluation(model, of: episodes, count: 40)
        _ = try evaluation.advance()
        var (score, nats) = (EpisodeScore(), 0.0)
        for index in 0..<40 {
            let episode = episodes.heldOut(index)
            let asked = try #require(episode.weights.firstIndex { $0 > 0 })
            let outputs = try plain.answers(to: [episode.thinking(2)])[0]
            let own = Array(outputs[..<(3 * asked)] + outputs[(3 * (asked + 2))...])
            #expect(try model.answers(to: [episode])[0] == own)
            #expect(try plain.answers(to: [episode])[0] != own)
            score += try EpisodeScore(episode, outputs: own, task.output)
            nats -= episode.logLikelihood(own, task.output)
            if index == 0 {
                let trace = try model.trace(episode)
                #expect(trace.steps == episode.steps + 2 && abs(trace.loss.nats - nats) < 1e-4 * nats)
            }
        }
        #expect(evaluation.score == score && abs(evaluation.loss.nats - nats) < 1e-4 * nats)
        for try await report in trainer.run(TrainingLimits(maxSteps: 24)) where report.endsPeriod {
            #expect(report.validPredictions ?? 0 > 0)
        }
    }

    /// By a model that answers 1 to everything.
    @Test func onlyThePresentLessonIsScored() throws {
        let lessons = Self.lessons
        var source = try EpisodeSegments(task, small(curriculum: lessons))
        let episodes = try TaskEpisodes(task, batchSize: 7, seed: 3, curriculum: lessons)
        var (found, expected, all) = ((right: 0, count: 0), (right: 0, count: 0), 0)
        for step in 0..<20 {
            let segment = try source.segment(step: step, lesson: 2)
            let score = source.score([Float](repeating: 1, count: segment.steps * segment.lanes * 3), lesson: 2)
            found = (found.right + score.right, found.count + score.count)
            let batch = episodes.batch(step: step, lesson: 2)
            let present = batch.filter { $0.lesson == 2 }.map(\.episode)
            let right = present.count { episode in
                (0..<episode.steps).allSatisfy { step in
                    episode.weights[step] == 0 || episode.targetVectors[3 * step..<3 * step + 3].allSatisfy { $0 == 1 }
                }
            }
            expected = (expected.right + right, expected.count + present.count)
            all += batch.count
        }
        #expect(found == expected && expected.count < all && expected.right > 0)
    }

    @Test func anotherTaskIsRefused() async throws {
        let checkpoint = try await Trainer<Double>(task, small()).checkpoint()
        for other in [CopyTask(bits: 3, length: 1...5), CopyTask(bits: 4, length: 1...4)] {
            let source = try EpisodeSegments(other, small(other))
            #expect(throws: TrainingError.differentSource(path: "the checkpoint", source: "task")) {
                _ = try Trainer(resuming: checkpoint, source)
            }
        }
        #expect(throws: TrainingError.differentSource(path: "the checkpoint", source: "task")) {
            _ = try Trainer(resuming: checkpoint, smallCorpus())
        }
    }

    /// Each held-out episode by itself.
    @Test(arguments: [1, 2, 3], [1, 31, 33, 100])
    func evaluationCountsEachEpisode(threads: Int, count: Int) async throws {
        let trainer = try Trainer<Double>(task, small())
        try await trainer.steps(20)
        let model = await trainer.currentModel
        let episodes = try TaskEpisodes(task, batchSize: 1, seed: 3)
        var evaluation = try Evaluation(model, of: episodes, count: count, threads: threads)
        #expect(try evaluation.advance() && evaluation.part == 1)
        var (score, likelihood, loss) = (EpisodeScore(), 0.0, Loss())
        for index in 0..<count {
            let episode = episodes.heldOut(index)
            let outputs = try model.answers(to: [episode])[0]
            score += try EpisodeScore(episode, outputs: outputs, task.output)
            likelihood += episode.logLikelihood(outputs, task.output)
            let segment = try EpisodeBatch([episode], task.input, task.output).segment
            var state = try RecurrentState<Double>(model.layout, lanes: 1)
            let runner = try SegmentRunner<Double>(model.layout, steps: segment.steps, lanes: 1)
            loss += try runner.forward(parameters: model.parameters, segment: segment, state: &state)
        }
        #expect(evaluation.score == score && evaluation.loss.count == loss.count && score.sequences == count)
        #expect(abs(evaluation.loss.nats - loss.nats) < 1e-9 * loss.nats)
        #expect(abs(likelihood + loss.nats) < 1e-4 * loss.nats)  // outputs are rounded to float
        #expect(evaluation.streams == nil && evaluation.measure == .bitsPerBit)
        #expect(abs(try #require(evaluation.bitsPerSequence) - loss.nats / log(2) / Double(count)) < 1e-9)
    }

    /// By hand: nothing is better than no mistake, however small the loss.
    @Test func whatIsLearnedEnds() {
        var record = TrainingRecord(configuration: small(), fingerprint: "", size: 0)
        func validate(_ value: Double, wrong: Bool) -> Bool {
            record.step += 4
            let episode = Episode(vectors: [0, 0, 0, 0], targetVectors: [1, 1, 1], weights: [1])
            let score = try? EpisodeScore(episode, outputs: [1, 1, wrong ? -1 : 1], .bits(3))
            return record.validated(HeldOutLoss(value: value, predictions: 3, score: score))
        }
        #expect(validate(1, wrong: true) && record.validationsSinceBest == 0)
        #expect(validate(0.5, wrong: false) && record.validationsSinceBest == 0 && record.learningRateFactor == 1)
        #expect(validate(0.4, wrong: false) && record.validationsSinceBest == 1 && record.learningRateFactor == 0.5)
        #expect(validate(0.3, wrong: false) && record.validationsSinceBest == 2)
        #expect(validate(0.2, wrong: true) && record.validationsSinceBest == 0)
        #expect(!validate(0.6, wrong: false) && record.validationsSinceBest == 1)
        #expect(record.bestLoss == 0.2)
    }

    @Test func aModelOfATaskWritesNoText() async throws {
        let model = try await Trainer<Double>(task, small()).currentModel
        #expect(throws: TrainingError.noText) { try model.vocabulary }
        #expect(throws: TrainingError.noText) {
            try Sampler(model, options: SamplingOptions(), generator: SeededGenerator(seed: 1))
        }
    }

    @Test func moreSlotsHoldTheSameParameters() async throws {
        let model = try await Trainer<Double>(task, small()).currentModel
        let larger = try model.withSlots(50)
        #expect(larger.parameters == model.parameters && larger.layout.configuration.slots == 50)
        #expect(throws: CoreError.self) { try model.withSlots(0) }
    }

    @Test func measures() {
        let loss = Loss(nats: 3 * log(2), count: 2)
        for measure in Measure.allCases {
            #expect(abs(measure.value(of: loss) - (measure == .squaredError ? 3 * log(2) : 1.5)) < 1e-12)
        }
        #expect(
            Measure(.bits(2)) == .bitsPerBit && Measure(.reals(2)) == .squaredError && Measure(.symbols(2)) == .bitsPerSymbol)
        #expect(Measure(TokenKind.bytes) == .bitsPerByte && Measure(TokenKind.characters) == .bitsPerCharacter)
    }

    /// Steps behind the last that is asked are left out, and no more.
    @Test func trimming() throws {
        let episodes = [(1, 1...1), (1, 3...3)].map { seed, length in
            var generator = SeededGenerator(seed: UInt64(seed))
            return CopyTask(bits: 2, length: length).episode(using: &generator)
        }
        let segment = try EpisodeBatch(episodes, .vector(3), .bits(2)).segment
        #expect(segment.steps == 7 && segment.trimmed() == segment)
        let short = segment.part(0..<1).trimmed()
        #expect(short == (try EpisodeBatch([episodes[0]], .vector(3), .bits(2)).segment) && short.steps == 3)
        let text = Segment(inputs: [1, 2], targets: [2, Segment.noTarget])
        #expect(text.trimmed() == text)
    }
}

@Suite struct LineTests {
    private func lines(_ text: String, maximumLength: Int? = nil, overlong: EpisodeFile.Overlong = .refuse) throws -> LineFile {
        try LineFile(Corpus(text: text, validFraction: 0), maximumLength: maximumLength, overlong: overlong)
    }

    @Test(arguments: ["ab\nc\n\nßd", "ab\nc\n\nßd\n", "\n\nab\nc\nßd\n\n"])
    func eachLineIsAnEpisode(text: String) throws {
        let file = try lines(text)
        #expect(file.count == 3 && file.longest == 3 && file.cutEpisodes == 0)
        let vocabulary = file.vocabulary
        #expect(vocabulary == Vocabulary(characters: "\nabcdß".unicodeScalars))
        #expect(try (0..<3).map { try vocabulary.decode(file.symbols(at: $0)) } == ["ab", "c", "ßd"])
        let episode = try file.episode(at: 2)
        #expect(try episode.symbols == vocabulary.encode("\nßd") && episode.targetSymbols == vocabulary.encode("ßd\n"))
        #expect(episode.weights == [1, 1, 1])
    }

    @Test func aSingleLineHasAnEnd() throws {
        let file = try lines("ab")
        #expect(file.count == 1 && file.vocabulary.count == 3)
        #expect(try LineFile(Corpus(text: "ab", tokens: .bytes, validFraction: 0)).vocabulary == .bytes)
    }

    @Test func longLines() throws {
        #expect(throws: EpisodeFileError.self) { try lines("ab\nßßß\n", maximumLength: 2) }
        let cut = try lines("ab\nßßß\n", maximumLength: 2, overlong: .cut)
        #expect(cut.cutEpisodes == 1 && cut.longest == 3)
        #expect(try cut.vocabulary.decode(cut.symbols(at: 1)) == "ßß")
        #expect(throws: EpisodeFileError.self) { try lines("\n\n") }
        #expect(throws: EpisodeFileError.self) { try lines("a", maximumLength: 0) }
    }

    /// The likelihood of a line is what the model expects symbol by symbol, in any company.
    @Test func likelihoodsAreThoseOfReadingAlone() async throws {
        var configuration = TrainingConfiguration.small(smallModels[2])
        configuration.source = .lines(EpisodeReading())
        let file = try lines("eins\nzwei\ndrei\n\nvierundzwanzig\nelf\nzwölf")
        let trainer = try Trainer<Double>(EpisodeSegments(file, configuration), configuration)
        try await trainer.steps(30)
        let model = await trainer.currentModel
        let episodes = try (0..<file.count).map { try file.episode(at: $0) }
        let together = try zip(episodes, model.answers(to: episodes)).map { $0.logLikelihood($1, file.output) }
        for (index, episode) in episodes.enumerated() {
            var (session, alone) = (try InferenceSession(model), 0.0)
            for (input, target) in zip(episode.symbols, episode.targetSymbols) {
                try session.read(input)
                alone += session.logProbability(of: target)
            }
            #expect(abs(together[index] - alone) < 1e-4)
            let single = try episode.logLikelihood(model.answers(to: [episode])[0], file.output)
            #expect(abs(together[index] - single) < 1e-6)
        }
    }

    /// A lane begins anew with each line.
    @Test func linesDoNotKnowOfEachOther() async throws {
        let sampler = try TextSampler.lines(of: await trainedModel(), options: SamplingOptions(), seed: 7)
        let all = try sampler.texts(0..<70, longest: 20)
        #expect(try (0..<70).map { try sampler.texts($0..<$0 + 1, longest: 20)[0] } == all)
    }

    /// Drawn from a constant model: the same lines for the same numbers, in any company; ended at the length asked for.
    @Test func drawnLines() throws {
        let model = try constantModel(of: "\nab", logits: [1, 2, 1.5])
        let sampler = try TextSampler.lines(of: model, options: SamplingOptions(), seed: 7)
        let all = try sampler.texts(0..<100, longest: 5)
        #expect(try sampler.texts(37..<41, longest: 5) == Array(all[37..<41]))
        #expect(all.allSatisfy { $0.count <= 5 && $0.allSatisfy { (1...2).contains($0) } })
        // e / (e + e^2 + e^1.5) = 0.186 of lines are empty: four standard deviations of 100 are 15.6.
        #expect((3...34).contains(all.count { $0.isEmpty }) && Set(all).count > 20)
    }
}
