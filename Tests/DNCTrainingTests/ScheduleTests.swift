// How the learning rate goes with the steps.

import DNCCore
import DNCData
import Foundation
import Testing

@testable import DNCTraining

@Suite struct ScheduleTests {
    private func factors(_ schedule: LearningRateSchedule, _ steps: [Int]) -> [Double] {
        steps.map { schedule.factor(step: $0) }
    }

    /// A quarter of the way along half a cosine is (1 + sqrt(1/2)) / 2, between 0.2 and 1.
    @Test func byHand() {
        let steps = [0, 1, 2, 3, 4, 6, 8, 12, 13, 20, 1000]
        #expect(factors(LearningRateSchedule(), steps) == steps.map { _ in 1 })
        #expect(
            factors(LearningRateSchedule(.constant, warmUp: 4), steps) == [0.25, 0.5, 0.75] + steps.dropFirst(3).map { _ in 1 })
        // Half of it in 8 steps, a fourth root of that in 2.
        let exponential = factors(LearningRateSchedule(.exponential, warmUp: 4, period: 8, periodFactor: 0.5), steps)
        let halves = [0.25, 0.5, 0.75, 1, 1, pow(2, -0.25), pow(2, -0.5), 0.5, pow(2, -1.125), 0.25, pow(2, -124.5)]
        #expect(zip(exponential, halves).allSatisfy { abs($0 - $1) <= 1e-15 * $1 }, "\(exponential)")
        let quarter = 0.2 + 0.8 * (1 + 0.5.squareRoot()) / 2
        let once = factors(LearningRateSchedule(.cosine, warmUp: 4, period: 8, leastRate: 0.2), steps)
        let expected = [0.25, 0.5, 0.75, 1, 1, quarter, 0.6, 0.2, 0.2, 0.2, 0.2]
        #expect(difference(once, expected) < 1e-15, "\(once)")
        let anew = factors(LearningRateSchedule(.cosine, warmUp: 4, period: 8, leastRate: 0.2, restarts: true), steps)
        #expect(
            anew[7] == 1 && anew[9] == 1 && anew[8] == LearningRateSchedule(.cosine, period: 8, leastRate: 0.2).factor(step: 1))
        #expect(abs(anew[10] - 0.6) < 1e-15)  // 996 is 124 periods and a half
    }

    /// The rules as PyTorch (ExponentialLR, CosineAnnealingLR) publishes them.
    @Test(arguments: [1, 7, 1000], [0.0, 0.125])
    func agreesWithPyTorch(period: Int, least: Double) {
        let cosine = LearningRateSchedule(.cosine, period: period, leastRate: least)
        let exponential = LearningRateSchedule(.exponential, period: period, periodFactor: 0.3)
        for step in 0...3 * period {
            let t = Double(min(step, period)) / Double(period)
            #expect(abs(cosine.factor(step: step) - (least + (1 - least) * (1 + cos(.pi * t)) / 2)) < 1e-15)
            let rate = pow(0.3, Double(step) / Double(period))
            #expect(abs(exponential.factor(step: step) - rate) < 1e-14 * rate)
        }
    }

    @Test(arguments: [
        (LearningRateSchedule(), nil), (LearningRateSchedule(.constant), "constant"),
        (LearningRateSchedule(warmUp: 9), "plateau, after 9 steps of warm-up"),
        (LearningRateSchedule(.exponential, period: 7), "exponential by 0.5 in 7 steps"),
        (
            LearningRateSchedule(.cosine, warmUp: 9, period: 7, leastRate: 0.25, restarts: true),
            "cosine to 0.25 in 7 steps, again and again, after 9 steps of warm-up"
        ),
        (LearningRateSchedule(.cosine, leastRate: 0.5), "cosine to 0.5 at the end"),
    ])
    func inWords(_ schedule: LearningRateSchedule, _ words: String?) throws {
        #expect(schedule.summary == words)
        try schedule.validate()
        #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
    }

    @Test(arguments: [
        LearningRateSchedule(warmUp: -1), .init(period: 3), .init(.constant, period: 3), .init(.cosine, restarts: true),
        .init(.exponential), .init(.cosine, period: 0), .init(.exponential, period: 3, periodFactor: 0),
        .init(.exponential, period: 3, periodFactor: 1.5), .init(.cosine, period: 3, leastRate: -0.1),
        .init(.cosine, period: 3, leastRate: 1.1), .init(.cosine, period: 3, leastRate: .nan), .init(warmUp: .max),
    ])
    func refusesSettings(_ schedule: LearningRateSchedule) {
        #expect(throws: TrainingError.self) { try schedule.validate() }
    }

    // MARK: To the end of a run

    @Test func aPlanGoesEvenlyToTheEnd() {
        let plan = RunPlan(step: 10, place: 0.5, steps: 4)
        #expect([0, 10, 11, 12, 14, 15, 1000].map(plan.place(at:)) == [0.5, 0.5, 0.625, 0.75, 1, 1, 1])
        for (plan, isPossible) in [
            (plan, true), (RunPlan(step: 21, place: 0.5, steps: 4), false), (RunPlan(step: -1, place: 0, steps: 4), false),
            (RunPlan(step: 0, place: 1.5, steps: 4), false), (RunPlan(step: 0, place: .nan, steps: 4), false),
            (RunPlan(step: 0, place: 0, steps: 0), false),
        ] {
            #expect(plan.isPossible(after: 20) == isPossible, "\(plan)")
        }
        let cosine = LearningRateSchedule(.cosine, warmUp: 2, leastRate: 0.2)
        #expect(cosine.factor(step: 0, place: 0) == 0.5 && cosine.factor(step: 5, place: 0) == 1)
        #expect(abs(cosine.factor(step: 5, place: 0.5) - 0.6) < 1e-15 && cosine.factor(step: 5, place: 1) == 0.2)
    }

    /// As a cosine of so many steps; and a run of more steps that has been interrupted is as one that has not.
    @Test func stepsSayWhereTheEndIs() async throws {
        let ending = try trainer(LearningRateSchedule(.cosine))
        for try await report in ending.run(TrainingLimits(maxSteps: 30, reportEvery: 1)) where report.step < 30 {
            #expect(report.learningRate == 8 * LearningRateSchedule(.cosine, period: 30).factor(step: report.step))
        }
        let first = try trainer(LearningRateSchedule(.cosine))
        for try await report in first.run(TrainingLimits(maxSteps: 30, reportEvery: 1)) where report.step == 12 { break }
        let resumed = try await Trainer(resuming: first.checkpoint(), smallCorpus())
        for try await _ in resumed.run(TrainingLimits(maxSteps: 30)) {}
        let (whole, parts) = (try await ending.checkpoint(), try await resumed.checkpoint())
        #expect(whole.record.step == 30 && whole.model.parameters == parts.model.parameters)
        #expect(whole.record.learningRate < 1e-30)
    }

    /// However fast the machine is, the rate is at its lowest when the time is over, and higher again where there is more of it.
    @Test func timeSaysWhereTheEndIs() async throws {
        let trainer = try trainer(LearningRateSchedule(.cosine, leastRate: 0.001))
        for try await _ in trainer.run(TrainingLimits(timeLimit: .seconds(3))) {}
        let record = try await trainer.checkpoint().record
        #expect(record.learningRate < 8 * 0.6 && record.step > 10, "\(record.learningRate)")
        let resumed = try await Trainer(resuming: trainer.checkpoint(), smallCorpus())
        var rates: [Double] = []
        for try await report in resumed.run(TrainingLimits(timeLimit: .seconds(3), reportEvery: 1)) {
            rates.append(report.learningRate)
        }
        // Half of the time in all is over: half of the rate.
        #expect(abs((rates.first ?? 0) - 4) < 2 && rates.last ?? 8 < rates[0], "\(rates.prefix(3)) ... \(rates.suffix(3))")
    }

    // MARK: In a run

    private func trainer(_ schedule: LearningRateSchedule) throws -> Trainer<Double> {
        var configuration = TrainingConfiguration.small(smallModels[0], optimizer: .init(.sgd, learningRate: 8))
        configuration.schedule = schedule
        return try Trainer(smallCorpus(), configuration)
    }

    /// Only the schedule, whatever validations say.
    @Test func reportsHaveTheRateInForce() async throws {
        let schedule = LearningRateSchedule(.cosine, warmUp: 3, period: 40)
        let trainer = try trainer(schedule)
        for try await report in trainer.run(TrainingLimits(maxSteps: 30, patience: 100, reportEvery: 1)) {
            #expect(report.learningRate == 8 * schedule.factor(step: report.step) && report.decayedLearningRate == nil)
        }
        let record = try await trainer.checkpoint().record
        #expect(record.learningRateFactor == 1 && record.validationsSinceBest > 0)
        #expect(record.currentConfiguration.optimizer.learningRate == 8 * schedule.factor(step: 30))
        #expect(
            record.optimizerSummary
                == "sgd at \(record.learningRate) (cosine to 0.0 in 40 steps, after 3 steps of warm-up; the rate 8.0)")
    }

    /// Other settings leave it where it is; another schedule begins at the step and the rate that there are, another rate at that.
    @Test func anotherScheduleBeginsAnew() async throws {
        let exponential = LearningRateSchedule(.exponential, period: 10)
        let trainer = try trainer(exponential)
        try await trainer.steps(10)
        let checkpoint = try await trainer.checkpoint()
        func rates(_ change: (inout TrainingConfiguration) -> Void) async throws -> [Double] {
            var configuration = checkpoint.record.currentConfiguration
            change(&configuration)
            let resumed = try Trainer(resuming: checkpoint, smallCorpus(), configuration: configuration)
            var rates = [try await resumed.checkpoint().record.learningRate]
            try await resumed.steps(10)
            rates.append(try await resumed.checkpoint().record.learningRate)
            let again = try await Trainer(resuming: resumed.checkpoint(), smallCorpus())
            #expect(try await again.checkpoint().record.learningRate == rates[1])
            return rates
        }
        #expect(try await rates { $0.optimizer.clipNorm = 3 } == [4, 2])
        #expect(try await rates { $0.schedule = LearningRateSchedule(.constant) } == [4, 4])
        #expect(try await rates { $0.schedule.periodFactor = 0.25 } == [4, 1])
        #expect(try await rates { $0.optimizer.learningRate = 6 } == [6, 3])
    }
}
