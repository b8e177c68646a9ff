// Episodes, side by side, and scored.

import DNCCore
import Foundation
import Testing

@testable import DNCTasks

@Suite struct EpisodeTests {
    @Test func builder() throws {
        let input = ModelInput(symbols: 5, symbolsPerStep: 2, vector: 3)
        var builder = EpisodeBuilder(input, .symbols(7, groups: 2))
        builder.add(reads: .symbol(4))
        builder.add(reads: .symbols([1, 0]), asks: .symbol(6), weight: 0.5)
        builder.add(reads: .channel(1, value: 2), asks: .symbols([0, 3]))
        builder.add(reads: StepContent(symbols: [2], vector: [1, 2, 3]))
        let expected = Episode(
            symbols: [4, -1, 1, 0, -1, -1, 2, -1], vectors: [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 2, 3],
            targetSymbols: [-1, -1, 6, -1, 0, 3, -1, -1], weights: [0, 0.5, 1, 0])
        #expect(builder.episode == expected && builder.episode.steps == 4)
        try expected.check(input, .symbols(7, groups: 2))

        builder = EpisodeBuilder(.vector(1), .reals(2))
        builder.add(reads: .vector([0.5]), asks: .vector([3]))
        builder.add()
        #expect(builder.episode == Episode(vectors: [0.5, 0], targetVectors: [3, 0, 0, 0], weights: [1, 0]))
    }

    /// A stretch of answers begins behind a step that asks nothing: not with the first step, and not with the second of two.
    @Test func thinking() throws {
        let episode = Episode(
            symbols: [0, 1, 2, 3, 4, 5], vectors: [10, 11, 12, 13, 14, 15], targetSymbols: [6, -1, 7, 8, -1, 9],
            weights: [1, 0, 0.5, 1, 0, 2])
        let expected = Episode(
            symbols: [0, 1, -1, -1, 2, 3, 4, -1, -1, 5], vectors: [10, 11, 0, 0, 12, 13, 14, 0, 0, 15],
            targetSymbols: [6, -1, -1, -1, 7, 8, -1, -1, -1, 9], weights: [1, 0, 0, 0, 0.5, 1, 0, 0, 0, 2])
        #expect(episode.thinking(2) == expected && episode.thinking(0) == episode)
        let outputs = (0..<20).map(Float.init)
        #expect(episode.own(outputs, perStep: 2, thinking: 2) == [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 18, 19])
        #expect(episode.own(outputs, perStep: 2, thinking: 0) == outputs)
        // Steps of several numbers.
        let bits = Episode(vectors: [1, 2, 3, 4], targetVectors: [0, 0, 0, 1, 1, 1], weights: [0, 1])
        #expect(
            bits.thinking(1)
                == Episode(vectors: [1, 2, 0, 0, 3, 4], targetVectors: [0, 0, 0, 0, 0, 0, 1, 1, 1], weights: [0, 0, 1]))
        #expect(Episode(weights: []).thinking(3) == Episode(weights: []))
    }

    /// As many stretches as the tasks say, or fewer, with longest episodes of just that.
    @Test(arguments: [
        CopyTask(length: 1...3, sequences: 2) as any EpisodeTask, RepeatCopyTask(length: 1...2, repeats: 1...2),
        AssociativeRecallTask(length: 2...3), EchoTask(),
    ])
    func thinkingFits(_ task: any EpisodeTask) throws {
        let episodes = try TaskEpisodes(task, batchSize: 1, seed: 1)
        let steps = (0..<100).map { episodes.heldOut($0).thinking(3).steps }
        let most = task.longest + 3 * task.stretches
        #expect(steps.allSatisfy { $0 <= most } && episodes.longest(thinking: 3) == most)
        #expect(task is EchoTask || steps.contains(most))
    }

    private static let sound = Episode(
        symbols: [0, -1], vectors: [1, 2], targetVectors: [0, 1, 1, 0], weights: [0, 1])

    private static func changed(_ change: (inout Episode) -> Void) -> Episode {
        var episode = sound
        change(&episode)
        return episode
    }

    @Test(arguments: [
        (sound, "nothing was thrown"),
        (Episode(weights: []), "an episode has no steps; give it one at least"),
        (
            changed { $0.symbols = [0] },
            "symbols has 1 elements; 2 steps of 1 need 2: make it, and the sizes of the task's input and output, agree"
        ),
        (
            changed { $0.vectors = [0] },
            "vectors has 1 elements; 2 steps of 1 need 2: make it, and the sizes of the task's input and output, agree"
        ),
        (
            changed { $0.targetSymbols = [0] },
            "targetSymbols has 1 elements; 2 steps of 0 need 0: make it, and the sizes of the task's input and output, agree"
        ),
        (
            changed { $0.targetVectors = [] },
            "targetVectors has 0 elements; 2 steps of 2 need 4: make it, and the sizes of the task's input and output, agree"
        ),
        (changed { $0.symbols = [0, 3] }, "symbols has 3 at step 1; it must be below 3, or -1 for none"),
        (changed { $0.symbols = [-2, 0] }, "symbols has -2 at step 0; it must be below 3, or -1 for none"),
        (changed { $0.vectors[1] = .nan }, "vectors has nan at step 1; it must be a finite number"),
        (changed { $0.targetVectors[3] = .infinity }, "targetVectors has inf at step 1; it must be a finite number"),
        (changed { $0.weights[0] = .infinity }, "weights has inf at step 0; it must be a finite number"),
        (changed { $0.weights[0] = -1 }, "the weight of step 0 is -1.0; it must be 0 or more"),
        (
            changed { $0.targetVectors[2] = 0.5 },
            "targetVectors has 0.5 at step 1; it must be 0 or 1, or the output of kind reals"
        ),
    ])
    func checks(_ episode: Episode, _ expected: String) {
        #expect(message { try episode.check(ModelInput(symbols: 3, vector: 1), .bits(2)) } == expected)
    }

    @Test func checksAnswersThatAreSymbols() {
        let output = ModelOutput.symbols(4, groups: 2)
        #expect(throws: Never.self) {
            try Episode(vectors: [1], targetSymbols: [3, -1], weights: [1]).check(.vector(1), output)
        }
        #expect(
            message { try Episode(vectors: [1], targetSymbols: [3, 4], weights: [1]).check(.vector(1), output) }
                == "targetSymbols has 4 at step 0; it must be below 4, or -1 for none")
    }
}

