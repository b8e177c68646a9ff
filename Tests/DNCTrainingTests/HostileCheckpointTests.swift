// Checkpoints that are damaged, or made to do harm: each is refused with an error that names the file and what to do.

import DNCCore
import DNCData
import Foundation
import SafeTensors
import TestSupport
import Testing

@testable import DNCTraining

/// A small checkpoint with every kind of tensor, and no two sizes alike: 4 symbols, 2 hidden units, 3 slots of width 5, 1 read
/// head, 2 lanes.
private struct SmallCheckpoint {
    let folder: TemporaryFolder
    let checkpoint: Checkpoint<Double>
    let bytes: [UInt8]

    init() async throws {
        folder = try TemporaryFolder()
        let corpus = try Corpus(text: String(repeating: "abc\n", count: 10), validFraction: 0.2)
        let configuration = TrainingConfiguration(
            model: .dnc(hidden: 2, slots: 3, width: 5, readHeads: 1), batchSize: 2, sequenceLength: 4, plateauEvery: 2,
            precision: .double)
        let trainer = try Trainer<Double>(corpus, configuration)
        for try await _ in trainer.run(TrainingLimits(maxSteps: 3)) {}
        checkpoint = try await trainer.checkpoint()
        try checkpoint.write(to: folder.path("original"))
        bytes = try folder.bytes("original")
    }

    /// Why a file of these bytes is refused; nil if it is not.
    func refusal(of bytes: [UInt8]) throws -> (any Error)? {
        let path = try folder.write(bytes, "damaged")
        do {
            _ = try Checkpoint<Double>(contentsOf: path)
            return nil
        } catch {
            return error
        }
    }
}

/// Whether the user is told which file it is and what to do, by an error of a kind that the command expects.
private func isHelpful(_ error: any Error) -> Bool {
    let isTyped =
        switch error {
        case is SafeTensorsError, TrainingError.invalidCheckpoint: true
        default: false
        }
    return isTyped && "\(error)".contains("/damaged: ") && "\(error)".contains(" use a") && "\(error)".utf8.count < 2000
}

@Suite struct DamagedCheckpointTests {
    @Test func everyTruncationIsRefused() async throws {
        let original = try await SmallCheckpoint()
        let file = try #require(FileHandle(forUpdatingAtPath: original.folder.write(original.bytes, "damaged")))
        for length in original.bytes.indices.reversed() {
            try file.truncate(atOffset: UInt64(length))
            #expect("\(length) bytes") {
                _ = try Checkpoint<Double>(contentsOf: original.folder.path("damaged"))
            } throws: { isHelpful($0) }
        }
    }

    /// One bit of every byte by default, all of them in the full run.
    @Test func everyChangedBitIsNoticed() async throws {
        let original = try await SmallCheckpoint()
        let path = try original.folder.write(original.bytes, "damaged")
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        func write(_ byte: UInt8, at position: Int) throws {
            try file.seek(toOffset: UInt64(position))
            try file.write(contentsOf: [byte])
        }
        var random = SeededGenerator(seed: 1)
        for (position, byte) in original.bytes.enumerated() {
            for bit in isFullRun ? Array(0..<8) : [Int.random(in: 0..<8, using: &random)] {
                try write(byte ^ 1 << bit, at: position)
                do {
                    // Another spelling of the same content is no harm.
                    let checkpoint = try Checkpoint<Double>(contentsOf: path)
                    #expect(isSame(checkpoint, original.checkpoint), "bit \(bit) of byte \(position)")
                } catch {
                    #expect(isHelpful(error), "bit \(bit) of byte \(position): \(error)")
                }
            }
            try write(byte, at: position)
        }
        #expect(throws: Never.self) { _ = try Checkpoint<Double>(contentsOf: path) }
    }

    private func isSame(_ a: Checkpoint<Double>, _ b: Checkpoint<Double>) -> Bool {
        a.model.parameters == b.model.parameters && a.optimizer.moments == b.optimizer.moments && a.state == b.state
            && a.cursors == b.cursors && a.generator == b.generator && a.record == b.record
            && a.model.alphabet == b.model.alphabet && a.model.memoryLifetime == b.model.memoryLifetime
    }
}

