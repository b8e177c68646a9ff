// The log of a run, line by line.

/// A line of `metrics.jsonl`. `valid_bpc` and `valid_symbols` are null where nothing is held out, `train_bpc` where every step was a
/// setback, `decayed_learning_rate` where the learning rate stays.
package struct MetricsLine: Codable, Sendable {
    let step: Int
    let symbols: Int
    let seconds: Double
    @OrNull var trainBPC: Double?
    @OrNull var validBPC: Double?
    @OrNull var validSymbols: Int?
    let symbolsPerSecond: Double
    let learningRate: Double
    @OrNull var decayedLearningRate: Double?
    let gradientNorm: Double
    let setbacks: Int

    enum CodingKeys: String, CodingKey {
        case step, symbols, seconds, setbacks
        case trainBPC = "train_bpc"
        case validBPC = "valid_bpc"
        case validSymbols = "valid_symbols"
        case symbolsPerSecond = "symbols_per_second"
        case learningRate = "learning_rate"
        case decayedLearningRate = "decayed_learning_rate"
        case gradientNorm = "grad_norm"
    }

    init(_ progress: TrainingProgress) {
        (step, symbols, seconds) = (progress.step, progress.symbols, progress.seconds)
        (trainBPC, validBPC) = (progress.trainBPC.isFinite ? progress.trainBPC : nil, progress.validBPC)
        validSymbols = progress.validPredictions
        (symbolsPerSecond, learningRate) = (progress.symbolsPerSecond, progress.learningRate)
        decayedLearningRate = progress.decayedLearningRate
        (gradientNorm, setbacks) = (progress.gradientNorm, progress.setbacks)
    }

    /// The line as an event for TensorBoard, of the scalars that there are.
    func event(time: Double) -> [UInt8] {
        let scalars: [(CodingKeys, Double?)] = [
            (.trainBPC, trainBPC), (.validBPC, validBPC), (.symbolsPerSecond, symbolsPerSecond), (.learningRate, learningRate),
            (.gradientNorm, gradientNorm),
        ]
        let named = scalars.compactMap { key, value in value.map { (key.rawValue, $0) } }
        return EventFile.scalars(named, step: step, time: time)
    }
}
