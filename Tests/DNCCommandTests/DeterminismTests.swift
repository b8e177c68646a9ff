// Neither threads nor interruptions change a bit, as the command has it; Tests/DNCTrainingTests tries more of both.

import Foundation
import TestSupport
import Testing

@Suite struct DeterminismTests {
    @Test(arguments: isFullRun ? ["rnn", "lstm", "dnc"] : ["dnc"], isFullRun ? ["float", "double"] : ["float"])
    func threadsAndInterruptionsDoNotChangeABit(model: String, precision: String) throws {
        let sandbox = try Sandbox()
        func train(_ run: String, to step: Int, _ arguments: String...) throws {
            let settings =
                ["train", "--data", "text.txt", "--out", run, "--model", model, "--precision", precision, "--hidden", "8"]
                + ["--batch-size", "9", "--seq-length", "5", "--shards", "8", "--valid-every", "5", "--valid-symbols", "20"]
                + ["--sample-every", "50", "--patience", "1000000", "--max-steps", "\(step)"]
            let outcome = try sandbox.dnc(settings + arguments)
            try #require(outcome.status == 0, "\(outcome.error)")
        }
        try train("whole", to: 200, "--threads", "1")
        for threads in isFullRun ? ["2", "3", "4", "7", "8"] : ["8"] {
            try train(threads, to: 200, "--threads", threads)
            try sandbox.expectSameRuns(threads, "whole", "\(threads) threads")
        }
        var chance = Chance()
        // Where a validation is due anyway: --max-steps ends with one.
        let stops = stride(from: 5, to: 200, by: 5).shuffled(using: &chance).prefix(isFullRun ? 20 : 3).sorted()
        try train("parts", to: stops[0])
        for stop in stops.dropFirst() + [200] { try train("parts", to: stop, "--resume") }
        try sandbox.expectSameRuns("parts", "whole", "stops at \(stops)")
        let samples = try ["whole", "parts"].map { try sandbox.dnc("sample", $0, "--length", "100", "--seed", "7").text }
        #expect(samples[0] == samples[1] && samples[0].count == 101)
    }
}
