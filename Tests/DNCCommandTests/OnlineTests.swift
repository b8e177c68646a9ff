// dnc eval --online: a text that is read once and learned from.

import Foundation
import Testing

@Suite struct OnlineTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test func whatIsReadIsLearnedAndKept() throws {
        try sandbox.train()
        let plain = try sandbox.dnc("eval", "run", "--data", "text.txt", "--streams", "1", "--json").json
        let online = try sandbox.dnc(
            "eval", "run", "--data", "text.txt", "--online", "--learning-rate", "0.003", "--save", "new.safetensors", "--json")
        #expect(online.status == 0, "\(online.error)")
        let before = try #require(plain["nats"] as? Double)
        let meanwhile = try #require(try online.json["nats"] as? Double)
        #expect(try online.json["predictions"] as? Int == plain["predictions"] as? Int && meanwhile < before)
        let after = try sandbox.dnc("eval", "new.safetensors", "--data", "text.txt", "--streams", "1", "--json").json
        #expect(after["nats"] as? Double ?? .infinity < meanwhile)
        // Two calls give the same bits.
        let again = try sandbox.dnc(
            "eval", "run", "--data", "text.txt", "--online", "--learning-rate", "0.003", "--threads", "2", "--json")
        #expect(try again.json["nats"] as? Double == meanwhile)
        #expect(try sandbox.dnc("sample", "new.safetensors", "--length", "5").status == 0)
    }

    @Test func fromScratchAndWithOtherCharacters() throws {
        let scratch = ["eval", "--from-scratch", "--online", "--model", "dnc", "--hidden", "8", "--layers", "1"]
        let outcome = try sandbox.dnc(scratch + ["--data", "text.txt", "--save", "learned.safetensors"])
        #expect(outcome.status == 0 && outcome.text.contains("learning meanwhile"), "\(outcome.error)")
        try sandbox.write("日本語 " + sandbox.read("text.txt"), to: "other.txt")
        let other = try sandbox.dnc("eval", "learned.safetensors", "--data", "other.txt", "--online", "--json")
        #expect(other.status == 0, "\(other.error)")
        let part = try sandbox.dnc(
            "eval", "learned.safetensors", "--data", "text.txt", "--online", "--valid-fraction", "0.25", "--json")
        let whole = try sandbox.dnc("eval", "learned.safetensors", "--data", "text.txt", "--online", "--json")
        #expect(try part.json["predictions"] as? Int ?? 0 < whole.json["predictions"] as? Int ?? 0)
    }

    @Test(arguments: [
        (["eval", "--data", "text.txt"], "--from-scratch learns a text"),
        (["eval", "--data", "text.txt", "--from-scratch"], "--from-scratch is for --online"),
        (["eval", "run", "--data", "text.txt", "--online", "--from-scratch"], "without a checkpoint"),
        (["eval", "run", "--data", "text.txt", "--online", "--hidden", "9"], "--hidden is for --from-scratch"),
        (["eval", "run", "--data", "text.txt", "--save", "a"], "--save is for --online"),
        (["eval", "run", "--data", "text.txt", "--online", "--streams", "3"], "--streams is not for --online"),
        (["eval", "run", "--online"], "--data is missing"),
        (["eval", "run", "--data", "text.txt", "--online", "--learning-rate", "0"], "a positive number"),
        (["train", "--data", "text.txt", "--schedule", "cosine"], "ends with the run; say when: --time-limit or --max-steps"),
    ])
    func whatMakesNoSenseIsRefused(arguments: [String], says: String) throws {
        try sandbox.train()
        try sandbox.expectRefusal(arguments, 64, says: says)
    }
}
