// A line of a file of episodes, read step by step.
internal import DNCCore
internal import SafeTensors

/// The error for a line that is JSON, but no episode; it says what to do. Those of the JSON itself are `malformed`.
private func refused(_ problem: String, at offset: Int) -> SafeTensorsError {
    .malformedMetadata(file: "", key: "", offset: offset, problem: problem)
}

/// One side of the lines of a file, "inputs" or "targets": what is known of it before a line is read, and what the lines
/// read so far have shown.
struct EpisodeSide {
    /// What the steps of a side can hold.
    enum Kind {
        case symbols
        case vector
        case bits
        case reals

        var isSymbols: Bool { self == .symbols }
        /// In words, as in "a step holds a word".
        var content: String { isSymbols ? "a word, or a list of words" : "a list of numbers" }
    }

    /// Its field in a line.
    let field: String
    /// What is told, or what the first step that holds something has shown: `symbols` or `vector`.
    private(set) var kind: Kind?
    /// How many numbers a vector has: as many as the first.
    private(set) var size: Int?
    /// The most words in a step, where these are being counted, or what there is room for.
    private(set) var wordsPerStep = 1
    /// The symbols of the words. While words are being collected, those so far, in the order in which they came.
    private(set) var symbols: [String: Int32] = [:]
    /// How many bytes the words collected so far take at most in a checkpoint's header, where they are JSON in a string of JSON.
    private(set) var headerBytes = 0
    /// Whether no number has been other than 0 or 1.
    private(set) var areBits = true

    private var step = 0  // the number of the one that is being read, for messages
    private let isCollecting: Bool
    private let listsAreOfWords: Bool  // also those of numbers
    private let unknown: Int32?

    /// A side of which everything is to be found out but what `kind` tells.
    init(collecting field: String, kind: Kind?) {
        (self.field, self.kind, isCollecting, unknown) = (field, kind, true, nil)
        listsAreOfWords = kind?.isSymbols ?? false
    }

    /// A side of which everything is known.
    /// - Parameter unknown: the symbol of words that there are not; nil where these are errors.
    init(_ field: String, kind: Kind, words: [String], perStep: Int, size: Int, unknown: Int32?) {
        (self.field, self.kind, self.unknown, isCollecting) = (field, kind, unknown, false)
        listsAreOfWords = kind.isSymbols
        (self.size, wordsPerStep) = (kind.isSymbols ? nil : size, perStep)
        symbols = Dictionary(zip(words, 0...), uniquingKeysWith: { first, _ in first })
    }

    /// What a line has on this side: for each step how many elements, and the elements of all steps.
    struct Steps {
        var counts: [Int] = []
        var symbols: [Int32] = []
        var numbers: [Float] = []
    }

    /// Reads the steps of a line.
    mutating func read(_ scanner: inout JSONScanner) throws(SafeTensorsError) -> Steps {
        var steps = Steps()
        guard scanner.peek() == UInt8(ascii: "[") else {
            throw refused("\(field): must be a list with an element for each step", at: scanner.nextOffset())
        }
        try scanner.array { (scanner) throws(SafeTensorsError) in try readStep(&scanner, into: &steps) }
        return steps
    }

    /// The error for what is wrong in the step that is being read.
    private func refusal(_ problem: String, at offset: Int) -> SafeTensorsError {
        refused("\(field)[\(step)]: \(problem)", at: offset)
    }

    private mutating func readStep(_ scanner: inout JSONScanner, into steps: inout Steps) throws(SafeTensorsError) {
        let start = scanner.nextOffset()
        step = steps.counts.count
        if scanner.takeNull() {
            steps.counts.append(0)
            return
        }
        switch scanner.peek() {
        case UInt8(ascii: "["):
            var (count, holdsAny, gap): (Int, Bool, Int?) = (0, false, nil)
            try scanner.array { (scanner) throws(SafeTensorsError) in
                let place = scanner.nextOffset()
                count += 1
                if scanner.takeNull() {
                    gap = place
                    steps.symbols.append(Episode.noSymbol)
                } else {
                    holdsAny = true
                    try readElement(&scanner, inList: true, into: &steps)
                }
            }
            guard holdsAny else {
                throw refusal("the list holds nothing; write null where nothing is read or asked", at: start)
            }
            if kind?.isSymbols == true {
                try admit(words: count, at: start)
            } else {
                if let gap { throw refusal("null stands for a word or a whole step; write a number in a vector", at: gap) }
                try admit(numbers: count, at: start)
            }
            steps.counts.append(count)
        default:
            try readElement(&scanner, inList: false, into: &steps)
            steps.counts.append(1)
        }
    }

