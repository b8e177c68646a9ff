// trace and report, as a user runs them.

import DNC
import Foundation
import Testing

@Suite struct TraceTests {
    let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.train()
    }

    private func trace(_ arguments: String...) throws -> Outcome {
        let outcome = try sandbox.dnc(["trace", "run"] + arguments)
        try #require(outcome.status == 0, "\(outcome.error)")
        return outcome
    }

    @Test func theBeginningOfAFile() throws {
        let result = try trace("--data", "text.txt", "--length", "70", "--out", "trace.safetensors", "--json").json
        #expect(result["steps"] as? Int == 70)
        let trace = try Trace(contentsOf: sandbox.url("trace.safetensors").path)
        #expect(try trace.vocabulary.decode(trace.symbols) == sandbox.read("text.txt").prefix(70))
        try sandbox.write(String(sandbox.read("text.txt").prefix(70)), to: "beginning.txt")
        let evaluated = try sandbox.dnc("eval", "run", "--data", "beginning.txt", "--json").json["loss"] as? Double
        #expect(abs(try #require(result["loss"] as? Double) - (try #require(evaluated))) < 1e-5)
        #expect(result["measure"] as? String == "bits per character" && result["sequence_right"] as? Bool == false)
        #expect((0...1).contains(try #require(result["memory_influence"] as? Double)))
    }

    /// What the model itself writes is what dnc sample prints.
    @Test func itsOwnWriting() throws {
        _ = try trace("--length", "41", "--seed", "7", "--out", "trace.safetensors")
        let trace = try Trace(contentsOf: sandbox.url("trace.safetensors").path)
        let sample = try sandbox.dnc("sample", "run", "--length", "40", "--seed", "7", "--json").json["text"] as? String
        #expect(try trace.vocabulary.decode(trace.symbols.dropFirst()) == sample)
    }

    /// A column for each symbol, in blocks of the width that a terminal has.
    @Test func inATerminal() throws {
        let lines = try trace("--text", "bado rika", "--terminal").text.split(separator: "\n").map(String.init)
        #expect(lines.first == "text          bado rika")
        #expect(lines.contains { $0.wholeMatch(of: /right {9}[✓✗]{8}·/) != nil })
        #expect(lines.contains { $0.hasPrefix("write gate    ") && $0.count == 14 + 9 })
        #expect(lines.count { $0.hasPrefix("usage ") || $0.hasPrefix("read ") || $0.hasPrefix("write  ") } == 3)
        #expect(lines.last?.hasPrefix("9 steps, ") == true)
    }

    @Test func refusals() throws {
        try sandbox.expectRefusal(["trace", "run"], 64, says: "--out", "--terminal")
        try sandbox.expectRefusal(["trace", "run", "--text", "a", "--data", "text.txt", "--terminal"], 64, says: "one text")
        try sandbox.expectRefusal(["trace", "run", "--text", "", "--terminal"], 64, says: "--text is empty")
        try sandbox.expectRefusal(["trace", "run", "--text", "Q", "--terminal"], 65, says: "'Q'", "vocabulary")
        try sandbox.expectRefusal(["trace", "absent", "--terminal"], 65, says: "absent")
        try sandbox.expectRefusal(["report", "absent"], 65, says: "absent")
        try sandbox.expectRefusal(["report", "text.txt"], 65, says: "text.txt")
    }

    private func data(ofPage page: String) throws -> [String: Any] {
        let start = try #require(page.range(of: #"<script type="application/json" id="data">"#)?.upperBound)
        let end = try #require(page[start...].range(of: "</script>")?.lowerBound)
        return try object(page[start..<end])
    }

    @Test func theReportOfARun() throws {
        #expect(
            try sandbox.dnc("report", "run", "--data", "text.txt", "--length", "50", "-o", "page.html").text == "page.html\n")
        let data = try data(ofPage: sandbox.read("page.html"))
        #expect(data["title"] as? String == "run")
        let metrics = try #require(data["metrics"] as? [[String: Any]])
        #expect(metrics.map { $0["step"] as? Int } == [20, 40])
        let traced = try #require(data["trace"] as? [String: Any])
        #expect(traced["steps"] as? Int == 50)
        let symbols = try #require(traced["symbols"] as? [Int])
        #expect(traced["targets"] as? [Int] == symbols.dropFirst() + [-1])
    }

    /// The numbers in the page are those of the trace to half a step of a byte, and those that links are computed from the same.
    @Test func theReportOfATrace() throws {
        _ = try trace("--text", "bado rika meshi", "--out", "trace.safetensors")
        #expect(try sandbox.dnc("report", "trace.safetensors").text == "report.html\n")
        let data = try data(ofPage: sandbox.read("report.html"))
        #expect(data["metrics"] is NSNull || data["metrics"] == nil)
        let traced = try #require(data["trace"] as? [String: Any])
        let arrays = try #require(traced["arrays"] as? [String: [String: Any]])
        let trace = try Trace(contentsOf: sandbox.url("trace.safetensors").path)
        #expect(arrays["link"] != nil && arrays.count > 15)
        for (name, array) in arrays {
            let bytes = [UInt8](try #require(Data(base64Encoded: array["data"] as? String ?? "")))
            let tensor = try #require(trace[name])
            #expect(array["shape"] as? [Int] == tensor.shape)
            if array["type"] as? String == "f32" {
                #expect(bytes == tensor.values.withUnsafeBytes { Array($0) })
            } else {
                let (low, high) = (try #require(array["low"] as? Double), try #require(array["high"] as? Double))
                #expect(bytes.count == tensor.values.count)
                for (byte, value) in zip(bytes, tensor.values) {
                    #expect(abs(low + (high - low) * Double(byte) / 255 - Double(value)) <= (high - low) / 509 + 1e-7)
                }
            }
        }
        let top = try #require(traced["top"] as? [String: [[Double]]])
        for step in 0..<trace.steps {
            let probabilities = trace.logProbabilities(at: step).map { exp($0) }.sorted(by: >)
            for (shown, probability) in zip(top["probabilities"]?[step] ?? [], probabilities) {
                #expect(abs(shown - probability) < 1e-12)
            }
        }
    }

    /// A text that would end the element that the data stands in, or begin another.
    @Test func hostileTextStaysText() throws {
        let text = String(repeating: "</script><img src=x onerror=alert(1)><!--", count: 40)
        try sandbox.write(text, to: "hostile.txt")
        try sandbox.train(data: "hostile.txt", run: "hostile<script>")
        try sandbox.dnc("report", "hostile<script>", "--text", "</script><img src=x>", "-o", "page.html")
        let page = try sandbox.read("page.html")
        let data = try data(ofPage: page)
        #expect(data["title"] as? String == "hostile<script>")
        let vocabulary = try #require((data["trace"] as? [String: Any])?["vocabulary"] as? [String])
        #expect(vocabulary.contains("<") && vocabulary.joined() == String(Set(text).sorted()))
        #expect(!page.contains("<img") && !page.contains("hostile<"))
    }
}
