// The report page in a browser, by Tests/ReportPage/check.py: of made-up data, and as dnc makes it.

import Foundation
import TestSupport
import Testing

private let checker = URL(filePath: #filePath).appending(path: "../../ReportPage/check.py").standardized.path

/// Whether there is a browser, and Python with what the checks need.
private let canCheck = runPython([checker, "no check has this name"]).status == 0

@Suite(.enabled(if: canCheck, "needs Chromium, and Python with numpy and safetensors")) struct ReportPageTests {
    private func expectToPass(_ arguments: String...) {
        let (status, output) = runPython([checker] + arguments)
        #expect(status == 0 && output.contains(/^[1-9]\d* passed, 0 failed\n$/), "\(output)")
    }

    @Test func thePageOfMadeUpData() { expectToPass() }

    /// The links that the page shows are those that the core has recorded, all of them or, of many slots, as many as fit; and hostile
    /// text does nothing.
    @Test func aPageByDNC() throws {
        let sandbox = try Sandbox()
        try sandbox.write(String(repeating: "</script><img src=x onerror=alert(1)>\u{202E}<!--", count: 40), to: "hostile.txt")
        try sandbox.train("--no-carry-memory", data: "hostile.txt", run: "hostile<script>")
        try sandbox.dnc("trace", "hostile<script>", "--data", "hostile.txt", "--length", "60", "--out", "trace.safetensors")
        try sandbox.dnc("report", "trace.safetensors", "-o", "<img src=x>.html")
        try sandbox.dnc("report", "hostile<script>", "--data", "hostile.txt", "--length", "60", "-o", "run.html")
        let trace = sandbox.url("trace.safetensors").path
        expectToPass("--page", sandbox.url("<img src=x>.html").path, "--trace", trace)
        expectToPass("--page", sandbox.url("run.html").path, "--trace", trace)
        try sandbox.train("--slots", "192", run: "wide")
        try sandbox.dnc("trace", "wide", "--data", "text.txt", "--length", "60", "--out", "wide.safetensors")
        try sandbox.dnc("report", "wide.safetensors", "-o", "wide.html")
        expectToPass("--page", sandbox.url("wide.html").path, "--trace", sandbox.url("wide.safetensors").path)
    }

    /// A run of bits, and one of hostile words.
    @Test func aPageOfEpisodesByDNC() throws {
        let sandbox = try Sandbox()
        let line =
            #"{"inputs": ["</script><img src=x onerror=alert(1)>", "\u202E", "?"], "targets": [null, null, "<!--<script>"]}"#
        try sandbox.write(String(repeating: line + "\n", count: 20), to: "words.jsonl")
        let small = ["--hidden", "12", "--slots", "4", "--width", "4", "--batch-size", "4", "--max-steps", "6", "-q"]
        for (run, source, episode) in [
            ("copy", ["--task", "copy", "--task-options", "bits=3,length=1...9"], ["--episode", "2"]),
            ("words", ["--episodes", "words.jsonl"], ["--episodes", "words.jsonl"]),
        ] {
            try #require(sandbox.dnc(["train", "--out", run] + source + small).status == 0)
            try sandbox.dnc(["trace", run, "--out", "trace.safetensors"] + episode)
            try sandbox.dnc(["report", run, "-o", "page.html"] + episode)
            expectToPass("--page", sandbox.url("page.html").path, "--trace", sandbox.url("trace.safetensors").path)
        }
    }
}
