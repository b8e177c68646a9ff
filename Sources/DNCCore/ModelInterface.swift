// What goes into a model and what comes out of it, step by step.

/// What a model reads at every step.
public struct ModelInput: Hashable, Sendable, Codable {
    /// The size of the alphabet, V; 0: no symbols.
    public var symbols: Int
    /// How many symbols a step reads, whose columns are added; 1 unless `symbols` is 0, then 0.
    public var symbolsPerStep: Int
    /// How many numbers the vector has that a step reads; 0: no vector.
    public var vector: Int

    /// Symbols, a vector, or both. Without symbols there are none in a step, whatever `symbolsPerStep` says.
    public init(symbols: Int = 0, symbolsPerStep: Int = 1, vector: Int = 0) {
        (self.symbols, self.vector) = (symbols, vector)
        self.symbolsPerStep = symbols == 0 ? 0 : symbolsPerStep
    }

    /// Symbols of an alphabet of `count`, so many in each step.
    public static func symbols(_ count: Int, perStep: Int = 1) -> Self { Self(symbols: count, symbolsPerStep: perStep) }

    /// A vector of `size` numbers.
    public static func vector(_ size: Int) -> Self { Self(vector: size) }

    /// In words.
    public var summary: String {
        let each = symbolsPerStep > 1 ? "\(symbolsPerStep) of \(symbols) symbols" : "\(symbols) symbols"
        return [symbols > 0 ? each : nil, vector > 0 ? "vectors of \(vector)" : nil].compactMap(\.self).joined(
            separator: " and ")
    }
}

/// What a model answers at every step.
public struct ModelOutput: Hashable, Sendable, Codable {
    /// What an answer is, and by that the loss of a wrong one.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// One symbol of an alphabet, or several: softmax, cross entropy.
        case symbols
        /// Independent bits: logistic loss.
        case bits
        /// Numbers: squared error.
        case reals
    }

    /// What an answer is.
    public var kind: Kind
    /// The classes of each softmax; or the bits; or the numbers.
    public var size: Int
    /// How many softmaxes there are; 1 for bits and reals.
    public var groups: Int

    /// `groups` is for symbols alone.
    public init(kind: Kind, size: Int, groups: Int = 1) {
        (self.kind, self.size, self.groups) = (kind, size, groups)
    }

    /// How many numbers a step puts out.
    public var count: Int { size * groups }

    /// In words.
    public var summary: String {
        kind == .symbols && groups > 1 ? "\(groups) of \(size) symbols" : "\(size) \(kind.rawValue)"
    }

    /// Symbols of an alphabet of `count`, one by each of `groups` softmaxes; the loss is cross entropy.
    public static func symbols(_ count: Int, groups: Int = 1) -> Self { Self(kind: .symbols, size: count, groups: groups) }

    /// Independent bits, with logistic loss.
    public static func bits(_ count: Int) -> Self { Self(kind: .bits, size: count) }

    /// Numbers, with squared error.
    public static func reals(_ count: Int) -> Self { Self(kind: .reals, size: count) }
}

// A key that is not known stands for a model that would be another one without it.

extension ModelInput {
    private enum CodingKeys: String, CodingKey, CaseIterable { case symbols, symbolsPerStep, vector }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try decoder.refuseKeysOfModel(besides: CodingKeys.allCases.map(\.rawValue))
        self.init(
            symbols: try container.decodeIfPresent(Int.self, forKey: .symbols) ?? 0,
            symbolsPerStep: try container.decodeIfPresent(Int.self, forKey: .symbolsPerStep) ?? 1,
            vector: try container.decodeIfPresent(Int.self, forKey: .vector) ?? 0)
    }
}

extension ModelOutput {
    private enum CodingKeys: String, CodingKey, CaseIterable { case kind, size, groups }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try decoder.refuseKeysOfModel(besides: CodingKeys.allCases.map(\.rawValue))
        self.init(
            kind: try container.decode(Kind.self, forKey: .kind), size: try container.decode(Int.self, forKey: .size),
            groups: try container.decodeIfPresent(Int.self, forKey: .groups) ?? 1)
    }
}
