import ArgumentParser
import DNC
import DNCCore

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Answer the episodes of a file.",
        discussion: """
            Writes each line of the file with what the model answers: "predictions", as targets have them, and "probabilities", of each \
            answer, or of each bit to be 1. Where the file has targets, only what they ask is answered.

            dnc predict runs/qa-dnc --episodes questions.jsonl > answers.jsonl
            """)

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(
        help: ArgumentHelp("The file; its lines need no targets.", valueName: "file"), completion: .file(extensions: ["jsonl"]))
    var episodes: String
    @OptionGroup var words: WordOptions

    func run() throws {
        let header = try checkpoint.header()
        switch header.precision {
        case .float: try predict(Model<Float>(header))
        case .double: try predict(Model<Double>(header))
        }
    }

    private func predict<Scalar: CoreScalar>(_ model: Model<Scalar>) throws {
        let file = try words.file(episodes, for: model.alphabet)
        try model.answer(file.count, longest: file.longest(thinking: model.thinkSteps)) {
            let line = try file.line(at: $0)
            return (line.episode, line)
        } take: { episode, line, outputs in
            let answers = EpisodeAnswer(
                episode, outputs: outputs, model.layout.output, words: file.encoding.targetWords, answersAll: !line.hasTargets)
            let object = line.bytes.reversed().drop { $0 != UInt8(ascii: "}") }.dropFirst().reversed()
            try Terminal.write(String(decoding: object, as: UTF8.self) + "," + json(answers).dropFirst() + "\n")
        }
        if file.cutEpisodes > 0 { Terminal.writeError("dnc: note: \(file.cutEpisodes.grouped) episodes were cut\n") }
    }
}

/// What is added to a line of episodes.
private struct EpisodeAnswer: Encodable {
    let predictions: [[OptionValue]?]
    let probabilities: [[Float]?]
    private let isSingle: Bool

    init(_ episode: Episode, outputs: [Float], _ output: ModelOutput, words: [String], answersAll: Bool) {
        isSingle = output.kind == .symbols && output.groups == 1
        let steps = (0..<episode.steps).map { step -> ([OptionValue], [Float])? in
            guard answersAll || episode.weights[step] > 0 else { return nil }
            let numbers = Array(outputs[step * output.count..<(step + 1) * output.count])
            let predictions = output.predictions(numbers)
            switch output.kind {
            case .symbols:
                let symbols = output.likeliest(numbers).map(Int.init)
                return (
                    symbols.map { .text(words[$0]) }, symbols.enumerated().map { predictions[$0 * output.size + $1] }
                )
            case .bits: return (numbers.map { .integer($0 > 0 ? 1 : 0) }, predictions)
            case .reals: return (numbers.map { .number(Double($0)) }, [])
            }
        }
        (predictions, probabilities) = (steps.map { $0?.0 }, steps.map { $0?.1 })
    }

    enum CodingKeys: String, CodingKey { case predictions, probabilities }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if isSingle {
            try container.encode(predictions.map { $0?.first }, forKey: .predictions)
            try container.encode(probabilities.map { $0?.first }, forKey: .probabilities)
        } else {
            try container.encode(predictions, forKey: .predictions)
            if probabilities.contains(where: { $0?.isEmpty == false }) {
                try container.encode(probabilities, forKey: .probabilities)
            }
        }
    }
}