// MARK: - Files made by hand

/// A checkpoint taken apart: everything in it can be replaced by something that no writer would write.
private struct RawCheckpoint {
    var metadata: [(key: String, value: String)] = []
    /// What the header says of each tensor, as JSON text.
    var tensors: [(name: String, info: String)] = []
    var data: [UInt8]

    init(_ bytes: [UInt8]) throws {
        let end = 8 + headerLength(of: bytes)
        data = Array(bytes[end...])
        let header = try #require(try JSONSerialization.jsonObject(with: Data(bytes[8..<end])) as? [String: [String: Any]])
        for (key, value) in header {
            if key == "__metadata__" {
                metadata = value.compactMap { key, value in (value as? String).map { (key, $0) } }
            } else {
                tensors.append((key, String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)))
            }
        }
        metadata.sort { $0.key < $1.key }
        tensors.sort { $0.name < $1.name }
    }

    /// The entry of this key; set to nil to remove it.
    subscript(key: String) -> String? {
        get { metadata.first { $0.key == key }?.value }
        set {
            metadata.removeAll { $0.key == key }
            if let newValue { metadata.append((key, newValue)) }
        }
    }

    /// What the header says of a tensor, in parts.
    struct Info: Codable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }

        func text(dtype: String? = nil, shape: String? = nil, offsets: String? = nil) -> String {
            let dtype = dtype ?? "\"\(self.dtype)\""
            return #"{"dtype":\#(dtype),"shape":\#(shape ?? "\(self.shape)"),"data_offsets":\#(offsets ?? "\(self.offsets)")}"#
        }
    }

    func info(of name: String) throws -> Info {
        let text = try #require(tensors.first { $0.name == name }).info
        return try JSONDecoder().decode(Info.self, from: Data(text.utf8))
    }

    mutating func setInfo(of name: String, to text: String) {
        tensors = tensors.map { $0.name == name ? (name, text) : $0 }
    }

    /// Replaces the tensor's bytes from the first on.
    mutating func setBytes(of name: String, to bytes: [UInt8]) throws {
        let start = try info(of: name).offsets[0]
        data.replaceSubrange(start..<start + bytes.count, with: bytes)
    }

    /// Replaces a number or a word of the JSON under `key`.
    mutating func set(_ field: String, in key: String, to value: String) throws {
        let pattern = try Regex(#""\#(field)":("[^"]*"|[-+.0-9a-zA-Z]+)"#)
        let old = try #require(self[key])
        let new = old.replacing(pattern, with: "\"\(field)\":\(value)")
        #expect(new != old, "\(field) in \(key)")
        self[key] = new
    }

    var header: String {
        let entries = metadata.map { json($0.key) + ":" + json($0.value) }.joined(separator: ",")
        let tensors = tensors.map { json($0.name) + ":" + $0.info }
        return "{" + ([#""__metadata__":{"# + entries + "}"] + tensors).joined(separator: ",") + "}"
    }

    /// The file, with fingerprints that are right, so that what is wrong is all that tells.
    func repaired() -> [UInt8] {
        var copy = self
        if self["dnc.fingerprint"] != nil {
            var fingerprint = Fingerprint()
            fingerprint.add(data.span.bytes)
            copy["dnc.fingerprint"] = "\"\(fingerprint)\""
        }
        if self["dnc.fingerprint.metadata"] != nil {
            copy["dnc.fingerprint.metadata"] = CheckpointHeader.fingerprint(of: copy.entries)
        }
        return copy.bytes()
    }

    /// The metadata, of equal keys the last.
    var entries: [String: String] { Dictionary(metadata.map { ($0.key, $0.value) }) { $1 } }

    func bytes(header: String? = nil) -> [UInt8] { file(header ?? self.header, data) }
}

private func file(_ header: String, _ data: [UInt8], length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return withUnsafeBytes(of: length.littleEndian, Array.init) + Array(header.utf8) + data
}

private func json(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case ..<" ": "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: "\(scalar)"
        }
    }
    return "\"" + scalars.joined() + "\""
}