    /// Reads a word or a number. A number alone is a symbol; in a list it is one of a vector, unless the side was told to be
    /// one of symbols.
    private mutating func readElement(
        _ scanner: inout JSONScanner, inList: Bool, into steps: inout Steps
    ) throws(SafeTensorsError) {
        let start = scanner.nextOffset()
        switch scanner.peek() {
        case UInt8(ascii: "\""):
            let word = try scanner.string()
            try admit(.symbols, value: quoted(word), at: start)
            steps.symbols.append(try symbol(of: word, at: start))
        case let byte? where "-0123456789".utf8.contains(byte):
            let numeral = try scanner.numeral()
            // Made for messages alone: it takes longer than to read the number.
            var shown: String { printable(numeral, limit: 40) }
            if inList ? listsAreOfWords : kind?.isSymbols ?? true {
                guard numeral.utf8.allSatisfy("0123456789".utf8.contains) else {
                    throw refusal(
                        "\(shown) is no symbol: one is a string or a whole number from 0; write [\(shown)] for a vector of one number",
                        at: start)
                }
                try admit(.symbols, value: shown, at: start)
                steps.symbols.append(try symbol(of: numeral, at: start))
            } else {
                guard inList else {
                    throw refusal(
                        "\(shown) stands alone, and the \(field) are vectors; write [\(shown)] for a vector of one number",
                        at: start)
                }
                try admit(.vector, value: shown, at: start)
                steps.numbers.append(try number(numeral, at: start))
            }
        case UInt8(ascii: "N"), UInt8(ascii: "I"):
            throw refusal(
                "expected a value: JSON has no NaN and no Infinity; write a number, or null for the step", at: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"):
            throw refusal(
                "a step must be a word, a whole number, a list of words or numbers, or null; this is an object, a list in a list, true "
                    + "or false", at: start)
        default:
            throw refusal("expected a value: a word, a whole number, a list of words or numbers, or null", at: start)
        }
    }

    /// All steps of a side are of one kind.
    private mutating func admit(_ found: Kind, value: @autoclosure () -> String, at start: Int) throws(SafeTensorsError) {
        guard let kind else {
            kind = found
            return
        }
        guard kind.isSymbols == found.isSymbols else {
            throw refusal(
                "\(value()) is \(found.isSymbols ? "a symbol" : "a number of a vector"), and a step of the \(field) holds \(kind.content); "
                    + "make all steps alike", at: start)
        }
    }

    private mutating func symbol(of word: String, at start: Int) throws(SafeTensorsError) -> Int32 {
        if let symbol = symbols[word] ?? (isCollecting ? nil : unknown) { return symbol }
        guard isCollecting else {
            throw refusal(
                "the word \(quoted(word)) is none of the \(symbols.count) that the model knows in the \(field); use one of these, or name "
                    + "one that stands for all that are unknown", at: start)
        }
        let symbol = Int32(symbols.count)
        symbols[word] = symbol
        let escaped = word.utf8.reduce(0) { $0 + ($1 < 0x20 ? 7 : "\"\\".utf8.contains($1) ? 4 : 1) }
        headerBytes += escaped + 5  // two quotation marks, each escaped, and a comma
        return symbol
    }

    private mutating func number(_ numeral: String, at start: Int) throws(SafeTensorsError) -> Float {
        guard let number = Float(numeral), number.isFinite else {
            throw refusal(
                "\(printable(numeral, limit: 40)) is beyond the numbers of 32 bits; scale the \(field) to about -1 to 1",
                at: start)
        }
        if number != 0, number != 1 {
            areBits = false
            guard kind != .bits else {
                throw refusal(
                    "\(printable(numeral, limit: 40)) is no bit; write 0 or 1, or have the \(field) read as reals", at: start
                )
            }
        }
        return number
    }

    private mutating func admit(words count: Int, at start: Int) throws(SafeTensorsError) {
        guard isCollecting || count <= wordsPerStep else {
            throw refusal(
                "the step has \(count) words, and the model takes \(wordsPerStep) in the \(field); leave some out", at: start
            )
        }
        wordsPerStep = max(wordsPerStep, count)
    }

    private mutating func admit(numbers count: Int, at start: Int) throws(SafeTensorsError) {
        guard count == size ?? count else {
            throw refusal(
                "the vector has \(count) numbers, and \(isCollecting ? "the first of the \(field) has" : "the model's \(field) have") "
                    + "\(size ?? count); give all vectors of a side the same size", at: start)
        }
        size = count
    }
}

/// A line: an object with the fields inputs, targets and weights, the last of which may be missing.
struct EpisodeLine {
    var inputs = EpisodeSide.Steps()
    var targets = EpisodeSide.Steps()
    var weights: [Float]?
    /// Whether it says what is asked.
    private(set) var hasTargets = true

