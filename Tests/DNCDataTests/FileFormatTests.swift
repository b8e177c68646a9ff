// What is no text is told by name: bytes as the formats' own descriptions and programs have them.

import Foundation
import Testing

@testable import DNCData

@Suite struct FileFormatTests {
    private static let sentence = "It was the best of times, it was the worst of times;\nit was the age of wisdom.\n"

    /// What `iconv` and a program called so on this machine make of a text.
    private static func output(of command: String, for text: String) throws -> [UInt8]? {
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, FileHandle.nullDevice)
        try process.run()
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try? input.fileHandleForWriting.close()
        let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return process.terminationStatus == 0 && !bytes.isEmpty ? bytes : nil
    }

    @Test(arguments: [
        ("gzip", "gzip", "gunzip"), ("bzip2", "bzip2", "bunzip2"), ("xz", "xz", "unxz"), ("zstd", "Zstandard", "unzstd"),
        ("lz4", "LZ4", "unlz4"), ("tar -cf - /etc/passwd", "tar archive", "tar -xf"), ("cat /bin/sh", "a program", "text file"),
        ("iconv -f UTF-8 -t UTF-16", "UTF-16", "iconv -f UTF-16 -t"),
        ("iconv -f UTF-8 -t UTF-32", "UTF-32", "iconv -f UTF-32 -t"),
    ])
    func otherProgramsOutput(command: String, name: String, remedy: String) throws {
        guard let bytes = try Self.output(of: command, for: Self.sentence) else { return }
        let format = try #require(FileFormat(of: Array(bytes.prefix(FileFormat.length))))
        #expect(format.name.contains(name) && format.remedy.contains(remedy), "\(format)")
    }

    @Test(
        arguments: [
            ([0x50, 0x4B, 3, 4, 20, 0], "ZIP"), (Array("%PDF-1.7\n".utf8), "PDF"),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A], "PNG"),
            (Array("SQLite format 3\0".utf8), "SQLite"), ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7-Zip"),
            ([0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 26) + Array("[Content_Types].xml".utf8), "Office"),
            ([0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 26) + Array("mimetypeapplication/epub+zip".utf8), "EPUB"),
        ] as [([UInt8], String)])
    func signatures(bytes: [UInt8], name: String) throws {
        #expect(try #require(FileFormat(of: bytes)).name.contains(name))
    }

    /// Scripts with and without Latin letters, spaces and line ends, of two and of four bytes.
    @Test(
        arguments: [
            sentence, "Все счастливые семьи похожи друг на друга,\nкаждая несчастливая семья", "Grüße",
            "国破山河在，城春草木深。\n感时花溅泪，恨别鸟惊心。\n", "κόσμε — 😀😀😀 κόσμε\n",
        ],
        [
            ("UTF-16LE", String.Encoding.utf16LittleEndian), ("UTF-16BE", .utf16BigEndian), ("UTF-32LE", .utf32LittleEndian),
            ("UTF-32BE", .utf32BigEndian),
        ])
    func withoutAMark(text: String, encoding: (name: String, code: String.Encoding)) throws {
        let bytes = [UInt8](try #require(text.data(using: encoding.code)))
        // Of Chinese in UTF-16, two line ends show.
        if encoding.name.hasPrefix("UTF-16"), text.hasPrefix("国") { return }
        let format = try #require(FileFormat(of: bytes), "\(encoding.name): \(text)")
        #expect(format.remedy == "convert it with iconv -f \(encoding.name) -t UTF-8", "\(text)")
    }

    @Test(arguments: [
        "", "a", sentence, "Grüße,\r\nκόσμε\n日本語", "a\u{0}b and more, with a zero", "BZh is how bzip2 begins", "PK",
        "GIF89a is a format",
        "PAR1", "\u{1B}[31mred\u{1B}[0m", "\u{FEFF}abc", "{\"__metadata__\": 1}", "\t\n\u{C}\n",
        String(repeating: "x", count: 257) + "ustard",
    ])
    func textIsText(text: String) { #expect(FileFormat(of: Array(text.utf8)) == nil) }

    @Test func latinIsNothingThatIsKnown() { #expect(FileFormat(of: Array("na".utf8) + [0xEF] + Array("ve".utf8)) == nil) }
}
