// Models for other programs: what Python and a C compiler make of them.

import DNC
import Foundation
import TestSupport
import Testing

@Suite struct ExportTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.write(madeUpText(syllables: ["bé", "漢", "\"o\"", "😀\\", "a\u{301}\t", "Å\u{212B}"]), to: "wide.txt")
    }

    static let kinds = [["dnc", "characters", "float"], ["lstm", "bytes", "double"], ["rnn", "characters", "float"]]
    static let hubFiles = [
        "README.md", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json",
        "model.safetensors",
    ]

    /// A model of this kind, trained for a moment.
    private func train(_ kind: [String]) throws {
        let sizes = ["--hidden", "12"] + (kind[0] == "dnc" ? ["--slots", "4", "--width", "3"] : [])
        let outcome = try sandbox.dnc(
            [
                "train", "--data", "wide.txt", "--out", "run", "--model", kind[0], "--tokens", kind[1], "--precision", kind[2],
                "--batch-size", "4", "--seq-length", "7", "--max-steps", "60", "--valid-every", "60",
            ] + sizes)
        try #require(outcome.status == 0, "\(outcome.error)")
    }

    private func export(_ arguments: String...) throws -> Outcome {
        let outcome = try sandbox.dnc(["export", "run"] + arguments)
        try #require(outcome.status == 0, "\(outcome.error)")
        return outcome
    }

    @Test(arguments: kinds)
    func hubFilesSayWhatTheModelIs(kind: [String]) throws {
        try train(kind)
        let paths = Self.hubFiles.map { "hub/" + $0 }
        #expect(try export("--hugging-face", "hub").text == paths.joined(separator: "\n") + "\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.url("hub").path).sorted() == Self.hubFiles.sorted())
        let config = try object(try sandbox.read("hub/config.json"))
        let symbols = kind[1] == "bytes" ? 256 : Set(try sandbox.read("wide.txt").unicodeScalars).count
        let memory = kind[0] == "dnc" ? [4, 3, 1] : [0, 0, 0]
        #expect(config["model_type"] as? String == "dnc" && config["architectures"] as? [String] == ["DNCForCausalLM"])
        #expect(config["model"] as? String == kind[0] && config["tokens"] as? String == kind[1])
        #expect(config["dtype"] as? String == (kind[2] == "float" ? "float32" : "float64"))
        #expect(config["vocab_size"] as? Int == symbols && config["hidden_size"] as? Int == 12)
        #expect(["memory_slots", "memory_width", "read_heads"].map { config[$0] as? Int } == memory)
        #expect(config["bos_token_id"] as? Int == (kind[1] == "bytes" ? 10 : 1))  // the line end, behind the tabulator
        #expect(try sandbox.read("hub/README.md").hasPrefix("---\nlibrary_name: dnc\n"))
    }

    @Test(.enabled(if: pythonReadsTensors, "needs Python with safetensors and numpy"), arguments: kinds)
    func pythonReadsTheSameWeights(kind: [String]) throws {
        try train(kind)
        _ = try export("--hugging-face", "hub")
        let program = """
            import sys
            from safetensors import safe_open
            with safe_open(sys.argv[1], "np") as weights, safe_open(sys.argv[2], "np") as checkpoint:
                assert weights.metadata() == {"format": "pt"}
                names = [name for name in checkpoint.keys() if name.split(".")[0] in ("controller", "interface", "output")]
                assert sorted(weights.keys()) == sorted(names)
                for name in names:
                    one, other = weights.get_tensor(name), checkpoint.get_tensor(name)
                    assert one.dtype == other.dtype and one.shape == other.shape and (one == other).all()
            print(len(names))
            """
        let files = ["hub/model.safetensors", "run/best.safetensors"].map { sandbox.url($0).path }
        #expect(python(program, files[0], files[1]) == (kind[0] == "dnc" ? "8\n" : "5\n"))
    }

    @Test(.enabled(if: python("import tokenizers") != nil, "needs Python with tokenizers"), arguments: kinds)
    func pythonMakesTheSameSymbols(kind: [String]) throws {
        try train(kind)
        _ = try export("--hugging-face", "hub")
        let program = """
            import json, sys
            from tokenizers import Tokenizer
            tokenizer = Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
            vocabulary = json.load(open(sys.argv[1] + "/vocab.json", encoding="utf-8"))
            text = open(sys.argv[2], encoding="utf-8", newline="").read()
            symbols = tokenizer.encode(text).ids
            assert tokenizer.decode(symbols) == text
            assert vocabulary == tokenizer.get_vocab()
            print(*symbols)
            """
        let every = String(String.UnicodeScalarView((0..<0x2000).compactMap { Unicode.Scalar($0) }))  // most bytes occur
        if kind[1] == "bytes" { try sandbox.write(every, to: "wide.txt") }
        let output = try #require(python(program, sandbox.url("hub").path, sandbox.url("wide.txt").path))
        let symbols = output.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        let vocabulary = try CheckpointHeader(contentsOf: sandbox.url("run/best.safetensors").path).vocabulary
        #expect(try symbols == vocabulary.encode(sandbox.read("wide.txt")))
    }

    /// Reads some symbols and prints what each stands for and the logits then, in C and in C++.
    @Test(.enabled(if: coreWithExamples != nil, "needs make and a C compiler"), arguments: kinds)
    func theHeaderIsTheModel(kind: [String]) throws {
        try train(kind)
        #expect(try export("--header", "tiny.h").text == "tiny.h\n")
        let program = """
            #include "tiny.h"
            #include <stdalign.h>
            #include <stdio.h>
            static float state[TINY_STATE], logits[TINY_SYMBOLS];
            alignas(DNC_ALIGNMENT) static float workspace[TINY_STEP_WORKSPACE / sizeof(float)];
            int main(void) {
                dnc_config config;
                const dnc_run run = dnc_run_of(1, 1);
                dnc_segment step;
                memset(&step, 0, sizeof step);
                step.struct_size = sizeof step;
                size_t bytes, parameters, numbers;
                if (tiny_config(&config) != DNC_OK || dnc_step_workspace_f32(&config, &run, &bytes) != DNC_OK ||
                    dnc_parameter_count(&config, &parameters) != DNC_OK || parameters != TINY_PARAMETERS ||
                    dnc_state_count(&config, &numbers) != DNC_OK || numbers != TINY_STATE || TINY_MEMORY_LIFETIME != 0 ||
                    bytes != TINY_STEP_WORKSPACE)
                    return 1;
                for (int32_t i = 0; i < 30; i++) {
                    const int32_t symbol = i * 7 % TINY_SYMBOLS;
                    step.inputs = &symbol;
                    if (dnc_step_f32(&config, &run, tiny_parameters, &step, state, workspace, sizeof workspace,
                                     logits) != DNC_OK)
                        return 2;
                }
                for (int i = 0; i < TINY_SYMBOLS; i++)
                    printf("%lu %.9g\\n", (unsigned long)tiny_symbols[i], (double)logits[i]);
                return 0;
            }
            """
        try sandbox.write(program, to: "tiny.c")
        let core = try #require(coreWithExamples)
        let expected = kind[2] == "float" ? try logits(as: Float.self) : try logits(as: Double.self)
        for compiler in ["cc -std=c11", "c++ -std=c++17 -x c++"] {
            let outcome = try sandbox.shell(
                """
                \(compiler) -Wall -Wextra -Werror -pedantic -I'\(core)/include' tiny.c -x none \
                -L'\(core)/build' -ldnc -Wl,-rpath,'\(core)/build' -o tiny && ./tiny
                """)
            #expect(outcome.status == 0, "\(outcome.error)")
            let lines = outcome.text.split(separator: "\n").map { $0.split(separator: " ") }
            try #require(lines.count == expected.count)
            for (line, (code, logit)) in zip(lines, expected) {
                #expect(UInt32(line[0]) == code)
                #expect(abs((Double(line[1]) ?? .nan) - logit) < 1e-6 * max(1, abs(logit)))
            }
        }
    }

    /// What each symbol stands for, and its logit after the same symbols.
    private func logits<Scalar: TrainingScalar>(as scalar: Scalar.Type) throws -> [(UInt32, Double)] {
        let model = try Checkpoint<Scalar>(contentsOf: sandbox.url("run/best.safetensors").path).model
        var session = try InferenceSession(model)
        for i in 0..<30 { try session.read(Int32(i * 7 % model.layout.symbols)) }
        let vocabulary = try model.vocabulary
        return session.logits.enumerated().map { symbol, logit in
            let bytes = vocabulary.bytes(of: Int32(symbol))
            let code =
                vocabulary.kind == .bytes
                ? UInt32(bytes[0]) : String(decoding: bytes, as: UTF8.self).unicodeScalars.first?.value ?? 0
            return (code, Double(logit))
        }
    }

    // Words as strings of C; the hub has no tokenizer for them.
    @Test(.enabled(if: coreWithExamples != nil, "needs make and a C compiler"))
    func wordsAreStringsInTheHeader() throws {
        try sandbox.write(String(repeating: "An ant's \"aunt\" \\ é of 漢字 ??/ an. ", count: 30), to: "wide.txt")
        try train(["lstm", "words", "float"])
        _ = try export("--header", "tiny.h")
        try sandbox.write(
            """
            #include "tiny.h"
            #include <stdio.h>
            int main(void) {
                for (int i = 0; i < TINY_SYMBOLS; i++)
                    puts(tiny_symbols[i]);
                return tiny_parameters[0] == 0;
            }
            """, to: "tiny.c")
        let core = try #require(coreWithExamples)
        let outcome = try sandbox.shell(
            "cc -std=c11 -Wall -Wextra -Werror -pedantic -I'\(core)/include' tiny.c -o tiny && ./tiny")
        let vocabulary = try CheckpointHeader(contentsOf: sandbox.url("run/best.safetensors").path).vocabulary
        #expect(
            outcome.text == (0..<Int32(vocabulary.count)).map { vocabulary.decode([$0]) + "\n" }.joined(), "\(outcome.error)")
        #expect(outcome.text.contains("\n ant\n"))
        try sandbox.expectRefusal(["export", "run", "--hugging-face", "hub"], 64, says: "words", "characters or bytes")
    }

    @Test func namesInTheHeaderAreThoseOfTheFile() throws {
        try train(Self.kinds[2])
        for (file, name) in [("a-b.model.h", "a_b"), ("1.h", "model_1"), ("dnc.h", "model_dnc"), (".h", "model_")] {
            _ = try export("--header", file)
            #expect(try sandbox.read(file).contains("static inline dnc_status \(name)_config("))
        }
    }

    @Test func whatIsThereStays() throws {
        try train(Self.kinds[2])
        try FileManager.default.createDirectory(atPath: sandbox.url("hub/.git").path, withIntermediateDirectories: true)
        _ = try export("--hugging-face", "hub", "--header", "tiny.h")
        try sandbox.write("mine", to: "hub/README.md")
        try sandbox.write("mine", to: "hub/notes.txt")
        try sandbox.expectRefusal(["export", "run", "--hugging-face", "hub"], 64, says: "hub/README.md", "--force")
        try sandbox.expectRefusal(["export", "run", "--header", "tiny.h"], 64, says: "tiny.h", "--force")
        try sandbox.expectRefusal(["export", "run", "--hugging-face", "text.txt"], 74, says: "text.txt", "another place")
        try sandbox.expectRefusal(
            ["export", "run", "--header", "absent/tiny.h"], 74, says: "absent/tiny.h", "another place")
        try sandbox.expectRefusal(["export", "run"], 64, says: "--hugging-face")
        try sandbox.expectRefusal(["export", "absent", "--header", "other.h"], 65, says: "absent")
        _ = try export("--hugging-face", "hub", "--header", "tiny.h", "--force")
        #expect(try sandbox.read("hub/README.md") != "mine")
        #expect(try sandbox.read("hub/notes.txt") == "mine")
    }
}
