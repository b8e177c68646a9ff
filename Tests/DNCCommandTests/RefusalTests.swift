// Bad input: a clear error, and nothing created or changed.

import Foundation
import Testing

@Suite struct RefusalTests {
    let sandbox: Sandbox
    let train = ["train", "--data", "text.txt", "--out", "run", "--max-steps", "40"] + Sandbox.small

    init() throws { sandbox = try Sandbox() }

    @Test(arguments: [
        ("", "is empty"), ("a", "1 symbol, --seq-length 8 needs at least 9"), ("abcdefgh", "--seq-length 6"),
        ("abc\ndefghijklmnopqrstuv\u{0}", nil),
    ])
    func shortTexts(text: String, complaint: String?) throws {
        try sandbox.write(text, to: "text.txt")
        guard let complaint else {
            #expect(try sandbox.dnc(train).status == 0)  // just long enough
            return
        }
        try sandbox.expectRefusal(train, 65, says: complaint)
    }

    @Test func notAText() throws {
        try sandbox.write(Data("abc\nde".utf8) + [0xFF] + Data("f".utf8), to: "latin.txt")
        let complaints = [
            "missing.txt": "No such file", "/dev/null": "not a regular file", "latin.txt": "byte 6 (line 2)",
            "text.txt/x": "Not a directory",
        ]
        for (data, complaint) in complaints {
            try sandbox.expectRefusal(train + ["--data", data], 65, says: "'\(data)'", complaint)
        }
        try sandbox.train()
        for (data, complaint) in complaints {
            try sandbox.expectRefusal(["eval", "run", "--data", data], 65, says: "'\(data)'", complaint)
        }
    }

    @Test func symbolsOutsideTheVocabulary() throws {
        try sandbox.train()
        try sandbox.write("bado\nrika é", to: "other.txt")
        try sandbox.expectRefusal(
            ["eval", "run", "--data", "other.txt"], 65, says: "'other.txt'", "U+00E9 'é' at byte 10 (line 2)", "vocabulary")
        for prompt in ["bé", "漢字", "ba\u{1}"] {
            let scalar = try #require(prompt.unicodeScalars.first { !"ba".unicodeScalars.contains($0) })
            let code = "U+" + String(format: "%04X", scalar.value)
            try sandbox.expectRefusal(["sample", "run", "--prompt", prompt], 65, says: code, "prompt", "vocabulary")
        }
    }

    @Test func tooShortToEvaluate() throws {
        try sandbox.train()
        try sandbox.write("b", to: "one.txt")
        try sandbox.expectRefusal(["eval", "run", "--data", "one.txt"], 65, says: "one.txt", "two symbols")
    }

    /// Flags of `train`, each with values that are no numbers or outside its range.
    @Test(arguments: [
        "--hidden": "0 -3 x 1.5 99999999999 99999999999999999999", "--slots": "0 -1 2000000", "--width": "0 -1 x",
        "--read-heads": "0 -1 x", "--batch-size": "0 -1 x 9223372036854775807", "--seq-length": "0 -1 x 9223372036854775807",
        "--shards": "0 -1 5 x", "--learning-rate": "0 -0.5 nan inf x", "--clip-norm": "-1 nan inf x",
        "--valid-fraction": "1 -0.5 7 nan x", "--max-steps": "0 -1 x 1e3", "--time-limit": "0 -1 nan inf x",
        "--seed": "-1 1.5 18446744073709551616", "--threads": "0 -1 x", "--sample-every": "-1 x", "--patience": "0 -1 x",
        "--valid-every": "0 -1 x", "--valid-symbols": "0 1 -1 x", "--precision": "half", "--model": "hopfield",
        "--optimizer": "lion",
        "--tokens": "lines",
    ])
    func badNumbersInTraining(flag: String, values: String) throws {
        for value in values.split(separator: " ").map(String.init) {
            try sandbox.expectRefusal(train + ["\(flag)=\(value)"], 64, says: flag, value)
            if value.hasPrefix("-") { try sandbox.expectRefusal(train + [flag, value], 64, says: flag, value) }
        }
    }

