// Reading: hand-made files, good and hostile.

import Foundation
import SafeTensors
import TestSupport
import Testing

struct SafeTensorsFileTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Opens a file of these bytes and reads every tensor.
    func open(_ bytes: [UInt8]) throws -> SafeTensorsFile {
        let file = try SafeTensorsFile(contentsOf: folder.write(bytes))
        for (name, tensor) in file.tensors {
            #expect(try file.bytes(of: name).count == tensor.count * tensor.type.byteWidth)
        }
        return file
    }

    @Test func handMadeFile() throws {
        let header = """
            {"b":{"shape":[2,1],"data_offsets":[5,13],"dtype":"F32"} , "__metadata__":{"format":"dnc","":"\\u00e9"},
            "a":{"dtype":"U8","shape":[5],"data_offsets":[0,5],"more":[{"x":null},true,false,7,"y"]},
            "none":{"dtype":"I64","shape":[3,0],"data_offsets":[5,5]},
            "one":{"dtype":"U64","shape":[],"data_offsets":[13,21]}}\u{20}\n
            """
        let data: [UInt8] = [1, 2, 3, 4, 255, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 1, 0, 0, 0, 0, 0, 0, 0x80]
        let file = try open(littleEndian(header.utf8.count) + Array(header.utf8) + data)
        #expect(file.metadata == ["format": "dnc", "": "é"])
        #expect(file.tensors.keys.sorted() == ["a", "b", "none", "one"])
        #expect(file.tensors["b"]?.type == .f32)
        #expect(file.tensors["b"]?.shape == [2, 1])
        #expect(file.tensors["none"]?.count == 0)
        #expect(try file.values("a", shape: [5]) == [1, 2, 3, 4, 255] as [UInt8])
        #expect(try file.values("b") == [1.5, -2] as [Float])  // not aligned
        #expect(try file.values("none", shape: [3, 0]) == [] as [Int64])
        #expect(try file.values("one", as: UInt64.self, shape: []) == [1 << 63 | 1])
    }

    /// Each of these differs little from the accepted header of `a` alone, four bytes of data.
    static let acceptedHeaders = [
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} "# + "\n\t\r ",
        #"{"\u0061":{"dty\u0070e":"F32","shape":[1],"data_offsets":[0,4],"x":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[0,-0,10,-1.50,0e0,1E+05,12.5e-999]}}"#,
        #"{"a":{"dtype":"U8","shape":[0,9223372036854775807,0],"data_offsets":[0,0]},"#
            + #""b":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}"#,
        #"{"__metadata__":{},"\uD83D\uDE00é":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}"#,
        #"{"\"\\\/\b\f\n\r\t\u0000":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}"#,
    ]

    @Test func acceptedFiles() throws {
        for header in Self.acceptedHeaders {
            #expect(throws: Never.self, "\(header)") { try open(tensorFile(header, data: 4)) }
        }
    }

    static let refusedHeaders = [
        // Equal keys, at each level, one of them escaped.
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
            + #""\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":{"y":1,"\u0079":1}}}"#,
        #"{"__metadata__":{"x":"","x":""},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"__metadata__":{},"__metadat\u0061__":{},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        // Data with an overlap, a hole, a late start, bytes left over, an end beyond the file.
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[5,5]}}"#,
        #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}"#,
        "{}",
        // Shapes that do not fit the bytes, or no integer.
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[4294967296,4294967296,1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}"#,
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}"#,
        #"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[-4,-1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[-0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4e0],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[04],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[+4],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[null],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}"#,
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"U8","shape":[4"# + String(repeating: ",1", count: 64) + #"],"data_offsets":[0,4]}}"#,
        // Parts missing or of another kind.
        #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1]}}"#,
        #"{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":null}"#,
        #"{"__metadata__":{"x":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"__metadata__":{"x":{}},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        // Not JSON.
        "", "x", "[]", #"{"a"#, #"{"a\"#, #"{"a\u00"#, #"{"a":"#,
        #" {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        "\u{FEFF}" + #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}{}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"# + "\0",
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}"#,
        #"{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1] "data_offsets":[0,4]}}"#,
        #"{a:{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":nul}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":01}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":+1}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":-}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":--1}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":.5}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1.}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1e}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1e+-1}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":- 1}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":NaN}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}}"#,
        #"{"\x61":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"\u00g1":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"\u+061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"\uD83D":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"\uDE00\uD83D":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"\uD83Dxx":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        "{\"\n\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    ]

    @Test func refusedFiles() throws {
        for header in Self.refusedHeaders {
            #expect(throws: SafeTensorsError.self, "\(header)") { try open(tensorFile(header, data: 4)) }
        }
    }

    @Test(arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func refusedEncoding(name: [UInt8]) throws {
        let info = #"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        #expect(throws: SafeTensorsError.self) { try open(tensorFile(Array("{\"".utf8) + name + info.utf8, data: 4)) }
    }

    @Test func combiningMarks() throws {
        // U+0F73 is a starter by its class, but decomposes into marks.
        for mark in ["\u{301}", "\u{F73}", "\u{1D165}", "\u{20DD}"] {
            let info = #"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
            let name = "a" + String(repeating: mark, count: 30) + "b" + mark
            #expect(try open(tensorFile("{\"" + name + info, data: 4)).tensors[name]?.count == 1)
            let refused = "{\"" + String(repeating: mark + "\u{323}", count: 1 << 20) + info
            #expect(throws: SafeTensorsError.self) { try open(tensorFile(refused, data: 4)) }
        }
    }

    @Test func manyKeys() throws {
        func header(_ count: Int) -> String {
            let members = (0..<count).map { #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"# }
            return "{" + members.joined(separator: ",") + "}"
        }
        let path = try folder.write(tensorFile(header(10_000), data: 0))
        #expect(try SafeTensorsFile(contentsOf: path).tensors.count == 10_000)
        #expect(throws: SafeTensorsError.self) { try open(tensorFile(header(10_001), data: 0)) }
    }

    @Test func manyValues() throws {
        // The object a, its x, and in that as many numbers as there may be values.
        func header(_ count: Int) -> String {
            #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":["#
                + Array(repeating: "0", count: count - 7).joined(separator: ",") + "]}}"
        }
        #expect(throws: Never.self) { try open(tensorFile(header(250_000), data: 1)) }
        #expect(throws: SafeTensorsError.self) { try open(tensorFile(header(250_001), data: 1)) }
    }

    @Test func deepNesting() throws {
        for opening in ["[", #"{"x":"#] {
            let header = #"{"a":{"x":"# + String(repeating: opening, count: 200_000)
            #expect(throws: SafeTensorsError.self) { try open(tensorFile(header, data: 4)) }
        }
    }

    @Test(arguments: [3, 2_000_001, 1 << 40, Int.max, Int.min, -1])
    func refusedHeaderLength(length: Int) throws {
        #expect(throws: SafeTensorsError.self) { try open(littleEndian(length) + [0x7B, 0x7D]) }
    }

    @Test func longestHeader() throws {
        // Two million bytes pass, of which most are white space; one more does not.
        let header = Array("{}".utf8) + [UInt8](repeating: 0x20, count: 1_999_998)
        #expect(try open(tensorFile(header, data: 0)).tensors.isEmpty)
        #expect(throws: SafeTensorsError.self) { try open(tensorFile(header + [0x20], data: 0)) }
    }

    static let small = tensorFile(
        #"{"__metadata__":{"k":"v\n\u00e9"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"#
            + #""c":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}"#,
        data: 19)

    @Test func everyTruncation() throws {
        #expect(try open(Self.small).tensors.count == 3)
        for length in 0..<Self.small.count {
            #expect(throws: SafeTensorsError.self, "\(length) bytes") { try open(Array(Self.small[..<length])) }
        }
        #expect(throws: SafeTensorsError.self) { try open(Self.small + [0]) }
    }

    @Test func everyFlippedHeaderBit() throws {
        // Whatever is still accepted (another name, other metadata) has the same data to share out.
        var acceptedCount = 0
        for bit in 0..<8 * (Self.small.count - 19) {
            var bytes = Self.small
            bytes[bit / 8] ^= 1 << (bit % 8)
            do {
                let file = try open(bytes)
                #expect(file.tensors.values.map { $0.count * $0.type.byteWidth }.reduce(0, +) == 19)
                acceptedCount += 1
            } catch {
                #expect(error is SafeTensorsError)
            }
        }
        #expect(acceptedCount > 0)
    }

    @Test func wrongRequests() throws {
        let path = try folder.write(Self.small)
        let file = try SafeTensorsFile(contentsOf: path)
        #expect(throws: SafeTensorsError.missingTensor(file: path, tensor: "x")) {
            try file.values("x", as: Float.self)
        }
        let found = "F32 [2, 1]"
        #expect(throws: SafeTensorsError.mismatch(file: path, tensor: "a", found: found, expected: "F64 [2, 1]")) {
            try file.values("a", as: Double.self)
        }
        #expect(throws: SafeTensorsError.mismatch(file: path, tensor: "a", found: found, expected: "F32 [1, 2]")) {
            try file.values("a", as: Float.self, shape: [1, 2])
        }
    }

    @Test func unexpectedTensors() throws {
        let path = try folder.write(Self.small)
        let file = try SafeTensorsFile(contentsOf: path)
        let all: [(name: String, type: TensorType, shape: [Int])] = [("a", .f32, [2, 1]), ("b", .i64, []), ("c", .u8, [3])]
        #expect(throws: Never.self) { try file.checkTensors(all) }
        #expect(throws: Never.self) { try file.checkTensors(all.reversed()) }
        #expect(throws: SafeTensorsError.missingTensor(file: path, tensor: "d")) {
            try file.checkTensors(all + [("d", .u8, [])])
        }
        for (index, tensor) in all.enumerated() {
            var others = all
            others.remove(at: index)
            #expect(throws: SafeTensorsError.unexpectedTensor(file: path, tensor: tensor.name)) {
                try file.checkTensors(others)
            }
        }
        #expect(throws: SafeTensorsError.mismatch(file: path, tensor: "c", found: "U8 [3]", expected: "U8 [1, 3]")) {
            try file.checkTensors([("c", .u8, [1, 3])] + all)
        }
        #expect(throws: SafeTensorsError.mismatch(file: path, tensor: "b", found: "I64 []", expected: "U64 []")) {
            try file.checkTensors([("b", .u64, [])] + all)
        }
    }

    /// A metadata entry that holds JSON, for another parser to read.
    @Test func strictMetadata() throws {
        func check(_ json: String) throws { try checkJSON(json, of: "k", in: "f") }
        let objects = (0..<10_000).map { #""\#($0)":{}"# }.joined(separator: ",")
        for json in [
            "{}", " [] \n", "null", "true", "-1.5e3", #""\u00e9""#, #"{"a":{"a":[{"a":1},{"a":2}]},"b":"a"}"#,
            "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "{" + objects + "}",
        ] {
            #expect(throws: Never.self, "\(json)") { try check(json) }
        }
        for json in [
            "", " ", "{", "}", "{}{}", "{} x", "[]]", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "nul", "'a'", "01",
            "[1]\0",
            "\u{FEFF}{}", "// a\n{}", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#,
            #"[{"b":{"a":1,"a":1}}]"#,
            #""\ud800""#, "\"\t\"", #"{""# + String(repeating: #"\u0301"#, count: 31) + #"":1}"#, "{" + objects + #","a":{}}"#,
        ] {
            #expect("\(json)") {
                try check(json)
            } throws: { error in
                if case .malformedMetadata(_, "k", _, _) = error as? SafeTensorsError { true } else { false }
            }
        }
        #expect(throws: SafeTensorsError.malformedMetadata(file: "f", key: "k", offset: 4, problem: "expected :")) {
            try check(#"{"a","b"}"#)
        }
    }

    @Test func messages() throws {
        let path = try folder.write(tensorFile(#"{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}"#, data: 8))
        let part = #"the data up to tensor "a""#
        #expect(throws: SafeTensorsError.truncated(file: path, part: part, expected: 9, found: 8)) {
            try SafeTensorsFile(contentsOf: path)
        }
        #expect(
            "\(SafeTensorsError.truncated(file: "f", part: "the header", expected: 9, found: 8))"
                == "f: the header should be 9 bytes long, the file has 8; it is truncated: use an older checkpoint")
        // Nothing from a file reaches the terminal as a control character, nor at any length.
        let name = "\u{1B}[2J\u{9B}31m\u{202E}" + String(repeating: "\u{301}", count: 5000)
        let hostile = "\(SafeTensorsError.missingTensor(file: "f", tensor: name))"
        #expect(!hostile.unicodeScalars.contains { "\u{1B}\u{9B}\u{202E}".unicodeScalars.contains($0) })
        #expect(hostile.utf8.count < 2000)
        // The offset counts from the start of the file: 8 bytes of length, then the letter.
        try folder.write(tensorFile(#"{x"#, data: 0))
        #expect(throws: SafeTensorsError.malformed(file: path, offset: 9, problem: "expected \"")) {
            try SafeTensorsFile(contentsOf: path)
        }
    }

    @Test func notFiles() throws {
        #expect(throws: SafeTensorsError.notRegularFile(file: folder.path)) {
            try SafeTensorsFile(contentsOf: folder.path)
        }
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: SafeTensorsError.notRegularFile(file: pipe)) { try SafeTensorsFile(contentsOf: pipe) }
        let missing = folder.path("missing")
        #expect(throws: SafeTensorsError.cannotRead(file: missing, operation: "opening", code: ENOENT)) {
            try SafeTensorsFile(contentsOf: missing)
        }
    }

    @Test func fileChangesWhileOpen() throws {
        let path = try folder.write(tensorFile(#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, data: 4))
        let file = try SafeTensorsFile(contentsOf: path)
        try AtomicFile.write([9, 9], to: path)
        #expect(try file.values("a", as: UInt8.self) == [0, 1, 2, 3])  // still the old file

        let cut = try folder.write(Self.small, "cut")
        let cutFile = try SafeTensorsFile(contentsOf: cut)
        #expect(truncate(cut, off_t(Self.small.count - 1)) == 0)
        #expect(try cutFile.values("b", as: Int64.self).count == 1)
        #expect(throws: SafeTensorsError.truncated(file: cut, part: #"tensor "c""#, expected: 3, found: 2)) {
            try cutFile.values("c", as: UInt8.self)
        }
    }
}
