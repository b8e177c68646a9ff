// Batches of fresh episodes, and lessons.

import DNCCore
import Foundation
import Testing

@testable import DNCTasks

@Suite struct TaskEpisodesTests {
    @Test func batchesAreAFunctionOfSeedAndStep() throws {
        let task = CopyTask()
        let one = try TaskEpisodes(task, batchSize: 4, seed: 1)
        #expect(one.input == task.input && one.output == task.output)
        let steps = [0, 1, 2, 1_000_000, -1].map { one.batch(step: $0) }
        #expect(steps.allSatisfy { $0.count == 4 })
        #expect(try TaskEpisodes(task, batchSize: 4, seed: 1).batch(step: 2) == steps[2])
        #expect(Set(steps).count == 5)
        let other = try TaskEpisodes(task, batchSize: 4, seed: 2)
        #expect(Set((0..<5).map { other.batch(step: $0) } + (0..<5).map { one.batch(step: $0) }).count == 10)
    }

    @Test func evaluationNeverMeetsTraining() throws {
        let episodes = try TaskEpisodes(CopyTask(length: 20...20), batchSize: 8, seed: 1)
        let training = Set((0..<200).flatMap { episodes.batch(step: $0) }.map(\.episode))
        let heldOut = Set((0..<1600).map { episodes.heldOut($0) })
        #expect(training.count == 1600 && heldOut.count == 1600 && training.isDisjoint(with: heldOut))
        #expect(episodes.heldOut(7) == episodes.heldOut(7))
        // Nor by another seed.
        let other = try TaskEpisodes(CopyTask(length: 20...20), batchSize: 1, seed: 2)
        #expect(training.isDisjoint(with: (0..<1600).map { other.heldOut($0) }))
    }

    @Test func reviewMixesEarlierLessons() throws {
        let lengths = [1, 3, 5].map { Curriculum.Lesson(["length": .list([.integer($0), .integer($0)])]) }
        let episodes = try TaskEpisodes(
            CopyTask(), batchSize: 100, seed: 1, curriculum: Curriculum(lengths, review: 0.2))
        var counts = [0, 0, 0]
        for step in 0..<20 {
            for episode in episodes.batch(step: step, lesson: 2) {
                #expect((episode.episode.steps - 1) / 2 == [1, 3, 5][episode.lesson])
                counts[episode.lesson] += 1
            }
        }
        // Of 2000, 1600 of the last lesson and 200 of each of the others; four standard deviations are 72 and 54.
        #expect((1528...1672).contains(counts[2]) && (146...254).contains(counts[0]) && (146...254).contains(counts[1]))
        #expect(episodes.batch(step: 0, lesson: 0).allSatisfy { $0.lesson == 0 })
        #expect((0..<10).allSatisfy { episodes.heldOut($0).steps == 11 } && episodes.longest == 11)
    }

    @Test func refusals() {
        #expect(
            message { _ = try TaskEpisodes(CopyTask(), batchSize: 0, seed: 1) }
                == "the batch size is 0; it must be 1 or more")
        #expect(throws: TaskError.self) { try TaskEpisodes(CopyTask(bits: 0), batchSize: 1, seed: 1) }
    }
}

@Suite struct CurriculumTests {
    private func curriculum(_ json: String) throws -> Curriculum {
        try JSONDecoder().decode(Curriculum.self, from: Data(json.utf8))
    }

    @Test func isData() throws {
        let read = try curriculum(#"{"lessons": [{"options": {"length": [1, 2]}, "success": 0.5}, {"options": {}}, {}]}"#)
        #expect(
            read
                == Curriculum([
                    .init(["length": .list([.integer(1), .integer(2)])], success: 0.5), .init([:], success: 0.9), .init(),
                ]))
        #expect(read.review == 0.1 && read.window == 256)
        #expect(try JSONDecoder().decode(Curriculum.self, from: JSONEncoder().encode(read)) == read)
        let tasks = try read.tasks(CopyTask(bits: 3))
        #expect(tasks.map { $0 as? CopyTask } == [CopyTask(bits: 3, length: 1...2), CopyTask(bits: 3), CopyTask(bits: 3)])
    }

