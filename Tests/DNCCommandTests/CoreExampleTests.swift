// The C core's own reader of checkpoints, through its examples in C and in Python, beside the command.

import DNC
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: coreWithExamples != nil, "needs make and a C compiler")) struct CoreExampleTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.write(madeUpText(syllables: ["bé", "漢", "\"o\"", "😀\\", "a\u{301}\t"]), to: "wide.txt")
    }

    static let kinds =
        ["dnc", "lstm", "rnn"].flatMap { model in
            ["characters", "bytes"].flatMap { tokens in ["float", "double"].map { [model, tokens, $0] } }
        } + [["lstm", "words", "float"], ["dnc", "words", "double"]]

    /// The example, for a shell.
    private var generate: String {
        get throws { "'\(try #require(coreWithExamples))/build/examples/generate'" }
    }

    /// A model of this kind, trained for a moment.
    private func train(_ kind: [String], _ arguments: String...) throws {
        let sizes = ["--hidden", "12"] + (kind[0] == "dnc" ? ["--slots", "4", "--width", "3", "--read-heads", "2"] : [])
        let outcome = try sandbox.dnc(
            [
                "train", "--data", "wide.txt", "--out", "run", "--model", kind[0], "--tokens", kind[1], "--precision", kind[2],
                "--batch-size", "4", "--seq-length", "7", "--max-steps", "60", "--valid-every", "60",
            ] + sizes + arguments)
        try #require(outcome.status == 0, "\(outcome.error)")
    }

    private func expectTheSameText() throws {
        for (length, seed, temperature, topK) in [(300, 1, 0.8, nil), (200, 7, 1.4, 5), (100, 3, 0, nil)]
            as [(Int, Int, Double, Int?)]
        {
            let options = ["--length", "\(length)", "--seed", "\(seed)", "--temperature", "\(temperature)"]
            let expected = try sandbox.dnc(["sample", "run", "--raw"] + options + (topK.map { ["--top-k", "\($0)"] } ?? []))
            let actual = try sandbox.shell(
                "exec \(try generate) run/best.safetensors \(length) \(seed) \(temperature) \(topK ?? 0)")
            #expect(actual.status == 0 && actual.output == expected.output, "\(actual.error)")
        }
    }

    @Test(arguments: kinds)
    func generateWritesTheTextOfSample(kind: [String]) throws {
        try train(kind)
        try expectTheSameText()
    }

    /// A prompt of words, some of which are spelled.
    @Test func generateReadsWords() throws {
        try sandbox.write(String(repeating: "An ant, an “aunt” and  the ants of 漢 字.\n", count: 60), to: "wide.txt")
        try train(["lstm", "words", "double"])
        for prompt in ["an ant", "An aunt and ants an", "x", " the “ants of ant 漢 字 an ", "tant  an\nan ant"] {
            let arguments = ["sample", "run", "--raw", "--length", "30", "--temperature", "0.8", "--prompt", prompt]
            let (expected, actual) = (
                try sandbox.dnc(arguments),
                try sandbox.shell("exec \(try generate) run/best.safetensors 30 1 0.8 0 '\(prompt)'")
            )
            #expect(expected.output == Data(prompt.utf8) + actual.output || prompt == "x" && actual.status != 0, "\(prompt)")
        }
    }

    @Test(arguments: ["none", "allocation=none,memory-start=drawn"])
    func generateBeginsTheMemoryAnew(variant: String) throws {
        try train(["dnc", "characters", "float"], "--no-carry-memory", "--variant", variant)
        try expectTheSameText()
    }

    /// A model that another program trained: the command uses it as its own, and does not train it further.
    @Test func theCommandReadsWhatTrainSaves() throws {
        let core = try #require(coreWithExamples)
        try FileManager.default.createDirectory(atPath: sandbox.url("run").path, withIntermediateDirectories: true)
        let saved = try sandbox.shell("exec '\(core)/build/examples/train' wide.txt 150 run/best.safetensors")
        try #require(saved.status == 0, "\(saved.error)")
        try expectTheSameText()

        // Byte for byte what the package's own writer makes of it.
        let path = sandbox.url("run/best.safetensors").path
        let file = try SafeTensorsFile(contentsOf: path)
        var writer = SafeTensorsWriter(metadata: file.metadata)
        for tensor in try CheckpointHeader(contentsOf: path).layout.parameters {
            try writer.add(tensor.name, shape: tensor.shape, values: file.values(tensor.name, as: Float.self))
        }
        try writer.write(to: sandbox.url("again.safetensors").path)
        #expect(try Data(contentsOf: sandbox.url("again.safetensors")) == Data(contentsOf: sandbox.url("run/best.safetensors")))

        let bpc = try #require(try sandbox.dnc("eval", "run", "--data", "wide.txt", "--json").json["loss"] as? Double)
        #expect(bpc < 4)  // it has learned from this text; guessing is 8

        let info = try sandbox.dnc("info", "run").text
        #expect(info.contains("dnc, 48 hidden, 8 slots of width 8, 1 read head, float"))
        #expect(info.contains("256 bytes") && info.contains("by another program, 151 steps"))
        let json = try sandbox.dnc("info", "run", "--json").json
        #expect(json["step"] as? Int == 151 && (json["training"] == nil || json["training"] is NSNull))
        #expect(try sandbox.dnc("trace", "run", "--out", "trace.safetensors", "--length", "20").status == 0)

        try FileManager.default.copyItem(at: sandbox.url("run/best.safetensors"), to: sandbox.url("run/last.safetensors"))
        for refused in [
            ["train", "--data", "wide.txt", "--out", "run", "--resume"], ["export", "run", "--header", "model.h"],
        ] {
            try sandbox.expectRefusal(refused, 65, says: "another program trained it")
        }
    }

    @Test func generateRefusesWhatIsNoCheckpoint() throws {
        for file in ["text.txt", "absent"] {
            let outcome = try sandbox.shell("exec \(try generate) \(file)")
            #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.error.contains("generate: \(file): "))
        }
    }

    @Test(.enabled(if: python("import numpy") != nil, "needs Python with numpy"), arguments: kinds)
    func pythonComputesTheLossOfEval(kind: [String]) throws {
        for memory in kind[0] == "dnc" ? ["--carry-memory", "--no-carry-memory"] : ["--carry-memory"] {
            try? sandbox.remove("run")
            try train(kind, memory)
            let program = """
                import sys
                sys.path.insert(0, sys.argv[1])
                import dnc
                model = dnc.Model(sys.argv[2])
                text = open(sys.argv[3], "rb").read()
                print(*model.loss(text if sys.argv[4] == "bytes" else text.decode()))
                """
            let examples = try #require(coreWithExamples) + "/examples"
            let (model, text) = (sandbox.url("run/best.safetensors").path, sandbox.url("wide.txt").path)
            let output = try #require(python(program, examples, model, text, kind[1]))
            let numbers = output.split(separator: " ").compactMap { Double($0.trimmingCharacters(in: .newlines)) }
            let expected = try sandbox.dnc("eval", "run", "--data", "wide.txt", "--streams", "1", "--json").json
            let (nats, symbols) = (try #require(expected["nats"] as? Double), try #require(expected["predictions"] as? Int))
            try #require(numbers.count == 2)
            // Words count as their characters in eval, and as one symbol each in Python.
            #expect(kind[1] == "words" ? numbers[1] < Double(symbols) : numbers[1] == Double(symbols))
            #expect(abs(numbers[0] - nats) / Double(symbols) < (kind[2] == "float" ? 1e-5 : 1e-11))
        }
    }
}