@Suite struct EpisodeBatchTests {
    /// Lengths 2, 1 and 3, padded by hand; two lanes would do.
    private let episodes = [
        symbolEpisode([0, 1], [-1, 2]), symbolEpisode([3], [3]), symbolEpisode([2, 2, 1], [0, -1, 1]),
    ]
    private let input = ModelInput.symbols(4)
    private let output = ModelOutput.symbols(4)

    @Test func padded() throws {
        let batch = try EpisodeBatch(episodes, input, output)
        #expect(batch.segment.steps == 3 && batch.segment.lanes == 3)
        #expect(batch.segment.inputs == [0, 3, 2, 1, -1, 2, -1, -1, 1])
        #expect(batch.segment.targets == [-1, 3, 0, 2, -1, -1, -1, -1, 1])
        #expect(batch.segment.weights == [0, 1, 1, 1, 0, 0, 0, 0, 1])
        #expect(batch.segment.begins == [1, 1, 1, 0, 1, 0, 1, 0, 0])
        #expect(batch.segment.inputVectors == [] && batch.segment.targetVectors == [])
        #expect(batch.places.map(\.lane) == [0, 1, 2] && batch.places.map(\.steps) == [0..<2, 0..<1, 0..<3])
    }

    /// The longest first: 3 in lane 0, 2 in lane 1, 1 behind it.
    @Test func packed() throws {
        let batch = try EpisodeBatch(episodes, lanes: 2, input, output)
        #expect(batch.segment.steps == 3 && batch.segment.lanes == 2)
        #expect(batch.segment.inputs == [2, 0, 2, 1, 1, 3])
        #expect(batch.segment.targets == [0, -1, -1, 2, 1, 3])
        #expect(batch.segment.weights == [1, 0, 0, 1, 1, 1])
        #expect(batch.segment.begins == [1, 1, 0, 0, 0, 1])
        #expect(batch.places.map(\.lane) == [1, 1, 0] && batch.places.map(\.steps) == [0..<2, 2..<3, 0..<3])
        let roomy = try EpisodeBatch(episodes, lanes: 1, input, output)
        #expect(
            roomy.segment.lanes == 1 && roomy.segment.inputs == [2, 2, 1, 0, 1, 3]
                && roomy.segment.begins == [1, 0, 0, 1, 0, 1])
        #expect(roomy.segment.weights == [1, 0, 1, 0, 1, 1])
        // Of 4, 3, 3, 2 and 2 steps: both of 3 in one lane, all else in the other, which is then the longer.
        let uneven = [2, 3, 4, 2, 3].map { count in
            Episode(
                symbols: Array(repeating: 1, count: count), targetSymbols: Array(repeating: 2, count: count),
                weights: Array(repeating: 1, count: count))
        }
        let balanced = try EpisodeBatch(uneven, lanes: 2, input, output)
        #expect(balanced.segment.steps == 8 && balanced.places.map(\.lane) == [0, 1, 0, 0, 1])
    }

    /// Each episode is where its place says, with all that it has, and the rest is padding.
    @Test func roundTrip() throws {
        let task = CopyTask(bits: 3, length: 1...9)
        let episodes = draw(task, seeds: 0..<40)
        let batches = try [
            EpisodeBatch(episodes, task.input, task.output),
            EpisodeBatch(episodes, lanes: 7, task.input, task.output),
        ]
        for batch in batches {
            var taken: Set<[Int]> = []
            for (index, episode) in episodes.enumerated() {
                #expect(batch.elements(of: index, in: batch.segment.inputVectors, perStep: 4) == episode.vectors)
                #expect(batch.elements(of: index, in: batch.segment.targetVectors, perStep: 3) == episode.targetVectors)
                #expect(batch.elements(of: index, in: batch.segment.weights, perStep: 1) == episode.weights)
                let begins = batch.elements(of: index, in: batch.segment.begins, perStep: 1)
                #expect(begins == [1] + Array(repeating: 0, count: episode.steps - 1))
                for step in batch.places[index].steps { taken.insert([step, batch.places[index].lane]) }
            }
            #expect(taken.count == episodes.map(\.steps).reduce(0, +))  // no two in one place
            // Behind the last of a lane padding begins.
            let steps = batch.segment.steps
            let ends = Set(batch.places.map { [$0.lane, $0.steps.upperBound] })
            let begins = Set(batch.places.map { [$0.lane, $0.steps.lowerBound] })
            #expect(
                batch.segment.begins.count { $0 == 1 } == begins.union(ends.filter { $0[1] < steps }).count
                    && batch.segment.begins.count == steps * batch.segment.lanes)
            let asked = Float(episodes.map { $0.weights.reduce(0, +) }.reduce(0, +))
            #expect(batch.segment.weights.reduce(0, +) == asked)
        }
        #expect(batches[0].segment.lanes == 40 && batches[0].segment.steps == episodes.map(\.steps).max())
        // Lanes of nearly the same length, the longest first.
        let ends = (0..<7).map { lane in batches[1].places.filter { $0.lane == lane }.map(\.steps.upperBound).max() ?? 0 }
        #expect(ends == ends.sorted(by: >) && ends[0] - ends[6] <= 19 && batches[1].segment.steps == ends[0])
        #expect(ends[0] <= EpisodeBatch.steps(longest: 19, episodes: 40, lanes: 7))
        #expect(EpisodeBatch.steps(longest: 5, episodes: 4, lanes: 4) == 5)
        #expect(EpisodeBatch.steps(longest: 5, episodes: 9, lanes: 4) == 15)
    }

    @Test func refusals() {
        #expect(throws: EpisodeError.self) { try EpisodeBatch(episodes, .symbols(3), output) }
        #expect(throws: EpisodeError.self) { try EpisodeBatch(episodes, lanes: 2, input, .symbols(2)) }
    }

    @Test func noEpisodes() throws {
        let batch = try EpisodeBatch([], input, output)
        #expect(batch.segment.steps == 0 && batch.segment.lanes == 0 && batch.segment.inputs.isEmpty)
    }
}

