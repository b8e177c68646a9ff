// Writing, against bytes put together by hand, and reading back.

import SafeTensors
import TestSupport
import Testing

struct SafeTensorsWriterTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func handMadeBytes() throws {
        let header =
            #"{"__metadata__":{"":"\"\\/\b\f\n\r\t\u0001\u001f","k":"é😀"},"#
            + #""z":{"dtype":"U64","shape":[],"data_offsets":[0,8]},"#
            + #""a":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},"#
            + #""b":{"dtype":"F32","shape":[0],"data_offsets":[16,16]},"#
            + #""A\n":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}"#
        let padding = String(repeating: " ", count: 7 - (header.utf8.count + 7) % 8)
        let data: [UInt8] = [2, 1, 0, 0, 0, 0, 0, 0x80, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 7, 8, 9]
        let expected = littleEndian(header.utf8.count + padding.utf8.count) + Array((header + padding).utf8) + data

        // The order of the calls leaves no trace.
        var one = SafeTensorsWriter(metadata: ["k": "é😀"])
        one.metadata[""] = "\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}"
        try one.add("A\n", shape: [3], values: [7, 8, 9] as [UInt8])
        try one.add("b", shape: [0], values: [] as [Float])
        try one.add("a", shape: [1, 2], values: [1, -2] as [Float])
        try one.add("z", shape: [], values: [1 << 63 | 0x102] as [UInt64])
        try one.write(to: folder.path("one"))
        #expect(try folder.bytes("one") == expected)

        var other = SafeTensorsWriter(metadata: ["": "\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}", "k": "é😀"])
        try other.add("z", shape: [], values: [1 << 63 | 0x102] as [UInt64])
        try other.add("a", shape: [1, 2], values: [1, -2] as [Float])
        try other.add("b", shape: [0], values: [] as [Float])
        try other.add("A\n", shape: [3], values: [7, 8, 9] as [UInt8])
        try other.write(to: folder.path("other"))
        #expect(try folder.bytes("other") == expected)
    }

    /// What a writer says that it will write is what a reader finds, in whatever order it was added.
    @Test func pieces() throws {
        var writer = SafeTensorsWriter(metadata: ["k": "v"])
        try writer.add("a", shape: [3], values: [7, 8, 9] as [UInt8])
        try writer.add("b", shape: [300_000], values: (0..<300_000).map { Int64($0) })
        try writer.add("c", shape: [1], values: [1] as [Float])
        var announced: [UInt8] = []
        try writer.forEachPiece { piece in piece.withUnsafeBytes { announced += $0 } }
        try writer.write(to: folder.path("a"))
        var found: [UInt8] = []
        try SafeTensorsFile(contentsOf: folder.path("a")).forEachPiece { piece in piece.withUnsafeBytes { found += $0 } }
        let isSame = try folder.bytes("a").suffix(2_400_007) == announced[...] && found == announced
        #expect(isSame)
    }

    @Test func nothingToWrite() throws {
        try SafeTensorsWriter().write(to: folder.path("empty"))
        #expect(try folder.bytes("empty") == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
        let file = try SafeTensorsFile(contentsOf: folder.path("empty"))
        #expect(file.tensors.isEmpty && file.metadata.isEmpty)
    }

    @Test func roundTrip() throws {
        let metadata = [
            "quotes \"'": "a\\\"b\\", "lines": "\n\r\t\0\u{7F}", "emoji 👩‍🔬": "e\u{301} é 漢 \u{FFFF}", "": "",
        ]
        let floats: [UInt32] = [0x7FC0_1234, 0x7F80_0001, 0xFFFF_FFFF, 0x8000_0000, 0x7F80_0000, 1]
        let doubles: [UInt64] = [0x7FF8_0000_DEAD_BEEF, 0x7FF0_0000_0000_0001, 0x8000_0000_0000_0000, 1]
        var writer = SafeTensorsWriter(metadata: metadata)
        try writer.add("f32", shape: [2, 3], values: floats.map(Float.init(bitPattern:)))
        try writer.add("f64", shape: [4], values: doubles.map(Double.init(bitPattern:)))
        try writer.add("i32", shape: [1, 1, 2], values: [Int32.min, .max])
        try writer.add("i64", shape: [2], values: [Int64.min, .max])
        try writer.add("u8", shape: [3], values: [UInt8.min, 127, .max])
        try writer.add("u64", shape: [2], values: [UInt64.min, .max])
        try writer.add("", shape: [], values: [-7] as [Int64])
        try writer.add("\"\\\n\0é👩‍🔬", shape: [0, 5], values: [] as [Double])
        try writer.write(to: folder.path("a"))

        let file = try SafeTensorsFile(contentsOf: folder.path("a"))
        #expect(file.metadata == metadata)
        #expect(file.tensors.count == 8)
        #expect(try file.values("f32", as: Float.self, shape: [2, 3]).map(\.bitPattern) == floats)
        #expect(try file.values("f64", as: Double.self, shape: [4]).map(\.bitPattern) == doubles)
        #expect(try file.values("i32", as: Int32.self, shape: [1, 1, 2]) == [.min, .max])
        #expect(try file.values("i64", as: Int64.self, shape: [2]) == [.min, .max])
        #expect(try file.values("u8", as: UInt8.self, shape: [3]) == [0, 127, 255])
        #expect(try file.values("u64", as: UInt64.self, shape: [2]) == [0, .max])
        #expect(try file.values("", as: Int64.self, shape: []) == [-7])
        #expect(try file.values("\"\\\n\0é👩‍🔬", as: Double.self, shape: [0, 5]) == [])
    }

    @Test func refusedTensors() throws {
        var writer = SafeTensorsWriter()
        try writer.add("a", shape: [2], values: [1, 2] as [Float])
        let refused: [(name: String, shape: [Int], values: [Float])] = [
            ("a", [2], [1, 2]), ("__metadata__", [1], [1]), ("b", [3], [1, 2]), ("b", [], []),
            ("b", [-1, -2], [1, 2]),
            ("b", [1 << 32, 1 << 32], []), ("b", [1 << 62, 2, 0], []), ("b", Array(repeating: 1, count: 65), [1]),
        ]
        for (name, shape, values) in refused {
            #expect(throws: SafeTensorsError.self) { try writer.add(name, shape: shape, values: values) }
        }
        try writer.write(to: folder.path("a"))
        #expect(try SafeTensorsFile(contentsOf: folder.path("a")).tensors.keys.sorted() == ["a"])
    }

    @Test func unreadableHeaders() throws {
        let many = Dictionary(uniqueKeysWithValues: (0...10_000).map { ("\($0)", "") })
        for metadata in [
            ["a": String(repeating: "x", count: 2_000_000)], ["a": String(repeating: "\u{301}", count: 31)], many,
        ] {
            let writer = SafeTensorsWriter(metadata: metadata)
            #expect(throws: SafeTensorsError.self) { try writer.write(to: folder.path("a")) }
        }
        #expect(try folder.names.isEmpty)
    }
}
