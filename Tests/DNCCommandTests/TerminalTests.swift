import Foundation
import TestSupport
import Testing

@testable import DNCCommand

@Suite struct TerminalTests {
    /// A text full of what commands a terminal: cleared screens, bells, C1 controls, writing turned right to left, stray bytes.
    @Test(arguments: ["characters", "bytes"])
    func controlCharactersAreEscaped(tokens: String) throws {
        let sandbox = try Sandbox()
        let line = Data("a\u{1B}[2J\u{7}b\u{9B}31m\tc\u{202E}d\u{7F}é\r\n".utf8)
        let stray = tokens == "bytes" ? Data([0x9B, 0xE2, 0x82, 0x41, 0xFF]) : Data()
        try sandbox.write(Data((0..<40).map { _ in line + stray }.joined()), to: "controls.txt")
        try sandbox.train("--tokens", tokens, "--sample-every", "20", data: "controls.txt")
        let sample = ["sample", "run", "--length", "2000", "--temperature", "1.5"]
        let (raw, shown) = (try sandbox.dnc(sample + ["--raw"]).output, try sandbox.dnc(sample))
        #expect(raw.contains(0x1B) && raw.contains(0x07))

        // Where bytes form no character, each is shown by itself.
        var expected = ""
        var rest = raw[...]
        while let first = rest.first {
            let length = (1...4).last { String(validating: rest.prefix($0), as: UTF8.self)?.unicodeScalars.count == 1 }
            if let length, let scalar = String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars.first {
                let isHarmless =
                    switch scalar.value {
                    case 0x09, 0x0A: true
                    case 0x0D: rest.dropFirst().first == 0x0A
                    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: false
                    default: true
                    }
                expected += isHarmless ? String(scalar) : "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            } else {
                expected += "\\x" + String(first, radix: 16, uppercase: true)
            }
            rest = rest.dropFirst(length ?? 1)
        }
        #expect(shown.text.unicodeScalars.elementsEqual(expected.unicodeScalars))
        for text in [shown.text, try sandbox.read("run/samples.txt")] {
            let scalars = text.replacing("\r\n", with: "\n").unicodeScalars
            #expect(scalars.allSatisfy { $0.properties.generalCategory != .control || $0 == "\n" || $0 == "\t" })
        }
    }

    /// Of a file's own words in an error.
    @Test func errorsAreEscaped() throws {
        let sandbox = try Sandbox()
        try sandbox.train()
        var file = try SavedFile(sandbox.url("run/last.safetensors"))
        var configuration = try file.metadata("dnc.config")
        configuration["model"] = "\u{1B}[2J"
        try file.setMetadata("dnc.config", to: configuration)
        try sandbox.write(file.bytes, to: "hostile.safetensors")
        let error = try sandbox.dnc("info", "hostile.safetensors").error
        #expect(error.contains("hostile.safetensors") && !error.contains("\u{1B}"))
    }

    /// Comparing such strings, as the parser of arguments does, takes quadratic time: some 23 seconds for this one.
    @Test func endlessAccentsAreRefused() throws {
        let accents = String(repeating: "\u{301}\u{323}", count: 32_000)
        try Sandbox().expectRefusal(["sample", "run", "--prompt", accents], 64, says: "combining marks")
    }

    /// The live line, as a terminal gets it: drawn again and again with a sparkline, dim, the best in green; without styles where
    /// NO_COLOR says so, and without any escape sequence on a terminal that has none.
    @Test(
        .enabled(if: python("import pty") != nil, "needs Python with pseudoterminals"),
        arguments: [("xterm", "", true, true), ("xterm", "1", true, false), ("dumb", "", false, false)])
    func theProgressLine(terminal: String, noColor: String, isLive: Bool, isStyled: Bool) throws {
        let sandbox = try Sandbox()
        // Every sample is also an occasion to report.
        let command =
            ["train", "--data", sandbox.url("text.txt").path, "--out", sandbox.url("run").path, "--valid-every", "20"]
            + Sandbox.small + ["--sample-every", "10", "--max-steps", "100"]
        let program = """
            import os, pty, sys
            os.environ.update(TERM=sys.argv[1], NO_COLOR=sys.argv[2])
            sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[3:])))
            """
        let shown = try #require(python(program, [terminal, noColor, Sandbox.executable] + command))
        #expect(shown.contains("BPC  held-out"))
        #expect(shown.contains("\u{1B}") == isLive)
        #expect(shown.contains("\u{1B}[32mbest ") == isStyled)
        let lines = shown.matches(of: /\x1B\[K\x1B\[\?7l([^\n\r]*)\x1B\[\?7h/).map(\.1)
        #expect((lines.last?.contains("█") ?? false) == isLive)
        for line in lines {
            let plain = isStyled ? try #require(line.wholeMatch(of: /\x1B\[2m(.*)\x1B\[0m/)).1 : line
            #expect(!plain.contains("\u{1B}"))
            #expect(plain.contains(/^step [0-9]+  ([▁-█]+  )?train .* BPC .*  ETA [0-9:]+  [0-9.]+ MB$/))
        }
    }

    /// The least is the lowest bar, the largest the highest.
    @Test(
        arguments: [
            ([1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█"), ([2.5, 1, 4], "▅▁█"), ([3, 3], "▁▁"), ([], ""),
            ([.nan, 1, 2, .infinity], " ▁█ "),
            ([.nan], " "),
        ] as [([Double], String)])
    func sparklines(values: [Double], line: String) {
        #expect(sparkline(values) == line)
    }
}
