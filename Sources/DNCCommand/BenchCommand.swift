import ArgumentParser
import DNC
import Foundation

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the speed of training.",
        discussion: """
            Whole training steps in single precision - data, forward, backward, optimizer - on made-up symbols. After a warm-up, the \
            median of the repeats. The peak is that of OpenBLAS's large products, measured in the same run on the same threads.
            """)

    enum Case: String, CaseIterable, ExpressibleByArgument {
        case c1, c2, c3, c4, c5, c6, all
    }

    @Option(
        name: .customLong("case"),
        help: "One of the standard cases, or all; other flags then do not count but --threads and --repeats.")
    var standardCase: Case?
    @OptionGroup(title: "Model (default: dnc, 128 hidden, 16 slots of width 16, 1 read head)")
    var model: ModelOptions
    @Option(parsing: .unconditional, help: "Lanes.")
    var batchSize = 32
    @Option(parsing: .unconditional, help: "Steps.")
    var seqLength = 32
    @Option(parsing: .unconditional, help: "Parts of the batch that threads share. (default: by batch size)")
    var shards: Int?
    @Option(parsing: .unconditional, help: "Threads. (default: all processors)")
    var threads: Int?
    @Option(parsing: .unconditional, help: "Measurements, of which the median counts.")
    var repeats = 5
    @Option(parsing: .unconditional, help: ArgumentHelp("Time of each measurement.", valueName: "seconds"))
    var duration = 1.0
    @Flag(help: "Print one JSON object per case.")
    var json = false

    private struct Result: Encodable {
        let name: String
        let threads: Int
        let symbolsPerSecond: Double
        let gflops: Double
        let peakGflops: Double
        let peakFraction: Double
        let peakMemoryBytes: Int

        enum CodingKeys: String, CodingKey {
            case name = "case"
            case threads, gflops
            case symbolsPerSecond = "symbols_per_second"
            case peakGflops = "peak_gflops"
            case peakFraction = "peak_fraction"
            case peakMemoryBytes = "peak_memory_bytes"
        }
    }

    func validate() throws {
        try checkSize("--batch-size", batchSize)
        try checkSize("--seq-length", seqLength)
        try checkPositive("--shards", shards)
        try checkPositive("--threads", threads)
        try checkPositive("--repeats", repeats)
        try check("--duration", duration, "a positive number of seconds") { $0 > 0 && $0 < 1e6 }
    }

    func run() async throws {
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        for (name, configuration) in cases {
            let used = min(threads, configuration.shards)
            let peak = measureProductPeak(threads: used)
            let speed = try await measure(configuration, threads: used)
            let operations = Self.operations(configuration.model)
            let result = Result(
                name: name, threads: used, symbolsPerSecond: speed, gflops: speed * operations / 1e9, peakGflops: peak / 1e9,
                peakFraction: speed * operations / peak, peakMemoryBytes: peakMemory)
            if json {
                try Terminal.write(json: result)
            } else {
                try Terminal.write(
                    """
                    \(name): \(configuration.model.summary), \(configuration.batchSize) x \(configuration.sequenceLength), \(used) threads: \
                    \(Int(speed).grouped) symbols/s, \(result.gflops.rounded(to: 1)) of \(result.peakGflops.rounded(to: 1)) GF/s \
                    (\(result.peakFraction.rounded(to: 2))), \(result.peakMemoryBytes.asBytes) at most\n
                    """)
            }
        }
    }

    private var cases: [(name: String, TrainingConfiguration)] {
        func configuration(_ model: ModelConfiguration, _ batch: Int, _ sequence: Int) -> TrainingConfiguration {
            TrainingConfiguration(model: model, batchSize: batch, sequenceLength: sequence, shards: shards)
        }
        let all: [(name: String, TrainingConfiguration)] = [
            ("c1", configuration(.rnn(hidden: 128), 32, 32)),
            ("c2", configuration(.lstm(hidden: 128), 32, 32)),
            ("c3", configuration(.dnc(hidden: 128, slots: 12, width: 12, readHeads: 1), 32, 32)),
            ("c4", configuration(.dnc(hidden: 256, slots: 64, width: 32, readHeads: 4), 32, 32)),
            ("c5", configuration(.dnc(hidden: 256, slots: 256, width: 64, readHeads: 4), 16, 64)),
            ("c6", configuration(.dnc(hidden: 100, slots: 8, width: 8, readHeads: 1), 8, 15)),
        ]
        guard let standardCase else {
            return [("own", configuration(model.configuration(defaults: TrainingConfiguration().model), batchSize, seqLength))]
        }
        return all.filter { standardCase == .all || $0.name == standardCase.rawValue }
    }

    /// Symbols per second, the median of the repeats.
    private func measure(_ configuration: TrainingConfiguration, threads: Int) async throws -> Double {
        var generator = SeededGenerator(seed: 1)
        let alphabet = (0..<Self.symbols).map { Character(UnicodeScalar(UInt8(33 + $0))) }
        let length = max(200_000, 2 * configuration.sequenceLength)
        let text = String((0..<length).map { _ in alphabet[Int.random(in: 0..<Self.symbols, using: &generator)] })
        let corpus = try Corpus(text: text, validFraction: 0)
        let trainer = try Trainer<Float>(corpus, configuration, threads: threads)
        for _ in 0..<3 { try await trainer.step() }
        var speeds: [Double] = []
        for _ in 0..<repeats {
            let start = ContinuousClock.now
            var (count, seconds) = (0, 0.0)
            while seconds < duration {
                count += try await trainer.step().count
                seconds = (ContinuousClock.now - start) / .seconds(1)
            }
            speeds.append(Double(count) / seconds)
        }
        return speeds.sorted()[speeds.count / 2]
    }

    /// Of the benchmark's vocabulary; as many as a book in English has.
    private static let symbols = 74

    /// Floating-point operations of training per symbol: the products of the forward pass - the symbol's own column is gathered,
    /// not multiplied - and the memory's dot products and updates, three times, since backward takes twice what forward does.
    private static func operations(_ model: ModelConfiguration) -> Double {
        let (H, N, W, R) = (Double(model.hidden), Double(model.slots), Double(model.width), Double(model.readHeads))
        let gates = model.model == .rnn ? H : 4 * H
        let seen = H + R * W
        let interface = model.model == .dnc ? R * W + 3 * W + 5 * R + 3 : 0
        let products = 2 * (gates * seen + interface * H + Double(symbols) * seen)
        let memory = 2 * N * W * (2 * R + 2) + 4 * N * W  // content of R + 1 keys and norms, R reads, one write
        let linkage = N * N * (4 + 4 * R)  // update; forward and backward weightings
        return 3 * (products + memory + linkage)
    }

    /// The most memory that this process has held so far.
    private var peakMemory: Int {
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #else
        getrusage(.init(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
        #endif
    }
}