    /// How many steps it has.
    var steps: Int { inputs.counts.count }

    /// - Parameter needsTargets: whether the targets must not be missing.
    init(
        _ scanner: inout JSONScanner, inputs inputSide: inout EpisodeSide, targets targetSide: inout EpisodeSide,
        needsTargets: Bool
    ) throws(SafeTensorsError) {
        let start = scanner.nextOffset()
        guard scanner.peek() == UInt8(ascii: "{") else {
            throw refused(
                #"a line must hold an object such as {"inputs": ["a", null], "targets": [null, "a"]}"#, at: start)
        }
        var (inputs, targets, weights): (EpisodeSide.Steps?, EpisodeSide.Steps?, [Float]?)
        var places: [String: Int] = [:]
        try scanner.object { (scanner, field) throws(SafeTensorsError) in
            let place = scanner.nextOffset()
            places[field] = place
            switch field {
            case "inputs": inputs = try inputSide.read(&scanner)
            case "targets": targets = try targetSide.read(&scanner)
            case "weights": weights = try Self.readWeights(&scanner)
            default:
                throw refused(
                    "there is no field \(quoted(field)); the fields are inputs, targets and weights", at: place)
            }
        }
        try scanner.end()
        guard let inputs else { throw refused("the field inputs is missing; add it", at: start) }
        guard !inputs.counts.isEmpty else {
            throw refused("the episode has no steps; remove the line, or give it a step", at: start)
        }
        if targets == nil, needsTargets {
            throw refused("the field targets is missing; add it, with null where nothing is asked", at: start)
        }
        for (field, count) in [("targets", targets?.counts.count), ("weights", weights?.count)] {
            if let count, count != inputs.counts.count {
                throw refused(
                    "there are \(inputs.counts.count) inputs and \(count) \(field); give both the same number of steps, with "
                        + (field == "targets" ? "null where nothing is read or asked" : "0 where nothing is asked"),
                    at: places[field] ?? start)
            }
        }
        let nothing = EpisodeSide.Steps(counts: Array(repeating: 0, count: inputs.counts.count))
        (self.inputs, self.targets, self.weights) = (inputs, targets ?? nothing, weights)
        hasTargets = targets != nil
    }

    private static func readWeights(_ scanner: inout JSONScanner) throws(SafeTensorsError) -> [Float] {
        var weights: [Float] = []
        guard scanner.peek() == UInt8(ascii: "[") else {
            throw refused("weights: must be a list with a number for each step", at: scanner.nextOffset())
        }
        try scanner.array { (scanner) throws(SafeTensorsError) in
            let start = scanner.nextOffset()
            let numeral = try scanner.numeral()
            guard let weight = Float(numeral), weight.isFinite, weight >= 0 else {
                throw refused(
                    "weights[\(weights.count)]: \(printable(numeral, limit: 40)) must be a number that is 0 or more, and not beyond 32 bits",
                    at: start)
            }
            weights.append(weight)
        }
        return weights
    }

    /// The first steps of the line as an episode, of sides of which everything is known.
    func episode(_ input: ModelInput, _ output: ModelOutput, steps: Int) -> Episode {
        let answersSymbols = output.kind == .symbols
        var weights = Array((weights ?? Array(repeating: 1, count: steps)).prefix(steps))
        for step in weights.indices where targets.counts[step] == 0 { weights[step] = 0 }
        return Episode(
            symbols: Self.filled(inputs.symbols, inputs.counts, steps, input.symbolsPerStep, with: Episode.noSymbol),
            vectors: Self.filled(inputs.numbers, inputs.counts, steps, input.vector, with: 0),
            targetSymbols: Self.filled(
                targets.symbols, targets.counts, steps, answersSymbols ? output.groups : 0, with: Episode.noSymbol),
            targetVectors: Self.filled(targets.numbers, targets.counts, steps, answersSymbols ? 0 : output.size, with: 0),
            weights: weights)
    }

    /// The elements of each step, as many as `perStep`.
    private static func filled<Element>(
        _ elements: [Element], _ counts: [Int], _ steps: Int, _ perStep: Int, with none: Element
    ) -> [Element] {
        guard perStep > 0 else { return [] }
        var (filled, next) = ([Element](), 0)
        filled.reserveCapacity(steps * perStep)
        for count in counts.prefix(steps) {
            filled += elements[next..<next + count]
            filled += repeatElement(none, count: perStep - count)
            next += count
        }
        return filled
    }
}
