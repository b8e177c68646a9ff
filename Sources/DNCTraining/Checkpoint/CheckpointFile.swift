// A checkpoint's file, written and read.
import DNCCore
import DNCData
import SafeTensors

extension Checkpoint {
    /// Writes the file in one step: whatever happens, there is the old one or the new one.
    public func write(to path: String) throws {
        var file = SafeTensorsWriter(metadata: [
            "format": "dnc",
            CheckpointHeader.Key.schema: String(CheckpointHeader.schema),
            CheckpointHeader.Key.configuration: try json(DescribedModel(model.layout)),
            CheckpointHeader.Key.training: try json(record),
        ])
        try file.metadata.merge(model.alphabet.metadata) { $1 }
        for tensor in model.layout.parameters {
            try file.add(tensor.name, shape: tensor.shape, values: Array(model.parameters[tensor.range]))
        }
        for (moment, values) in optimizer.moments {
            for tensor in model.layout.parameters {
                try file.add(
                    "optimizer.\(moment).\(tensor.name)", shape: tensor.shape, values: Array(values[tensor.range]))
            }
        }
        for tensor in state.layout.state {
            let (shape, values) = try state.tensor(tensor.name)
            try file.add("state.\(tensor.name)", shape: shape, values: values)
        }
        if !cursors.isEmpty { try file.add("data.cursors", shape: [cursors.count], values: cursors.map(Int64.init)) }
        try file.add("rng.state", shape: [generator.state.count], values: generator.state)
        try file.addFingerprints()
        try file.write(to: path)
    }

    /// Reads what `write(to:)` wrote.
    /// - Throws: `SafeTensorsError`, `TrainingError.invalidCheckpoint` or `CoreError`.
    public init(contentsOf path: String) throws { try self.init(CheckpointHeader(contentsOf: path)) }

    /// Reads the tensors of a file whose header has been read, which takes no more memory than they do and the largest once more.
    public init(_ header: CheckpointHeader) throws {
        let (file, layout, record) = try (header.file, header.layout, header.record)
        func invalid(_ problem: String) -> TrainingError { .invalidCheckpoint(path: file.path, problem: problem) }
        let configuration = record.configuration
        let model = try Model<Scalar>(header)

        // Made empty, since its moments come from the file.
        var optimizer: any Optimizer<Scalar> = configuration.optimizer.makeOptimizer(count: 0)
        var moments: [String: [Scalar]] = [:]
        for moment in optimizer.moments.keys {
            moments[moment] = try layout.readVector(from: file, prefix: "optimizer.\(moment).")
        }
        optimizer.moments = moments

        var state = try RecurrentState<Scalar>(layout, lanes: configuration.laneCount)
        for tensor in layout.state { try state.setTensor(tensor.name, to: file.finiteValues("state.\(tensor.name)")) }
        let isText = configuration.source == .text
        let cursors = isText ? try file.values("data.cursors", as: Int64.self).map { Int($0) } : []
        if let cursor = cursors.first(where: { !(0..<record.size).contains($0) }) {
            throw invalid("data.cursors has \(cursor), outside of the \(record.size) bytes of text that it trains on")
        }
        guard let generator = SeededGenerator(state: try file.values("rng.state")) else {
            throw invalid("its rng.state is all zero")
        }
        self.init(
            model: model, record: record, optimizer: optimizer, state: state, cursors: cursors, generator: generator,
            path: file.path)
    }
}

extension Model where Scalar: TrainingScalar {
    /// Reads the model alone of a checkpoint, whoever trained it.
    /// - Throws: `SafeTensorsError`, `TrainingError.invalidCheckpoint` or `CoreError`.
    public init(contentsOf path: String) throws { try self.init(CheckpointHeader(contentsOf: path)) }

    /// The same of a file whose header has been read.
    public init(_ header: CheckpointHeader) throws {
        let file = header.file
        func invalid(_ problem: String) -> TrainingError { .invalidCheckpoint(path: file.path, problem: problem) }
        guard header.precision == Precision(of: Scalar.self) else { throw invalid("its precision is \(header.precision)") }
        let parameters: [Scalar] = try header.layout.readVector(from: file)
        var fingerprint = Fingerprint()
        try file.forEachPiece { fingerprint.add($0) }
        guard file.metadata[CheckpointHeader.Key.fingerprint] == fingerprint.json else {
            throw invalid("its numbers are not those of its dnc.fingerprint: it is damaged")
        }
        try self.init(
            layout: header.layout, alphabet: header.alphabet, parameters: parameters,
            memoryLifetime: header.memoryLifetime, thinkSteps: header.trainingRecord?.configuration.thinkSteps ?? 0)
    }
}

extension ModelLayout {
    /// A vector laid out as the parameters are, from tensors of their names behind `prefix`, which have their shapes.
    fileprivate func readVector<Scalar: TrainingScalar>(
        from file: SafeTensorsFile, prefix: String = ""
    ) throws -> [Scalar] {
        var vector: [Scalar] = []
        vector.reserveCapacity(parameterCount)
        for tensor in parameters { vector += try file.finiteValues(prefix + tensor.name) }
        return vector
    }
}

extension SafeTensorsFile {
    fileprivate func finiteValues<Scalar: TrainingScalar>(_ name: String) throws -> [Scalar] {
        let values: [Scalar] = try self.values(name)
        guard firstNonFinite(in: values) == nil else {
            throw TrainingError.invalidCheckpoint(path: path, problem: "\(name) holds infinite or NaN numbers")
        }
        return values
    }
}
