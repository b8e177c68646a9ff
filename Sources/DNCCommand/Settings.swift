// Settings of `dnc train` in JSON files: the names of its flags without the dashes, and values. What a file says becomes arguments,
// so that their parser alone knows what a setting may be.
import ArgumentParser
import DNC
import Foundation
import SystemFiles

/// A value of a setting, as JSON has it.
enum SettingValue: Codable, Hashable, CustomStringConvertible {
    case truth(Bool)
    case number(Decimal)
    case text(String)

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let truth = try? value.decode(Bool.self) {
            self = .truth(truth)
        } else if let number = try? value.decode(Decimal.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "must be a string, a number, true or false")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .truth(let truth): try value.encode(truth)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        }
    }

    var description: String {
        switch self {
        case .truth(let truth): "\(truth)"
        case .number(let number): "\(number)"
        case .text(let text): text
        }
    }
}

// As a program has them.
extension SettingValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral
{
    init(booleanLiteral value: Bool) { self = .truth(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(floatLiteral value: Double) { self = .real(value) }
    init(stringLiteral value: String) { self = .text(value) }

    static func integer(_ number: Int) -> Self { .number(Decimal(number)) }
    /// As it is written: 0.1, and not the binary fraction next to it.
    static func real(_ number: Double) -> Self { .number(Decimal(string: "\(number)") ?? 0) }
}

/// A setting of `dnc train`, by its flag's name without dashes.
struct Setting {
    enum Kind: String {
        case truth = "true or false"
        case number = "a number"
        case text = "a string"
        case size = #"a number, or a string such as "500MB""#

        func allows(_ value: SettingValue) -> Bool {
            switch (self, value) {
            case (.truth, .truth), (.number, .number), (.text, .text), (.size, .number), (.size, .text): true
            default: false
            }
        }
    }

    let name: String
    let kind: Kind
    /// What the flag was given.
    let given: SettingValue?
    /// What holds; nil where that is nothing, as for a limit.
    let value: SettingValue?

    init<Value: ExpressibleByArgument>(_ name: String, _ given: Value?, _ value: Value?) {
        let kind: Kind =
            switch Value.self {
            case is Bool.Type: .truth
            case is any Numeric.Type: .number
            case is ByteCount.Type: .size
            default: .text
            }
        func setting(_ value: Value) -> SettingValue {
            let text = "\(value)"
            let number =
                switch kind {
                case .number: Decimal(string: text)
                case .size: Int(text).map { Decimal($0) }
                case .truth, .text: Decimal?.none
                }
            return (value as? Bool).map(SettingValue.truth) ?? number.map(SettingValue.number) ?? .text(text)
        }
        (self.name, self.kind, self.given, self.value) = (name, kind, given.map(setting), value.map(setting))
    }
}

/// Why a file of settings cannot be used.
struct SettingsError: Error, CustomStringConvertible {
    let path: String
    let problem: String

    var description: String { "\(path): \(problem)" }
}

/// Reads a file, or a pipe, of JSON as it is.
func readText(_ path: String) throws(SettingsError) -> String {
    let bytes: [UInt8]
    do { bytes = try SystemFiles.contents(of: path) } catch {
        throw SettingsError(path: path, problem: "cannot be read: \(error.reason); give a JSON file in UTF-8")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw SettingsError(path: path, problem: "is not text in UTF-8; give a JSON file in UTF-8")
    }
    return text
}

/// Reads a JSON file, in which no object may have two equal keys.
func readJSON<Content: Decodable>(_ path: String, as type: Content.Type = Content.self) throws -> Content {
    try decodeJSON(readText(path), of: path)
}

/// What a file of JSON says, in which no object may have two equal keys.
func decodeJSON<Content: Decodable>(_ text: String, of path: String, as type: Content.Type = Content.self) throws -> Content {
    do {
        try checkJSON(text, of: path, in: path)
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch SafeTensorsError.malformedMetadata(_, _, let offset, let problem) {
        let line = text.utf8.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
        throw SettingsError(path: path, problem: "line \(line): \(problem); mend the JSON there")
    } catch let error as DecodingError {
        throw SettingsError(path: path, problem: error.problem)
    }
}

extension DecodingError {
    /// The place and what is wrong with it.
    fileprivate var problem: String {
        let context =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: Context(codingPath: [], debugDescription: "\(self)")
            }
        if context.codingPath.isEmpty { return "must hold an object, {\"name\": value, ...}" }
        let place = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? "\"\(printable($0.stringValue))\"" }
        let problem =
            switch self {
            case .typeMismatch(let type, _) where type == [Any].self: "must be a list, [value, ...]"
            case .typeMismatch(let type, _) where type == [String: Any].self: "must be an object, {\"name\": ...}"
            default: context.debugDescription
            }
        return (place + [problem]).joined(separator: " ")
    }
}

extension Setting {
    /// A file of these settings.
    static func file(_ settings: [Setting]) throws -> String {
        let lines = try settings.map { try "  \"\($0.name)\": \(json($0.value))" }
        return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
    }

    /// The arguments of `dnc train` that the settings of a file come to; null leaves one to its default.
    /// - Throws: `SettingsError` for what is no setting or no value of one.
    static func arguments(_ settings: [String: SettingValue?], of path: String) throws -> [String] {
        let arguments = try settings.sorted { $0.key < $1.key }.compactMap { name, value throws -> (String, String)? in
            let setting = try setting(name, of: path)
            return try value.map { (name, try setting.argument(for: $0, of: path)) }
        }
        // Which of them is wrong is looked for only where they are not right together.
        if (try? TrainCommand.parse(["--print-config"] + arguments.map(\.1))) == nil {
            for (name, argument) in arguments {
                do { _ = try TrainCommand.parse(["--print-config", argument]) } catch {
                    throw SettingsError(path: path, problem: "\"\(name)\": \(TrainCommand.message(for: error))")
                }
            }
        }
        return arguments.map(\.1)
    }

    private static let all = Result { try TrainCommand.parse(["--print-config"]).options.settings }

    /// The setting that a file calls by this name.
    static func setting(_ name: String, of path: String) throws -> Setting {
        let all = try all.get()
        if let setting = all.first(where: { $0.name == name }) { return setting }
        let nearest = Names.nearest(to: name, among: all.map(\.name)).map { "\"\($0)\"" }
        let hint =
            Names.remark(on: name)
            ?? (nearest.isEmpty ? "dnc help train lists them" : "did you mean \(nearest.alternatives)?")
        throw SettingsError(path: path, problem: "\"\(printable(name))\" is no setting of dnc train; \(hint)")
    }

    /// What gives this value to the setting on the command line; whether it is within its limits is for the parser to say.
    func argument(for value: SettingValue, of path: String) throws -> String {
        guard kind.allows(value) else {
            throw SettingsError(path: path, problem: "\"\(name)\" is \(try json(value)); it must be \(kind.rawValue)")
        }
        return switch value {
        case .truth(true): "--\(name)"
        case .truth(false): "--no-\(name)"
        case .number, .text: "--\(name)=\(value)"
        }
    }
}
