import ArgumentParser
import DNC

struct GradcheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gradcheck",
        abstract: "Compare the core's gradients with numerical derivatives.",
        discussion: """
            A random model on one random segment; every tensor, with the smallest and largest numerical and analytical gradient and the \
            smallest, mean and largest relative error. Exits with 1 when one is not below 1e-4.
            """)

    @OptionGroup(title: "Model (default: dnc, 8 hidden, 6 slots of width 5, 2 read heads)")
    var model: ModelOptions
    @Option(
        parsing: .unconditional,
        help: "The precision of the gradient: double or float. The numerical derivative is always double.")
    var precision = Precision.double
    @Option(parsing: .unconditional, help: "Lanes.")
    var batchSize = 2
    @Option(parsing: .unconditional, help: "Steps.")
    var seqLength = 6
    @Option(parsing: .unconditional, help: "Symbols of the vocabulary.")
    var symbols = 5
    @Option(parsing: .unconditional, help: "Of the random numbers.")
    var seed: UInt64 = 1
    @Option(parsing: .unconditional, help: "Check at most so many elements of each tensor, drawn at random.")
    var perTensor = 1000
    @Flag(help: "Print one JSON object per tensor.")
    var json = false

    private static let tolerance = 1e-4

    private struct Result: Encodable {
        let tensor: String
        let shape: [Int]
        let checked: Int
        let skipped: Int
        let numerical: [Double?]
        let analytical: [Double?]
        let relativeError: [Double?]
    }

    func validate() throws {
        try checkSize("--batch-size", batchSize)
        try checkSize("--seq-length", seqLength)
        try checkSize("--symbols", symbols, atLeast: 2)
        try checkPositive("--per-tensor", perTensor)
    }

    func run() throws {
        let configuration = try model.configuration(defaults: .dnc(hidden: 8, slots: 6, width: 5, readHeads: 2))
        let check =
            switch precision {
            case .float: try gradientCheck(configuration, as: Float.self)
            case .double: try gradientCheck(configuration, as: Double.self)
            }
        if json { try printJSON(check.reports) } else { try printTable(check.reports) }
        if !check.passes(tolerance: Self.tolerance) { throw ExitCode.failure }
    }

    private func gradientCheck<Scalar: CoreScalar>(
        _ configuration: ModelConfiguration, as scalar: Scalar.Type
    ) throws(CoreError) -> GradientCheck {
        try GradientCheck.run(
            configuration: configuration, symbols: symbols, steps: seqLength, lanes: batchSize, seed: seed,
            maximumPerTensor: perTensor, as: Scalar.self)
    }

    private func printJSON(_ reports: [GradientCheck.Report]) throws {
        // JSON has no NaN; null stands where nothing was compared.
        func finite(_ values: Double...) -> [Double?] { values.map { $0.isFinite ? $0 : nil } }
        for report in reports {
            let (n, a, e) = (report.numerical, report.analytical, report.relativeError)
            try Terminal.write(
                json: Result(
                    tensor: report.name, shape: report.shape, checked: report.checked, skipped: report.skipped,
                    numerical: finite(n.minimum, n.maximum), analytical: finite(a.minimum, a.maximum),
                    relativeError: finite(e.minimum, e.mean, e.maximum)))
        }
    }

    private func printTable(_ reports: [GradientCheck.Report]) throws {
        func row(_ cells: [String]) throws {
            let widths = [24, 8, 12, 10, 12, 10, 12, 10, 10]
            let padded = zip(cells, widths).enumerated().map { column, cell in
                column == 0 ? cell.0.padded(to: cell.1) : cell.0.leftPadded(to: cell.1)
            }
            try Terminal.write(padded.joined() + "\n")
        }
        try row(["", "", "numerical", "gradient", "analytical", "gradient", "relative", "error", ""])
        try row(["tensor", "checked", "min", "max", "min", "max", "min", "mean", "max"])
        for report in reports {
            let (n, a, e) = (report.numerical, report.analytical, report.relativeError)
            let numbers = [n.minimum, n.maximum, a.minimum, a.maximum, e.minimum, e.mean, e.maximum]
            try row([report.name, String(report.checked)] + numbers.map(\.scientific))
        }
        let skipped = reports.reduce(0) { $0 + $1.skipped }
        if skipped > 0 { try Terminal.write("\(skipped) elements skipped: the order of allocation depends on them\n") }
        let worst = reports.map(\.relativeError.maximum).max() ?? .nan
        let isBelow = worst < Self.tolerance
        try Terminal.write("largest relative error \(worst.scientific), \(isBelow ? "below" : "NOT below") 1e-4\n")
    }
}
