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

    private func reports<Scalar>(
        _ trainer: Trainer<Scalar>, _ limits: TrainingLimits
    ) async throws -> [TrainingProgress] {
        var reports: [TrainingProgress] = []
        for try await report in trainer.run(limits) { reports.append(report) }
        return reports
    }

    /// Step 10 is reported twice: as such, and with the validation at the end. The twin only steps, and so knows no
    /// plateaus.
    @Test func reportsEveryStepAndValidatesEveryFourth() async throws {
        var configuration = TrainingConfiguration.small(smallModels[1])
        configuration.plateauFactor = 1
        let trainer = try Trainer<Double>(corpus, configuration)
        let twin = try Trainer<Double>(corpus, configuration)
        var steps: [Int] = []
        var (period, symbols, best) = (Loss(), 0, Double.infinity)
        for try await report in trainer.run(TrainingLimits(maxSteps: 10, reportEvery: 1)) {
            let isLast = report.step == steps.last
            steps.append(report.step)
            if !isLast {
                let loss = try await twin.step()
                period += loss
                symbols += loss.count
            }
            #expect(report.predictions == symbols)
            #expect(abs(report.trainLoss - period.nats / Double(period.count) / log(2)) < 1e-12)
            #expect(report.endsPeriod == (report.step == 4 || report.step == 8 || isLast))
            guard report.endsPeriod else {
                #expect(report.validLoss == nil && !report.isBest)
                continue
            }
            let valid = try await trainer.currentModel.evaluate(corpus.validation, limit: 20)
            let bpc = try #require(report.validLoss)
            #expect(report.validPredictions == 19 && valid.count == 19 && abs(bpc - valid.bitsPerSymbol) < 1e-12)
            #expect(report.isBest == (bpc < best))
            best = min(best, bpc)
            period = Loss()
        }
        #expect(steps == Array(1...10) + [10])
    }

    @Test func endsAtMaxSteps() async throws {
        let quiet = TrainingLimits(maxSteps: 8, reportInterval: .seconds(999))
        #expect(try await reports(trainer, quiet).map(\.step) == [4, 8])
        #expect(try await reports(trainer, quiet).isEmpty)
        #expect(try await reports(trainer, TrainingLimits(maxSteps: 9)).last?.step == 9)
    }

    /// Reports without a break interrupt a validation, too; a run that stops and goes on there validates as if it had not.
    @Test func aValidationCanBeInterrupted() async throws {
        let corpus = try smallCorpus(String(repeating: smallText, count: 10))  // a validation of many segments
        var configuration = TrainingConfiguration.small(smallModels[1])
        configuration.validSymbols = 1000
        let trainer = try Trainer<Double>(corpus, configuration)
        var ends = try await reports(trainer, TrainingLimits(maxSteps: 9, reportInterval: .seconds(999)))
        var parts = try Trainer<Double>(corpus, configuration)
        var found: [TrainingProgress] = []
        var interruptions = 0
        while found.count < ends.count {
            for try await report in parts.run(TrainingLimits(maxSteps: 9, reportInterval: .zero)) {
                if report.endsPeriod {
                    found.append(report)
                } else if report.step % 4 == 0, interruptions < 10 {
                    interruptions += 1
                    break
                }
            }
            parts = try await Trainer(resuming: parts.checkpoint(), corpus)
        }
        for index in ends.indices {  // speed and time are of a sitting
            (ends[index].seconds, ends[index].predictionsPerSecond) = (found[index].seconds, found[index].predictionsPerSecond)
            (ends[index].gradientNorm, found[index].gradientNorm) = (0, 0)
        }
        #expect(interruptions == 10 && found == ends)
        #expect(await parts.currentModel.parameters == trainer.currentModel.parameters)
    }

    /// Updates too small to change a bit: the first validation is the best, and each after it no better.
    @Test func endsWhenPatienceDoes() async throws {
        let optimizer = OptimizerConfiguration(.sgd, learningRate: 1e-300)
        let trainer = try Trainer<Double>(corpus, .small(smallModels[0], optimizer: optimizer))
        let reports = try await reports(trainer, TrainingLimits(patience: 3, reportInterval: .seconds(999)))
        #expect(reports.map(\.step) == [4, 8, 12, 16])
        #expect(reports.map(\.isBest) == [true, false, false, false])
        let record = try await trainer.checkpoint().record
        #expect(record.bestStep == 4 && record.bestLoss == reports[0].validLoss)
        #expect(record.validationsSinceBest == 3 && record.learningRateFactor == 0.125)
    }

    /// A step of momentum descent is the momentum times the learning rate, which a plateau has made smaller.
    @Test func plateausSlowLearningDown() async throws {
        let optimizer = OptimizerConfiguration(.sgd, learningRate: 8)
        let trainer = try Trainer<Double>(corpus, .small(smallModels[0], optimizer: optimizer))
        _ = try await reports(trainer, TrainingLimits(patience: 2))
        let before = try await trainer.checkpoint()
        try await trainer.step()
        let after = try await trainer.checkpoint()
        let rate = 8 * before.record.learningRateFactor
        #expect(rate < 8)
        let momentum = try #require(after.optimizer.moments["momentum"])
        let expected = zip(before.model.parameters, momentum).map { $0 - rate * $1 }
        #expect(difference(after.model.parameters, expected) < 1e-12)
    }

    @Test func timeLimitOfZeroDoesNothing() async throws {
        #expect(try await reports(trainer, TrainingLimits(timeLimit: .zero)).isEmpty)
        #expect(try await trainer.checkpoint().record.step == 0)
    }

    @Test func cancellationEndsTheSequence() async throws {
        let trainer = trainer
        let steps = try await Task {
            var steps: [Int] = []
            for try await report in trainer.run(TrainingLimits(reportEvery: 1)) {
                steps.append(report.step)
                if report.step == 3 { withUnsafeCurrentTask { $0?.cancel() } }
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
        let reports = try await reports(trainer, TrainingLimits(maxSteps: 12, patience: 1))
        #expect(reports.last?.step == 12)
        #expect(reports.allSatisfy { $0.validLoss == nil && !$0.isBest && $0.endsPeriod == ($0.step % 4 == 0) })
    }

    @Test func reportingIntervalOfZeroCountsAsOne() async throws {
        var limits = TrainingLimits(maxSteps: 3)
        limits.reportEvery = 0
        #expect(try await reports(trainer, limits).map(\.step) == [1, 2, 3, 3])
    }
}
