// What the parser of arguments would let pass or find odd words for: an option that is given twice, of which it takes the last in
// silence, and names that there are not, for which it suggests what only looks alike.
import ArgumentParser
import Foundation

/// Arguments that cannot be meant.
struct CommandLineError: Error, CustomStringConvertible {
    let description: String
}

enum CommandLineCheck {
    /// Refuses arguments of `dnc`, without its own name, in which an option is repeated or a name is unknown. All else is for the
    /// parser to say.
    static func check(_ arguments: [String]) throws {
        // "---completion" is how the scripts of shells ask.
        guard let first = arguments.first, !first.hasPrefix("---") else { return }
        if first.hasPrefix("-") {
            let options = CommandOptions(of: DNCTool.self)
            guard let name = options.unknown(first) else { return }
            let owners = commands.filter { CommandOptions(of: $0).names.contains(name) }.map { "dnc \($0._commandName)" }
            let remedy = owners.isEmpty ? "dnc --help lists them" : "as in \(owners.alternatives)"
            throw CommandLineError(description: "\(first) needs a command in front of it; \(remedy)")
        }
        let name = first == "help" ? arguments.dropFirst().first ?? first : first
        if name == "help" || name.hasPrefix("-") { return }
        guard let command = commands.first(where: { $0._commandName == name }) else {
            let nearest = Names.nearest(to: name, among: commands.map { $0._commandName }).map { "dnc \($0)" }
            let hint = nearest.isEmpty ? "" : "did you mean \(nearest.alternatives)? "
            throw CommandLineError(description: "dnc has no command '\(name)'; \(hint)dnc --help lists them")
        }
        if first == name { try CommandOptions(of: command).check(arguments.dropFirst()) }
    }

    fileprivate static let commands = DNCTool.configuration.subcommands
}

/// The options of a command.
private struct CommandOptions {
    /// As `--experimental-dump-help` has it.
    private struct Dump: Decodable {
        struct Command: Decodable {
            let commandName: String
            let arguments: [Argument]
        }
        struct Argument: Decodable {
            struct Name: Decodable {
                let name: String
            }
            let kind: String
            let names: [Name]?
            let shouldDisplay: Bool
            let isRepeating: Bool
        }
        let command: Command
    }

    private struct Option {
        /// With one letter, or several.
        let names: [String]
        let takesValue: Bool
        let isShown: Bool
        /// Whether it counts as often as it is given.
        let isRepeating: Bool
    }

    private let command: String
    private let options: [Option]

    init(of command: any ParsableCommand.Type) {
        let dump = try? JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
        self.command = command._commandName
        options = (dump?.command.arguments ?? []).map {
            Option(
                names: ($0.names ?? []).map(\.name), takesValue: $0.kind == "option", isShown: $0.shouldDisplay,
                isRepeating: $0.isRepeating)
        }
    }

    /// Those of several letters.
    var names: [String] { options.filter(\.isShown).flatMap(\.names).filter { $0.count > 1 } }

    /// What the parser itself answers, whatever else there is.
    private static let requests: Set = [
        "h", "help", "help-hidden", "version", "experimental-dump-help", "generate-completion-script",
    ]

    /// The name in `--name`, `--name=value` or `-n`, if there is no such option.
    func unknown(_ argument: String) -> String? {
        let name = String(argument.drop { $0 == "-" }.prefix { $0 != "=" })
        return Self.requests.contains(name) || option(name) != nil ? nil : name
    }

    private func option(_ name: some StringProtocol) -> Option? { options.first { $0.names.contains { $0 == name } } }

    /// Goes through the arguments as the parser does.
    func check(_ arguments: ArraySlice<String>) throws {
        var (rest, given) = (arguments, [String: String]())
        var complaint: CommandLineError?
        func note(_ option: Option, as written: String) {
            // An option and its opposite are one.
            guard let name = option.names.first, !option.isRepeating else { return }
            let key = name.hasPrefix("no-") && self.option(name.dropFirst(3)) != nil ? String(name.dropFirst(3)) : name
            if let before = given.updateValue(written, forKey: key), complaint == nil {
                let options = before == written ? "\(written) is given twice" : "\(before) and \(written) are both given"
                complaint = CommandLineError(description: "\(options), and one alone can count; leave one out")
            }
        }
        while let argument = rest.popFirst(), argument != "--" {
            guard argument.hasPrefix("-"), argument != "-" else { continue }
            let isLong = argument.hasPrefix("--")
            var (names, option) = (argument.drop { $0 == "-" }.prefix { $0 != "=" }, Option?.none)
            if Self.requests.contains(String(names)) { return }
            repeat {
                let name = isLong ? names : names.prefix(1)
                names = names.dropFirst(name.count)
                option = self.option(name)
                guard let option else {
                    complaint = complaint ?? unknownOption(argument)
                    break
                }
                note(option, as: (isLong ? "--" : "-") + name)
            } while !names.isEmpty && option?.takesValue == false
            if option?.takesValue == true, names.isEmpty, !argument.contains("=") { rest = rest.dropFirst() }
        }
        if let complaint { throw complaint }
    }

    private func unknownOption(_ argument: String) -> CommandLineError {
        let written = String(argument.prefix { $0 != "=" })
        let name = String(written.drop { $0 == "-" })
        return CommandLineError(description: "dnc \(command) has no option \(written); \(hint(for: name))")
    }

    private func hint(for name: String) -> String {
        let list = "dnc \(command) --help lists them"
        if let remark = Names.remark(on: name) { return remark }
        let nearest = Names.nearest(to: name, among: names).map { "--\($0)" }
        if !nearest.isEmpty { return "did you mean \(nearest.alternatives)? \(list)" }
        let owners = CommandLineCheck.commands.filter { CommandOptions(of: $0).names.contains(name) }.map {
            "dnc \($0._commandName)"
        }
        return owners.isEmpty ? list : "it is an option of \(owners.alternatives). \(list)"
    }
}
