import DNC
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
                    "step", "predictions", "seconds", "measure", "lesson", "train_loss", "valid_loss", "predictions_per_second",
                    "learning_rate", "grad_norm", "valid_sequences_right", "valid_error_rate",
                    "setbacks", "valid_predictions", "decayed_learning_rate",
                ])
        }
        #expect(lines.map { $0["step"] as? Int } == [20, 40])
        #expect(lines.map { $0["predictions"] as? Int } == [20 * 4 * 8, 40 * 4 * 8])
        let samples = try sandbox.read("run/samples.txt")
        #expect(samples.contains("step 20") && samples.contains("step 40"))
        #expect(outcome.text.contains("run/best.safetensors"))
        #expect(outcome.error.contains("step 40") && !outcome.text.contains("step 20"))
    }

    /// What was learned of one text helps with another, whose characters are not all the same; a run that began so is gone on with as any.
    @Test func beginsWithATrainedModel() throws {
        try sandbox.train("--max-steps", "200")
        try sandbox.write(sandbox.read("text.txt").replacing("bado", with: "baéo"), to: "other.txt")
        let flags = ["--data", "other.txt", "--max-steps", "4", "--valid-every", "2", "--batch-size", "4", "--seq-length", "8"]
        func losses(_ run: String) throws -> [Double] { try sandbox.log(run).compactMap { $0["train_loss"] as? Double } }
        for (name, more) in [("transferred", ["--init-from", "run"]), ("fresh", Array(Sandbox.small.prefix(6)))] {
            let outcome = try sandbox.dnc(["train", "--out", name] + flags + more)
            #expect(outcome.status == 0, "\(outcome.error)")
        }
        let (transferred, fresh) = (try losses("transferred"), try losses("fresh"))
        #expect(try #require(transferred.first) < #require(fresh.first) - 0.5)
        let info = try sandbox.dnc("info", "transferred", "--json").json
        #expect(info["symbols"] as? Int == (try sandbox.dnc("info", "run", "--json").json["symbols"] as? Int ?? 0) + 1)
        let resumed = try sandbox.dnc("train", "--data", "other.txt", "--out", "transferred", "--resume", "--max-steps", "6")
        #expect(resumed.status == 0, "\(resumed.error)")
    }

    @Test(arguments: [
        (["--init-from", "run", "--hidden", "99"], "the model to begin with is dnc, 12 hidden"),
        (["--init-from", "run", "--preset", "nature"], "leave one out"), (["--init-from", "nowhere"], "nowhere"),
        (["--init-from", "run", "--tokens", "bytes"], "the kind of tokens is bytes; it must be that of the model, characters"),
        (["--init-from", "run", "--precision", "double"], "its precision is float"),
    ])
    func refusesAModelToBeginWith(flags: [String], message: String) throws {
        try sandbox.train()
        let outcome = try sandbox.dnc(["train", "--data", "text.txt", "--out", "other", "--max-steps", "2"] + flags)
        #expect(outcome.status != 0 && outcome.error.contains(message), "\(outcome.error)")
        #expect(try sandbox.contents.keys.contains { $0.hasPrefix("other") } == false)
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
        let counts = try [#require(first.last), #require(both.last)].map { $0.ranges(of: Data("valid_loss".utf8)).count }
        #expect(try counts == [2, 3] && sandbox.log("run").count == 3)
    }

    /// Less memory, told before training begins and by `info`, and the same model.
    @Test func memoryLimitKeepsFewerLinks() throws {
        let flags =
            ["train", "--data", "text.txt", "--max-steps", "3", "--hidden", "8", "--slots", "40", "--valid-every", "3"]
            + ["--batch-size", "32", "--seq-length", "32"]
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
        let told = try #require(outcome.json["valid_loss"] as? Double)
        let eval = try sandbox.dnc(
            "eval", "run/best.safetensors", "--data", "text.txt", "--valid-fraction", "0.1", "--json"
        ).json["loss"]
        let record = try SavedFile(sandbox.url("run/best.safetensors")).metadata("dnc.training")
        let logged = try sandbox.read("run/metrics.jsonl").split(separator: "\n").map {
            try object($0)["valid_loss"] as? Double
        }
        #expect(eval as? Double == told)
        // Validation and the last evaluation add in another order, of other numbers of lanes, whose products some OpenBLAS rounds otherwise.
        let rounding = precision == "float" ? 1e-6 : 1e-12
        for other in [record["bestLoss"] as? Double, logged.compactMap(\.self).min()] {
            #expect(try abs(#require(other) - told) < rounding)
        }
    }

    @Test(arguments: [
        ("rnn", "adagrad"), ("lstm", "adam"), ("dnc", "adagrad"), ("dnc", "rmsprop"), ("dnc", "adam"), ("dnc", "sgd"),
    ])
    func learns(model: String, optimizer: String) throws {
        let sizes = model == "dnc" ? Sandbox.small : ["--hidden", "12", "--batch-size", "4", "--seq-length", "8"]
        let outcome = try sandbox.dnc(
            ["train", "--data", "text.txt", "--model", model, "--optimizer", optimizer, "--max-steps", "300", "--json"] + sizes)
        let symbols = Double(Set(try sandbox.read("text.txt")).count)
        #expect(try #require(outcome.json["valid_loss"] as? Double) < log2(symbols) - 0.5)
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

    /// By the text's own measure: guessing among its symbols.
    @Test func aTinyTextIsValidatedSoon() throws {
        try sandbox.write(String(try sandbox.read("text.txt").prefix(400)), to: "tiny.txt")
        let outcome = try sandbox.dnc("train", "--data", "tiny.txt", "--out", "run", "--json")
        #expect(outcome.error.contains("every 10 steps (14.2 times through the text)"))
        #expect(outcome.error.contains("note: a step reads the text 1.4 times"))
        #expect(try sandbox.log("run").first?["step"] as? Int == 10)
        let symbols = Double(Set(try sandbox.read("tiny.txt")).count)
        #expect(try #require(outcome.json["valid_loss"] as? Double) < log2(symbols))
    }

    @Test func everyDecayIsPrintedAndLogged() throws {
        let outcome = try sandbox.train(
            "--plateau-every", "5", "--optimizer", "sgd", "--learning-rate", "8", "--max-steps", "100")
        let log = try sandbox.log("run")
        var rate = 8.0
        for line in log {
            #expect(line["learning_rate"] as? Double == rate)
            rate = line["decayed_learning_rate"] as? Double ?? rate
        }
        #expect(rate < 8)
        let decays = log.count { $0["decayed_learning_rate"] is Double }
        #expect(outcome.error.matches(of: /the learning rate falls from/).count == decays)
    }

    /// The same figure in the result, the best checkpoint and `eval`, and over how many predictions it is.
    @Test func theFinalFigureIsKept() throws {
        let outcome = try sandbox.dnc(
            ["train", "--data", "text.txt", "--out", "run", "--max-steps", "20", "--valid-symbols", "100", "--json"]
                + Sandbox.small)
        let (bytes, result) = (try sandbox.read("text.txt").utf8.count, try outcome.json)
        let heldOut = Int((Double(bytes) * 0.1).rounded())
        #expect(result["valid_predictions"] as? Int == heldOut - 1 && result["valid_streams"] as? Int == 1)
        #expect(try sandbox.log("run").first?["valid_predictions"] as? Int == 99)
        let record = try #require(try sandbox.record(of: "best"))
        #expect(try abs(#require(record.heldOutLoss).value - #require(result["valid_loss"] as? Double)) < 1e-12)
        #expect(record.heldOutLoss?.predictions == heldOut - 1)
        #expect(record.validPredictions == 99)
        let evaluated = try sandbox.dnc("eval", "run", "--data", "text.txt", "--valid-fraction", "0.1", "--json").json
        #expect(evaluated["loss"] as? Double == result["valid_loss"] as? Double)
        #expect(try sandbox.dnc("info", "run").text.contains("over 99 predictions in 1 stream at step 20"))
        #expect(outcome.error.contains("on the first 100 symbols held out"))
    }

    @Test func finiteDivergenceIsNoResult() throws {
        let train =
            ["train", "--data", "text.txt", "--optimizer", "sgd", "--learning-rate", "100", "--plateau-every", "20"]
            + ["--max-steps", "60", "--json"] + Sandbox.small
        let outcome = try sandbox.dnc(train + ["--out", "run"])
        #expect(outcome.status == 10)
        #expect(outcome.error.contains("training has diverged") && outcome.error.contains("is worse than guessing"))
        #expect(try outcome.json["valid_loss"] is Double)  // said, and not called a result

        let mended = try sandbox.dnc(train + ["--out", "mended", "--on-nonfinite", "rollback"])
        #expect(mended.status == 0 && mended.error.contains("going on at step 0, learning rate 50.0"))
        let symbols = Double(Set(try sandbox.read("text.txt")).count)
        #expect(try #require(mended.json["valid_loss"] as? Double) < log2(symbols))
    }

    /// All of it would take seconds.
    @Test func theTimeLimitCoversTheLastReading() throws {
        try sandbox.write(String(repeating: try sandbox.read("text.txt"), count: 500), to: "long.txt")
        let outcome = try sandbox.dnc(
            ["train", "--data", "long.txt", "--out", "run", "--valid-fraction", "0.9", "--valid-symbols", "100"]
                + ["--time-limit", "0.05", "--json"] + Sandbox.small)
        #expect(outcome.status == 0)
        let symbols = try #require(try outcome.json["valid_predictions"] as? Int)
        #expect((1..<2_000_000).contains(symbols))
        #expect(try sandbox.record(of: "last")?.heldOutLoss == nil)
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
        #expect(try sandbox.dnc("eval", "run", "--data", "binary", "--json").json["predictions"] as? Int == 1999)
        #expect(try sandbox.dnc("sample", "run", "--length", "20", "--raw").output.count == 21)
    }
}
