public import DNCCore

/// Regular languages: read the name of a language and a string of a and b, and tell whether it belongs to it.
///
/// The first three are those of a fork of the DNC (github.com/pchlenski/dnc-regex), which has strings of length 1 to 8; the others need
/// to remember an order. Half of the strings belong to the language, each that does as likely as any other of its length, where there
/// are any; half of the others differ in one symbol from one that does.
///
/// ```text
/// reads  asks
///   5          (ab)*
///   0          a
///   1          b
///          1
/// ```
public struct RegularLanguageTask: EpisodeTask {
    public static let name = "regular-language"
    public static let summary = "Read the name of a regular language and a string, and tell whether it belongs to it"

    /// A language, by its regular expression.
    public enum Language: String, OptionChoice {
        /// Of a alone.
        case a = "a*"
        /// Of b alone.
        case b = "b*"
        /// Every string.
        case any = ".*"
        /// Of ab again and again.
        case pairs = "(ab)*"
        /// All a before all b.
        case sorted = "a*b*"
        /// With abb at the end.
        case ending = "(a|b)*abb"
    }

    /// Which languages; one is drawn for each episode.
    public var languages = Language.allCases
    /// How many symbols a string has; drawn for each episode.
    public var length = 1...8

    public init() {}

    /// With other options than the usual ones.
    public init(languages: [Language] = Language.allCases, length: ClosedRange<Int> = 1...8) {
        (self.languages, self.length) = (languages, length)
    }

    public var input: ModelInput { .symbols(2 + Language.allCases.count) }
    public var output: ModelOutput { .bits(1) }
    public var longest: Int { length.upperBound + 2 }
    public var stretches: Int { 1 }

    public func validate() throws(TaskError) {
        try require("languages", languages.count, in: 1...TaskLimits.steps)
        try require("length", length, in: TaskLimits.counts)
    }

    public func episode(using generator: inout SeededGenerator) -> Episode {
        let language = generator.element(of: languages)
        let (string, belongs) = language.automaton.string(of: generator.integer(in: length), using: &generator)
        var builder = EpisodeBuilder(input, output)
        builder.add(reads: .symbol(2 + (Language.allCases.firstIndex(of: language) ?? 0)))
        builder.read(string)
        builder.add(asks: .vector([belongs ? 1 : 0]))
        return builder.episode
    }
}

extension RegularLanguageTask.Language {
    /// What accepts it.
    var automaton: Automaton {
        switch self {
        case .a: Automaton(next: [[0, 1], [1, 1]], accepts: [0])
        case .b: Automaton(next: [[1, 0], [1, 1]], accepts: [0])
        case .any: Automaton(next: [[0, 0]], accepts: [0])
        case .pairs: Automaton(next: [[1, 2], [2, 0], [2, 2]], accepts: [0])
        case .sorted: Automaton(next: [[0, 1], [2, 1], [2, 2]], accepts: [0, 1])
        case .ending: Automaton(next: [[1, 0], [1, 2], [1, 3], [1, 0]], accepts: [3])
        }
    }
}

/// A deterministic finite automaton of two symbols, which begins in state 0.
struct Automaton {
    /// The state after each symbol, of each state.
    let next: [[Int]]
    let accepts: Set<Int>

    func accepts(_ string: [Int]) -> Bool { accepts.contains(string.reduce(0) { next[$0][$1] }) }

    /// A string of so many symbols, as often accepted as not where there are both, and whether it is.
    func string(of length: Int, using generator: inout SeededGenerator) -> (string: [Int], isAccepted: Bool) {
        let wanted = generator.integer(in: 0...1) == 1
        guard let string = draw(length, accepted: wanted, using: &generator) else {
            return (draw(length, accepted: !wanted, using: &generator) ?? [], !wanted)
        }
        if !wanted, generator.integer(in: 0...1) == 1, let near = nearMiss(length, using: &generator) { return (near, false) }
        return (string, wanted)
    }

    /// One of those accepted, or of those not, each as likely as any other; nil where there is none.
    private func draw(_ length: Int, accepted: Bool, using generator: inout SeededGenerator) -> [Int]? {
        // For how many strings of each length a state ends well, divided by the most of any.
        var shares = [next.indices.map { accepts.contains($0) == accepted ? 1.0 : 0 }]
        for _ in 0..<length {
            let counts = next.map { $0.reduce(0) { $0 + shares[shares.count - 1][$1] } }
            let most = counts.max() ?? 0
            shares.append(counts.map { most > 0 ? $0 / most : 0 })
        }
        guard shares[length][0] > 0 else { return nil }
        var state = 0
        return (0..<length).map { place in
            let (a, b) = (shares[length - 1 - place][next[state][0]], shares[length - 1 - place][next[state][1]])
            let symbol = generator.unit() * (a + b) < a ? 0 : 1
            state = next[state][symbol]
            return symbol
        }
    }

    /// An accepted one with one symbol changed, so that it is not.
    private func nearMiss(_ length: Int, using generator: inout SeededGenerator) -> [Int]? {
        guard let string = draw(length, accepted: true, using: &generator) else { return nil }
        for place in generator.permutation(of: length) {
            var changed = string
            changed[place] = 1 - changed[place]
            if !accepts(changed) { return changed }
        }
        return nil
    }
}