@Suite struct EpisodeScoreTests {
    private func counts(_ score: EpisodeScore) -> [Int] {
        [score.sequences, score.sequencesRight, score.answers, score.wrongAnswers]
    }

    @Test func bits() throws {
        let episode = Episode(vectors: [0, 0, 0], targetVectors: [1, 1, 1, 0, 0, 1], weights: [0, 1, 0.5])
        func score(_ outputs: [Float]) throws -> EpisodeScore { try EpisodeScore(episode, outputs: outputs, .bits(2)) }
        #expect(counts(try score([-9, -9, 2, -0.1, -3, 0.1])) == [1, 1, 4, 0])  // what is not asked does not count
        #expect(counts(try score([9, 9, -2, -0.1, -3, 0.1])) == [1, 0, 4, 1])
        #expect(counts(try score([9, 9, -2, 0.1, 3, -0.1])) == [1, 0, 4, 4])
        #expect(counts(try score([0, 0, 0, 0, 0, 0])) == [1, 0, 4, 4])  // undecided
        #expect(counts(try score([0, 0, .nan, .nan, -1, 1])) == [1, 0, 4, 2])
        #expect(
            message { _ = try score([1]) } == "there are 1 outputs; 3 steps of 2 have 6")
    }

    @Test func symbols() throws {
        // Two softmaxes of three classes; the second is not asked at step 1, nor anything at step 0.
        let episode = Episode(symbols: [0, 0, 0], targetSymbols: [2, 2, 1, -1, 0, 2], weights: [0, 1, 1])
        func score(_ outputs: [Float]) throws -> EpisodeScore {
            try EpisodeScore(episode, outputs: outputs, .symbols(3, groups: 2))
        }
        let notAsked: [Float] = [9, 0, 0, 9, 0, 0]
        #expect(counts(try score(notAsked + [0, 1, 0.5, 0, 0, 0] + [2, 1, 1, -1, -1, 0])) == [1, 1, 3, 0])
        #expect(counts(try score(notAsked + [0, 1, 1.5, 0, 0, 0] + [2, 1, 1, -1, -1, 0])) == [1, 0, 3, 1])
        #expect(counts(try score(notAsked + [0, 1, 0.5, 0, 0, 0] + [2, 2, 1, 0, -1, -1])) == [1, 0, 3, 2])  // a tie is wrong
        #expect(counts(try score(notAsked + [.nan, .nan, .nan, 0, 0, 0] + [2, .nan, 1, -1, -1, 0])) == [1, 0, 3, 2])
        let single = Episode(symbols: [0], targetSymbols: [0], weights: [1])
        #expect(counts(try EpisodeScore(single, outputs: [.nan], .symbols(1))) == [1, 0, 1, 1])
    }

    @Test func reals() throws {
        let episode = Episode(vectors: [0, 0], targetVectors: [1, -1, 5, 5], weights: [1, 0])
        let score = try EpisodeScore(episode, outputs: [1.05, -1.5, 0, 0], .reals(2))
        #expect(counts(score) == [1, 0, 2, 1] && abs(score.squaredError - (0.0025 + 0.25)) < 1e-6)
        #expect(counts(try EpisodeScore(episode, outputs: [1.05, -1.5, 0, 0], .reals(2), tolerance: 0.5)) == [1, 1, 2, 0])
        #expect(counts(try EpisodeScore(episode, outputs: [.nan, .infinity, 0, 0], .reals(2))) == [1, 0, 2, 2])
    }

    @Test func sums() throws {
        let episode = Episode(vectors: [0], targetVectors: [1, 0], weights: [1])
        let silent = Episode(vectors: [0], targetVectors: [1, 0], weights: [0])
        var sum = EpisodeScore()
        #expect(sum.errorRate == nil && sum.sequencesRightRate == nil && !sum.isRight)
        let right = try EpisodeScore(episode, outputs: [1, -1], .bits(2))
        #expect(right.isRight)
        sum += right
        let wrong = try EpisodeScore(episode, outputs: [1, 1], .bits(2))
        #expect(!wrong.isRight)
        sum += wrong
        let nothing = try EpisodeScore(silent, outputs: [1, 1], .bits(2))
        #expect(!nothing.isRight && counts(nothing) == [0, 0, 0, 0])
        sum += nothing
        #expect(counts(sum) == [2, 1, 4, 1] && sum.errorRate == 0.25 && sum.sequencesRightRate == 0.5)
    }
}

@Suite struct LikelihoodTests {
    /// By hand, each step by its weight.
    @Test func likelihoods() {
        let bits = Episode(vectors: [0, 0], targetVectors: [1, 0, 1, 1], weights: [2, 0])
        #expect(abs(bits.logLikelihood([0, log(3), 9, 9], .bits(2)) - 2 * (log(0.5) + log(0.25))) < 1e-6)
        let symbols = Episode(symbols: [0, 0], targetSymbols: [1, Episode.noSymbol, 0, 0], weights: [1, 0.5])
        let logits: [Float] = [0, log(3), 7, 7, 0, 0, 0, log(7)]
        #expect(abs(symbols.logLikelihood(logits, .symbols(2, groups: 2)) - (log(0.75) + 0.5 * (log(0.5) + log(0.125)))) < 1e-6)
        let reals = Episode(vectors: [0], targetVectors: [1, -1], weights: [3])
        #expect(abs(reals.logLikelihood([2, 1], .reals(2)) + 3 * (0.5 + 2)) < 1e-12)
    }
}
