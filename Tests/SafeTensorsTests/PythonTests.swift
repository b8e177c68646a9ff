// The format's own Python package must agree with us, where it is installed.

import Foundation
import SafeTensors
import TestSupport
import Testing

@Suite(.enabled(if: pythonReadsTensors, "needs Python with safetensors and numpy"))
struct PythonTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func pythonReadsAndRewritesOurFile() throws {
        var writer = SafeTensorsWriter(metadata: ["a \"key\"\n": "tab\t, \u{1}, \u{7F}, é, 😀, \\"])
        try writer.add(
            "weights", shape: [2, 3], values: [1, -2, .nan, .infinity, 0.1, Float(bitPattern: 0x7F80_0001)])
        try writer.add("Zeta", shape: [1], values: [1.5] as [Float])
        try writer.add("é", shape: [1], values: [2.5] as [Float])
        try writer.add("moments", shape: [2, 1], values: [Double.pi, -0.0])
        try writer.add("steps", shape: [], values: [Int64.min])
        try writer.add("random", shape: [4], values: [0, 1, .max, 1 << 63] as [UInt64])
        try writer.add("symbols", shape: [3], values: [-1, .min, .max] as [Int32])
        try writer.add("text", shape: [5], values: Array("hello".utf8))
        try writer.add("none", shape: [0, 7], values: [] as [Float])
        try writer.write(to: folder.path("ours"))

        let program = """
            import sys, safetensors, safetensors.numpy as s
            with safetensors.safe_open(sys.argv[1], "np") as f:
                s.save_file({k: f.get_tensor(k) for k in f.keys()}, sys.argv[2], f.metadata())
            """
        #expect(python(program, folder.path("ours"), folder.path("theirs")) != nil)
        #expect(try folder.bytes("theirs") == folder.bytes("ours"))
    }

    @Test func weReadPythonsFile() throws {
        let program = """
            import sys, numpy as n, safetensors.numpy as s
            s.save_file({
                "f32": n.arange(6, dtype="float32").reshape(2, 3) / 4, "f64": n.array(n.pi),
                "i32": n.array([-1, 2**31 - 1], "int32"), "i64": n.array([-2**63], "int64"),
                "u64": n.array([2**64 - 1], "uint64"), "u8": n.arange(256, dtype="uint8").reshape(16, 16)},
                sys.argv[1], {"one": "1", "two": "é\\n\\"", "three": ""})
            """
        #expect(python(program, folder.path("theirs")) != nil)
        let file = try SafeTensorsFile(contentsOf: folder.path("theirs"))
        #expect(file.metadata == ["one": "1", "two": "é\n\"", "three": ""])
        #expect(try file.values("f32", shape: [2, 3]) == [0, 0.25, 0.5, 0.75, 1, 1.25] as [Float])
        #expect(try file.values("f64", shape: []) == [Double.pi])
        #expect(try file.values("i32", shape: [2]) == [-1, Int32.max])
        #expect(try file.values("i64", shape: [1]) == [Int64.min])
        #expect(try file.values("u64", shape: [1]) == [UInt64.max])
        #expect(try file.values("u8", shape: [16, 16]) == Array(UInt8.min...UInt8.max))
    }

    @Test func sameVerdictsOnDamagedFiles() throws {
        // Each header byte in turn becomes each of these, or goes missing, or comes twice.
        let small = SafeTensorsFileTests.small
        var files: [[UInt8]] = []
        for position in 0..<small.count - 19 {
            for value in Array("\0\n \",-.019:AFIU[\\]ae{}".utf8) + [small[position] ^ 1, 0xC3] {
                var file = small
                file[position] = value
                files.append(file)
            }
            guard position >= 8 else { continue }
            for replacement in [[], [small[position], small[position]]] {
                var header = Array(small[8..<small.count - 19])
                header.replaceSubrange(position - 8..<position - 7, with: replacement)
                files.append(tensorFile(header, data: 19))
            }
        }
        try folder.write(files.flatMap { littleEndian($0.count) + $0 }, "files")
        let program = """
            import sys, safetensors
            blob, at = open(sys.argv[1], "rb").read(), 0
            while at < len(blob):
                size = int.from_bytes(blob[at:at + 8], "little")
                try:
                    tensors = safetensors.deserialize(blob[at + 8:at + 8 + size])
                    lines = [f"{n.encode().hex()} {t['dtype']} {t['shape']} {t['data'].hex()}" for n, t in tensors]
                    print(", ".join(sorted(lines)))
                except Exception:
                    print("refused")
                at += 8 + size
            """
        let verdicts = try #require(python(program, folder.path("files"))).split(separator: "\n")
        try #require(verdicts.count == files.count)

        for (bytes, verdict) in zip(files, verdicts) {
            guard let file = try? SafeTensorsFile(contentsOf: folder.write(bytes)) else {
                // Python knows two more types that one changed letter can make.
                #expect(verdict == "refused" || verdict.contains(" U32 ") || verdict.contains(" I8 "))
                continue
            }
            let lines = try file.tensors.map { name, tensor in
                "\(hex(name.utf8)) \(tensor.type.rawValue) \(tensor.shape) \(hex(try file.bytes(of: name)))"
            }
            #expect(lines.sorted().joined(separator: ", ") == verdict)
        }
    }

    private func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
