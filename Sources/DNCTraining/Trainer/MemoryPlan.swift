// What memory training takes, and how many of a DNC's temporal links it keeps by that.
package import DNCCore

/// What a trainer has come to, within its limit.
struct MemoryPlan {
    let bytes: Int
    let linkInterval: Int
}

extension Trainer {
    /// Bytes that training takes, not counting the program itself.
    public nonisolated var memoryBytes: Int { memory.bytes }

    /// Of a DNC's temporal links, every how many steps one is kept; see `init`'s `memoryLimit`.
    public nonisolated var linkInterval: Int { memory.linkInterval }

    /// Bytes that training on a text with this configuration and so many symbols takes, not counting the program itself.
    /// - Parameters:
    ///   - configuration: its sizes, optimizer and policy count.
    ///   - symbols: how many the model reads and predicts, V.
    ///   - linkInterval: of a DNC's temporal links, every how many steps one is kept; nil for what suits the sizes.
    /// - Throws: `TrainingError` or `CoreError` when the configuration is refused.
    public static func requiredBytes(
        _ configuration: TrainingConfiguration, symbols: Int, linkInterval: Int? = nil
    ) throws -> Int {
        try requiredBytes(configuration, ModelLayout(configuration.model, symbols: symbols), linkInterval: linkInterval)
    }

    /// The same of a model of anything.
    /// - Parameters:
    ///   - configuration: as of a text.
    ///   - layout: the model.
    ///   - steps: of the longest segment; nil for the configuration's.
    ///   - sourceBytes: what its source takes; nil for about that.
    ///   - linkInterval: as of a text.
    package static func requiredBytes(
        _ configuration: TrainingConfiguration, _ layout: ModelLayout, steps: Int? = nil, sourceBytes: Double? = nil,
        linkInterval: Int? = nil
    ) throws -> Int {
        try configuration.validate()
        guard configuration.precision == Precision(of: Scalar.self) else {
            throw TrainingError.invalid(
                name: "the precision", value: configuration.precision.rawValue, allowed: "\(Precision(of: Scalar.self)) here")
        }
        let steps = steps ?? configuration.sequenceLength
        let perParameter = 1 + configuration.optimizer.makeOptimizer(count: 0, as: Scalar.self).moments.count
        let vectors =
            Double(layout.parameterCount) * Double(perParameter)
            + Double(layout.stateCount) * Double(configuration.laneCount)
        let copies = configuration.onNonFinite == .rollback ? 2.0 : 1.0
        let dropped = configuration.dropout.recurrent > 0 ? Double(layout.parameterCount) : 0
        let source = sourceBytes ?? Self.sourceBytes(configuration, layout, steps: steps)
        let bytes =
            try source + (copies * vectors + dropped) * Double(MemoryLayout<Scalar>.stride)
            + BatchRunner<Scalar>.requiredBytes(
                layout, steps: steps, lanes: configuration.laneCount, shards: configuration.shards,
                linkInterval: linkInterval ?? linkIntervals(configuration, steps: steps).lowerBound)
        guard bytes < 0x1p62 else {
            throw CoreError.tooLarge("training with these sizes takes more memory than can be addressed; choose smaller sizes")
        }
        return Int(bytes)
    }

    private static func sourceBytes(_ configuration: TrainingConfiguration, _ layout: ModelLayout, steps: Int) -> Double {
        configuration.source == .text
            ? TextSegments.requiredBytes(
                layout, as: Scalar.self, lanes: configuration.laneCount, steps: steps,
                validSymbols: configuration.validFraction == 0 ? 0 : configuration.validSymbols)
            : EpisodeSegments.requiredBytes(layout, lanes: configuration.laneCount, steps: steps)
    }

    /// The least that training on a text with this configuration and so many symbols takes: with the link interval that saves most.
    public static func leastBytes(_ configuration: TrainingConfiguration, symbols: Int) throws -> Int {
        try leastBytes(configuration, ModelLayout(configuration.model, symbols: symbols))
    }

    /// The same of a model of anything.
    package static func leastBytes(
        _ configuration: TrainingConfiguration, _ layout: ModelLayout, steps: Int? = nil, sourceBytes: Double? = nil
    ) throws -> Int {
        let intervals = try linkIntervals(configuration, steps: steps ?? configuration.sequenceLength)
        return try requiredBytes(
            configuration, layout, steps: steps, sourceBytes: sourceBytes, linkInterval: intervals.upperBound)
    }

    /// The link intervals worth choosing from, the fastest first and the one of least memory last. T / k + k links of every lane
    /// are kept, which is least for the square root of T. Where all T of them would not stay in a processor's cache, reading them
    /// from memory takes longer than computing three of four again.
    private static func linkIntervals(_ configuration: TrainingConfiguration, steps: Int) throws -> ClosedRange<Int> {
        try configuration.validate()
        let model = configuration.model
        guard model.memory != .none, model.variant.linkage != .none else { return 1...1 }
        let history = Double(configuration.laneCount) * Double(steps) * Double(model.slots) * Double(model.slots)
        let least = max(1, Int(Double(steps).squareRoot().rounded(.up)))
        return (history * Double(MemoryLayout<Scalar>.stride) < 8e6 ? 1 : min(4, least))...least
    }

    /// That of the smallest link interval within the limit.
    static func memoryPlan(
        _ configuration: TrainingConfiguration, _ layout: ModelLayout, _ source: any SegmentSource, limit: Int?
    ) throws -> MemoryPlan {
        try configuration.validate()
        let sourceBytes = source.requiredBytes(layout, as: Scalar.self)
        for interval in try linkIntervals(configuration, steps: source.steps) {
            let bytes = try requiredBytes(
                configuration, layout, steps: source.steps, sourceBytes: sourceBytes, linkInterval: interval)
            if bytes <= limit ?? .max {
                try checkMemory(for: "training with these sizes", of: UInt8.self, bytes)
                return MemoryPlan(bytes: bytes, linkInterval: interval)
            }
        }
        let least = try leastBytes(configuration, layout, steps: source.steps, sourceBytes: sourceBytes)
        throw TrainingError.invalid(
            name: "the memory limit", value: "\(limit ?? 0) bytes",
            allowed: "at least \(least) bytes for these sizes; or make batch, sequence or model smaller")
    }
}
