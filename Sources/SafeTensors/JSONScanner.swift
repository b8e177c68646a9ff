// Reads JSON of unknown origin, the header of a tensor file above all, stricter than common JSON parsers: those disagree on
// which of two equal keys counts, so that a file could hold one model for us and another for them. Here equal keys are an error.

/// Walks over JSON bytes. Each method reads one value and moves behind it.
package struct JSONScanner {
    private let bytes: [UInt8]
    private let error: (_ offset: Int, _ problem: String) -> SafeTensorsError
    private let maximumItems: Int
    private var position = 0
    private var depth = 0
    private var itemCount = 0

    // Far beyond any model's needs; without them hostile JSON could fill much memory, or the stack. Whoever reads the JSON after
    // this scanner takes up to 100 bytes for an item, and several times as much for a key.
    private static let maximumDepth = 16
    package static let usualMaximumItems = 250_000
    private static let maximumKeys = 10_000

    /// `error` makes the error for a problem at an offset in `bytes`, which may hold so many values and keys.
    package init(
        _ bytes: [UInt8], maximumItems: Int = usualMaximumItems,
        error: @escaping (_ offset: Int, _ problem: String) -> SafeTensorsError
    ) {
        self.bytes = bytes
        self.maximumItems = maximumItems
        self.error = error
    }

    /// The error for something wrong just before the place reached so far.
    func failure(_ problem: String) -> SafeTensorsError { error(position, problem) }

    /// Where the next value begins, or what else stands behind the white space.
    package mutating func nextOffset() -> Int {
        _ = peek()  // moves over white space
        return position
    }

    /// Reads the whole text and drops it: any value, with nothing but white space around it.
    mutating func skipDocument() throws(SafeTensorsError) {
        try skipValue()
        try end()
    }

    /// Reads the whole header: an object, starting at the first byte, with nothing but white space behind it.
    mutating func header(
        member: (inout Self, _ key: String) throws(SafeTensorsError) -> Void
    ) throws(SafeTensorsError) {
        guard bytes.first == UInt8(ascii: "{") else { throw failure("the header does not start with {") }
        try object(member: member)
        guard peek() == nil else { throw failure("there is text behind the header's closing }") }
    }

    /// Reads an object; `member` is called behind each key and reads the value.
    package mutating func object(
        member: (inout Self, _ key: String) throws(SafeTensorsError) -> Void
    ) throws(SafeTensorsError) {
        var keys: Set<String> = []
        try list(from: "{", to: "}") { scanner throws(SafeTensorsError) in
            let key = try scanner.string()
            guard keys.count < Self.maximumKeys else {
                throw scanner.failure("an object has more than \(Self.maximumKeys) keys")
            }
            guard keys.insert(key).inserted else { throw scanner.failure("the key \(quoted(key)) appears twice") }
            try scanner.expect(":")
            try member(&scanner, key)
        }
    }

    /// Reads an array of integers.
    mutating func integers(atMost limit: Int) throws(SafeTensorsError) -> [Int] {
        var values: [Int] = []
        try list(from: "[", to: "]") { scanner throws(SafeTensorsError) in
            guard values.count < limit else { throw scanner.failure("there are more than \(limit) numbers") }
            values.append(try scanner.integer())
        }
        return values
    }

    /// Reads an integer from 0 to 2^63 - 1, written in digits only.
    mutating func integer() throws(SafeTensorsError) -> Int {
        _ = peek()  // moves over white space
        let number = bytes[position...].prefix { "0123456789+-.eE".utf8.contains($0) }
        guard number.allSatisfy("0123456789".utf8.contains), number.first != UInt8(ascii: "0") || number.count == 1,
            let value = Int(String(decoding: number, as: UTF8.self))
        else { throw failure("expected an integer from 0 to 2^63 - 1, in digits only") }
        position = number.endIndex
        return value
    }

    /// Reads an array; `item` is called for each of its values and reads it.
    package mutating func array(
        item: (inout Self) throws(SafeTensorsError) -> Void
    ) throws(SafeTensorsError) {
        try list(from: "[", to: "]", item: item)
    }

    /// Reads a number, as it is written.
    package mutating func numeral() throws(SafeTensorsError) -> String {
        let start = nextOffset()
        try skipNumber()
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads null, if that is what follows.
    package mutating func takeNull() -> Bool {
        guard peek() == UInt8(ascii: "n"), bytes[position...].starts(with: "null".utf8) else { return false }
        position += 4
        return true
    }

    /// Reads the end: there must be nothing but white space.
    package mutating func end() throws(SafeTensorsError) {
        guard peek() == nil else { throw failure("there is text behind the end") }
    }

    /// Reads a string.
    package mutating func string() throws(SafeTensorsError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = take() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure("the string ending here is not UTF-8")
                }
                guard string.isStreamSafe else { throw failure("a string has more than 30 combining marks in a row") }
                return string
            case UInt8(ascii: "\\"):
                text += try escape().utf8
            case 0..<0x20:
                throw failure("a string holds a control character")
            default:
                text.append(byte)
            }
        }
        throw failure("the text ends within a string")
    }

    /// Reads any value and drops it.
    mutating func skipValue() throws(SafeTensorsError) {
        switch peek() {
        case UInt8(ascii: "{"):
            try object { scanner, _ throws(SafeTensorsError) in try scanner.skipValue() }
        case UInt8(ascii: "["):
            try list(from: "[", to: "]") { scanner throws(SafeTensorsError) in try scanner.skipValue() }
        case UInt8(ascii: "\""):
            _ = try string()
        default:
            let rest = bytes[position...]
            if let word = ["true", "false", "null"].first(where: { rest.starts(with: $0.utf8) }) {
                position += word.utf8.count
            } else {
                try skipNumber()
            }
        }
    }

    // MARK: - Pieces

    private mutating func list(
        from opening: Unicode.Scalar, to closing: Unicode.Scalar,
        item: (inout Self) throws(SafeTensorsError) -> Void
    ) throws(SafeTensorsError) {
        try expect(opening)
        depth += 1
        guard depth <= Self.maximumDepth else { throw failure("values are nested deeper than \(Self.maximumDepth)") }
        if peek() != UInt8(ascii: closing) {
            repeat {
                itemCount += 1
                guard itemCount <= maximumItems else { throw failure("there are more than \(maximumItems) values") }
                try item(&self)
                _ = peek()  // moves over white space
            } while takeNext(",")
        }
        try expect(closing)
        depth -= 1
    }

    private mutating func skipNumber() throws(SafeTensorsError) {
        _ = takeNext("-")
        if !takeNext("0") { try skipDigits() }
        if takeNext(".") { try skipDigits() }
        if takeNext("e") || takeNext("E") {
            if !takeNext("+") { _ = takeNext("-") }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(SafeTensorsError) {
        let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty else { throw failure("expected a value") }
        position = digits.endIndex
    }

    private mutating func escape() throws(SafeTensorsError) -> String {
        switch take().map(Unicode.Scalar.init) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            var units = [try hexadecimal()]
            if UTF16.isLeadSurrogate(units[0]), take() == UInt8(ascii: "\\"), take() == UInt8(ascii: "u") {
                units.append(try hexadecimal())
            }
            guard let string = String(validating: units, as: UTF16.self) else {
                throw failure("a string holds half a surrogate pair")
            }
            return string
        default: throw failure("a string holds an invalid escape")
        }
    }

    private mutating func hexadecimal() throws(SafeTensorsError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = take(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("\\u is not followed by four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The next byte behind white space, not yet consumed.
    package mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func take() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    /// Consumes the next byte if it is this one.
    private mutating func takeNext(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(SafeTensorsError) {
        _ = peek()  // moves over white space
        guard takeNext(character) else { throw failure("expected \(character)") }
    }
}

/// Checks that `text`, the metadata entry of that key, is one JSON value of moderate depth and size, in which no object has two
/// equal keys. What passes is understood in one way alone, and safe to give to a parser that does not expect the worst.
package func checkJSON(_ text: String, of key: String, in file: String) throws(SafeTensorsError) {
    var scanner = JSONScanner(Array(text.utf8)) { .malformedMetadata(file: file, key: key, offset: $0, problem: $1) }
    try scanner.skipDocument()
}

extension String {
    /// Whether the text has at most 30 combining marks in a row, as in Unicode's stream-safe text format.
    ///
    /// To compare or hash a string, Swift sorts each such row, in quadratic time: a hostile name would take hours.
    package var isStreamSafe: Bool {
        var marks = 0
        return unicodeScalars.allSatisfy { scalar in
            if scalar.isASCII {
                marks = 0
                return true
            }
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark: marks += 1
            default: marks = 0
            }
            return marks <= 30
        }
    }
}
