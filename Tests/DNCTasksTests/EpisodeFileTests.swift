// Files of episodes: what is read, and what is said of wrong ones.

import DNCCore
import DNCData
import Foundation
import TestSupport
import Testing

@testable import DNCTasks

@Suite struct EpisodeFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, _ name: String = "episodes.jsonl") throws -> String {
        try folder.write(text.utf8, name)
    }

    private func file(
        _ text: String, inputKind: EpisodeEncoding.InputKind? = nil, outputKind: ModelOutput.Kind? = nil,
        maximumLength: Int? = nil, overlong: EpisodeFile.Overlong = .refuse
    ) throws -> EpisodeFile {
        try EpisodeFile(
            contentsOf: write(text), inputKind: inputKind, outputKind: outputKind, maximumLength: maximumLength,
            overlong: overlong)
    }

    private func episodes(_ file: EpisodeFile) throws -> [Episode] { try (0..<file.count).map { try file.episode(at: $0) } }

    @Test func words() throws {
        let file = try file(
            """
            {"inputs": ["the", "cat", "sat", "?"], "targets": [null, null, null, "cat"]}

            {"inputs": ["é", null], "targets": ["cat", "a"], "weights": [0, 2.5]}
            """)
        #expect(file.count == 2 && file.longest == 4 && file.cutEpisodes == 0)
        #expect(file.encoding.inputWords == ["?", "cat", "sat", "the", "é"] && file.encoding.targetWords == ["a", "cat"])
        #expect(file.encoding.input == .symbols(5) && file.encoding.output == .symbols(2))
        #expect(
            try episodes(file) == [
                Episode(symbols: [3, 1, 2, 0], targetSymbols: [-1, -1, -1, 1], weights: [0, 0, 0, 1]),
                Episode(symbols: [4, -1], targetSymbols: [1, 0], weights: [0, 2.5]),
            ])
        for episode in try episodes(file) { try episode.check(file.encoding.input, file.encoding.output) }
    }

    /// Whole numbers are words, in the order of numbers; as JSON has them in any layout.
    @Test func wholeNumbers() throws {
        let file = try file(
            "\u{FEFF} { \"targets\" : [ null ,\t10 ] , \"inputs\" : [ 9 , \"10\" ] } \r\n{\"inputs\":[2],\"targets\":[7]}\r\n"
        )
        #expect(file.encoding.inputWords == ["2", "9", "10"] && file.encoding.targetWords == ["7", "10"])
        #expect(
            try episodes(file) == [
                Episode(symbols: [1, 2], targetSymbols: [-1, 1], weights: [0, 1]),
                Episode(symbols: [0], targetSymbols: [0], weights: [1]),
            ])
    }

    @Test func listsOfWords() throws {
        let file = try file(
            """
            {"inputs": [["a", "b"], "c"], "targets": [null, ["x", "y", "x"]]}
            {"inputs": [null, ["b"]], "targets": ["y", ["x", "x"]]}
            """)
        #expect(file.encoding.input == .symbols(3, perStep: 2) && file.encoding.output == .symbols(2, groups: 3))
        #expect(
            try episodes(file) == [
                Episode(symbols: [0, 1, 2, -1], targetSymbols: [-1, -1, -1, 0, 1, 0], weights: [0, 1]),
                Episode(symbols: [-1, -1, 1, -1], targetSymbols: [1, -1, -1, 0, 0, -1], weights: [1, 1]),
            ])
        let numbers = try self.file(
            #"{"inputs": [[3, 1], 20], "targets": [[1, 0], 1]}"#, inputKind: .symbols, outputKind: .symbols)
        #expect(numbers.encoding.inputWords == ["1", "3", "20"] && numbers.encoding.output == .symbols(2, groups: 2))
        #expect(
            try episodes(numbers) == [Episode(symbols: [1, 0, 2, -1], targetSymbols: [1, 0, 1, -1], weights: [1, 1])])
    }

    @Test func vectors() throws {
        let bits = #"{"inputs": [[0.5, -1e3], null], "targets": [null, [1, 0, 1.0]]}"#
        let expected = Episode(vectors: [0.5, -1000, 0, 0], targetVectors: [0, 0, 0, 1, 0, 1], weights: [0, 1])
        var file = try file(bits)
        #expect(file.encoding.input == .vector(2) && file.encoding.output == .bits(3))
        #expect(try episodes(file) == [expected])
        file = try self.file(bits, outputKind: .reals)
        #expect(file.encoding.output == .reals(3))
        #expect(try episodes(file) == [expected])
        // Bits as long as nothing else has been found.
        file = try self.file(bits + "\n" + #"{"inputs": [null], "targets": [[0, 1, 0.5]]}"#)
        #expect(file.encoding.output == .reals(3) && file.encoding.targetWords == [])
        #expect(try episodes(file)[1] == Episode(vectors: [0, 0], targetVectors: [0, 1, 0.5], weights: [1]))
    }

    /// Every bad line, with the words of its message.
    @Test(arguments: [
        (
            #"{"inputs": ["a"], "targets": ["b"]"#, 35,
            "expected }; mend the JSON there: each line is an object of its own, as jq -c writes them"
        ),
        (
            #"{"inputs": ["a"] "targets": ["b"]}"#, 18,
            "expected }; mend the JSON there: each line is an object of its own, as jq -c writes them"
        ),
        (
            #"{"inputs": ["a"], "targets": ["b"]} {}"#, 37,
            "there is text behind the end; mend the JSON there: each line is an object of its own, as jq -c writes them"
        ),
        (#"["a"]"#, 1, #"a line must hold an object such as {"inputs": ["a", null], "targets": [null, "a"]}"#),
        ("{", 2, "expected \"; mend the JSON there: each line is an object of its own, as jq -c writes them"),
        (#"{"inputs": ["a"]}"#, 1, "the field targets is missing; add it, with null where nothing is asked"),
        (#"{"targets": ["a"]}"#, 1, "the field inputs is missing; add it"),
        (
            #"{"inputs": ["a"], "target": ["b"]}"#, 29,
            "there is no field \"target\"; the fields are inputs, targets and weights"
        ),
        (
            #"{"inputs": ["a"], "inputs": ["a"], "targets": ["b"]}"#, 27,
            "the key \"inputs\" appears twice; mend the JSON there: each line is an object of its own, as jq -c writes them"
        ),
        (#"{"inputs": "a", "targets": ["b"]}"#, 12, "inputs: must be a list with an element for each step"),
        (#"{"inputs": [], "targets": []}"#, 1, "the episode has no steps; remove the line, or give it a step"),
        (
            #"{"inputs": ["a", "b"], "targets": ["b"]}"#, 35,
            "there are 2 inputs and 1 targets; give both the same number of steps, with null where nothing is read or asked"
        ),
        (
            #"{"inputs": ["a"], "targets": ["b"], "weights": [1, 1]}"#, 48,
            "there are 1 inputs and 2 weights; give both the same number of steps, with 0 where nothing is asked"
        ),
        (
            #"{"inputs": ["a"], "targets": ["b"], "weights": [-1]}"#, 49,
            "weights[0]: -1 must be a number that is 0 or more, and not beyond 32 bits"
        ),
        (
            #"{"inputs": ["a"], "targets": ["b"], "weights": [1e999]}"#, 49,
            "weights[0]: 1e999 must be a number that is 0 or more, and not beyond 32 bits"
        ),
        (#"{"inputs": ["a"], "targets": ["b"], "weights": 1}"#, 48, "weights: must be a list with a number for each step"),
        (
            #"{"inputs": [[1, NaN]], "targets": ["b"]}"#, 17,
            "inputs[0]: expected a value: JSON has no NaN and no Infinity; write a number, or null for the step"
        ),
        (
            #"{"inputs": [Infinity], "targets": ["b"]}"#, 13,
            "inputs[0]: expected a value: JSON has no NaN and no Infinity; write a number, or null for the step"
        ),
        (
            #"{"inputs": [[1, -Infinity]], "targets": ["b"]}"#, 18,
            "expected a value; mend the JSON there: each line is an object of its own, as jq -c writes them"
        ),
        (
            #"{"inputs": [[1, 1e999]], "targets": ["b"]}"#, 17,
            "inputs[0]: 1e999 is beyond the numbers of 32 bits; scale the inputs to about -1 to 1"
        ),
        (
            #"{"inputs": ["a"], "targets": [[1e39]]}"#, 32,
            "targets[0]: 1e39 is beyond the numbers of 32 bits; scale the targets to about -1 to 1"
        ),
        (
            #"{"inputs": ["a", [1]], "targets": ["b", null]}"#, 19,
            "inputs[1]: 1 is a number of a vector, and a step of the inputs holds a word, or a list of words; make all steps alike"
        ),
        (
            #"{"inputs": [0.5], "targets": ["b"]}"#, 13,
            "inputs[0]: 0.5 is no symbol: one is a string or a whole number from 0; write [0.5] for a vector of one number"
        ),
        (
            #"{"inputs": [-3], "targets": ["b"]}"#, 13,
            "inputs[0]: -3 is no symbol: one is a string or a whole number from 0; write [-3] for a vector of one number"
        ),
        (
            #"{"inputs": [[1], 3], "targets": ["b", null]}"#, 18,
            "inputs[1]: 3 stands alone, and the inputs are vectors; write [3] for a vector of one number"
        ),
        (
            #"{"inputs": [[1], "a"], "targets": ["b", null]}"#, 18,
            "inputs[1]: \"a\" is a symbol, and a step of the inputs holds a list of numbers; make all steps alike"
        ),
        (
            #"{"inputs": [[1, "a"]], "targets": ["b"]}"#, 17,
            "inputs[0]: \"a\" is a symbol, and a step of the inputs holds a list of numbers; make all steps alike"
        ),
        (
            #"{"inputs": [[1, 2], [1]], "targets": ["b", null]}"#, 21,
            "inputs[1]: the vector has 1 numbers, and the first of the inputs has 2; give all vectors of a side the same size"
        ),
        (
            #"{"inputs": [[]], "targets": ["b"]}"#, 13,
            "inputs[0]: the list holds nothing; write null where nothing is read or asked"
        ),
        (
            #"{"inputs": ["a"], "targets": [[null, null]]}"#, 31,
            "targets[0]: the list holds nothing; write null where nothing is read or asked"
        ),
        (
            #"{"inputs": [[null, 1]], "targets": ["b"]}"#, 14,
            "inputs[0]: null stands for a word or a whole step; write a number in a vector"
        ),
        (
            #"{"inputs": [true], "targets": ["b"]}"#, 13,
            "inputs[0]: a step must be a word, a whole number, a list of words or numbers, or null; this is an object, a list in a list, true or "
                + "false"
        ),
        (
            #"{"inputs": [[["a"]]], "targets": ["b"]}"#, 14,
            "inputs[0]: a step must be a word, a whole number, a list of words or numbers, or null; this is an object, a list in a list, true or "
                + "false"
        ),
        (
            #"{"inputs": [a], "targets": ["b"]}"#, 13,
            "inputs[0]: expected a value: a word, a whole number, a list of words or numbers, or null"
        ),
        (
            #"{"inputs": ["a",], "targets": ["b"]}"#, 17,
            "inputs[1]: expected a value: a word, a whole number, a list of words or numbers, or null"
        ),
    ])
    func badLines(_ line: String, column: Int, _ problem: String) throws {
        // A first line that tells nothing of the kinds.
        let path = try write(#"{"inputs": [null], "targets": [null]}"# + "\n\n" + line + "\n")
        let expected = "'\(path)', line 3, column \(column): \(problem)"
        #expect(message { _ = try EpisodeFile(contentsOf: path) } == expected)
    }

    @Test func kindsThatWereAskedFor() throws {
        #expect(
            message { _ = try file(#"{"inputs": [[0]], "targets": [[2]]}"#, outputKind: .bits) }
                .hasSuffix("line 1, column 32: targets[0]: 2 is no bit; write 0 or 1, or have the targets read as reals"))
        #expect(
            message { _ = try file(#"{"inputs": ["a"], "targets": [[2]]}"#, inputKind: .vector) }.hasSuffix(
                "line 1, column 13: inputs[0]: \"a\" is a symbol, and a step of the inputs holds a list of numbers; make all steps alike"
            ))
        #expect(
            message { _ = try file(#"{"inputs": [[0.5]], "targets": [[2]]}"#, inputKind: .symbols) }
                .contains("line 1, column 14: inputs[0]: 0.5 is no symbol"))
    }

    @Test func filesWithoutEpisodes() throws {
        for text in ["", "\n \r\n", "\u{FEFF}"] {
            let path = try write(text)
            #expect(
                message { _ = try EpisodeFile(contentsOf: path) }
                    == "'\(path)' has no episodes; give it one a line, such as "
                    + #"{"inputs": ["a", null], "targets": [null, "a"]}"#)
        }
        #expect(
            message { _ = try file(#"{"inputs": [null], "targets": ["a"]}"#) }
                .hasSuffix("reads anything: all inputs are null; give the model something to read"))
        for line in [
            #"{"inputs": ["a"], "targets": [null]}"#, #"{"inputs": ["a"], "targets": ["b"], "weights": [0]}"#,
            #"{"inputs": ["a"], "targets": [null], "weights": [1]}"#,
        ] {
            #expect(
                message { _ = try file(line) }.hasSuffix(
                    "asks anything: all targets are null, or their weights 0; give the model something to answer"))
        }
        let missing = folder.path("nowhere.jsonl")
        #expect(message { _ = try EpisodeFile(contentsOf: missing) }.hasPrefix("cannot read '\(missing)'"))
        let packed = try folder.write([0x1F, 0x8B, 8, 0], "episodes.gz")
        #expect(
            message { _ = try EpisodeFile(contentsOf: packed) }.hasSuffix(
                "the gzip data end in the middle, after 0 bytes of text; fetch or pack it again"))
        let latin = try folder.write(Array(#"{"inputs": [""#.utf8) + [0xE9] + Array(#""]}"#.utf8), "latin.jsonl")
        #expect(
            message { _ = try EpisodeFile(contentsOf: latin) }.contains(
                "column 16: the string ending here is not UTF-8; mend"))
    }

    @Test func predictions() throws {
        let encoding = try file(#"{"inputs": ["a", "b", "?"], "targets": [null, null, ["x", "y"]]}"#).encoding
        let copy = try JSONDecoder().decode(EpisodeEncoding.self, from: JSONEncoder().encode(encoding))
        #expect(copy == encoding)

        let path = try write(#"{"inputs": ["b", "c"]}"# + "\n" + #"{"inputs": ["a"], "targets": ["z"]}"#)
        #expect(
            message { _ = try EpisodeFile(contentsOf: path, encoding: encoding) }
                == "'\(path)', line 1, column 18: inputs[1]: the word \"c\" is none of the 3 that the model knows in the inputs; use one of these, "
                + "or name one that stands for all that are unknown")
        #expect(
            message { _ = try EpisodeFile(contentsOf: path, encoding: encoding, unknown: "?") }
                .contains(
                    "line 2, column 31: targets[0]: the word \"z\" is none of the 2 that the model knows in the targets"))
        #expect(
            message { _ = try EpisodeFile(contentsOf: path, encoding: encoding, unknown: "dog") }
                == "the word \"dog\", which is to stand for all that are unknown, is itself none of the model's words; name one of these"
        )
        let known = try write(#"{"inputs": ["b", "c"]}"#)
        let file = try EpisodeFile(contentsOf: known, encoding: encoding, unknown: "?")
        #expect(file.encoding == encoding)
        #expect(
            try file.episode(at: 0) == Episode(symbols: [2, 0], targetSymbols: [-1, -1, -1, -1], weights: [0, 0]))
        let crowded = try write(#"{"inputs": [["b", "a"]]}"#)
        #expect(
            message { _ = try EpisodeFile(contentsOf: crowded, encoding: encoding) }
                .hasSuffix("column 13: inputs[0]: the step has 2 words, and the model takes 1 in the inputs; leave some out")
        )
    }

    /// What a checkpoint may hold that nobody has trained.
    @Test(arguments: [
        ("\"symbols\":3", "\"symbols\":2"), ("\"symbolsPerStep\":1", "\"symbolsPerStep\":-1"),
        ("\"vector\":0", "\"vector\":1"),
        ("\"b\"", "\"a\""), ("\"groups\":2", "\"groups\":0"), ("\"size\":2", "\"size\":3"), ("\"y\"", "\"x\""),
        ("\"kind\":\"symbols\"", "\"kind\":\"bits\""), ("\"inputKind\":\"symbols\"", "\"inputKind\":\"vector\""),
    ])
    func encodingsThatAreNone(_ part: String, _ other: String) throws {
        let encoding = try file(#"{"inputs": ["a", "b", "?"], "targets": [null, null, ["x", "y"]]}"#).encoding
        let json = String(decoding: try JSONEncoder().encode(encoding), as: UTF8.self)
        let changed = json.replacingOccurrences(of: part, with: other)
        #expect(changed != json)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(EpisodeEncoding.self, from: Data(changed.utf8)) }
    }

    @Test func predictionsOfVectors() throws {
        let encoding = try file(#"{"inputs": [[1, 2]], "targets": [[0]]}"#).encoding
        #expect(
            message { _ = try EpisodeFile(contentsOf: write(#"{"inputs": [[1, 2, 3]]}"#), encoding: encoding) }.hasSuffix(
                "column 13: inputs[0]: the vector has 3 numbers, and the model's inputs have 2; give all vectors of a side the same size"
            ))
        #expect(
            message {
                _ = try EpisodeFile(contentsOf: write(#"{"inputs": [[1, 2]], "targets": [[3]]}"#), encoding: encoding)
            }
            .hasSuffix("column 35: targets[0]: 3 is no bit; write 0 or 1, or have the targets read as reals"))
        #expect(
            message { _ = try EpisodeFile(contentsOf: write(#"{"inputs": ["a"]}"#), encoding: encoding) }
                .hasSuffix(
                    "column 13: inputs[0]: \"a\" is a symbol, and a step of the inputs holds a list of numbers; make all steps alike"
                ))
    }

    /// What has been read is written and read again. A symbol that is asked with a weight of 0 was asked with 1 afterwards.
    @Test(arguments: [
        #"{"inputs": ["0", "1"], "targets": ["0", "1"], "weights": [1, 0]}"#,
        #"{"inputs": [["0", "1"], null], "targets": [["1", "0"], "0"], "weights": [0, 0.25]}"#,
        #"{"inputs": [["0", "1"], [null, "1"]], "targets": [[null, "1", null], ["0", null, "1"]]}"#,
        #"{"inputs": [[0.5, -1e3], null], "targets": [[1, 0], null]}"#,
        #"{"inputs": [[1, 0], [1e-40, 16777216]], "targets": [[0.1], [2]], "weights": [1, 3]}"#,
    ])
    func jsonLines(_ line: String) throws {
        let file = try file(line)
        let read = try episodes(file)
        let written = read[0].jsonLine(file.input, file.output)
        let copy = try self.file(written)  // in its place
        #expect(try episodes(copy) == read && copy.encoding == file.encoding)
        #expect(written.contains("weights") == line.contains("weights"))
    }

    /// A checkpoint has no room for any number of words, which is better known before training than after.
    @Test(arguments: [("a", 158_333), ("\\\"\\u0001", 86_363)])
    func tooManyWords(_ word: String, words: Int) throws {
        let lines = (100_000..<260_000).map { #"{"inputs": ["\#(word)\#($0)"], "targets": [[1]]}"# }
        #expect(
            message { _ = try file(lines.joined(separator: "\n")) }.hasSuffix(
                "line \(words + 1), column 1: here the file's \(words + 1) different words become more than a checkpoint holds, 1900000 bytes; "
                    + "write words in parts, such as letters, or numbers as lists"))
        let encoding = try file(lines.prefix(words).joined(separator: "\n")).encoding
        #expect(encoding.inputWords.count == words)
        let header = try JSONEncoder().encode(String(decoding: JSONEncoder().encode(encoding), as: UTF8.self))
        #expect((1_900_000..<1_901_000).contains(header.count))
    }

    @Test func overlongEpisodes() throws {
        let text = """
            {"inputs": ["a", "b"], "targets": ["b", "a"], "weights": [1, 2]}
            {"inputs": ["a", ["b", "c"], "a"], "targets": [null, "a", "b"]}
            """
        #expect(
            message { _ = try file(text, maximumLength: 2) }
                .hasSuffix("line 2, column 1: the episode has 3 steps, more than 2; allow for more, or have it cut"))
        let cut = try file(text, maximumLength: 2, overlong: .cut)
        #expect(cut.cutEpisodes == 1 && cut.longest == 2)
        #expect(
            try episodes(cut) == [
                Episode(symbols: [0, -1, 1, -1], targetSymbols: [1, 0], weights: [1, 2]),
                Episode(symbols: [0, -1, 1, 2], targetSymbols: [-1, 0], weights: [0, 1]),
            ])
        #expect(try file(text, maximumLength: 3).cutEpisodes == 0)
        #expect(
            message { _ = try file(text, maximumLength: 0) }
                == "episodes of at most 0 steps are asked for; the number must be 1 or more")
    }

    /// Lines across the boundaries of what is read at once, and two longer than that, of words of 20,000 letters.
    @Test func largeFiles() throws {
        let sizes = [1, 60, 3, 120, 2, 5, 5, 1]
        let words = "abcdefg".map { String(repeating: $0, count: 20_000) }
        let lines = sizes.map { size in
            let inputs = (0..<size).map { "\"\(words[$0 % 7])\"" }.joined(separator: ",")
            let targets = (0..<size).map { $0 == size - 1 ? "\($0 % 5)" : "null" }.joined(separator: ",")
            return #"{"inputs":["# + inputs + #"],"targets":["# + targets + "]}"
        }
        let file = try file(lines.joined(separator: "\n"))
        #expect(file.count == sizes.count && file.encoding.inputWords == words)
        for index in [7, 0, 3, 1, 2, 6, 4, 5] {
            let episode = try file.episode(at: index)
            #expect(episode.symbols == (0..<sizes[index]).map { Int32($0 % 7) })
            #expect(episode.weights == Array(repeating: 0, count: sizes[index] - 1) + [1])
        }
    }

    @Test func changedFiles() throws {
        let path = try write(#"{"inputs": ["a"], "targets": ["b"]}"# + "\n" + #"{"inputs": ["a"], "targets": ["c"]}"# + "\n")
        let file = try EpisodeFile(contentsOf: path)
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.seek(toOffset: 36)
        try handle.write(contentsOf: Data(#"{"inputs": ["d"], "targets": ["c"]}"#.utf8))
        #expect(message { _ = try file.episode(at: 1) }.contains("line 2, column 13: inputs[0]: the word \"d\" is none"))
        try handle.seek(toOffset: 36)
        try handle.write(contentsOf: Data(#"{"inputs":[1,1],"targets":["c",1]} "#.utf8))
        #expect(throws: EpisodeFileError.self) { try file.episode(at: 1) }
        try handle.truncate(atOffset: 40)
        #expect(message { _ = try file.episode(at: 1) }.contains("became shorter while it was in use"))
        #expect(throws: Never.self) { try file.episode(at: 0) }
        try handle.close()
    }

    @Test func shuffledBySeedAndEpoch() throws {
        let lines = (0..<10).map { #"{"inputs": [\#($0)], "targets": [\#($0)]}"# }
        let file = try file(lines.joined(separator: "\n"))
        var batches = FileEpisodes(file, batchSize: 4, seed: 1)
        func read(_ step: Int, of batches: inout FileEpisodes) throws -> [Int] {
            try batches.batch(step: step).map { Int($0.episode.symbols[0]) }
        }
        let all = try (0..<5).map { try read($0, of: &batches) }
        let orders = [all.flatMap { $0 }.prefix(10), all.flatMap { $0 }.suffix(10)].map(Array.init)
        #expect(orders.allSatisfy { $0.sorted() == Array(0..<10) } && Set(orders).count == 2)
        var another = FileEpisodes(file, batchSize: 10, seed: 2)
        #expect(try !orders.contains(read(0, of: &another)))
        let again = try read(1, of: &batches)
        #expect(again == all[1])
        var others = FileEpisodes(file, batchSize: 4, seed: 1)
        let last = try read(4, of: &others)
        #expect(last == all[4])
    }

    /// No episode is both trained on and held out, and none is lost.
    @Test(arguments: [(0.0, 0), (0.3, 3), (0.99, 9)])
    func heldOut(fraction: Double, count: Int) throws {
        let lines = (0..<10).map { #"{"inputs": [\#($0)], "targets": [\#($0)]}"# }
        let file = try file(lines.joined(separator: "\n"))
        var episodes = FileEpisodes(file, heldOutFraction: fraction, batchSize: 10 - count, seed: 1)
        #expect(episodes.count == 10 - count && episodes.heldOutCount == count)
        let trained = try episodes.batch(step: 3).map { Int($0.episode.symbols[0]) }
        let heldOut = try (0..<count).map { Int(try episodes.heldOut($0).symbols[0]) }
        #expect((trained + heldOut).sorted() == Array(0..<10))
    }

    /// The first that are held out are from all over the file: a validation may read no more of it.
    @Test func theFirstHeldOut() throws {
        let file = try file((0..<100).map { #"{"inputs": [\#($0)], "targets": [0]}"# }.joined(separator: "\n"))
        for episodes in [
            FileEpisodes(file, heldOutFraction: 0.5, batchSize: 1, seed: 1),
            FileEpisodes(file, heldOut: file, batchSize: 1, seed: 1),
        ] {
            let first = try (0..<20).map { Int(try episodes.heldOut($0).symbols[0]) }
            #expect(Set(first.map { $0 / 25 }).count == 4 && Set(first).count == 20, "\(first)")
        }
    }
}
