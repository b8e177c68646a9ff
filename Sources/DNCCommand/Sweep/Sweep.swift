// What `dnc sweep` is to try, as its file says it: settings of `dnc train` that every trial has, and a grid or random draws of
// others.
import DNC
import Foundation

/// A sweep's file.
struct Sweep: Decodable {
    enum Variation {
        /// Every combination of these values.
        case grid([String: [SettingValue]])
        /// So many trials with values drawn from these.
        case random([String: Distribution], trials: Int, seed: UInt64)
    }

    /// What every trial has.
    let common: [String: SettingValue?]
    let variation: Variation

    /// More would be a slip, which fills the disk.
    private static let mostTrials = 10_000

    init(from decoder: any Decoder) throws {
        let file = try decoder.container(keyedBy: Key.self)
        func invalid(_ key: Key, _ problem: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: file, debugDescription: problem)
        }
        func number<Number: FixedWidthInteger & Decodable>(_ key: Key, in range: ClosedRange<Number>) throws -> Number? {
            guard file.contains(key) else { return nil }
            guard let number = try? file.decode(Number.self, forKey: key), range.contains(number) else {
                throw invalid(key, "must be a whole number, \(range.lowerBound) ... \(range.upperBound)")
            }
            return number
        }
        let grid = try file.decodeIfPresent([String: [SettingValue]].self, forKey: .grid)
        let random = try file.decodeIfPresent([String: Distribution].self, forKey: .random)
        let trials = try number(.trials, in: 1...Self.mostTrials)
        let seed = try number(.randomSeed, in: 0...UInt64.max)
        switch (grid, random) {
        case (let grid?, nil):
            for key in [Key.trials, .randomSeed] where file.contains(key) {
                throw invalid(key, "is for \"random\"; leave it out, since a grid's trials are all its combinations")
            }
            for (name, values) in grid where values.isEmpty || Set(values).count < values.count {
                throw invalid(.grid, "\"\(printable(name))\" must be a list of values, each of them once")
            }
            guard grid.values.reduce(1.0, { $0 * Double($1.count) }) <= Double(Self.mostTrials) else {
                throw invalid(.grid, "has more than \(Self.mostTrials) combinations; vary less")
            }
            variation = .grid(grid)
        case (nil, let random?):
            guard let trials else { throw invalid(.trials, "is missing; say how many of the random ones there are to be") }
            variation = .random(random, trials: trials, seed: seed ?? 1)
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: [Key.grid], debugDescription: "or \"random\" must say what is to vary, and not both"))
        }

        var common: [String: SettingValue?] = [:]
        for key in file.allKeys where ![.grid, .random, .trials, .randomSeed].contains(key) {
            common[key.stringValue] = try file.decode(SettingValue?.self, forKey: key)
        }
        self.common = common
        guard !varied.isEmpty else { throw invalid(grid == nil ? .random : .grid, "is empty; name a setting that is to vary") }
        for name in varied where common[name] != nil {
            throw invalid(Key(stringValue: name), "is fixed, and also varies; leave one of the two out")
        }
    }

    /// The names of the settings that vary, sorted.
    var varied: [String] {
        switch variation {
        case .grid(let grid): grid.keys.sorted()
        case .random(let random, _, _): random.keys.sorted()
        }
    }

    /// The settings that vary, of every trial. In a grid the last name varies fastest.
    var trials: [[String: SettingValue]] {
        switch variation {
        case .grid(let grid):
            return varied.reduce([[:]]) { trials, name in
                trials.flatMap { trial in (grid[name] ?? []).map { trial.merging([name: $0]) { $1 } } }
            }
        case .random(let random, let count, let seed):
            var generator = SeededGenerator(seed: seed)
            let distributions = random.sorted { $0.key < $1.key }
            return (0..<count).map { _ in
                Dictionary(uniqueKeysWithValues: distributions.map { ($0, $1.draw(using: &generator)) })
            }
        }
    }

    /// What the trials of this sweep have otherwise than those of an earlier one, in words; nothing where it only has more behind
    /// the same.
    func differences(from earlier: Sweep) -> [String] {
        let before = earlier.trials
        if fixedWords == earlier.fixedWords, trials.prefix(before.count) == before[...] { return [] }
        let (now, then) = (words, earlier.words)
        let names = Set(now.keys).union(then.keys).sorted()
        let differences = names.filter { now[$0] != then[$0] }.map {
            "\"\(printable($0))\" was \(printable(then[$0] ?? "not there")), now \(printable(now[$0] ?? "not there"))"
        }
        return differences.isEmpty ? ["there are fewer \"trials\""] : differences
    }

    private var fixedWords: [String: String] { common.mapValues { $0?.description ?? "null" } }

    /// What there is, but for the number of trials.
    private var words: [String: String] {
        let varied =
            switch variation {
            case .grid(let grid): grid.mapValues { "\($0)" }
            case .random(let random, _, let seed): random.mapValues(\.description).merging(["random-seed": "\(seed)"]) { $1 }
            }
        return fixedWords.merging(varied) { $1 }
    }

    /// Any key of an object.
    private struct Key: CodingKey, Equatable {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }

        static let grid = Key(stringValue: "grid")
        static let random = Key(stringValue: "random")
        static let trials = Key(stringValue: "trials")
        static let randomSeed = Key(stringValue: "random-seed")
    }
}