@Suite struct HostileCheckpointTests {
    private let original: SmallCheckpoint
    private let raw: RawCheckpoint

    init() async throws {
        original = try await SmallCheckpoint()
        raw = try RawCheckpoint(original.bytes)
    }

    /// Expects a file to be refused with an error that says one of `words`.
    private func refuse(
        _ bytes: [UInt8], _ words: [String], _ comment: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        guard let error = try original.refusal(of: bytes) else {
            Issue.record("\(comment) was accepted", sourceLocation: sourceLocation)
            return
        }
        #expect(
            isHelpful(error) && (words.isEmpty || words.contains { "\(error)".contains($0) }), "\(comment): \(error)",
            sourceLocation: sourceLocation)
    }

    /// Expects that what `change` makes of the checkpoint is refused, though its fingerprints are right.
    private func refuse(
        _ comment: String, says words: String..., sourceLocation: SourceLocation = #_sourceLocation,
        change: (inout RawCheckpoint) throws -> Void
    ) throws {
        var changed = raw
        try change(&changed)
        try refuse(changed.repaired(), words, comment, sourceLocation: sourceLocation)
    }

    /// What all the others are changes of.
    @Test func theOriginalIsAccepted() throws {
        for bytes in [original.bytes, raw.bytes(), raw.repaired()] {
            let refusal = try original.refusal(of: bytes)
            #expect(refusal == nil)
        }
        var other = raw
        other["comment"] = "anything"
        #expect(try original.refusal(of: other.repaired()) == nil)
        #expect(try original.refusal(of: other.bytes()) != nil)
    }

    @Test func lengths() throws {
        let (header, data) = (raw.header, raw.data)
        let count = UInt64(header.utf8.count)
        for length in [0, 1, 2, count - 1, count + 1, count + 8, UInt64(data.count) + count] {
            try refuse(file(header, data, length: length), [], "a header of \(length) bytes")
        }
        try refuse(file(header, data, length: UInt64(data.count) + count + 1), ["truncated"], "a long header")
        for length in [2_000_001, 1 << 31, 1 << 32, 1 << 62, 1 << 63 - 1, 1 << 63, .max] as [UInt64] {
            try refuse(file(header, data, length: length), ["a header of \(length) bytes"], "\(length)")
        }
        for count in [0, 1, 7] { try refuse(Array(original.bytes.prefix(count)), ["truncated"], "\(count) bytes") }
        for count in [1, 8, 4096] {
            let more = [UInt8](repeating: 0, count: count)
            try refuse(original.bytes + more, ["\(count) bytes follow"], "\(count) bytes more")
        }
        try refuse([UInt8](repeating: 0, count: 4096), ["safetensors"], "zeros")
        try refuse([UInt8](repeating: 0xFF, count: 4096), ["safetensors"], "ones")
        try refuse(raw.bytes(header: header + "{}"), ["behind"], "a second header")
        try refuse(raw.bytes(header: " " + header), ["start with {"], "a space first")
    }

    @Test func schemas() throws {
        try refuse("none", says: "no dnc.schema") { $0["dnc.schema"] = nil }
        for newer in ["5", "10", "\(Int.max)"] { try refuse(newer, says: "use a newer dnc") { $0["dnc.schema"] = newer } }
        for schema in ["1", "0", "-2", "", "2 ", "02", "2.0", "\u{FF12}", "two", "\(Int.max)0", "2\0"] {
            try refuse(schema, says: "this program reads 2 ... 4: train the model again") { $0["dnc.schema"] = schema }
        }
    }

    @Test func fingerprints() throws {
        for key in ["dnc.fingerprint", "dnc.fingerprint.metadata"] {
            try refuse("none", says: "no \(key)") { $0[key] = nil }
            let right = try #require(raw[key])
            for wrong in ["", "\"\"", right.uppercased(), right + " ", right.replacing("-", with: "-0"), "null", "\"0-0\""] {
                var copy = raw
                copy[key] = wrong
                if key == "dnc.fingerprint" {
                    copy["dnc.fingerprint.metadata"] = CheckpointHeader.fingerprint(of: copy.entries)
                }
                try refuse(copy.bytes(), ["those of its \(key)"], "\(key) \(wrong)")
            }
        }
        var copy = raw
        copy.data[100] ^= 1
        try refuse(copy.bytes(), ["dnc.fingerprint"], "a changed number")
        copy = raw
        try copy.set("predictions", in: "dnc.training", to: "2")
        try refuse(copy.bytes(), ["dnc.fingerprint.metadata"], "a changed number of symbols")
        copy = raw
        copy["format"] = nil
        try refuse(copy.bytes(), ["dnc.fingerprint.metadata"], "a lost entry")
    }

    @Test(arguments: ["dnc.config", "dnc.vocabulary", "dnc.training"])
    func metadata(key: String) throws {
        let good = try #require(raw[key])
        let marks = String(repeating: #"\u0301"#, count: 31)
        let inside = good.dropFirst().dropLast()
        let firstField = try #require(inside.prefixMatch(of: try Regex(#""[a-zA-Z]+""#))).output[0].substring ?? ""
        let texts: [String] = [
            "", " ", "{", "}", "[", "[]", "null", "true", "0", "-1", "1e999", "\"x\"", "{}", "{}{}", "[\(good)]", good + "x",
            good + good, good + "\0", "\0" + good, "\u{FEFF}" + good, "//\n" + good, String(good.dropLast()), "{\(inside),}",
            "{,\(inside)}", "{\(inside) \"x\":1}", good.replacing("\"", with: "'"), good.replacing("\"", with: ""),
            good.replacing(":", with: ""), "{\(inside),\"x\":nul}", "{\(inside),\"x\":NaN}", "{\(inside),\"x\":Infinity}",
            "{\(inside),\"x\":01}", "{\(inside),\"x\":+1}", "{\(inside),\"x\":.5}", "{\(inside),\"x\":1.}",
            "{\(inside),\"x\":1e}", "{\(inside),\"x\":0x10}", "{\(inside),\"x\":\"\u{1}\"}", #"{\#(inside),"x":"\x"}"#,
            #"{\#(inside),"x":"\ud800"}"#, #"{\#(inside),"x":"\ud800\u0041"}"#, #"{\#(inside),"x":"\udc00"}"#,
            // Equal keys, in other words or deeper within.
            "{\(inside),\(inside)}", #"{"x":1,\#(inside),"\u0078":1}"#, #"{\#(inside),"x":{"y":1,"y":1}}"#,
            "{\(firstField):null,\(inside)}", "{\(inside),\(firstField):null}",
            // Depth and size.
            String(repeating: "[", count: 9) + String(repeating: "]", count: 9), String(repeating: "[", count: 200_000),
            String(repeating: #"{"x":"#, count: 200_000), "[" + String(repeating: "0,", count: 250_000) + "0]",
            "{" + (0...10_000).map { #""\#($0)":0"# }.joined(separator: ",") + "}",
            // Rows of combining marks, which Swift and Foundation sort in quadratic time.
            #"{"\#(marks)":1}"#, #"{\#(inside),"x":"\#(marks)"}"#, #"["a\#(marks)"]"#,
        ]
        for text in texts { try refuse(String(text.prefix(100)), says: key) { $0[key] = text } }
        try refuse("none", says: "no \(key)") { $0[key] = nil }
        try refuse("another entry's", says: key) { $0[key] = key == "dnc.config" ? $0["dnc.vocabulary"] : $0["dnc.config"] }
        // Names and words of all kinds reach the message.
        try refuse("a word", says: key, "different") {
            $0[key] = good.replacing(
                try Regex(#":"[a-z]+""#), with: ":\"\u{1B}[2J" + String(repeating: "x", count: 10_000) + "\"")
        }
    }

    @Test func integers() throws {
        let model = ["hidden", "slots", "width", "readHeads"]
        let counts = [
            ("batchSize", "the batch size"), ("sequenceLength", "the sequence length"), ("shards", "shards"),
            ("plateauEvery", "a plateau"), ("validSymbols", "symbols of a validation"), ("step", "step"),
            ("predictions", "predictions"), ("size", "size"), ("periodCount", "periodCount"),
            ("validationsSinceBest", "validationsSinceBest"), ("bestStep", "bestStep"),
            ("accumulate", "segments of an update"), ("thinkSteps", "steps to think in"), ("warmUp", "the warm-up"),
        ]
        let noIntegers = [
            "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e300", "-1e300", "1.5", "\"1\"", "[]",
            "{}",
            "true",
        ]
        for value in ["-1", "\(Int.max)", "\(Int.min)", "null"] + noIntegers {
            for field in model {
                if field != "hidden", value == "null" { continue }  // as good as absent, which is 0
                try refuse("\(field) \(value)", says: field, "not valid JSON") {
                    try $0.set(field, in: "dnc.config", to: value)
                    try $0.set(field, in: "dnc.training", to: value)
                }
            }
            for (field, name) in counts {
                if field == "bestStep", value == "null" { continue }
                try refuse("\(field) \(value)", says: field, name, "not valid JSON") {
                    try $0.set(field, in: "dnc.training", to: value)
                }
            }
        }
        for value in ["-1", "null"] + noIntegers where value != "9223372036854775808" {
            try refuse("seed \(value)", says: "seed", "not valid JSON") { try $0.set("seed", in: "dnc.training", to: value) }
        }
        for field in model {
            try refuse("\(field) 0", says: field) {
                try $0.set(field, in: "dnc.config", to: "0")
                try $0.set(field, in: "dnc.training", to: "0")
            }
        }
        for (field, name) in counts.prefix(5) {
            try refuse("\(field) 0", says: name) { try $0.set(field, in: "dnc.training", to: "0") }
        }
        try refuse("no text", says: "data.cursors") { try $0.set("size", in: "dnc.training", to: "0") }
        try refuse("more shards than lanes", says: "shards") { try $0.set("shards", in: "dnc.training", to: "3") }
        try refuse("the best after the last", says: "bestStep") { try $0.set("bestStep", in: "dnc.training", to: "4") }
    }

    @Test func fractions() throws {
        let fields = [
            ("seconds", "seconds", ["9007199254740992"]), ("learningRate", "the learning rate", ["0"]),
            ("clipNorm", "the clip norm", []), ("validFraction", "the validation fraction", ["1", "1e300"]),
            ("plateauFactor", "the plateau factor", ["0", "1.001"]), ("learningRateFactor", "learningRateFactor", ["1.001"]),
            ("clipValue", "the clip value", []), ("momentum", "the momentum", ["1"]), ("decay", "the decay", ["1"]),
            ("epsilon", "epsilon", ["0", "1.001"]), ("weightDecay", "the weight decay", []),
            ("periodFactor", "the factor of a period", ["0", "1.001"]), ("leastRate", "the least rate", ["1.001"]),
        ]
        for (field, name, values) in fields {
            for value in ["-1", "-1e-300", "1e999", "-1e999", "\"1\"", "null", "[]"] + values {
                try refuse("\(field) \(value)", says: field, name, "not valid JSON") {
                    try $0.set(field, in: "dnc.training", to: value)
                }
            }
        }
    }

    @Test func words() throws {
        for (field, key, values) in [
            ("controller", "dnc.config", ["tanh", "hopfield", "", "LSTM", "lstm "]),
            ("memory", "dnc.config", ["none", "", "DNC", "dnc "]),
            ("kind", "dnc.vocabulary", ["bytes", "words", ""]),
            ("tokens", "dnc.training", ["bytes", "words", ""]),
            ("precision", "dnc.training", ["float", "half", ""]),
        ] {
            for value in values {
                try refuse("\(field) \(value)", says: key, "its precision", "tensor") {
                    try $0.set(field, in: key, to: "\"\(value)\"")
                }
            }
        }
        try refuse("an optimizer with other moments", says: "optimizer.") {
            $0["dnc.training"] = $0["dnc.training"]?.replacing("adagrad", with: "adam")
        }
        try refuse("an optimizer with fewer moments", says: "optimizer.") {
            $0["dnc.training"] = $0["dnc.training"]?.replacing("adagrad", with: "sgd")
        }
        try refuse("no such optimizer", says: "dnc.training") {
            $0["dnc.training"] = $0["dnc.training"]?.replacing("adagrad", with: "adagrad2")
        }
        try refuse("a number for a flag", says: "carryMemory") { try $0.set("carryMemory", in: "dnc.training", to: "1") }
    }

    /// A model of up to 10^25 numbers, declared in a file of a few kilobytes: its shapes tell before anything is allocated.
    @Test func absurdSizes() throws {
        let sizes = ["hidden", "slots", "width", "readHeads", "batchSize", "sequenceLength"]
        for (index, first) in sizes.enumerated() {
            for second in sizes[index...] {
                for value in ["3000", "65536", "1048576"] where (first, second) != ("sequenceLength", "sequenceLength") {
                    try refuse("\(first) and \(second) \(value)", says: "tensor \"", "larger than") { raw in
                        for field in Set([first, second]) {
                            try raw.set(field, in: "dnc.training", to: value)
                            if raw["dnc.config"]?.contains(field) == true { try raw.set(field, in: "dnc.config", to: value) }
                        }
                    }
                }
            }
        }
        try refuse("everything", says: "tensor \"", "larger than") {
            for field in sizes.prefix(4) {
                try $0.set(field, in: "dnc.config", to: "1048576")
                try $0.set(field, in: "dnc.training", to: "1048576")
            }
        }
    }

    @Test(arguments: ["state.link", "controller.0.weight_ih", "output.bias", "data.cursors", "rng.state"])
    func tensorInfo(name: String) throws {
        let info = try raw.info(of: name)
        let (type, shape, offsets) = (info.dtype, info.shape, info.offsets)
        let sameWidth = ["F64", "I64", "U64"].filter { $0 != type }.map { "\"\($0)\"" }
        let otherTypes: [String] = [
            "\"F32\"", "\"I32\"", "\"U8\"", "\"BF16\"", "\"F65\"", "\"\"", "\"\(type) \"", "1", "null", "[]",
        ]
        for dtype in sameWidth + otherTypes {
            try refuse("\(name) of type \(dtype)", says: "\"\(name)\"", "expected") {
                $0.setInfo(of: name, to: info.text(dtype: dtype))
            }
        }
        let count = shape.reduce(1, *)
        var shapes: [[Int]] = [
            [count + 1], [1] + shape, shape + [1], [], [0], [1, count + 1], [1 << 62, 8], [1 << 32, 1 << 32],
        ]
        shapes.append(shape.map { $0 * 2 })
        if shape.count > 1 { shapes += [shape.reversed(), [count]] }
        let malformed: [String] = [
            "[-1]", "[-\(count)]", "[9223372036854775807]", "[9223372036854775808]", "[18446744073709551617]", "[NaN]", "[1e1]",
            "[\(count).0]", "[\"\(count)\"]", "[null]", "null", "\(count)", "[[\(count)]]", "[0\(count)]", "[+\(count)]",
            "[\(count),]",
        ]
        for shape in shapes.map({ "\($0)" }) + malformed {
            try refuse("\(name) of shape \(shape)", says: "\"\(name)\"", "expected", "header") {
                $0.setInfo(of: name, to: info.text(shape: shape))
            }
        }
        let (begin, end) = (offsets[0], offsets[1])
        let places: [[Int]] = [
            [], [begin], [begin, end, end], [end, begin], [begin + 1, end + 1], [begin + 8, end + 8], [begin, end - 8],
            [begin, end + 8], [begin, begin], [end, end], [Int.max - (end - begin), Int.max], [begin, Int.max],
        ]
        for offsets in places {
            try refuse("\(name) at \(offsets)", says: "\"\(name)\"", "data", "more than 2 numbers") {
                $0.setInfo(of: name, to: info.text(offsets: "\(offsets)"))
            }
        }
        for offsets in [
            "[-8,\(end)]", "[\(begin),9223372036854775808]", "[\(begin),-1]", "[\(begin).0,\(end)]", "null", "{}",
            "[\(begin),18446744073709551616]", "[[\(begin),\(end)]]",
        ] {
            try refuse("\(name) at \(offsets)", says: "expected") { $0.setInfo(of: name, to: info.text(offsets: offsets)) }
        }
        let text = info.text()
        let open = String(text.dropLast())
        let texts: [(text: String, words: String)] = [
            ("{}", "lacks"), ("[]", "expected"), ("null", "expected"), ("0", "expected"), ("\"\"", "expected"),
            ("", "expected"),
            (text + text, "expected"), (text.replacing("shape", with: "Shape"), "lacks"),
            (open + #","shape":\#(shape)}"#, "twice"), (open + #","\u0073hape":[]}"#, "twice"),
            (open + #","x":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"#, "nested"), (open + #","x":{"y":0,"y":0}}"#, "twice"),
        ]
        for (text, words) in texts {
            try refuse("\(name): \(text)", says: words) { $0.setInfo(of: name, to: text) }
        }
        try refuse("\(name) missing", says: "no tensor", "start") { $0.tensors.removeAll { $0.name == name } }
    }

    @Test func tensorTables() throws {
        let end = raw.data.count
        let empty = #"{"dtype":"U8","shape":[0],"data_offsets":[\#(end),\#(end)]}"#
        let more = #"{"dtype":"F64","shape":[1],"data_offsets":[\#(end),\#(end + 8)]}"#
        for name in ["extra", "", "state.link ", "State.link", "optimizer.mean.output.bias", "__metadata__2", "a\u{301}"] {
            try refuse("an empty tensor more", says: "does not have") { $0.tensors.append((name, empty)) }
            try refuse("a tensor more", says: "does not have") {
                $0.tensors.append((name, more))
                $0.data += [UInt8](repeating: 0, count: 8)
            }
        }
        try refuse("a tensor twice", says: "twice") { $0.tensors.append($0.tensors[3]) }
        try refuse("a tensor twice, spelt otherwise", says: "twice") { raw in
            raw.tensors = raw.tensors.map { ($0.name, $0.info) }
            raw.tensors.append(("output.bias", empty))
        }
        try refuse("two metadata", says: "lacks", "twice") { $0.tensors.append(("__metadata__", "{}")) }
        try refuse("an entry twice", says: "twice") { $0.metadata.append(("format", "dnc")) }
        try refuse("an entry twice, with another value", says: "twice") { $0.metadata.append(("dnc.schema", "3")) }
        try refuse("combining marks", says: "combining") {
            $0.metadata.append(("x", String(repeating: "\u{301}", count: 100_000)))
        }
        try refuse("combining marks in a name", says: "combining") {
            $0.tensors.append((String(repeating: "\u{301}\u{323}", count: 16), empty))
        }
        for count in [10_001, 20_000] {
            try refuse("\(count) tensors", says: "keys") { raw in raw.tensors += (0..<count).map { ("\($0)", empty) } }
            try refuse("\(count) entries", says: "keys") { raw in raw.metadata += (0..<count).map { ("\($0)", "") } }
        }
        try refuse("5000 tensors", says: "does not have") { raw in raw.tensors += (0..<5000).map { ("\($0)", empty) } }
        let many = isFullRun ? 1_000_000 : 50_000
        try refuse("\(many) tensors", says: "a header of") { raw in raw.tensors += (0..<many).map { ("\($0)", empty) } }
        try refuse("a long entry", says: "a header of") { $0.metadata.append(("x", String(repeating: "x", count: 2_000_000))) }

        // Two tensors of other shapes under each other's names, and two at the same place.
        let (one, other) = ("output.bias", "interface.bias")
        let infos = try (raw.info(of: one), raw.info(of: other))
        try refuse("exchanged", says: "expected") {
            $0.setInfo(of: one, to: infos.1.text())
            $0.setInfo(of: other, to: infos.0.text())
        }
        try refuse("the same place", says: "start") { $0.setInfo(of: one, to: try $0.info(of: "output.weight").text()) }
        // A hole, or bytes before the first.
        try refuse("a hole", says: "start") { raw in
            for (name, _) in raw.tensors {
                var info = try raw.info(of: name)
                if info.offsets[0] >= 800 { info.offsets = info.offsets.map { $0 + 8 } }
                raw.setInfo(of: name, to: info.text())
            }
            raw.data += [UInt8](repeating: 0, count: 8)
        }
        for value in ["1", "null", "{}", "[]", "true"] {
            let header = raw.header.replacing(#""format":"dnc""#, with: "\"format\":\(value)")
            try refuse(raw.bytes(header: header), ["expected"], "an entry of \(value)")
        }
        for value in ["null", "[]", "\"\"", "{\"x\":{}}"] {
            let header =
                "{\"__metadata__\":\(value)," + raw.tensors.map { json($0.name) + ":" + $0.info }.joined(separator: ",") + "}"
            try refuse(raw.bytes(header: header), ["expected"], "metadata \(value)")
        }
    }

    @Test func numbers() throws {
        for (name, _) in raw.tensors where try raw.info(of: name).dtype == "F64" {
            for value in [Double.nan, .infinity, -.infinity, .signalingNaN] {
                try refuse("\(name) \(value)", says: "\(name) holds") {
                    try $0.setBytes(of: name, to: withUnsafeBytes(of: value, Array.init))
                }
            }
        }
        let textLength = Int64(original.checkpoint.record.size)
        for cursor in [-1, textLength, .max, .min] as [Int64] {
            try refuse("cursor \(cursor)", says: "data.cursors has \(cursor)") {
                try $0.setBytes(of: "data.cursors", to: withUnsafeBytes(of: cursor, Array.init))
            }
        }
        try refuse("random numbers", says: "rng.state") { try $0.setBytes(of: "rng.state", to: Array(repeating: 0, count: 32)) }
    }

    @Test func vocabularies() throws {
        let many = (0x1_0000..<0x1_0000 + 200_001).compactMap(Unicode.Scalar.init)
        for symbols in [
            "[]", #"["a","b","c"]"#, #"["a","b","c","d","e"]"#, #"["a","b","c","a"]"#, #"["a","b","c","\u0061"]"#,
            #"["a","b","c",""]"#, #"["a","b","c","de"]"#, #"["a","b","c","e\u0301"]"#, #"["a","b","c","\r\n"]"#, "[1,2,3,4]",
            #"["a","b","c",null]"#, #"["a","b","c",["d"]]"#, "null", "\"abc\"", "{}", #"["a","b","c","\ud800"]"#,
            "[" + many.map { "\"\($0)\"" }.joined(separator: ",") + "]",
        ] {
            try refuse("symbols \(symbols.prefix(50))", says: "dnc.vocabulary", "tensor \"controller.0.weight_ih\"") {
                $0["dnc.vocabulary"] = #"{"kind":"characters","symbols":\#(symbols)}"#
            }
        }
        let bytes = (0...255).map(String.init)
        for symbols in [bytes, bytes.reversed(), bytes.dropLast(), bytes + ["256"], Array(repeating: "0", count: 256)] {
            try refuse("bytes", says: "dnc.vocabulary") {
                $0["dnc.vocabulary"] = #"{"kind":"bytes","symbols":[\#(symbols.joined(separator: ","))]}"#
            }
        }
    }
}
