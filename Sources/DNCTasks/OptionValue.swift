// Options as JSON has them, merged over what a task has by default.
internal import Foundation
internal import SafeTensors
internal import SystemFiles

/// The value of an option, as JSON has it: `8`, `0.5`, `true`, `"name"`, or a list, such as the range `[1, 20]`.
public enum OptionValue: Hashable, Sendable, Codable, CustomStringConvertible {
    /// true or false.
    case truth(Bool)
    /// A whole number.
    case integer(Int)
    /// Another number.
    case number(Double)
    /// A string.
    case text(String)
    /// Several values; a range is its lower and its upper bound.
    case list([OptionValue])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let truth = try? container.decode(Bool.self) {
            self = .truth(truth)
        } else if let integer = try? container.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([Self].self) {
            self = .list(list)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be a number, a string, true, false or a list of these")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .truth(let truth): try container.encode(truth)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        }
    }

    /// As JSON has it.
    public var description: String {
        switch self {
        case .truth(let truth): "\(truth)"
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .text(let text): quoted(text)
        case .list(let list): "[\(list.map(\.description).joined(separator: ", "))]"
        }
    }
}

/// An option of a task that is one of a few names.
public protocol OptionChoice: RawRepresentable<String>, CaseIterable, Codable, Hashable, Sendable {}

extension OptionChoice {
    /// Throws an error that tells the names for another one.
    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let choice = Self(rawValue: name) else { throw UnknownChoice(known: Self.allCases.map(\.rawValue)) }
        self = choice
    }
}

private struct UnknownChoice: Error {
    let known: [String]
}

extension EpisodeTask {
    /// The options as they are: each stored property by its name.
    public var options: [String: OptionValue] { (try? Self.converted(self)) ?? [:] }

    /// The task with the defaults of its kind but for these options.
    /// - Throws: `TaskError` for an option that there is not, or a value that it cannot have.
    public init(options: [String: OptionValue]) throws(TaskError) { self = try Self().replacing(options) }

    /// The same task with some options replaced.
    /// - Throws: `TaskError` for an option that there is not, or a value that it cannot have.
    public func replacing(_ replaced: [String: OptionValue]) throws(TaskError) -> Self {
        let known = options
        guard (try? Self.converted(known, to: Self.self)) == self else { throw .notCodable(task: Self.name) }
        var (task, merged) = (self, known)
        for (name, value) in replaced.sorted(by: { $0.key < $1.key }) {
            guard let usual = known[name] else {
                throw .unknownOption(
                    task: Self.name, option: name, nearest: name.nearest(among: known.keys.sorted()),
                    known: known.keys.sorted()
                )
            }
            // One after another, so that the error is about the one that is wrong.
            merged[name] = value
            do {
                task = try Self.converted(merged, to: Self.self)
            } catch let error as UnknownChoice {
                let known = error.known.joined(separator: ", ")
                throw .outOfRange(task: Self.name, option: name, value: "\(value)", allowed: "one of \(known)")
            } catch {
                throw .wrongType(task: Self.name, option: name, value: value, usual: usual)
            }
        }
        try task.check()
        return task
    }

    /// From one type to another by way of JSON.
    private static func converted<Value: Encodable, Result: Decodable>(
        _ value: Value, to type: Result.Type = Result.self
    ) throws -> Result {
        try JSONDecoder().decode(type, from: JSONEncoder().encode(value))
    }
}