/// Where a random setting comes from: {"choice": [...]} or {"integer" or "uniform" or "log": [least, largest]}.
struct Distribution: Decodable, CustomStringConvertible {
    enum Kind: String, CaseIterable {
        case choice, integer, uniform
        /// The logarithm is uniform.
        case log
    }

    private let kind: Kind
    private let values: [SettingValue]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        func invalid(_ problem: String) -> DecodingError {
            .dataCorruptedError(in: container, debugDescription: problem)
        }
        guard let object = try? container.decode([String: [SettingValue]].self), object.count == 1,
            let (name, values) = object.first, let kind = Kind(rawValue: name)
        else {
            let kinds = Kind.allCases.map { "\"\($0)\"" }.joined(separator: ", ")
            throw invalid("must be an object with one list, named one of \(kinds)")
        }
        let numbers = values.compactMap(\.number)
        let isRange = values.count == 2 && numbers.count == 2 && numbers[0] <= numbers[1]
        switch kind {
        case .choice where values.isEmpty: throw invalid("has nothing to choose from; list some values")
        case .integer where !isRange || numbers.contains { $0 < 0 || $0 > 0x1p53 || $0 != $0.rounded() }:
            throw invalid("\"integer\" must be [least, largest], whole numbers, not negative")
        case .uniform where !isRange: throw invalid("\"uniform\" must be [least, largest], numbers")
        case .log where !isRange || numbers[0] <= 0: throw invalid("\"log\" must be [least, largest], numbers above 0")
        default: (self.kind, self.values) = (kind, values)
        }
    }

    var description: String { "\(kind) \(values)" }

    /// A real number has four digits: more would tell nothing, and differ in the last between machines.
    func draw(using generator: inout SeededGenerator) -> SettingValue {
        let unit = generator.unit()
        if kind == .choice { return values[Int(unit * Double(values.count))] }
        let (low, high) = (values[0].number ?? 0, values[1].number ?? 0)
        func real(_ number: Double) -> SettingValue {
            let digits = Double(String(format: "%.4g", number)) ?? number
            return .number(Decimal(string: "\(min(max(digits, low), high))") ?? 0)
        }
        return switch kind {
        case .choice, .integer: .number(Decimal(min((low + unit * (high - low + 1)).rounded(.down), high)))
        case .uniform: real(low + unit * (high - low))
        case .log: real(exp(log(low) + unit * (log(high) - log(low))))
        }
    }
}

extension SettingValue {
    /// Nil for what is no number. Read from its digits, since the system's conversion is not always to the nearest.
    var number: Double? {
        if case .number(let number) = self { Double("\(number)") } else { nil }
    }
}
