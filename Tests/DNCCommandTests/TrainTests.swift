import Foundation
import Testing

@Suite struct TrainTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test func writesTheFilesOfARun() throws {
        let outcome = try sandbox.train("--sample-every", "20")
        #expect(
            Set(try sandbox.contents.keys) == [
                "text.txt", "run", "run/last.safetensors", "run/best.safetensors", "run/metrics.jsonl", "run/samples.txt",
            ])
        let lines = try sandbox.read("run/metrics.jsonl").split(separator: "\n").map(object)
        for line in lines {
            #expect(
                Set(line.keys) == [
                    "step", "symbols", "seconds", "train_bpc", "valid_bpc", "symbols_per_second", "learning_rate", "grad_norm",
                    "setbacks",
                ])
        }
        #expect(lines.map { $0["step"] as? Int } == [20, 40])
        #expect(lines.map { $0["symbols"] as? Int } == [20 * 4 * 8, 40 * 4 * 8])
        let samples = try sandbox.read("run/samples.txt")
        #expect(samples.contains("step 20") && samples.contains("step 40"))
        #expect(outcome.text.contains("run/best.safetensors"))
        #expect(outcome.error.contains("step 40") && !outcome.text.contains("step 20"))
    }

    /// A line of the log is an event, after a resumption too, and in one file.
    @Test func tensorBoardGetsTheLog() throws {
        func events() throws -> [Data] {
            try sandbox.contents.filter { $0.key.hasPrefix("run/events.out.tfevents.") }.sorted { $0.key < $1.key }
                .map { try #require($0.value) }
        }
        try sandbox.train("--tensorboard")
        let first = try events()
        try sandbox.train("--resume", "--max-steps", "60")
        let both = try events()
        #expect(first.count == 1 && both.count == 2 && both[0].isEmpty)
        let counts = try [#require(first.last), #require(both.last)].map { $0.ranges(of: Data("valid_bpc".utf8)).count }
        #expect(try counts == [2, 3] && sandbox.log("run").count == 3)
    }

    /// Less memory, told before training begins and by `info`, and the same model.
    @Test func memoryLimitKeepsFewerLinks() throws {
        let flags = ["train", "--data", "text.txt", "--max-steps", "3", "--hidden", "8", "--slots", "40", "--valid-every", "3"]
        #expect(try sandbox.dnc(flags + ["--out", "all"]).error.contains("link") == false)
        let limited = try sandbox.dnc(flags + ["--out", "some", "--memory-limit", "13MB"])
        #expect(limited.error.contains("MB of memory, one link in 2 kept"))
        let bpc = try ["some", "all"].map { try sandbox.dnc("eval", $0, "--data", "text.txt", "--json").text }
        #expect(bpc[0] == bpc[1])
        #expect(try sandbox.dnc("info", "all").text.contains("MB at least with --memory-limit"))
        try sandbox.expectRefusal(flags + ["--out", "none", "--memory-limit", "1MB"], 64, says: "memory limit", "at least")
        for value in ["0", "-1MB", "many", "1XB", "1e30GB"] {
            try sandbox.expectRefusal(flags + ["--out", "none", "--memory-limit", value], 64, says: "--memory-limit")
        }
    }

    @Test func jsonIsOneObjectAndQuietIsQuiet() throws {
        let outcome = try sandbox.train("--json", "--quiet")
        #expect(outcome.error.isEmpty)
        #expect(try outcome.json["step"] as? Int == 40)
    }

    /// The number that training tells, the one in the checkpoint and the log, and that of `eval` are one.
    @Test(arguments: ["float", "double"])
    func bestIsWhatItsCheckpointGives(precision: String) throws {
        let outcome = try sandbox.train("--json", "--precision", precision)
        let told = try #require(outcome.json["valid_bpc"] as? Double)
        let eval = try sandbox.dnc(
            "eval", "run/best.safetensors", "--data", "text.txt", "--valid-fraction", "0.1", "--json"
        ).json["bpc"]
        let record = try SavedFile(sandbox.url("run/best.safetensors")).metadata("dnc.training")
        let logged = try sandbox.read("run/metrics.jsonl").split(separator: "\n").map { try object($0)["valid_bpc"] as? Double }
        #expect(eval as? Double == told)
        #expect(record["bestValidBPC"] as? Double == told)
        #expect(logged.compactMap(\.self).min() == told)
    }

    @Test(arguments: [
        ("rnn", "adagrad"), ("lstm", "adam"), ("dnc", "adagrad"), ("dnc", "rmsprop"), ("dnc", "adam"), ("dnc", "sgd"),
    ])
    func learns(model: String, optimizer: String) throws {
        let sizes = model == "dnc" ? Sandbox.small : ["--hidden", "12", "--batch-size", "4", "--seq-length", "8"]
        let outcome = try sandbox.dnc(
            ["train", "--data", "text.txt", "--model", model, "--optimizer", optimizer, "--max-steps", "300", "--json"] + sizes)
        let symbols = Double(Set(try sandbox.read("text.txt")).count)
        #expect(try #require(outcome.json["valid_bpc"] as? Double) < log2(symbols) - 0.5)
        #expect(FileManager.default.fileExists(atPath: sandbox.url("runs/text-\(model)/last.safetensors").path))
    }

    @Test func threadsDoNotChangeTheResult() throws {
        let runs = try ["1", "2", "7"].map { threads in
            try sandbox.train("--threads", threads, "--sample-every", "15", run: threads)
            return try ["last", "best"].flatMap { try SavedFile(sandbox.url("\(threads)/\($0).safetensors")).withoutTime }
        }
        #expect(runs[0] == runs[1] && runs[0] == runs[2])
    }

    @Test func seedChangesTheResult() throws {
        try sandbox.train(run: "one")
        try sandbox.train("--seed", "2", run: "two")
        let data = try ["one", "two"].map { try SavedFile(sandbox.url("\($0)/last.safetensors")).data }
        #expect(data[0] != data[1])
    }

    @Test func timeLimitEndsWithACheckpoint() throws {
        // Too short for a step: what it names must be there all the same.
        for limit in ["0.05", "1e-9"] {
            let outcome = try sandbox.dnc(
                ["train", "--data", "text.txt", "--out", limit, "--time-limit", limit, "--json"] + Sandbox.small)
            #expect(outcome.status == 0)
            #expect(try sandbox.dnc("info", limit).status == 0)
        }
    }

    @Test func pathsMayBeAwkward() throws {
        let text = try sandbox.read("text.txt")
        for (data, run) in [("a b.txt", "runs of/my book"), ("-b.txt", "-run"), ("é.txt", "deep/er/")] {
            try sandbox.write(text, to: data)
            let arguments = ["train", "--data=" + data, "--out=" + run, "--max-steps", "2"] + Sandbox.small
            #expect(try sandbox.dnc(arguments).status == 0)
            #expect(try sandbox.dnc("eval", "--data=" + data, "--", run).status == 0)
        }
    }

    @Test func bytesTakeAnyFile() throws {
        try sandbox.write(Data((0..<2000).map { UInt8(truncatingIfNeeded: $0 * $0) }), to: "binary")
        try sandbox.train("--tokens", "bytes", data: "binary")
        #expect(try sandbox.dnc("eval", "run", "--data", "binary", "--json").json["symbols"] as? Int == 1999)
        #expect(try sandbox.dnc("sample", "run", "--length", "20", "--raw").output.count == 21)
    }
}
