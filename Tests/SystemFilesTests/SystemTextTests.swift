import Testing

@testable import SystemFiles

@Suite struct SystemTextTests {
    @Test(
        arguments: [
            [], Array("aé日😀\u{FFFF}".utf8), [0x64, 0xE9, 0x6A], [0xFF], [0xC3], [0xE6, 0x97], [0xF0, 0x9F, 0x98, 0x61],
            [0xED, 0xA0, 0x80], [0xC0, 0x80], Array(0x80...0xFF), Array(0x01...0xFF).reversed(),
            // The noncharacters that stand for bytes, in UTF-8: U+FDDE and U+FDE9, as a pair that would stand for one, and alone.
            [0xEF, 0xB7, 0x9E, 0xEF, 0xB7, 0xA9], [0xEF, 0xB7, 0xA9, 0x61, 0xEF, 0xB7, 0x9E],
        ] as [[UInt8]])
    func bytesComeBack(bytes: [UInt8]) {
        #expect(String(systemBytes: bytes).systemBytes == bytes)
        #expect(String(systemBytes: bytes).systemPath.map(UInt8.init(bitPattern:)) == bytes + [0])
    }

    @Test func textIsItself() {
        for text in ["", "aé日😀", "a\u{301}\r\n"] {
            #expect(String(systemBytes: text.utf8).unicodeScalars.elementsEqual(text.unicodeScalars))
            #expect(text.systemBytes == Array(text.utf8) && text.isUTF8)
        }
        #expect(String(systemBytes: [0x64, 0xE9]).isUTF8 == false)
        #expect(String(systemBytes: [0x64, 0xE9]).unicodeScalars.map(\.value) == [0x64, 0xFDDE, 0xFDE9])
    }

    /// Names are put together of parts.
    @Test func partsAreParts() {
        let name = String(systemBytes: [0xE9]) + "/" + String(systemBytes: [0xC3, 0xE9, 0x62])
        #expect(name.systemBytes == [0xE9, 0x2F, 0xC3, 0xE9, 0x62])
    }
}
