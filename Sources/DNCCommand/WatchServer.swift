// The report of a run, served to browsers on this machine while it is trained.
#if Watch
import DNC
import FlyingFox
import FlyingSocks
import Foundation
import SystemFiles

/// Serves the report page, and what is new in it, from the run's files, to this machine alone.
enum WatchServer {
    /// Listens from now on, to the end of the process; returns where the page is.
    /// - Parameter port: 0 for any that is free.
    static func start(_ run: RunDirectory, port: UInt16) async throws -> String {
        let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: port), logger: .disabled)
        let source = ReportSource(run)
        // A page of another site, whose name somebody lets point to this machine, must not read the run.
        @Sendable func isOwn(_ request: HTTPRequest) -> Bool {
            ["127.0.0.1", "localhost"].contains(request.headers[.host]?.split(separator: ":").first.map(String.init))
        }
        await server.appendRoute("GET /") { request in
            guard isOwn(request) else { return HTTPResponse(statusCode: .forbidden) }
            let page = try await source.report.html()
            return HTTPResponse(
                statusCode: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
                body: Data(page.utf8))
        }
        await server.appendRoute("GET /report.json") { request in
            guard isOwn(request) else { return HTTPResponse(statusCode: .forbidden) }
            let tag = source.tag
            let headers: HTTPHeaders = [.contentType: "application/json", .eTag: tag, .cacheControl: "no-cache"]
            if request.headers[.ifNoneMatch] == tag { return HTTPResponse(statusCode: .notModified, headers: headers) }
            return try await HTTPResponse(statusCode: .ok, headers: headers, body: Data(source.report.json().utf8))
        }

        let running = Task { try await server.run() }
        do {
            try await server.waitUntilListening(timeout: 5)
            guard case .ip4(_, let port) = await server.listeningAddress else { throw SocketError.disconnected }
            return "http://127.0.0.1:\(port)/"
        } catch {
            running.cancel()
            throw WatchError(port: port, reason: "\(error)")
        }
    }
}

/// No page can be served.
struct WatchError: Error, CustomStringConvertible {
    let port: UInt16
    let reason: String
    var description: String { "cannot serve on port \(port) of 127.0.0.1 (\(reason)); choose another --watch, 0 for any" }
}

/// The newest report of a run.
private actor ReportSource {
    private nonisolated let run: RunDirectory
    /// The trace of the best checkpoint, and what that file was then.
    private var traced: (tag: String, trace: Trace?)?

    init(_ run: RunDirectory) { self.run = run }

    /// Changes with what the report is made of.
    nonisolated var tag: String {
        "\"" + [run.metrics, run.latest, RunDirectory.checkpoint(at: run.path)].map(Self.tag).joined(separator: "-") + "\""
    }

    var report: Report {
        get throws {
            let checkpoint = RunDirectory.checkpoint(at: run.path)
            let tag = Self.tag(of: checkpoint)
            if run.holdsRun, traced?.tag != tag {
                traced = (tag, try TracedOptions.usualTrace(CheckpointHeader(contentsOf: checkpoint)))
            }
            return try Report(run, trace: traced?.trace, live: true)
        }
    }

    private static func tag(of file: String) -> String { SystemFiles.stamp(of: file) ?? "0" }
}
#endif
