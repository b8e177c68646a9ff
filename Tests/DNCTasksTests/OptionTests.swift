// Options by their names, and what is said of wrong ones.

import DNCCore
import Foundation
import Testing

@testable import DNCTasks

@Suite struct OptionTests {
    @Test func optionsAreTheStoredProperties() {
        #expect(
            CopyTask(bits: 3).options == [
                "bits": .integer(3), "length": .list([.integer(1), .integer(20)]), "sequences": .integer(1),
            ])
        #expect(EchoTask().options.keys.sorted() == ["delay", "length", "letters"])
    }

    @Test func whatIsMissingHasItsDefault() throws {
        #expect(try CopyTask(options: [:]) == CopyTask())
        let options = try JSONDecoder().decode(
            [String: OptionValue].self, from: Data(#"{"length": [3, 5], "bits": 2}"#.utf8))
        #expect(try CopyTask(options: options) == CopyTask(bits: 2, length: 3...5))
        #expect(try CopyTask(sequences: 4).replacing(options) == CopyTask(bits: 2, length: 3...5, sequences: 4))
        for task in Tasks.all { #expect(try task.init(options: task.init().options).options == task.init().options) }
    }

    @Test func valuesGoThroughJSON() throws {
        let json = #"[1,0.5,true,"a",[1,[2]]]"#
        let values = try JSONDecoder().decode([OptionValue].self, from: Data(json.utf8))
        #expect(
            values == [.integer(1), .number(0.5), .truth(true), .text("a"), .list([.integer(1), .list([.integer(2)])])])
        #expect(String(decoding: try JSONEncoder().encode(values), as: UTF8.self) == json)
        #expect(values.map(\.description) == ["1", "0.5", "true", "\"a\"", "[1, [2]]"])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([OptionValue].self, from: Data("[{}]".utf8)) }
    }

    @Test(arguments: [
        (
            ["lenght": OptionValue.integer(3)],
            "the task copy has no option \"lenght\"; did you mean length? its options are bits, length, sequences"
        ),
        (["colour": .integer(3)], "the task copy has no option \"colour\"; its options are bits, length, sequences"),
        (["bits": .text("eight")], "the option bits of the task copy is \"eight\"; it must be of the kind of 8"),
        (["bits": .number(1.5)], "the option bits of the task copy is 1.5; it must be of the kind of 8"),
        (["bits": .integer(0)], "the option bits of the task copy is 0; it must be from 1 to 4096"),
        (
            ["length": .list([.integer(5), .integer(2)])],
            "the option length of the task copy is [5, 2]; it must be of the kind of [1, 20], the smaller number first"
        ),
        (
            ["length": .integer(7)],
            "the option length of the task copy is 7; it must be of the kind of [1, 20], the smaller number first"
        ),
        (
            ["length": .list([.integer(0), .integer(2)])],
            "the option length of the task copy is [0, 2]; it must be within [1, 1048576]"
        ),
        (
            ["length": .list([.integer(1), .integer(1000)]), "sequences": .integer(1000)],
            "an episode of the task copy may have 2001000 steps with these options, of which 1048576 are possible; choose smaller ones"
        ),
    ])
    func wrongOptions(_ options: [String: OptionValue], _ expected: String) {
        #expect(message { _ = try CopyTask(options: options) } == expected)
    }

    @Test func wrongOptionsOfOthers() {
        #expect(
            message { _ = try AssociativeRecallTask(options: ["bits": .integer(1), "itemLength": .integer(3)]) }
                == "the task associative-recall draws 6 different items, and there are only 8, of which it may take half; "
                + "choose more bits or fewer items")
        #expect(throws: Never.self) {
            try AssociativeRecallTask(bits: 1, itemLength: 3, length: 2...4).validate()
        }
        #expect(throws: TaskError.self) { try AssociativeRecallTask(length: 1...4).validate() }
        #expect(throws: TaskError.self) { try RepeatCopyTask(repeats: 0...2).validate() }
        #expect(throws: TaskError.self) { try RepeatCopyTask(normalization: 0).validate() }
        #expect(throws: TaskError.self) { try RepeatCopyTask(options: ["length": .list([.integer(1), .integer(1 << 20)])]) }
        #expect(throws: TaskError.self) { try EchoTask(options: ["letters": .integer(0)]) }
    }

    /// A task whose options JSON does not give back.
    private struct ForgetfulTask: EpisodeTask {
        static let name = "forgetful"
        static let summary = "Has an option that JSON has as an object"
        var table = ["a": 1]
        var length = 1...2
        var longest: Int { 1 }
        var input: ModelInput { .vector(1) }
        var output: ModelOutput { .bits(1) }
        func validate() throws(TaskError) {}
        func episode(using generator: inout SeededGenerator) -> Episode { Episode(weights: []) }
    }

    @Test func optionsThatAreNone() {
        #expect(
            message { _ = try ForgetfulTask(options: ["length": .list([.integer(1), .integer(1)])]) }
                == "the options of the task forgetful do not go through JSON; let its stored properties be numbers, strings, truth "
                + "values, ranges and lists")
    }

    @Test func names() throws {
        let names = Tasks.all.map { $0.name }
        #expect(Set(names).count == names.count && Set(names).isSuperset(of: ["copy", "priority-sort", "square-root"]))
        let known = "known are \(names.joined(separator: ", "))"
        for task in Tasks.all { #expect(try Tasks.named(task.name) == task) }
        #expect(message { _ = try Tasks.named("coppy") } == "there is no task \"coppy\"; did you mean copy? \(known)")
        #expect(message { _ = try Tasks.named("zzzzzz") } == "there is no task \"zzzzzz\"; \(known)")
    }
}
