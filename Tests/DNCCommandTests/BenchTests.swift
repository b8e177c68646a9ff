import Foundation
import Testing

@Suite struct BenchTests {
    /// 2 x (8 x 8 + 74 x 8) operations forward, three times that in all; see the equations of an RNN of 8 units and 74 symbols.
    @Test func reportsSpeedAsOperations() throws {
        let outcome = try Sandbox().dnc(
            "bench", "--model", "rnn", "--hidden", "8", "--batch-size", "4", "--seq-length", "4", "--threads", "1",
            "--repeats", "1", "--duration", "0.01", "--json")
        #expect(outcome.status == 0)
        let result = try outcome.json
        let speed = try #require(result["symbols_per_second"] as? Double)
        let gflops = try #require(result["gflops"] as? Double)
        #expect(speed > 0 && abs(gflops / (speed * 3936e-9) - 1) < 1e-9)
        let (peak, fraction) = (result["peak_gflops"] as? Double, result["peak_fraction"] as? Double)
        #expect(abs(try #require(fraction) - gflops / #require(peak)) < 1e-9)
        #expect(try #require(result["peak_memory_bytes"] as? Int) > 1 << 20)
    }

    @Test func phasesAddUp() throws {
        let outcome = try Sandbox().dnc(
            ["bench", "--phases", "--repeats", "1", "--duration", "0.01", "--json"] + Sandbox.small)
        let phases = try #require(outcome.json["phases"] as? [String: Double])
        #expect(
            Set(phases.keys) == [
                "controller", "activations", "addressing", "linkage", "memory", "output", "gradients", "optimizer",
            ])
        #expect(abs(phases.values.reduce(0, +) - 1) < 1e-9 && phases.values.allSatisfy { $0 > 0 })
    }

    @Test func environmentChoosesTheInstructionSet() throws {
        let command = "$DNC bench --model rnn --hidden 8 --repeats 1 --duration 0.01 --json"
        let outcome = try Sandbox().shell("DNC_INSTRUCTION_SET=base " + command)
        #expect(try outcome.json["instruction_set"] as? String == "base")
        let refused = try Sandbox().shell("DNC_INSTRUCTION_SET=mmx " + command)
        #expect(refused.status == 64 && refused.error.contains("DNC_INSTRUCTION_SET is mmx") && refused.error.contains("base"))
    }

    @Test func measuresSampling() throws {
        let outcome = try Sandbox().dnc(
            ["bench", "--sampling", "--repeats", "1", "--duration", "0.01", "--json"] + Sandbox.small)
        #expect(try #require(outcome.json["symbols_per_second"] as? Double) > 0)
    }

    @Test(arguments: [
        ("gated-deltanet", "c3: delta, 128 hidden, 12 slots of width 12, 1 read head, decay, 32 x 32"),
        ("holographic", "c3: holographic, 128 hidden tanh, 12 slots of width 4, 1 read head, 32 x 32"),
        ("numpy", "c3: dnc, 128 hidden squashed, 12 slots of width 12, 1 read head, addressing=dot,"),
    ])
    func aPresetIsMeasuredAtTheCasesSizes(preset: String, expected: String) throws {
        let outcome = try Sandbox().dnc("bench", "--case", "c3", "--preset", preset, "--repeats", "1", "--duration", "0.001")
        #expect(outcome.text.hasPrefix(expected))
    }

    @Test func runsEveryStandardCase() throws {
        let outcome = try Sandbox().dnc("bench", "--case", "all", "--repeats", "1", "--duration", "0.001", "--json")
        let lines = outcome.text.split(separator: "\n")
        #expect(try lines.map { try object($0)["case"] as? String } == ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"])
    }
}