    @Test func badNumbersElsewhere() throws {
        try sandbox.train()
        for (flag, value) in [
            ("--length", "-1"), ("--length", "x"), ("--temperature", "-1"), ("--temperature", "nan"), ("--top-k", "0"),
            ("--top-k", "-1"), ("--seed", "-1"),
        ] { try sandbox.expectRefusal(["sample", "run", "\(flag)=\(value)"], 64, says: flag, value) }
        for (flag, value) in [("--valid-fraction", "1"), ("--valid-fraction", "-0.5"), ("--valid-fraction", "x")] {
            try sandbox.expectRefusal(["eval", "run", "--data", "text.txt", "\(flag)=\(value)"], 64, says: flag, value)
        }
        for (flag, value) in [
            ("--hidden", "0"), ("--slots", "-1"), ("--batch-size", "0"), ("--seq-length", "0"), ("--symbols", "0"),
            ("--per-tensor", "0"), ("--width", "x"),
        ] { try sandbox.expectRefusal(["gradcheck", "\(flag)=\(value)"], 64, says: flag, value) }
    }

    @Test(arguments: ["rnn", "lstm"])
    func memorySizesWithoutAMemory(model: String) throws {
        try sandbox.expectRefusal(
            ["train", "--data", "text.txt", "--model", model, "--slots", "4"], 64, says: "--slots", model)
        try sandbox.expectRefusal(["gradcheck", "--model", model, "--width", "4"], 64, says: "--width", model)
    }

    @Test func absurdSizesAreRefusedBeforeAllocating() throws {
        let sizes = ["--hidden", "1000000", "--slots", "100000"]
        try sandbox.expectRefusal(train + sizes, 64, says: "GiB", "choose smaller sizes")
        try sandbox.expectRefusal(["gradcheck"] + sizes, 64, says: "GiB", "choose smaller sizes")
        // And so where the address space would not hold them: the refusal comes from a computation, not from an allocation.
        let command = Sandbox.last(of: train + sizes).joined(separator: " ")
        let outcome = try sandbox.shell("ulimit -v 4000000; exec \"$DNC\" \(command)")
        #expect(outcome.status == 64 && outcome.error.contains("choose smaller sizes"))
    }

    @Test func noEndInSight() throws {
        let endless = ["train", "--data", "text.txt", "--out", "run"] + Sandbox.small
        try sandbox.expectRefusal(endless + ["--valid-fraction", "0"], 64, says: "--max-steps", "--time-limit")
        // A single held-out symbol is predicted from nothing.
        try sandbox.write("abcdefghij", to: "text.txt")
        try sandbox.expectRefusal(endless, 64, says: "--max-steps", "--time-limit")
    }

    @Test func aFileInPlaceOfTheFolder() throws {
        try sandbox.expectRefusal(train + ["--out", "text.txt"], 74, says: "text.txt", "--out")
        try sandbox.expectRefusal(train + ["--out", "text.txt/run"], 74, says: "text.txt/run", "Not a directory", "--out")
    }

    @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
    func aReadOnlyFolder() throws {
        try FileManager.default.createDirectory(at: sandbox.url("mine"), withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: sandbox.url("mine").path)
        for run in ["mine", "mine/run"] {
            try sandbox.expectRefusal(train + ["--out", run], 74, says: run, "denied", "write permission")
        }
    }

