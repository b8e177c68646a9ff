// What is on a command line: options given twice, and names that there are not.

import Testing

@Suite struct CommandLineTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// What `dnc` says to a line in which it must not understand something.
    private func complaint(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try sandbox.shell("exec \"$DNC\" \(line)")
        #expect(outcome.status == 64, "\(line)\n\(outcome.error)", sourceLocation: sourceLocation)
        #expect(outcome.output.isEmpty, "\(line)", sourceLocation: sourceLocation)
        return outcome.error
    }

    @Test(arguments: [
        ("train --data a --data b", "--data is given twice"), ("eval run --data text.txt --data text.txt", "--data is given"),
        ("train --data a --seed=1 --seed 2", "--seed is given twice"), ("sweep a -j2 --jobs 3", "-j and --jobs"),
        ("train --data a --carry-memory --no-carry-memory", "--carry-memory and --no-carry-memory"),
        ("train -q --data a --quiet", "-q and --quiet"), ("train -qq --data a", "-q is given twice"),
        ("report run --out a -o b", "--out and -o"), ("sample run --prompt --prompt --prompt a", "--prompt is given twice"),
        ("bench --case c1 --case c2", "--case is given twice"),
    ])
    func anOptionGivenTwice(line: String, complaint words: String) throws {
        let complaint = try complaint(line)
        #expect(complaint.contains(words) && complaint.contains("leave one out"), "\(line): \(complaint)")
    }

    /// What only looks as if an option were repeated.
    @Test func valuesAreNotOptions() throws {
        try sandbox.train("--tokens", "bytes")
        for line in [
            "sample run --length 0 --prompt --seed --seed 1", "sample run --length=0 --prompt=--seed --seed=1",
            "sample run --length 0 --prompt --length", "sample --length 0 run",
        ] { #expect(try sandbox.shell("exec \"$DNC\" \(line)").status == 0, "\(line)") }
        try sandbox.write("{\"seed\": 1, \"carry-memory\": true, \"data\": \"text.txt\"}", to: "settings.json")
        // A setting of the file is no repetition.
        let line = "train --print-config --config settings.json --seed 2 --no-carry-memory --data other.txt"
        let settings = try object(try sandbox.shell("exec \"$DNC\" \(line)").text)
        #expect(settings["seed"] as? Int == 2 && settings["carry-memory"] as? Bool == false)
        #expect(settings["data"] as? String == "other.txt")
        // Behind this sign there are no options; one argument too many it is all the same.
        #expect(try complaint("info run -- --lr").contains("Unexpected argument '--lr'"))
    }

    @Test(arguments: [
        // By meaning.
        ("train --lr 1", "--learning-rate"), ("train -lr 1", "--learning-rate"), ("train --LR=1", "--learning-rate"),
        ("sample run --temp 1", "--temperature"), ("train --batch 8", "--batch-size"), ("train --steps 3", "--max-steps"),
        ("train --model-size 64", "--hidden"), ("sample run --text a", "--prompt"), ("sample run -n 5", "--length"),
        ("train --epochs 3", "counted in steps"), ("train --depth 2", "--layers"),
        ("train --gpu", "the cores of the processor"), ("sample run --device cuda", "the cores of the processor"),
        // By the beginning.
        ("train --valid-s 1", "--valid-symbols"), ("train --seed-everything 1", "--seed"),
        // By letters.
        ("train --hiden 3", "--hidden"), ("train --batch_size 3", "--batch-size"), ("sample run --lenght 3", "--length"),
        // Of other commands, and of none.
        ("eval run --temperature 1", "an option of dnc sample."), ("train --bogus", "dnc train --help lists them"),
        ("--data a", "as in dnc train"), ("--bogus", "dnc --help lists them"),
        // Commands.
        ("trian --data a", "dnc train?"), ("generate run", "dnc sample?"), ("evaluate run", "dnc eval?"),
        ("help trian", "dnc train?"), ("bogus", "dnc --help lists them"),
    ])
    func unknownNames(line: String, hint: String) throws {
        let complaint = try complaint(line)
        #expect(complaint.contains(hint), "\(line): \(complaint)")
        // Not what only looks alike.
        for word in ["--out", "--seed"] where !hint.contains(word) { #expect(!complaint.contains("mean \(word)"), "\(line)") }
    }

    @Test func unknownSettings() throws {
        for (name, hint) in [("lr", "\"learning-rate\""), ("epochs", "counted in steps"), ("num_layers", "\"layers\"")] {
            try sandbox.write("{\"\(name)\": 1}", to: "settings.json")
            try sandbox.expectRefusal(
                ["train", "--config", "settings.json"], 65, says: "\"\(name)\" is no setting of dnc train", hint)
        }
    }

    @Test func helpAndVersionAnswerWhateverElseThereIs() throws {
        for line in ["train --help --lr", "train --lr 1 --help", "train --seed 1 --seed 2 -h", "help train", "help", "--help"] {
            let outcome = try sandbox.shell("exec \"$DNC\" \(line)")
            #expect(outcome.status == 0 && outcome.text.contains("OVERVIEW"), "\(line)")
        }
        #expect(try sandbox.shell("exec \"$DNC\" --version").status == 0)
    }
}
