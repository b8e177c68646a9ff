// Flags that several commands have in common.
public import ArgumentParser
public import DNC

extension ModelKind: ExpressibleByArgument {}
extension TokenKind: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension OptimizerConfiguration.Kind: ExpressibleByArgument {}

/// The model's kind and sizes. What is not given stays nil, so that a command can tell it from its default.
struct ModelOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The network: rnn, lstm or dnc. (default: dnc)", valueName: "kind"))
    var model: ModelKind?
    @Option(help: "Units of the controller, H.")
    var hidden: Int?
    @Option(help: "Slots of the DNC's memory, N.")
    var slots: Int?
    @Option(help: "Numbers in each slot, W.")
    var width: Int?
    @Option(help: "Read heads, R.")
    var readHeads: Int?

    /// The configuration, with `defaults` for what was not given. Memory sizes count only in a DNC.
    func configuration(defaults: ModelConfiguration) throws -> ModelConfiguration {
        let kind = model ?? defaults.model
        let hidden = hidden ?? defaults.hidden
        guard kind == .dnc else {
            guard slots == nil, width == nil, readHeads == nil else {
                throw ValidationError("--slots, --width and --read-heads are for --model dnc; \(kind.rawValue) has no memory.")
            }
            return ModelConfiguration(model: kind, hidden: hidden)
        }
        return .dnc(
            hidden: hidden, slots: slots ?? defaults.slots, width: width ?? defaults.width,
            readHeads: readHeads ?? defaults.readHeads)
    }
}
