// Reads the JSON header of a tensor file, stricter than common JSON parsers: those disagree on which of two equal keys
// counts, so that a file could hold one model for us and another for them. Here equal keys are an error.

/// Walks over JSON bytes. Each method reads one value and moves behind it.
struct JSONHeaderScanner {
    private let bytes: [UInt8]
    private let file: String
    private let start: Int
    private var position = 0
    private var depth = 0

    // Far beyond any model's needs; without them a hostile header could fill much memory, or the stack.
    private static let maximumDepth = 8
    static let maximumKeys = 100_000

    /// `start` is the offset of the header in the file; errors count from the start of the file.
    init(_ bytes: [UInt8], file: String, start: Int) {
        self.bytes = bytes
        self.file = file
        self.start = start
    }

    /// The error for something wrong just before the place reached so far.
    func failure(_ problem: String) -> SafeTensorsError {
        .malformed(file: file, offset: start + position, problem: problem)
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
    mutating func object(
        member: (inout Self, _ key: String) throws(SafeTensorsError) -> Void
    ) throws(SafeTensorsError) {
        var keys: Set<String> = []
        try list(from: "{", to: "}") { scanner throws(SafeTensorsError) in
            let key = try scanner.string()
            guard keys.count < Self.maximumKeys else { throw scanner.failure("an object has too many keys") }
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

    /// Reads a string.
    mutating func string() throws(SafeTensorsError) -> String {
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
        throw failure("the header ends within a string")
    }

    /// Reads any value and drops it. Numbers must be as in `integer`.
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
                _ = try integer()
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
            try item(&self)
            while peek() == UInt8(ascii: ",") {
                position += 1
                try item(&self)
            }
        }
        try expect(closing)
        depth -= 1
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
    private mutating func peek() -> UInt8? {
        while position < bytes.count, " \t\n\r".utf8.contains(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func take() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(SafeTensorsError) {
        guard peek() == UInt8(ascii: character) else { throw failure("expected \(character)") }
        position += 1
    }
}

extension String {
    /// Whether the text has at most 30 combining marks in a row, as in Unicode's stream-safe text format.
    ///
    /// To compare or hash a string, Swift sorts each such row, in quadratic time: a hostile name would take hours.
    var isStreamSafe: Bool {
        var marks = 0
        return unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark: marks += 1
            default: marks = 0
            }
            return marks <= 30
        }
    }
}
