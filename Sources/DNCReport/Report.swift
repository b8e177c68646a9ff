// The page that shows what a run has learned and what its memory does.
import DNCCore
import DNCData
import DNCTasks
public import DNCTraining
import Foundation
import SafeTensors
import SystemFiles

/// In what losses are told, as the page says it.
private struct ReportedMeasure: Sendable, Encodable {
    let name: String
    let unit: String
    let predictions: String

    init(_ measure: Measure) { (name, unit, predictions) = (measure.rawValue, measure.unit, measure.predictions) }
}

/// What the report page shows: a run's curves, a trace, or both. One HTML file that needs nothing else and no network.
public struct Report: Sendable, Encodable {
    /// The version of the data that the page understands.
    private let schema = 2
    private let version = packageVersion
    let title: String
    /// What there is to know about the model, as names and values.
    let summary: [[String]]
    /// In what the losses are told; nil where there are none.
    private let measure: ReportedMeasure?
    /// The run's log; nil for a trace alone.
    let metrics: [MetricsLine]?
    let trace: ReportedTrace?
    /// Whether the page asks for newer data.
    let live: Bool

    /// A trace alone.
    public init(_ trace: Trace, title: String) {
        self.title = title
        summary = [
            ["model", trace.layout.configuration.summary], ["reads", trace.layout.input.summary],
            ["answers", trace.layout.output.summary],
        ]
        measure = ReportedMeasure(trace.measure)
        metrics = nil
        self.trace = ReportedTrace(trace)
        live = false
    }

    /// A run by its log, and by the trace of one of its checkpoints. A run that has not come to its first has little to show.
    /// - Parameters:
    ///   - run: the run's folder.
    ///   - trace: of one of its checkpoints; nil for the log alone.
    ///   - live: whether the page asks, every now and then, for `report.json` beside it, with the `json()` of a newer report.
    /// - Throws: What reading the run's files throws.
    public init(_ run: RunDirectory, trace: Trace? = nil, live: Bool = false) throws {
        title = String(decoding: run.path.systemBytes, as: UTF8.self)
        summary = run.holdsRun ? try Self.summary(of: CheckpointHeader(contentsOf: run.latest)) : []
        let metrics = try run.log()
        self.metrics = metrics
        measure = (metrics.last?.measure ?? trace?.measure).map(ReportedMeasure.init)
        self.trace = trace.map(ReportedTrace.init)
        self.live = live
    }

    private static func summary(of header: CheckpointHeader) throws -> [[String]] {
        let record = try header.record
        let configuration = record.configuration
        let measure = header.measure
        let best = record.bestLoss.map {
            let predictions = record.validPredictions.map { " over \($0) predictions" } ?? ""
            let right = record.bestScore?.sequencesRightRate.map { String(format: ", %.2f %% of sequences right", 100 * $0) }
            return String(format: "%.4f ", $0) + measure.unit + predictions + (right ?? "") + " at step \(record.bestStep ?? 0)"
        }
        let isText = configuration.source == .text
        let vocabulary = try? header.vocabulary
        return [
            ["trained on", configuration.source.summary],
            ["model", configuration.model.summary],
            ["parameters", "\(header.layout.parameterCount)"],
            vocabulary.map { ["vocabulary", "\($0.count) \($0.kind.rawValue)"] }
                ?? ["reads and answers", "\(header.layout.input.summary); \(header.layout.output.summary)"],
            isText
                ? [
                    "segments",
                    "\(configuration.batchSize) lanes of \(configuration.sequenceLength) symbols\(configuration.segmentRemarks)",
                ]
                : ["batch", "\(configuration.batchSize) episodes\(configuration.segmentRemarks)"],
            ["optimizer", record.optimizerSummary],
            ["precision", configuration.precision.rawValue],
            ["seed", "\(configuration.seed)"],
            ["step", "\(record.step)"],
            ["best held-out", best ?? "none"],
        ]
    }

    /// The data alone, as the page asks for it where it is served.
    public func json() throws -> String { try DNCTraining.json(self) }

    /// The whole page. No two are the same: a random number in each marks the only script that a browser runs in it.
    public func html() throws -> String {
        func resource(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        // No text in the data can end the element that it stands in.
        let data = try json().replacing("<", with: "\\u003c")
        // The first has what the others share, the last begins.
        let script = [
            PackageResources.page_js, PackageResources.colours_js, PackageResources.text_js, PackageResources.trace_js,
            PackageResources.training_js, PackageResources.rows_js, PackageResources.timeline_js,
            PackageResources.matrices_js, PackageResources.step_js, PackageResources.units_js, PackageResources.report_js,
        ].map(resource).joined(separator: "\n")
        let nonce = String(UInt128.random(in: .min ... .max), radix: 36)
        return resource(PackageResources.report_html)
            .replacing("'nonce-NONCE'", with: "'nonce-\(nonce)'")
            .replacing("<!--STYLE-->", with: "<style nonce=\"\(nonce)\">\n\(resource(PackageResources.report_css))</style>")
            .replacing("<!--SCRIPT-->", with: "<script nonce=\"\(nonce)\">\n\(script)</script>")
            .replacing("<!--DATA-->", with: "<script type=\"application/json\" id=\"data\">\(data)</script>")
    }

    /// Writes the page in one step, replacing an old one.
    public func write(to path: String) throws { try AtomicFile.write(Array(html().utf8), to: path) }
}
