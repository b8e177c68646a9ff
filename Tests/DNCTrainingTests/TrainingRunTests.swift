// Training as a sequence: when it reports, validates and ends.

import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

@Suite struct TrainingRunTests {
    let corpus: Corpus
    let trainer: Trainer<Double>

    init() throws {
        corpus = try smallCorpus()
        trainer = try Trainer(corpus, .small(smallModels[1]))
    }

    private func progress(_ limits: TrainingLimits) async throws -> [TrainingProgress] {
        var reports: [TrainingProgress] = []
        for try await progress in trainer.run(limits) { reports.append(progress) }
        return reports
    }

    @Test func reportsEveryStepAndValidatesEveryFourth() async throws {
        let twin = try Trainer<Double>(corpus, .small(smallModels[1]))
        let limits = TrainingLimits(maxSteps: 10, validateEvery: 4, validSymbols: 20, reportEvery: 1)
        var reports: [TrainingProgress] = []
        var (period, symbols, best) = (Loss(), 0, Double.infinity)
        for try await report in trainer.run(limits) {
            if report.step != reports.last?.step {
                let loss = try await twin.step()
                period += loss
                symbols += loss.count
            }
            reports.append(report)
            #expect(report.symbols == symbols)
            #expect(report.trainBPC == period.nats / Double(period.count) / log(2))
            #expect(report.endsPeriod == [4, 8, 10].contains(report.step))
            guard report.endsPeriod else {
                #expect(report.validBPC == nil && !report.isBest)
                continue
            }
            let model = await trainer.currentModel
            let valid = try model.evaluate(corpus.validation, limit: 20)
            #expect(valid.count == 19 && report.validBPC == valid.bitsPerSymbol)
            #expect(report.isBest == (valid.bitsPerSymbol < best))
            best = min(best, valid.bitsPerSymbol)
            period = Loss()
        }
        #expect(reports.map(\.step) == Array(1...10) + [10])
    }

    @Test func endsAtMaxSteps() async throws {
        let reports = try await progress(TrainingLimits(maxSteps: 6, validateEvery: 3, reportInterval: .seconds(999)))
        #expect(reports.map(\.step) == [3, 6])
        #expect(try await progress(TrainingLimits(maxSteps: 6)).isEmpty)
        #expect(try await progress(TrainingLimits(maxSteps: 7)).map(\.step) == [7])
    }

    /// Updates too small to change a bit: the first validation is the best, and each after it no better.
    @Test func endsWhenPatienceDoes() async throws {
        let configuration = TrainingConfiguration.small(
            smallModels[0], optimizer: OptimizerConfiguration(.sgd, learningRate: 1e-300))
        let trainer = try Trainer<Double>(corpus, configuration)
        var reports: [TrainingProgress] = []
        for try await report in trainer.run(
            TrainingLimits(patience: 3, validateEvery: 2, reportInterval: .seconds(999)))
        {
            reports.append(report)
        }
        #expect(reports.map(\.step) == [2, 4, 6, 8])
        #expect(reports.map(\.isBest) == [true, false, false, false])
        let record = try await trainer.checkpoint().record
        #expect(record.bestStep == 2 && record.bestValidBPC == reports[0].validBPC && record.validationsSinceBest == 3)
    }

    @Test func timeLimitOfZeroDoesNothing() async throws {
        #expect(try await progress(TrainingLimits(timeLimit: .zero)).isEmpty)
        #expect(try await trainer.checkpoint().record.step == 0)
    }

    @Test func cancellationEndsTheSequence() async throws {
        let trainer = trainer
        let steps = try await Task {
            var steps: [Int] = []
            for try await progress in trainer.run(TrainingLimits(reportEvery: 1)) {
                steps.append(progress.step)
                if progress.step == 3 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return steps
        }.value
        #expect(steps == [1, 2, 3])
        #expect(try await trainer.checkpoint().record.step == 3)
    }

    @Test func nothingHeldOutMeansNoValidation() async throws {
        var configuration = TrainingConfiguration.small(smallModels[0])
        configuration.validFraction = 0
        let trainer = try Trainer<Double>(Corpus(text: smallText, validFraction: 0), configuration)
        var last: TrainingProgress?
        for try await report in trainer.run(TrainingLimits(maxSteps: 4, patience: 1, validateEvery: 1)) { last = report }
        let report = try #require(last)
        #expect(report.step == 4 && report.validBPC == nil && !report.isBest && report.endsPeriod)
    }

    @Test func intervalsOfZeroCountAsOne() async throws {
        var limits = TrainingLimits(maxSteps: 2)
        (limits.validateEvery, limits.reportEvery) = (0, 0)
        #expect(try await progress(limits).map(\.step) == [1, 2])
    }

    /// `metrics.jsonl` has null where nothing is held out.
    @Test func metricsLine() async throws {
        var report = try #require(try await progress(TrainingLimits(maxSteps: 1)).first)
        (report.seconds, report.trainBPC, report.validBPC) = (1.5, 2.5, nil)
        (report.symbolsPerSecond, report.gradientNorm, report.symbols) = (100, 0.25, 42)
        #expect(
            try json(MetricsLine(report)) == """
                {"grad_norm":0.25,"learning_rate":0.1,"seconds":1.5,"step":1,"symbols":42,\
                "symbols_per_second":100,"train_bpc":2.5,"valid_bpc":null}
                """)
    }
}
