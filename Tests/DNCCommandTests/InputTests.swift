// What is given to commands to read: names and prompts that are not UTF-8, pipes, and files that are no text.

import DNCTraining
import Foundation
import Testing

@Suite struct InputTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Runs a script, which must succeed.
    @discardableResult
    private func shell(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Outcome {
        let outcome = try sandbox.shell(script)
        #expect(outcome.status == 0, "\(script)\n\(outcome.error)", sourceLocation: sourceLocation)
        return outcome
    }

    private static let small = Sandbox.small.joined(separator: " ") + " --max-steps 20 --quiet"

    // MARK: Bytes

    @Test func aPromptOfBytesStaysAsItIs() throws {
        try sandbox.train("--tokens", "bytes")
        let bytes: [UInt8] = [0x64, 0xE9, 0x6A]
        let sample = try shell("p=$(printf 'd\\351j'); exec \"$DNC\" sample run --length 2 --raw --prompt \"$p\"")
        #expect(Array(sample.output.prefix(3)) == bytes && sample.output.count == 6)
        #expect(try shell("\"$DNC\" sample run --length 0 --prompt \"$(printf 'd\\351j')\"").text == "d\\xE9j\n")
        // Three symbols, as many as bytes.
        #expect(try shell("\"$DNC\" trace run --text \"$(printf 'd\\351j')\" --out trace --json").json["steps"] as? Int == 3)
        // A text that has what stands for such a byte within the program has six of its own.
        let noncharacters = "printf '\\357\\267\\236\\357\\267\\251'"
        #expect(try shell("\"$DNC\" trace run --text \"$(\(noncharacters))\" --out trace --json").json["steps"] as? Int == 6)
    }

    @Test func charactersAreRefusedByName() throws {
        try sandbox.train()
        for (arguments, name) in [("sample run --prompt", "the prompt"), ("trace run --out trace --text", "the text")] {
            let outcome = try sandbox.shell("exec \"$DNC\" \(arguments) \"$(printf 'do\\351')\"")
            #expect(outcome.status == 65 && outcome.error.contains("'\(name)' is not UTF-8 at byte 2"), "\(outcome.error)")
        }
    }

    /// In every place where a path can stand.
    @Test func pathsOfAnyBytes() throws {
        let outcome = try shell(
            """
            e=$(printf '\\351'); mv text.txt t$e; dnc() { "$DNC" "$@" || exit 1; }
            dnc train --data t$e --tensorboard \(Self.small)
            dnc train --data t$e --resume \(Self.small.replacingOccurrences(of: "20", with: "30"))
            run=runs/t$e-dnc; dnc info $run/last.safetensors; dnc sample $run --length 1; dnc eval $run --data t$e
            dnc trace $run --data t$e --length 3 --out trace$e; dnc report trace$e --out page$e; dnc report $run -o $e.html
            dnc export $run --header h$e.h --hugging-face hub$e/a
            mkdir a$e; echo '{"seed": 5}' > a$e/c$e; dnc train --print-config --config a$e/c$e > config
            cd a$e; dnc train --data ../t$e --out b/../r$e \(Self.small)
            cd ..; LC_ALL=C ls runs a$e a$e/r$e $run > names; cat config; ls hub$e/a
            """)
        #expect(outcome.text.contains("\"seed\": 5") && outcome.text.contains("vocab.json"))
        let folder = URL(fileURLWithPath: sandbox.path).path
        let names = try Data(contentsOf: sandbox.url("names"))
        #expect(names.range(of: Data("t".utf8) + [0xE9] + Data("-dnc".utf8)) != nil, "\(folder)")
        #expect(names.range(of: Data("r".utf8) + [0xE9]) != nil)
        // No file that a crash would leave, and none of another name.
        #expect(!names.contains(0xEF) && names.range(of: Data(".tmp".utf8)) == nil)
    }

    @Test func whereBytesCannotBe() throws {
        for (script, status, words) in [
            ("train --print-config --data \"$(printf 'a\\351')\"", 64, #"--data a\xE9 is not UTF-8"#),
            ("sweep sweep.json --out \"$(printf 'a\\351')\"", 64, #"folder, a\xE9, is not UTF-8"#),
            ("eval \"$(printf 'a\\351')\" --data text.txt", 65, #"a\xE9: opening failed: No such file"#),
            ("train --data b \"$(printf 'a\\351')\"", 64, #"a\xE9"#), ("sample x --seed \"$(printf 'a\\351')\"", 64, #"a\xE9"#),
        ] {
            try sandbox.write(#"{"data": "text.txt", "max-steps": 1, "grid": {"seed": [1]}}"#, to: "sweep.json")
            let outcome = try sandbox.shell("exec \"$DNC\" \(script)")
            #expect(outcome.status == status && outcome.error.contains(words), "\(script): \(outcome.error)")
        }
    }

    // MARK: Pipes

    @Test func whatIsReadOnceMayBeAPipe() throws {
        let sizes = #""hidden": 4, "batch-size": 2, "seq-length": 4, "model": "rnn", "max-steps": 2"#
        let settings = "{\"data\": \"text.txt\", \(sizes)}"
        #expect(
            try shell("echo '\(settings)' | \"$DNC\" train --config /dev/stdin --quiet --out run").text.contains("run/best"))
        let sweep = "{\"data\": \"text.txt\", \(sizes), \"grid\": {\"seed\": [1, 2]}}"
        for _ in 0..<2 {
            let outcome = try shell("echo '\(sweep)' | \"$DNC\" sweep /dev/stdin --out sweep --json --quiet")
            #expect(outcome.text.split(separator: "\n").count == 2)
        }
        #expect(try sandbox.read("sweep/sweep.json") == sweep + "\n")
        let eval = try sandbox.dnc("eval", "run", "--data", "text.txt", "--json").text
        #expect(try shell("cat text.txt | \"$DNC\" eval run --data /dev/stdin --json").text == eval)
        // A pipe without an end.
        let trace = try shell("yes bado | \"$DNC\" trace run --data /dev/stdin --length 7 --out trace --json")
        #expect(try trace.json["steps"] as? Int == 7)
    }

    @Test func aRunOnAPipeGoesOnWithTheSameText() throws {
        try sandbox.train("--max-steps", "60", run: "whole")
        let train = "\"$DNC\" train --data /dev/stdin --valid-every 20 --quiet \(Sandbox.small.joined(separator: " "))"
        try shell(
            "cat text.txt | \(train) --out run --max-steps 40 && cat text.txt | \(train) --out run --resume --max-steps 60")
        try sandbox.expectSameRuns("run", "whole")
        let other = try sandbox.shell("tac text.txt | \(train) --out run --resume --max-steps 80")
        #expect(other.status == 64 && other.error.contains("text"), "\(other.error)")
    }

    @Test func pipesThatCannotBe() throws {
        try sandbox.train()
        let sweep = #"{"data": "/dev/stdin", "max-steps": 1, "grid": {"seed": [1]}}"#
        try sandbox.write(sweep, to: "sweep.json")
        for (command, status, words) in [
            ("train --data /dev/stdin", 64, "--out is missing"), ("sweep /dev/stdin", 64, "--out is missing"),
            ("sweep sweep.json", 65, "one trial alone"), ("info /dev/stdin", 65, "/dev/stdin"),
        ] {
            let outcome = try sandbox.shell("cat sweep.json | \"$DNC\" \(command)")
            #expect(outcome.status == status && outcome.error.contains(words), "\(command): \(outcome.error)")
        }
    }

    // MARK: Texts

    @Test func whatIsNotReadIsNotRefused() throws {
        try sandbox.train()
        let text = try sandbox.read("text.txt")
        try sandbox.write("é\u{1}" + text, to: "front.txt")
        try sandbox.write(Data(text.utf8) + [0xFF], to: "back.txt")
        let part = try sandbox.dnc("eval", "run", "--data", "front.txt", "--valid-fraction", "0.5", "--json")
        #expect(part.status == 0, "\(part.error)")
        try sandbox.expectRefusal(["eval", "run", "--data", "front.txt"], 65, says: "U+00E9 'é' at byte 0")
        for command in [["trace", "run", "--out", "trace"], ["report", "run", "--out", "page"]] {
            let outcome = try sandbox.dnc(command + ["--data", "back.txt", "--length", "20"])
            #expect(outcome.status == 0, "\(outcome.error)")
        }
        try sandbox.expectRefusal(
            ["trace", "run", "--out", "new", "--data", "back.txt", "--length", "1000000"], 65, says: "not UTF-8", "back.txt")
    }

    @Test func otherFormatsAreNamed() throws {
        try sandbox.train()
        let text = try sandbox.read("text.txt")
        try sandbox.write(try #require(text.data(using: .utf16LittleEndian)), to: "wide.txt")
        try sandbox.write(Data([0xFD]) + Data("7zXZ\0".utf8) + Data(repeating: 200, count: 5000), to: "text.xz")
        try sandbox.write(Data([0xFF, 0xFE]) + (text.data(using: .utf16LittleEndian) ?? Data()), to: "marked.txt")
        for (file, name, remedy) in [
            ("wide.txt", "UTF-16LE", "iconv -f UTF-16LE -t UTF-8"), ("marked.txt", "UTF-16", "iconv -f UTF-16 -t UTF-8"),
            ("text.xz", "xz", "unxz"),
        ] {
            try sandbox.expectRefusal(["train", "--data", file, "--max-steps", "1"], 65, says: "'\(file)' is", name, remedy)
            try sandbox.expectRefusal(["eval", "run", "--data", file], 65, says: "'\(file)' is", name, remedy)
            let bytes = try sandbox.train("--tokens", "bytes", data: file, run: "bytes-\(file)")
            #expect(bytes.error.contains("note: it is") && bytes.error.contains(remedy), "\(bytes.error)")
        }
        #expect(try !sandbox.train("--tokens", "bytes", run: "plain").error.contains("note: it is"))
    }

    @Test func packedEncodedAndSeveralTextsAreRead() throws {
        let text = try sandbox.read("text.txt")
        try sandbox.write(try #require(text.data(using: .utf16LittleEndian)), to: "wide.txt")
        let plain = try sandbox.train("--json").json
        let wide = try sandbox.train("--encoding", "UTF-16LE", "--json", data: "wide.txt", run: "wide").json
        #expect(wide["valid_loss"] as? Double == plain["valid_loss"] as? Double)
        // Of two files each begins anew; a resumed run recognises them, and that one is another.
        for folder in ["parts", "empty"] {
            try FileManager.default.createDirectory(at: sandbox.url(folder), withIntermediateDirectories: false)
        }
        try sandbox.write(String(text.prefix(200)), to: "parts/1.txt")
        try sandbox.write(String(text.dropFirst(200)), to: "parts/2.txt")
        // From the beginning to the end, so that all of it is read.
        let one = try sandbox.train("--json", "--stretch", "0", run: "one-run").json
        let parts = try sandbox.train("--json", "--stretch", "0", data: "parts", run: "parts-run").json
        #expect(parts["valid_loss"] as? Double != one["valid_loss"] as? Double)
        try sandbox.train("--resume", "--max-steps", "60", data: "parts/1.txt,parts/2.txt", run: "parts-run")
        try sandbox.expectRefusal(
            ["train", "--data", "text.txt", "--out", "parts-run", "--resume", "--max-steps", "70"], 64, says: "another text")
        for (arguments, status, says) in [
            (["--data", "text.txt", "--encoding", "none such"], Int32(64), "there is no encoding 'none such'"),
            (["--data", "text.txt", "--encoding", "UTF-16", "--tokens", "bytes"], 64, "--encoding is for characters"),
            (["--data", "empty"], 65, "no file in the folder 'empty'"),
            (["--data", "text.txt", "--tokens", "words", "--lines"], 64, "lines are of characters or bytes"),
            (["--data", "text.txt", "--word-floor", "3"], 64, "--word-floor is for --tokens words"),
            (["--data", "text.txt", "--tokens", "words", "--word-floor", "0"], 64, "how often words must occur is 0"),
        ] {
            try sandbox.expectRefusal(["train", "--max-steps", "1"] + arguments, status, says: says)
        }
    }

    @Test func unknownCharactersCanBeLeftOut() throws {
        try sandbox.train()
        let text = try sandbox.read("text.txt")
        try sandbox.write(String(text.flatMap { [$0, "日"] }), to: "strange.txt")
        let plain = try sandbox.dnc("eval", "run", "--data", "text.txt", "--streams", "1", "--json").json
        let strange = try sandbox.dnc(
            "eval", "run", "--data", "strange.txt", "--streams", "1", "--unknown", "skip", "--json"
        ).json
        #expect(strange["nats"] as? Double == plain["nats"] as? Double)
        let asA = try sandbox.dnc("eval", "run", "--text", "a日b", "--unknown", "a", "--json").json
        #expect(asA["nats"] as? Double == (try sandbox.dnc("eval", "run", "--text", "aab", "--json").json["nats"] as? Double))
        try sandbox.expectRefusal(
            ["eval", "run", "--data", "strange.txt", "--unknown", "日"], 64,
            says: "--unknown is 日, which the model does not know")
        try sandbox.expectRefusal(["eval", "run", "--data", "strange.txt", "--unknown", "ab"], 64, says: "must be skip")
        let prompts = try ["a日", "a"].map {
            try sandbox.dnc("sample", "run", "--prompt", $0, "--unknown", "skip", "--length", "20", "--json").json["text"]
        }
        #expect(prompts[0] as? String == prompts[1] as? String)
    }

    @Test func aRandomSeedIsTold() throws {
        let outcome = try sandbox.train("--seed", "random")
        let line = try #require(outcome.error.split(separator: "\n").first { $0.hasPrefix("--seed ") })
        let record = try #require(try sandbox.record(of: "last"))
        #expect(line == "--seed \(record.configuration.seed)")
    }

    @Test func aByteOrderMarkIsNoSymbol() throws {
        let text = try sandbox.read("text.txt")
        try sandbox.write("\u{FEFF}" + text, to: "marked.txt")
        let marked = try sandbox.train(data: "marked.txt", run: "marked")
        #expect(marked.error.contains("without its byte order mark"))
        let plain = try sandbox.train()
        #expect(!plain.error.contains("byte order mark"))
        let evaluations = try ["run text.txt", "run marked.txt", "marked text.txt", "marked marked.txt"].map { pair in
            let (run, data) = (pair.split(separator: " ")[0], pair.split(separator: " ")[1])
            return try sandbox.dnc("eval", "\(run)", "--data", "\(data)", "--json").json["predictions"] as? Int
        }
        #expect(Set(evaluations) == [text.unicodeScalars.count - 1])
        try sandbox.train("--resume", "--max-steps", "60", data: "marked.txt", run: "marked")
    }
}
