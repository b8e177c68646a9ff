// Traces in a terminal, line by line.

import DNC
import Foundation
import Testing

@testable import DNCCommand

@Suite struct TraceViewTests {
    /// A model that answers the same whatever it reads: its outputs are the bias.
    private func trace(_ input: ModelInput, _ output: ModelOutput, bias: [Float], _ episode: Episode) throws -> Trace {
        let layout = try ModelLayout(.rnn(hidden: 1), input: input, output: output)
        let parameters = Array(repeating: 0, count: layout.parameterCount - bias.count) + bias
        return try Model(layout: layout, parameters: parameters).trace(episode)
    }

    /// The first bit is answered with 1 and the second with 0.
    @Test func bits() throws {
        let episode = Episode(
            vectors: [0, 1, 1, 0, 0.5, 0], targetVectors: [0, 0, 1, 0, 0, 1], weights: [0, 1, 1])
        let view = TraceView(try trace(.vector(2), .bits(2), bias: [1, -1], episode), columns: 40)
        // Of each bit, 0.45 bits are missing where it is right, and 1.9 where it is wrong.
        #expect(
            view.text == """
                reads       0  █▒
                ≤ 1.00      1 █\("  ")
                asks        0  1.
                            1  .1
                answers     0  1✗
                            1  .✗
                right         ·✓✗
                surprise      ▁▂▄

                """)
    }

    @Test func symbolsAndGroups() throws {
        let episode = Episode(
            symbols: [0, -1, 2, 35], targetSymbols: [-1, -1, 1, 0, -1, 1, 0, -1], weights: [1, 1, 1, 0])
        let trace = try trace(.symbols(36), .symbols(2, groups: 2), bias: [0, 1, 1, 0], episode)
        let lines = TraceView(trace, columns: 40).text.split(separator: "\n")
        #expect(
            lines.prefix(6) == [
                "reads         0 2z", "asks 1         1  ", "asks 2         01 ", "answers 1      1  ", "answers 2      00 ",
                "right         ·✓✗·",
            ])
    }

    /// Darker is larger, from the least number on; many channels share a line, and blocks are as wide as the terminal.
    @Test func numbers() throws {
        let steps = 30
        let episode = Episode(
            vectors: (0..<steps).flatMap { step in (0..<40).map { step == 1 && $0 == 5 ? 1 : -1 } },
            targetVectors: (0..<steps).map { $0 == 1 ? 2 : 0 }, weights: (0..<steps).map { $0 < 2 ? 1 : 0 })
        let text = TraceView(try trace(.vector(40), .reals(1), bias: [2.05], episode), columns: 34).text
        let blocks = text.components(separatedBy: "\n\n").map { $0.split(separator: "\n").map(String.init) }
        #expect(blocks.count == 2 && blocks[0].count == 14 + 4 && blocks[1].count == 14 + 4)
        let blank = String(repeating: " ", count: 18)
        #expect(blocks[0].prefix(2) == ["reads       0    " + blank.dropFirst(), "-1.0…1.0    3  █" + blank])
        #expect(
            blocks[0].dropFirst(14).map { $0.prefix(16) } == [
                "asks        0  █", "answers     0 ██", "right         ✗✓", "error         █▁",
            ])
        #expect(blocks[1].last == "error         " + String(repeating: "▁", count: 10))
    }

    /// Names come from files, and commands of a terminal could be among them.
    @Test func wordsAreHarmless() throws {
        #expect(TraceView.shown("cat") == "c" && TraceView.shown("\u{1B}[2J") == "·" && TraceView.shown("") == "↵")
        #expect(TraceView.shown("\u{202E}") == "·" && TraceView.shown("漢") == "·" && TraceView.shown("\n") == "↵")
    }
}
