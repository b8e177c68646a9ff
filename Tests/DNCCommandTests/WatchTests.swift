// The report that is served while a run goes on; for builds with the trait Watch.
#if Watch
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: python("") != nil, "needs Python, as a client"))
struct WatchTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Status, tag and body of an answer. The client asks as Python's own library does, with these headers.
    private func get(_ url: String, _ headers: [String: String] = [:]) throws -> (status: Int, tag: String, body: String) {
        let program = """
            import json, sys, urllib.request, urllib.error
            request = urllib.request.Request(sys.argv[1], headers=json.loads(sys.argv[2]))
            try: answer = urllib.request.urlopen(request)
            except urllib.error.HTTPError as error: answer = error
            print(answer.status, answer.headers.get("ETag", "-"))
            print(answer.read().decode())
            """
        let json = String(decoding: try JSONSerialization.data(withJSONObject: headers), as: UTF8.self)
        let output = try #require(python(program, url, json))
        let lines = output.split(separator: "\n", maxSplits: 1).map(String.init)
        let words = lines[0].split(separator: " ").map(String.init)
        return (try #require(Int(words[0])), words[1], lines.dropFirst().joined())
    }

    /// Begins a run that goes on until it is told to end; returns it and the page's address.
    private func start() throws -> (RunningCommand, String) {
        let command = try sandbox.start(Sandbox.saving + SignalTests.endless + ["--watch", "0"])
        try command.wait(for: "watch it at ")
        let address = try #require(command.rest(upTo: "\n"))
        try command.wait(for: "\nstep 3 ")  // until there are checkpoints
        return (command, address)
    }

    @Test func thePageAndWhatIsNew() throws {
        let (command, address) = try start()
        let page = try get(address)
        #expect(page.status == 200 && page.body.contains(#"<script type="application/json" id="data">{"live":true,"#))

        let data = try get(address + "report.json")
        let metrics = try #require(try object(data.body)["metrics"] as? [[String: Any]])
        #expect(metrics.prefix(3).map { $0["step"] as? Int } == [1, 2, 3])
        #expect((try object(data.body)["trace"] as? [String: Any])?["steps"] as? Int == 300)
        let newer = try get(address + "report.json", ["If-None-Match": data.tag])
        #expect(newer.status == 200 && newer.tag != data.tag)  // the run has gone on

        #expect(try get(address + "last.safetensors").status == 404)
        #expect(try get(address + "../text.txt").status == 404)
        let outcome = command.end(sending: SIGINT)
        #expect(outcome.status == 130)
    }

    /// What has not changed is not sent again: a run that saves once a minute, or less often.
    @Test func whatHasNotChanged() throws {
        let command = try sandbox.start(
            Sandbox.saving + SignalTests.endless + [
                "--watch", "0", "--valid-every", "1000000000", "--plateau-every", "1000000000",
            ])
        try command.wait(for: "watch it at ")
        let address = try #require(command.rest(upTo: "\n"))
        let data = try get(address + "report.json")
        #expect(data.status == 200)
        #expect(try get(address + "report.json", ["If-None-Match": data.tag]).status == 304)
        _ = command.end(sending: SIGINT)
    }

    /// A page of another site whose name leads to this machine.
    @Test func othersMayNotRead() throws {
        let (command, address) = try start()
        #expect(try get(address, ["Host": "evil.example"]).status == 403)
        #expect(try get(address + "report.json", ["Host": "evil.example:80"]).status == 403)
        #expect(try get(address, ["Host": "localhost:1"]).status == 200)
        _ = command.end(sending: SIGINT)
    }

    @Test func aPortThatIsTaken() throws {
        let (command, address) = try start()
        let port = try #require(URL(string: address)?.port)
        let outcome = try sandbox.dnc("train", "--data", "text.txt", "--out", "other", "--watch", "\(port)")
        #expect(outcome.status != 0 && outcome.error.contains("port \(port)") && outcome.error.contains("choose another"))
        _ = command.end(sending: SIGINT)
    }
}
#endif
