// What a model is, as a checkpoint has it under `dnc.config`.
import DNCCore

/// A model with what it reads and answers: `{"controller":"lstm", ..., "input":{...},"output":{...}}`.
struct DescribedModel: Codable {
    var configuration: ModelConfiguration
    /// Absent, as is the output, in files from before a model could be of anything but text.
    var input: ModelInput?
    var output: ModelOutput?

    init(_ layout: ModelLayout) {
        (configuration, input, output) = (layout.configuration, layout.input, layout.output)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case input, output }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        configuration = try ModelConfiguration(from: decoder, besides: CodingKeys.allCases.map(\.rawValue))
        input = try container.decodeIfPresent(ModelInput.self, forKey: .input)
        output = try container.decodeIfPresent(ModelOutput.self, forKey: .output)
    }

    func encode(to encoder: any Encoder) throws {
        try configuration.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(input, forKey: .input)
        try container.encodeIfPresent(output, forKey: .output)
    }
}