    /// A limit on the size of files stands in for a full disk: it needs no rights.
    @Test func noRoomForACheckpoint() throws {
        try sandbox.train()
        let before = try sandbox.contents
        let outcome = try sandbox.shell(
            """
            trap '' XFSZ; ulimit -f 4
            exec "$DNC" train --data text.txt --out run --resume --max-steps 60
            """)
        #expect(outcome.status == 74)
        for word in ["run/", ".safetensors", "File too large", "free space"] { #expect(outcome.error.contains(word)) }
        for file in ["run/last.safetensors", "run/best.safetensors"] { #expect(try sandbox.contents[file] == before[file]) }
        #expect(try sandbox.contents.count == before.count)
        try sandbox.train("--resume", "--max-steps", "60")
    }
}

@Suite struct DamagedCheckpointTests {
    let sandbox: Sandbox
    let commands = [
        ["info", "run/last.safetensors"], ["eval", "run/last.safetensors", "--data", "text.txt"],
        ["sample", "run/last.safetensors"], ["train", "--data", "text.txt", "--out", "run", "--resume", "--max-steps", "60"],
    ]

    init() throws {
        sandbox = try Sandbox()
        try sandbox.train()
    }

    func expectRefusal(_ bytes: Data, says words: String, _ comment: String) throws {
        try sandbox.write(bytes, to: "run/last.safetensors")
        for command in commands {
            let outcome = try sandbox.dnc(command)
            #expect(outcome.status == 65, "\(comment): \(command[0]): \(outcome.error)")
            #expect(outcome.error.contains("run/last.safetensors") && outcome.error.contains(words), "\(outcome.error)")
            #expect(outcome.output.isEmpty)
        }
        #expect(try sandbox.contents["run/last.safetensors"] == bytes)
    }

    @Test func cutOff() throws {
        let bytes = try #require(try sandbox.contents["run/last.safetensors"] ?? nil)
        for length in [0, 7, 8, 9, 1000, bytes.count / 2, bytes.count - 1] {
            try expectRefusal(bytes.prefix(length), says: "truncated", "\(length) bytes")
        }
        try expectRefusal(bytes + [0], says: "1 bytes follow", "a byte more")
    }

    @Test func aByteChanged() throws {
        let bytes = try #require(try sandbox.contents["run/last.safetensors"] ?? nil)
        // The header's length, its brace, and in it names, numbers and quotation marks.
        for position in [0, 1, 3, 7, 8, 9, 14, 30, 400, 700, 2000] {
            var damaged = bytes
            damaged[position] ^= 0x40
            try expectRefusal(damaged, says: "use an", "byte \(position)")
        }
    }

    @Test func aText() throws {
        try expectRefusal(Data(try sandbox.read("text.txt").utf8), says: "not in safetensors format", "a text")
    }

    @Test func anotherProgramsTensors() throws {
        var file = try SavedFile(sandbox.url("run/last.safetensors"))
        file.header["__metadata__"] = ["format": "pt"]
        try expectRefusal(file.bytes, says: "no checkpoint of dnc", "no metadata")
    }

    @Test func aNumberThatIsNone() throws {
        var file = try SavedFile(sandbox.url("run/last.safetensors"))
        try file.set("interface.bias", to: .nan)
        try sandbox.write(file.bytes, to: "run/last.safetensors")
        for command in commands.dropFirst() { try sandbox.expectRefusal(command, 65, says: "run/last", "interface.bias") }
    }

    @Test func aNumberThatIsNoneInWhatOnlyTrainingNeeds() throws {
        for tensor in ["optimizer.mean_of_squares.output.bias", "state.memory"] {
            var file = try SavedFile(sandbox.url("run/best.safetensors"))
            try file.set(tensor, to: .nan)
            try sandbox.write(file.bytes, to: "run/last.safetensors")
            try sandbox.expectRefusal(commands[3], 65, says: "run/last", "its numbers are not those of its dnc.fingerprint")
        }
    }

    @Test(
        arguments: [
            ("step", Int.max), ("step", -1), ("predictions", Int.max), ("periodCount", Int.max), ("seconds", 1e300),
            ("validationsSinceBest", -1),
        ] as [(String, any Sendable)])
    func aProgressThatCannotBe(key: String, value: any Sendable) throws {
        var file = try SavedFile(sandbox.url("run/last.safetensors"))
        var record = try file.metadata("dnc.training")
        record[key] = value
        try file.setMetadata("dnc.training", to: record)
        try expectRefusal(file.bytes, says: "dnc.training", key)
    }

    @Test(arguments: [
        ("batchSize", 0), ("batchSize", 1 << 62), ("sequenceLength", 1 << 62), ("shards", 0), ("validFraction", 2),
    ])
    func settingsThatCannotBe(key: String, value: Int) throws {
        var file = try SavedFile(sandbox.url("run/last.safetensors"))
        var record = try file.metadata("dnc.training")
        var configuration = try #require(record["configuration"] as? [String: Any])
        configuration[key] = value
        record["configuration"] = configuration
        try file.setMetadata("dnc.training", to: record)
        try expectRefusal(file.bytes, says: "use another checkpoint", key)
    }
}
