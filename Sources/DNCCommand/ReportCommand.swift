import ArgumentParser
import DNC
import SystemFiles

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make a page of a run's curves and of what its memory does.",
        discussion: """
            One HTML file, for any browser, that needs no network. Of a run it shows the log, and the best checkpoint as it reads a text or an \
            episode, which is chosen as for dnc trace; of a trace or a checkpoint that alone.

            dnc report runs/book-dnc --data book.txt -o report.html
            dnc report runs/copy-dnc --episode 3 -o report.html
            dnc report trace.safetensors -o report.html
            """)

    @Argument(help: ArgumentHelp("A run's folder, a trace, or a checkpoint.", valueName: "source"), completion: .file())
    var source: String
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the page.", valueName: "file"), completion: .file())
    var out = "report.html"
    @OptionGroup var traced: TracedOptions

    func run() throws {
        let report = try makeReport()
        try report.write(to: out)
        try Terminal.write("\(out)\n")
    }

    private func makeReport() throws -> Report {
        if SystemFiles.isFolder(source) {
            let run = RunDirectory(path: source)
            guard run.holdsRun else { throw TrainingError.noRun(path: source) }
            let header = try CheckpointHeader(contentsOf: RunDirectory.checkpoint(at: source))
            guard traced.episodes != nil || TracedOptions.canChoose(header) else {
                Terminal.writeError(
                    "dnc: note: the page has the log alone; with --episodes it shows an episode of a file, too\n")
                return try Report(run)
            }
            return try Report(run, trace: traced.trace(header))
        }
        let file = try SafeTensorsFile(contentsOf: source)
        let trace = Trace.isTrace(file) ? try Trace(file) : try traced.trace(CheckpointHeader(file))
        return Report(trace, title: VisibleText.of(source))
    }
}
