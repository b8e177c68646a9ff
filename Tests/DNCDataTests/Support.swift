// Temporary files, and what the tests compare with: whole texts as arrays.

import Foundation
import Testing

@testable import DNCData

/// Writes `bytes` to a new file, removed after `body`.
func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    try withFolder { folder in
        let path = folder + "/text.txt"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try body(path)
    }
}

/// Makes an empty folder, removed after `body`.
func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("DNCDataTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}

/// Cuts the file off after `byteCount` bytes.
func shorten(_ path: String, to byteCount: Int) throws {
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: UInt64(byteCount))
    try handle.close()
}

/// All symbols that `reader` has left.
func symbols(of reader: SymbolReader) throws -> [Int32] {
    var reader = reader
    var symbols: [Int32] = []
    while let symbol = try reader.next() { symbols.append(symbol) }
    return symbols
}

extension TextRange {
    /// All bytes of the range.
    func contents() throws -> [UInt8] { try text.bytes(in: bytes) }
}

extension [UInt8] {
    /// Whether a text's first character is a letter for words.
    var beginsWithLetter: Bool {
        guard let first = String(decoding: self, as: UTF8.self).unicodeScalars.first?.value else { return false }
        return first < 0x80
            ? Character(Unicode.Scalar(UInt8(first))).isLetter
            : [0xC0..<0x2000, 0x3040..<0xF000, 0x1_0000..<0x11_0000].contains { $0.contains(first) }
    }
}

/// A text with line ends of both kinds, and characters of 1, 2, 3 and 4 bytes and of several scalars.
let mixedText = "\u{FEFF}Grüße,\r\nκόσμε\n日本語 👩‍👩‍👧 e\u{301} é \u{212B}Å\u{10FFFF}\u{0}end\r\n"
