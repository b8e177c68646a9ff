// Flags that several commands have in common.
public import ArgumentParser
public import DNC
import Foundation
import SystemFiles

extension ModelKind: ExpressibleByArgument {
    var hasMemory: Bool { memory != .none }

    /// What the network is, or with a memory has unless another is asked for.
    var usualController: Controller {
        switch self {
        case .rnn: .tanh
        case .gru: .gru
        case .lstm, .dnc, .delta, .holographic: .lstm
        }
    }
}
extension Controller: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension TokenKind: ExpressibleByArgument {}
extension TextRestart: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension NonFinitePolicy: ExpressibleByArgument {}
extension OptimizerConfiguration.Kind: ExpressibleByArgument {}
extension LearningRateSchedule.Kind: ExpressibleByArgument {}

/// A number of bytes, as people write it: 800000, 500MB, 1.5GB, 2GiB.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int
    /// As it was written.
    let description: String

    init?(argument: String) {
        description = argument
        let units: [(String, Double)] = [
            ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("", 1),
        ]
        for (unit, size) in units where argument.lowercased().hasSuffix(unit.lowercased()) {
            guard let number = Double(argument.dropLast(unit.count)), number > 0, number * size < 0x1p62 else { return nil }
            bytes = Int(number * size)
            return
        }
        return nil
    }
}

/// The model's parts and sizes. What is not given stays nil, so that a command can tell it from its default.
struct ModelOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The network: rnn, lstm, gru, dnc, delta or holographic. (default: dnc)", valueName: "kind"))
    var model: ModelKind?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A memory's controller: lstm, tanh, gru, squashedLSTM or feedForward. (default: lstm)", valueName: "kind"))
    var controller: Controller?
    @Option(parsing: .unconditional, help: "Units of the controller, H.")
    var hidden: Int?
    @Option(parsing: .unconditional, help: "Layers of the controller. (default: 1)")
    var layers: Int?
    @Option(parsing: .unconditional, help: "Units of a feed-forward controller: tanh or relu. (default: tanh)")
    var activation: Activation?
    @Option(parsing: .unconditional, help: "Slots of the DNC's memory, N; of delta the numbers of a key.")
    var slots: Int?
    @Option(parsing: .unconditional, help: "Numbers in each slot, W; of delta those of a value.")
    var width: Int?
    @Option(parsing: .unconditional, help: "Read heads, R.")
    var readHeads: Int?
    @Option(
        help: ArgumentHelp(
            "What is otherwise than in the paper, with commas between: masks,mask-minimum=0.1,linkage=none. (default: none)",
            valueName: "variants"))
    var variant: String?

    func validate() throws {
        try checkSize("--hidden", hidden)
        try checkSize("--slots", slots)
        try checkSize("--width", width)
        try checkSize("--read-heads", readHeads)
        let allowedLayers = ModelLayout.allowedLayers
        try check("--layers", layers, "1 ... \(allowedLayers.upperBound)", allowedLayers.contains)
        if let model, !model.hasMemory, slots != nil || width != nil || readHeads != nil {
            throw ValidationError(
                "--slots, --width and --read-heads are for --model dnc, delta or holographic; \(model.rawValue) has no memory.")
        }
        if let model, !model.hasMemory, controller != nil {
            throw ValidationError("--controller is for --model dnc, delta or holographic; \(model.rawValue) is its own.")
        }
        if controller != .feedForward, activation != nil {
            throw ValidationError("--activation is for --controller feedForward; the units of others are what they are.")
        }
        do throws(VariantError) {
            _ = try variant(of: ModelVariant())
        } catch .unknown(let name, let known) {
            let hint = Names.question(about: name, among: known, otherwise: "There are \(known.joined(separator: ", ")).")
            throw ValidationError("--variant has no \(name). \(hint)")
        } catch {
            throw ValidationError("--variant: \(error).")
        }
    }

    /// What is asked to be otherwise than in `defaults`.
    func variant(of defaults: ModelVariant) throws(VariantError) -> ModelVariant {
        if let variant { try defaults.replacing(variant) } else { defaults }
    }

    /// What a text's rule chooses for a model of the parts that were given; where its units were, they are in one layer.
    func defaults(by rule: TextRule) -> ModelConfiguration {
        let kind = model ?? .dnc
        var defaults = rule.model(controller: controller ?? kind.usualController, memory: kind.memory)
        if hidden != nil { defaults.layers = 1 }
        return defaults
    }

    /// The configuration, with `defaults` for what was not given. Memory sizes count only in a DNC.
    func configuration(defaults: ModelConfiguration) throws -> ModelConfiguration {
        let hidden = hidden ?? defaults.hidden
        let kind = model ?? defaults.model
        let isOther = kind != defaults.model
        let (layers, variant) = (
            layers ?? (isOther ? 1 : defaults.layers), try variant(of: isOther ? ModelVariant() : defaults.variant)
        )
        switch kind {
        case .rnn, .gru, .lstm:
            return ModelConfiguration(controller: kind.usualController, hidden: hidden, layers: layers, variant: variant)
        case .dnc, .delta, .holographic:
            let controller = controller ?? (defaults.memory == .none ? .lstm : defaults.controller)
            let isFeedForward = controller == .feedForward
            return ModelConfiguration(
                controller: controller, hidden: hidden, layers: layers,
                activation: isFeedForward ? activation ?? defaults.activation : .tanh, memory: kind.memory,
                slots: slots ?? defaults.slots, width: width ?? (isOther ? kind.memory.usualWidth : nil) ?? defaults.width,
                readHeads: readHeads ?? defaults.readHeads,
                variant: variant)
        }
    }
}

/// What a folder is called, whose name was not given, after the file that it is for: as that, without its extension.
/// - Throws: `CommandLineError` for a pipe.
func folderName(after file: String) throws -> String {
    if SystemFiles.isPipe(file) {
        throw CommandLineError(description: "--out is missing; what comes through a pipe has no name to call a folder by")
    }
    return URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
}

/// Refuses the value that a flag was given, if it was given one, where `isAllowed` says so.
func check<Value>(_ flag: String, _ value: Value?, _ allowed: String, _ isAllowed: (Value) -> Bool) throws {
    if let value, !isAllowed(value) { throw ValidationError("\(flag) is \(value); it must be \(allowed).") }
}

func checkPositive(_ flag: String, _ value: Int?) throws { try check(flag, value, "at least 1") { $0 >= 1 } }

/// The core refuses other sizes.
func checkSize(_ flag: String, _ value: Int?, atLeast minimum: Int = 1) throws {
    let allowed = minimum...ModelLayout.allowedSizes.upperBound
    try check(flag, value, "\(allowed.lowerBound) ... \(allowed.upperBound)", allowed.contains)
}

func checkFraction(_ flag: String, _ value: Double?) throws {
    try check(flag, value, "at least 0 and below 1", (0..<1).contains)
}