    @Test(arguments: [
        #"{"lessons": [{"sucess": 0.5}]}"#, #"{"lessons": [], "revew": 0.5}"#, #"{"review": 0.5}"#,
        #"{"lessons": [{"options": {"length": {}}}]}"#,
    ])
    func misspelt(_ json: String) {
        #expect(throws: DecodingError.self) { try curriculum(json) }
    }

    @Test(arguments: [
        (Curriculum([]), "the curriculum has no lessons; give it one at least"),
        (
            Curriculum([.init(), .init(success: 1.5), .init()]),
            "lesson 2 of 3 asks for a success of 1.5, which is no fraction of sequences that can be reached; choose one above 0 and at "
                + "most 1"
        ),
        (
            Curriculum([.init(success: .nan)]),
            "lesson 1 of 1 asks for a success of nan, which is no fraction of sequences that can be reached; choose one above 0 and at "
                + "most 1"
        ),
        (Curriculum([.init()], review: 1), "the share of earlier lessons is 1.0; it must be 0 or more and below 1"),
        (Curriculum([.init()], window: 0), "the success is estimated over 0 sequences; it must be 1 or more"),
        (
            Curriculum([.init(), .init(["bits": .integer(3)])]),
            "lesson 2 reads or answers other numbers of symbols or bits than lesson 1, and one model is to learn both; leave the options "
                + "that change these sizes to the task"
        ),
        (
            Curriculum([.init(), .init(["lenth": .integer(3)])]),
            "lesson 2: the task copy has no option \"lenth\"; did you mean length? its options are bits, length, sequences"
        ),
    ])
    func refusals(_ curriculum: Curriculum, _ expected: String) {
        #expect(message { _ = try curriculum.tasks(CopyTask()) } == expected)
    }

    /// What is asked at last is the task itself, whatever it is, after the next number of as many digits.
    @Test(arguments: ArithmeticTask.Operation.allCases)
    func ofArithmetic(_ operation: ArithmeticTask.Operation) throws {
        let task = ArithmeticTask(operation: operation, base: 7, length: 3...4)
        guard let curriculum = task.settings.curriculum else {
            #expect(operation == .successor)
            return
        }
        let next = ArithmeticTask(operation: .successor, base: 7, length: 3...4)
        #expect(try curriculum.tasks(task).map { $0 as? ArithmeticTask } == [next, task])
    }

    /// By hand: a window of 10 sequences, batches of 5, so that each batch leaves half of those before it.
    @Test func progress() throws {
        let curriculum = Curriculum([.init(success: 0.8), .init(success: 0.5), .init(success: 0.1)], window: 10)
        var progress = CurriculumProgress()
        func record(_ right: Int, of count: Int) -> Bool { progress.record(right: right, of: count, in: curriculum) }
        #expect(progress.success == nil && progress.lesson == 0)
        #expect(!record(5, of: 5))  // all right, but too few
        #expect(progress.success == 1 && progress.sequences == 5)
        #expect(!record(2, of: 5))  // (2.5 + 2) / (2.5 + 5) = 0.6
        #expect(abs((progress.success ?? 0) - 0.6) < 1e-12)
        #expect(!record(0, of: 0) && progress.sequences == 10)
        #expect(!record(4, of: 5))  // (2.25 + 4) / (3.75 + 5) = 0.714
        let copy = try JSONDecoder().decode(CurriculumProgress.self, from: JSONEncoder().encode(progress))
        #expect(copy == progress)
        #expect(record(5, of: 5))  // (3.125 + 5) / (4.375 + 5) = 0.867
        #expect(progress.lesson == 1 && progress.success == nil && progress.sequences == 0)
        #expect(record(10, of: 20) && progress.lesson == 2)
        #expect(!record(20, of: 20))  // there is no other
        #expect(progress.lesson == 2 && progress.success == 1)
    }
}
