import ArgumentParser
import DNC
import DNCCore
import Foundation

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the speed of training, or of sampling.",
        discussion: """
            Whole training steps in single precision - data, forward, backward, optimizer - on made-up symbols; of c7 on the task copy, \
            where a symbol is a step of an episode. After a warm-up, the median of the repeats. The peak is that of OpenBLAS's large \
            products, measured on the same threads before and after.
            """)

    enum Case: String, CaseIterable, ExpressibleByArgument {
        case c1, c2, c3, c4, c5, c6, c7, c8, all
    }

    @Option(
        name: .customLong("case"),
        help:
            "One of the standard cases, or all; other flags then do not count but --threads, --repeats, --preset and --variant."
    )
    var standardCase: Case?
    @Option(
        help: ArgumentHelp(
            "What a model of the literature does otherwise, at the sizes of the case; dnc presets lists them.",
            valueName: "name"))
    var preset: String?
    @OptionGroup(title: "Model (default: dnc, 128 hidden, 16 slots of width 16, 1 read head)")
    var model: ModelOptions
    @Option(parsing: .unconditional, help: "Lanes.")
    var batchSize = 32
    @Option(parsing: .unconditional, help: "Steps.")
    var seqLength = 32
    @Option(parsing: .unconditional, help: "Parts of the batch that threads share. (default: by batch size)")
    var shards: Int?
    @Option(parsing: .unconditional, help: "Threads. (default: all processors that it may use)")
    var threads: Int?
    @Option(parsing: .unconditional, help: "Measurements, of which the median counts.")
    var repeats = 5
    @Option(parsing: .unconditional, help: ArgumentHelp("Time of each measurement.", valueName: "seconds"))
    var duration = 1.0
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What training may take, as in train.", valueName: "bytes"))
    var memoryLimit: ByteCount?
    @Flag(help: "Also what the time is spent on.")
    var phases = false
    @Flag(help: "Measure the writing of text instead: one lane, symbol after symbol.")
    var sampling = false
    @Flag(help: "Print one JSON object per case.")
    var json = false

    private struct Result: Encodable {
        let `case`: String
        let threads: Int
        let instructionSet: String
        let symbolsPerSecond: Double
        let gflops: Double
        let peakGflops: Double
        let peakFraction: Double
        let peakMemoryBytes: Int
        @OrNull var phases: [String: Double]?  // each one's part of the time
    }

    private struct SamplingResult: Encodable {
        let `case`: String
        let symbolsPerSecond: Double
    }

    func validate() throws {
        _ = try preset.map(ModelPreset.named)
        try checkSize("--batch-size", batchSize)
        try checkSize("--seq-length", seqLength)
        try checkPositive("--shards", shards)
        try checkPositive("--threads", threads)
        try checkPositive("--repeats", repeats)
        try check("--duration", duration, "a positive number of seconds") { $0 > 0 && $0 < 1e6 }
    }

    func run() async throws {
        if let remark = LargeProducts.remark { Terminal.writeError(remark + "\n") }
        if SystemLimits.limitsReservations, !sampling {
            throw ValidationError(
                "Speed is compared with OpenBLAS's, which cannot be relied on under ulimit -v or -d, or overcommit_memory 2.")
        }
        let threads = threads ?? defaultThreads
        for (name, configuration) in try cases() {
            if sampling {
                try await measureSampling(name, configuration)
            } else {
                try await measureTraining(name, configuration, threads: min(threads, configuration.shards))
            }
        }
    }

    private func measureTraining(_ name: String, _ configuration: TrainingConfiguration, threads: Int) async throws {
        ProcessMemory.forgetPeak()
        let peakBefore = measureProductPeak(threads: threads)
        let source = try source(configuration)
        let trainer = try Trainer<Float>(source, configuration, threads: threads, memoryLimit: memoryLimit?.bytes)
        if phases { await trainer.timePhases() }
        let speed = try await medianSpeed {
            let predictions = try await trainer.step().count
            // Of an episode of copy half of all steps but one are asked, 8 bits each.
            return configuration.source == .text ? predictions : predictions / 4 + configuration.batchSize
        }
        let peak = max(peakBefore, measureProductPeak(threads: threads))
        let times = await trainer.phaseTimes
        let total = times.reduce(0) { $0 + $1.seconds }
        let operations = Self.operations(try ModelLayout(configuration.model, input: source.input, output: source.output))
        let result = Result(
            case: name, threads: threads, instructionSet: try InstructionSet.preferred().resolved?.rawValue ?? "none",
            symbolsPerSecond: speed, gflops: speed * operations / 1e9, peakGflops: peak / 1e9,
            peakFraction: speed * operations / peak, peakMemoryBytes: ProcessMemory.peak,
            phases: phases ? Dictionary(uniqueKeysWithValues: times.map { ($0.name, $0.seconds / total) }) : nil)
        if json { return try Terminal.write(json: result) }
        try Terminal.write(
            """
            \(name): \(configuration.model.summary), \(configuration.batchSize) x \(configuration.sequenceLength), \(threads) threads: \
            \(Int(speed).grouped) symbols/s, \(result.gflops.rounded(to: 1)) of \(result.peakGflops.rounded(to: 1)) GF/s \
            (\(result.peakFraction.rounded(to: 2))), \(result.peakMemoryBytes.asBytes) at most\n
            """)
        for (phase, seconds) in times where phases {
            try Terminal.write("    \(phase.padded(to: 12))\((100 * seconds / total).rounded(to: 1).leftPadded(to: 5)) %\n")
        }
    }

    private func measureSampling(_ name: String, _ configuration: TrainingConfiguration) async throws {
        if configuration.source != .text { return }
        let model = try await Trainer<Float>(madeUpCorpus(configuration), configuration).currentModel
        var sampler = try Sampler(model, options: SamplingOptions(), generator: SeededGenerator(seed: 1))
        let speed = try await medianSpeed {
            for _ in 0..<1000 { _ = try sampler.next() }
            return 1000
        }
        if json { return try Terminal.write(json: SamplingResult(case: name, symbolsPerSecond: speed)) }
        try Terminal.write("\(name): \(configuration.model.summary), sampling one lane: \(Int(speed).grouped) symbols/s\n")
    }

    /// What is measured; of a standard case with what is asked to be otherwise.
    private func cases() throws -> [(name: String, TrainingConfiguration)] {
        let preset = try preset.map(ModelPreset.named)
        let dropout = preset?.dropout ?? DropoutRates()
        func configuration(_ model: ModelConfiguration, _ batch: Int, _ sequence: Int) -> TrainingConfiguration {
            // Steps small enough that gradients do not explode over a long sequence of noise.
            TrainingConfiguration(
                model: model, batchSize: batch, sequenceLength: sequence, shards: shards,
                dropout: model.memory == .none ? DropoutRates() : dropout,
                optimizer: OptimizerConfiguration(learningRate: 0.001))
        }
        /// The field's copy benchmark.
        func copying(_ model: ModelConfiguration) -> TrainingConfiguration {
            var configuration = TrainingConfiguration(CopyTask())
            configuration.model = model
            configuration.dropout = dropout
            return configuration
        }
        /// A DNC of these sizes, or what the preset is.
        func dnc(_ hidden: Int, slots: Int, width: Int, readHeads: Int) throws -> ModelConfiguration {
            var sized = preset?.model ?? usual
            (sized.hidden, sized.slots, sized.readHeads) = (hidden, slots, readHeads)
            sized.width = sized.memory.usualWidth ?? width
            sized.variant = try model.variant(of: sized.variant)
            return sized
        }
        let usual = TrainingConfiguration().model
        guard let standardCase else {
            let sized = try dnc(usual.hidden, slots: usual.slots, width: usual.width, readHeads: usual.readHeads)
            return [("own", configuration(try model.configuration(defaults: sized), batchSize, seqLength))]
        }
        let all: [(name: String, TrainingConfiguration)] = try [
            ("c1", configuration(.rnn(hidden: 128), 32, 32)),
            ("c2", configuration(.lstm(hidden: 128), 32, 32)),
            ("c3", configuration(dnc(128, slots: 12, width: 12, readHeads: 1), 32, 32)),
            ("c4", configuration(dnc(256, slots: 64, width: 32, readHeads: 4), 32, 32)),
            ("c5", configuration(dnc(256, slots: 256, width: 64, readHeads: 4), 16, 64)),
            ("c6", configuration(dnc(100, slots: 8, width: 8, readHeads: 1), 8, 15)),
            ("c7", copying(dnc(100, slots: 128, width: 20, readHeads: 1))),
            ("c8", configuration(ModelConfiguration(hidden: 128, memory: .delta, slots: 64, width: 64, readHeads: 1), 32, 32)),
        ]
        return all.filter { standardCase == .all || $0.name == standardCase.rawValue }
    }

    private func source(_ configuration: TrainingConfiguration) throws -> any SegmentSource {
        if let task = configuration.source.task { return try EpisodeSegments(task, configuration) }
        return try TextSegments(madeUpCorpus(configuration), configuration)
    }

    /// Text of no sense.
    private func madeUpCorpus(_ configuration: TrainingConfiguration) throws -> Corpus {
        var generator = SeededGenerator(seed: 1)
        let alphabet = (0..<Self.symbols).map { Character(UnicodeScalar(UInt8(33 + $0))) }
        let length = max(200_000, 2 * configuration.sequenceLength)
        let text = String((0..<length).map { _ in alphabet[Int.random(in: 0..<Self.symbols, using: &generator)] })
        return try Corpus(text: text, validFraction: 0)
    }

    /// Symbols per second, the median of the repeats; `work` returns how many it has done.
    private func medianSpeed(_ work: () async throws -> Int) async throws -> Double {
        for _ in 0..<3 { _ = try await work() }
        var speeds: [Double] = []
        for _ in 0..<repeats {
            let start = ContinuousClock.now
            var (count, seconds) = (0, 0.0)
            while seconds < duration {
                count += try await work()
                seconds = (ContinuousClock.now - start) / .seconds(1)
            }
            speeds.append(Double(count) / seconds)
        }
        return speeds.sorted()[speeds.count / 2]
    }

    /// Of the benchmark's vocabulary; as many as a book in English has.
    private static let symbols = 74

    /// Floating-point operations of training per symbol: the products of the forward pass - a symbol's own column is gathered,
    /// not multiplied - and the memory's dot products and updates, three times, since backward takes twice what forward does.
    private static func operations(_ layout: ModelLayout) -> Double {
        let model = layout.configuration
        let (N, W, R) = (Double(model.slots), Double(model.width), Double(model.readHeads))
        let products = layout.parameters.filter { $0.role == .weight }.reduce(0) { sum, weights in
            let gathered = weights.name.hasSuffix(".weight_ih") ? layout.symbols : 0
            return sum + 2 * Double(weights.shape[0]) * Double(weights.shape[1] - gathered)
        }
        let memory =
            switch model.memory {
            case .none: 0.0
            case .dnc: 2 * N * W * (2 * R + 2) + 4 * N * W  // content of R + 1 keys and norms, R reads, one write
            case .delta: 7 * N * W * R  // two products with each head's matrix, and its update
            case .holographic: (4 * W + 3) * N * W * R  // two products of numbers, decay and sum
            }
        let hasLinks = model.memory == .dnc && model.variant.linkage == .temporal
        let linkage = hasLinks ? N * N * (4 + 4 * R) : 0  // update; forward and backward weightings
        return 3 * (products + memory + linkage)
    }
}
