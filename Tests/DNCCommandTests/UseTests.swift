// eval, sample, info and gradcheck, with models that have been trained.

import Foundation
import Testing

@Suite struct UseTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.train("--max-steps", "100")
    }

    func sample(_ arguments: String...) throws -> String {
        let outcome = try sandbox.dnc(["sample", "run"] + arguments)
        try #require(outcome.status == 0, "\(outcome.error)")
        return outcome.text
    }

    @Test func evalCountsPredictions() throws {
        let result = try sandbox.dnc("eval", "run", "--data", "text.txt", "--json").json
        #expect(Set(result.keys) == ["loss", "measure", "memory_influence", "nats", "predictions", "streams", "complete"])
        let (nats, symbols) = (try #require(result["nats"] as? Double), try #require(result["predictions"] as? Int))
        #expect(symbols == (try sandbox.read("text.txt")).count - 1)
        #expect(abs(try #require(result["loss"] as? Double) - nats / Double(symbols) / log(2)) < 1e-12)
    }

    @Test func evalOfTheHeldOutPart() throws {
        let text = try sandbox.read("text.txt")
        try sandbox.write(String(text.suffix(Int((Double(text.count) * 0.2).rounded()))), to: "end.txt")
        let ofPart = try sandbox.dnc("eval", "run", "--data", "text.txt", "--valid-fraction", "0.2", "--json")
        #expect(try ofPart.text == sandbox.dnc("eval", "run", "--data", "end.txt", "--json").text)
    }

    /// Of one stream the sum is that over the whole text; each probability is what a greedy reader computes by hand from the sum.
    @Test func evalTellsEachSymbol() throws {
        let text = String(try sandbox.read("text.txt").prefix(200))
        try sandbox.write(text, to: "short.txt")
        let whole = try sandbox.dnc("eval", "run", "--data", "short.txt", "--streams", "1", "--json").json
        let symbols = try sandbox.dnc("eval", "run", "--data", "short.txt", "--per-symbol").text
        let lines = try symbols.split(separator: "\n").map { try object($0) }
        #expect(lines.compactMap { $0["symbol"] as? String }.joined() == String(text.dropFirst()))
        #expect(lines.compactMap { $0["index"] as? Int } == Array(1..<200))
        let bits = lines.compactMap { $0["bits"] as? Double }
        let expected = try #require(whole["nats"] as? Double) / log(2)
        #expect(abs(bits.reduce(0, +) / expected - 1) < 1e-5)
        for (line, bits) in zip(lines, bits) { #expect(abs(pow(2, -bits) - (line["probability"] as? Double ?? 0)) < 1e-12) }
        #expect(try sandbox.dnc("eval", "run", "--text", text, "--per-symbol").text == symbols)
        let told = try sandbox.dnc("eval", "run", "--text", text, "--json").json
        #expect(abs(try #require(told["nats"] as? Double) / log(2) / expected - 1) < 1e-5)
        #expect(Set(told.keys) == Set(whole.keys))
    }

    @Test(arguments: [
        ("--text a --data text.txt", "leave one out"), ("--text a", "fewer than two symbols"),
        ("--text ''", "fewer than two symbols"),
        ("--text ba --streams 2", "symbol by symbol"), ("--text ba --influence", "--influence is of whole texts"),
        ("--text 'baЖ'", "U+0416"),
    ])
    func evalRefuses(flags: String, message: String) throws {
        let outcome = try sandbox.shell("\"$DNC\" eval run " + flags)
        #expect(outcome.status != 0 && outcome.error.contains(message), "\(outcome.error)")
    }

    @Test func blindnessCosts() throws {
        let seeing = try sandbox.dnc("eval", "run", "--data", "text.txt", "--json").json["loss"] as? Double
        let blind = try sandbox.dnc("eval", "run", "--data", "text.txt", "--json", "--without-reads").json["loss"] as? Double
        #expect(blind != seeing)
    }

    @Test func sampleIsPromptAndLengthSymbols() throws {
        #expect(try sample("--length", "50").count == 51)  // and a line end
        let text = try sample("--length", "50", "--prompt", "bado. ")
        #expect(text.hasPrefix("bado. ") && text.count == 57)
        #expect(try sample("--length", "0", "--prompt", "ba") == "ba\n")
        let json = try object(try sample("--length", "50", "--prompt", "bado. ", "--json"))
        #expect(json["prompt"] as? String == "bado. ")
        #expect("bado. " + (json["text"] as? String ?? "") + "\n" == text)
    }

    @Test func sampleDependsOnItsSeed() throws {
        let texts = try ["1", "1", "2"].map { try sample("--length", "60", "--seed", $0) }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test func sampleEndsBeforeAText() throws {
        let whole = try sample("--length", "200", "--prompt", "ba").dropLast()
        let written = whole.dropFirst(2)
        let stop = String(written.dropFirst(20).prefix(3))
        let end = try #require(written.range(of: stop)).lowerBound
        #expect(try sample("--length", "200", "--prompt", "ba", "--stop", stop) == String(whole[..<end]) + "\n")
        #expect(
            try sample("--length", "200", "--prompt", "ba", "--stop", "bbbbbbbb", "--stop", stop) == String(whole[..<end])
                + "\n")
        #expect(try sample("--length", "200", "--prompt", "ba", "--stop", "bbbbbbbb") == String(whole) + "\n")
        let json = try object(try sample("--length", "200", "--prompt", "ba", "--stop", stop, "--json"))
        #expect(json["text"] as? String == String(written[..<end]))
    }

    @Test func sampleReadsAPromptFromAFileOrAPipe() throws {
        let expected = try sample("--length", "30", "--prompt", "ba\nba")
        try sandbox.write("ba\nba", to: "prompt.txt")
        #expect(try sample("--length", "30", "--prompt-file", "prompt.txt") == expected)
        #expect(try sample("--length", "30", "--prompt", "ba\\n\\u{62}a", "--escapes") == expected)
        #expect(try sandbox.shell("\"$DNC\" sample run --length 30 --prompt-file - < prompt.txt").text == expected)
        #expect(try sandbox.shell("cat prompt.txt | \"$DNC\" sample run --length 30 --prompt-file -").text == expected)
    }

    @Test func sampleWritesSeveralTexts() throws {
        let outcome = try object(try sample("--length", "20", "--count", "5", "--prompt", "ba", "--json"))
        let texts = try #require(outcome["texts"] as? [String])
        #expect(texts.count == 5 && texts.allSatisfy { $0.count == 20 } && Set(texts).count > 1)
        #expect(try sample("--length", "20", "--count", "5", "--prompt", "ba", "--raw") == texts.joined(separator: "\n") + "\n")
    }

    @Test func aDrawnSeedIsTold() throws {
        let outcome = try sandbox.dnc("sample", "run", "--length", "30", "--seed", "random")
        let seed = try #require(outcome.error.split(separator: " ").last).trimmingCharacters(in: .newlines)
        #expect(try sample("--length", "30", "--seed", seed) == outcome.text)
    }

    @Test(arguments: [
        ("--top-p 0", "--top-p is 0.0; it must be above 0 and at most 1"), ("--min-p 2", "--min-p is 2.0; it must be 0 ... 1"),
        ("--repetition-penalty 0.5", "it must be at least 1"), ("--repetition-window 4", "--repetition-window is for"),
        ("--stop ''", "--stop is empty"), ("--prompt a --prompt-file x", "leave one out"),
        ("--prompt 'a\\q' --escapes", "has \\q; --escapes knows"), ("--stop '\\u{110000}' --escapes", "--escapes knows"),
        ("--prompt-file nowhere.txt", "nowhere.txt"), ("--stop Ж", "the text of --stop"),
    ])
    func sampleRefuses(flags: String, message: String) throws {
        let outcome = try sandbox.shell("\"$DNC\" sample run --length 5 " + flags)
        #expect(outcome.status != 0 && outcome.error.contains(message), "\(outcome.error)")
    }

    @Test func sampleTakesTheLikeliest() throws {
        let likeliest = try sample("--length", "40", "--prompt", "ba", "--temperature", "0")
        #expect(try likeliest == sample("--length", "40", "--prompt", "ba", "--top-k", "1", "--seed", "5"))
        // What it wrote is a prompt like any other.
        let (prompt, rest) = (likeliest.prefix(20), likeliest.dropFirst(20).count - 1)
        #expect(try likeliest == sample("--length", "\(rest)", "--prompt", "\(prompt)", "--temperature", "0"))
    }

    @Test func symbolsOfSeveralBytes() throws {
        try sandbox.write(madeUpText(syllables: ["é", "漢字", "😀", "ß", "a\u{301}"]), to: "wide.txt")
        try sandbox.train(data: "wide.txt", run: "wide")
        let symbols = try sandbox.read("wide.txt").unicodeScalars.count
        #expect(try sandbox.dnc("eval", "wide", "--data", "wide.txt", "--json").json["predictions"] as? Int == symbols - 1)
        let outcome = try sandbox.dnc("sample", "wide", "--length", "40", "--prompt", "é😀漢字 ")
        #expect(outcome.text.hasPrefix("é😀漢字 "))
        #expect(outcome.text.unicodeScalars.count == 5 + 40 + 1)
        #expect(String(data: outcome.output, encoding: .utf8) != nil)
    }

    @Test func aLongPrompt() throws {
        let prompt = String(repeating: "bado. ", count: 5000)
        #expect(try sample("--length", "1", "--prompt", prompt).count == prompt.count + 2)
    }

    @Test func aReaderMayLeave() throws {
        #expect(try sandbox.shell("\"$DNC\" sample run --length 100000000 | head -c 10").text.count == 10)
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs the device /dev/full"),
        arguments: [
            "eval run --data text.txt", "eval run --data text.txt --json", "sample run", "info run", "gradcheck --model rnn",
            "train --data text.txt --out new --max-steps 1 --hidden 4 --json",
        ])
    func aLostResultIsAnError(command: String) throws {
        let outcome = try sandbox.shell("exec \"$DNC\" \(command) > /dev/full")
        #expect(outcome.status == 74)
        #expect(outcome.error.contains("standard output"))
    }

    @Test func infoShowsTheSizes() throws {
        let symbols = Set(try sandbox.read("text.txt")).count
        let (inputs, interface) = (symbols + 4, 4 + 3 * 4 + 5 + 3)
        let shapes = [
            "controller.0.weight_ih": [48, inputs], "controller.0.weight_hh": [48, 12], "controller.0.bias": [48],
            "interface.weight": [interface, 12], "interface.bias": [interface], "output.weight": [symbols, 12],
            "output.bias": [symbols], "output.weight_read": [symbols, 4],
        ]
        let text = try sandbox.dnc("info", "run").text
        for words in ["12 hidden", "4 slots of width 4", "1 read head", "\(symbols) characters", "step 100"] {
            #expect(text.contains(words))
        }
        for (name, shape) in shapes {
            let line = text.split(separator: "\n").first { $0.contains(name + " ") }
            #expect(line?.hasSuffix("[" + shape.map(String.init).joined(separator: ", ") + "]") == true)
        }
        let json = try sandbox.dnc("info", "run/last.safetensors", "--json").json
        #expect(json["tensors"] as? [String: [Int]] == shapes)
        #expect(json["parameters"] as? Int == shapes.values.reduce(0) { $0 + $1.reduce(1, *) })
    }
}

@Suite struct GradcheckTests {
    static let tensors: [String: [String]] = {
        let controller = ["controller.0.weight_ih", "controller.0.weight_hh", "controller.0.bias"]
        let output = ["output.weight", "output.bias"]
        let dnc = controller + ["interface.weight", "interface.bias"] + output + ["output.weight_read"]
        return ["rnn": controller + output, "lstm": controller + output, "dnc": dnc]
    }()

    @Test(arguments: tensors)
    func everyTensorPasses(model: String, tensors: [String]) throws {
        let sandbox = try Sandbox()
        let json = try sandbox.dnc("gradcheck", "--model", model, "--json")
        #expect(json.status == 0)
        let reports = try json.text.split(separator: "\n").map(object)
        #expect(reports.compactMap { $0["tensor"] as? String } == tensors)
        for report in reports {
            #expect(try #require((report["relative_error"] as? [Double])?.last) < 1e-6)
            #expect(try #require(report["checked"] as? Int) > 0)
        }
        let table = try sandbox.dnc("gradcheck", "--model", model)
        #expect(table.status == 0)
        for tensor in tensors { #expect(table.text.contains(tensor + " ")) }
    }

    @Test func sizesCount() throws {
        let sandbox = try Sandbox()
        let sizes = [
            "--hidden", "3", "--slots", "4", "--width", "2", "--read-heads", "3", "--batch-size", "1", "--seq-length", "3",
        ]
        let outcome = try sandbox.dnc(["gradcheck", "--json", "--precision", "float", "--symbols", "7"] + sizes)
        #expect(outcome.status == 0)
        let shapes = try outcome.text.split(separator: "\n").compactMap { try object($0)["shape"] as? [Int] }
        let interface = 3 * 2 + 3 * 2 + 5 * 3 + 3
        #expect(shapes == [[12, 7 + 6], [12, 3], [12], [interface, 3], [interface], [7, 3], [7], [7, 6]])
    }
}
