/// Text made up on the spot: small talk for where no book is at hand, and such in which something is to be remembered.
public enum SyntheticText {
    /// What a text is made of. In all but `talk` a part of every line follows from one that may be further back than a segment reaches,
    /// and the rest is drawn at random, so that whoever remembers needs fewer bits.
    public enum Kind: String, CaseIterable, Sendable {
        /// A thing passes between people and places; at the end somebody asks for it.
        case talk
        /// Names are given numbers, `kor=4821`, and asked for, `kor?4821`; the last number counts.
        case notes
        /// Brackets of four kinds, one within another, each of which is closed by its own kind.
        case brackets
        /// Words of random letters, each of which is copied: `fanhk|fanhk`.
        case passages
        /// A table of numbers with names of columns and rows, and then cells of it: `row column number`.
        case tables
        /// What several sessions do by turns; each goes on with its own user and place.
        case logs

        /// In a few words.
        public var summary: String {
            switch self {
            case .talk: "small talk among a few people about who has what, and where"
            case .notes: "names that are given numbers, and asked for them"
            case .brackets: "brackets of four kinds within each other"
            case .passages: "words of random letters, each with its copy"
            case .tables: "tables of numbers, and their cells once more"
            case .logs: "sessions by turns, each with its own user and place"
            }
        }
    }

    /// About `characters` characters of ASCII, ending with a line. The same kind and seed give the same text.
    public static func make(
        _ kind: Kind = .talk, characters: Int, using generator: inout some RandomNumberGenerator
    ) -> String {
        var text = ""
        var (notes, logs) = (Notes(), Logs())
        while text.utf8.count < characters {
            let part =
                switch kind {
                case .talk: scene(using: &generator)
                case .notes: notes.line(using: &generator)
                case .brackets: brackets(using: &generator)
                case .passages: passage(using: &generator)
                case .tables: table(using: &generator)
                case .logs: logs.line(using: &generator)
                }
            text += part
        }
        return text
    }

    /// One of them, each as likely as any other.
    private static func pick<Element>(_ elements: [Element], using generator: inout some RandomNumberGenerator) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    private static func word(
        _ count: Int, of letters: [Character], using generator: inout some RandomNumberGenerator
    ) -> String {
        String((0..<count).map { _ in pick(letters, using: &generator) })
    }

    // ---- Small talk

    private static let people = ["Ada", "Bruno", "Clara", "Dmitri", "Elena", "Felix", "Greta", "Hugo", "Ines", "Jonas"]
    private static let things = [
        "lantern", "letter", "kettle", "map", "violin", "basket", "mirror", "compass", "blanket", "clock",
    ]
    private static let places = ["kitchen", "garden", "harbour", "library", "tower", "market", "orchard", "cellar", "station"]
    private static let qualities = ["old", "small", "silver", "broken", "heavy", "strange", "yellow", "quiet", "long", "warm"]

    private static func scene(using generator: inout some RandomNumberGenerator) -> String {
        func pick(_ words: [String]) -> String { SyntheticText.pick(words, using: &generator) }
        let (owner, thing, quality) = (pick(people), pick(things), pick(qualities))
        var (holder, place) = (owner, pick(places))
        var text = "\(owner) had a \(quality) \(thing) and kept it in the \(place).\n"
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let other = pick(people.filter { $0 != holder })
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                place = pick(places.filter { $0 != place })
                text += "Then \(holder) carried the \(thing) to the \(place).\n"
            case 1:
                text += "\"May I have the \(thing)?\" asked \(other), and \(holder) gave it away.\n"
                holder = other
            default:
                text += "In the \(pick(places)) \(other) was thinking of something \(pick(qualities)).\n"
            }
        }
        return text + "\"Where is the \(quality) \(thing) now?\" - \"\(holder) has it, in the \(place).\"\n\n"
    }

    // ---- What is to be remembered

    /// Consonant, vowel, consonant: one of 980.
    private static func name(using generator: inout some RandomNumberGenerator) -> String {
        let (consonants, vowels) = (Array("bdfgklmnprstvz"), Array("aeiou"))
        return String([consonants, vowels, consonants].map { pick($0, using: &generator) })
    }

    private static func digits(_ count: Int, using generator: inout some RandomNumberGenerator) -> String {
        word(count, of: Array("0123456789"), using: &generator)
    }

    /// So many names, no two of them the same.
    private static func names(_ count: Int, using generator: inout some RandomNumberGenerator) -> [String] {
        var names: [String] = []
        while names.count < count {
            let name = name(using: &generator)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Some names have a number at a time; the one that has had it longest gives way to a new one.
    private struct Notes {
        var names: [String] = []
        var known: [(name: String, number: String)] = []

        mutating func line(using generator: inout some RandomNumberGenerator) -> String {
            if names.isEmpty { names = SyntheticText.names(26, using: &generator) }
            if known.count >= 2, Int.random(in: 0..<10, using: &generator) >= 3 {
                let (name, number) = pick(known, using: &generator)
                return "\(name)?\(number)\n"
            }
            let name = pick(names, using: &generator)
            let number = digits(4, using: &generator)
            known.removeAll { $0.name == name }
            known.append((name, number))
            if known.count > 4 { known.removeFirst() }
            return "\(name)=\(number)\n"
        }
    }

    /// A line of brackets that are all closed.
    private static func brackets(using generator: inout some RandomNumberGenerator) -> String {
        let kinds: [(Character, Character)] = [("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")]
        var (text, open): (String, [Int]) = ("", [])
        repeat {
            // As likely deeper as not, down to a depth of twenty.
            if open.isEmpty || (open.count < 20 && Bool.random(using: &generator)) {
                open.append(Int.random(in: 0..<kinds.count, using: &generator))
                text.append(kinds[open[open.count - 1]].0)
            } else {
                text.append(kinds[open.removeLast()].1)
            }
        } while !open.isEmpty
        return text + "\n"
    }

    /// A word of up to 24 letters, twice: the short ones can be learned by whoever remembers little.
    private static func passage(using generator: inout some RandomNumberGenerator) -> String {
        let length = Int.random(in: 1...24, using: &generator)
        let word = word(length, of: Array("abcdefghijklmnop"), using: &generator)
        return "\(word)|\(word)\n"
    }

    /// Three rows and columns, and nine of the cells in any order.
    private static func table(using generator: inout some RandomNumberGenerator) -> String {
        let names = names(6, using: &generator)
        let (columns, rows) = (names[..<3], names[3...])
        var (text, cells) = ("    " + columns.joined(separator: " ") + "\n", [String]())
        for row in rows {
            let numbers = columns.map { _ in digits(2, using: &generator) }
            text += row + " " + numbers.map { " " + $0 }.joined(separator: " ") + "\n"
            cells += zip(columns, numbers).map { "\(row) \($0) \($1)\n" }
        }
        return text + (0..<9).map { _ in pick(cells, using: &generator) }.joined() + "\n"
    }

    /// Some sessions at a time.
    private struct Logs {
        var sessions: [String] = []

        mutating func line(using generator: inout some RandomNumberGenerator) -> String {
            if sessions.count < 4 {
                let session = [
                    digits(2, using: &generator), SyntheticText.name(using: &generator), SyntheticText.name(using: &generator),
                ]
                sessions.append(session.joined(separator: " "))
                return sessions[sessions.count - 1] + " open\n"
            }
            let index = Int.random(in: 0..<sessions.count, using: &generator)
            let what = pick(["read", "write", "wait", "close"], using: &generator)
            defer { if what == "close" { sessions.remove(at: index) } }
            return "\(sessions[index]) \(what)\n"
        }
    }
}
