import Foundation
import Testing

@testable import SystemFiles

@Suite struct SystemFilesTests {
    /// Makes an empty folder, removed after `body`.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "/SystemFilesTests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// What the file's name has of bytes is seen by another program.
    @Test(arguments: ["a b", "é", String(systemBytes: [0x64, 0xE9])])
    func foldersAreMadeWithAllTheyAreIn(name: String) throws {
        try withFolder { folder in
            let path = "\(folder)/\(name)//\(name)/c"
            for _ in 0..<2 { try SystemFiles.makeFolder(path) }
            try SystemFiles.makeFolder(path + "/d/")
            #expect(SystemFiles.isFolder(path) && SystemFiles.isFolder(path + "/d"))
            #expect(try SystemFiles.names(in: folder) == [name])
            let (process, pipe) = (Process(), Pipe())
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "cd \"$1\" && printf %s *", "sh", folder]
            process.standardOutput = pipe
            try process.run()
            #expect(Array(pipe.fileHandleForReading.readDataToEndOfFile()) == name.systemBytes)
            process.waitUntilExit()
        }
    }

    @Test func refusalsNameTheReason() throws {
        try withFolder { folder in
            let file = folder + "/file"
            try Data("abc".utf8).write(to: URL(fileURLWithPath: file))
            #expect(SystemFiles.exists(file) && !SystemFiles.isFolder(file) && !SystemFiles.isPipe(file))
            for (path, code) in [(file, EEXIST), (file + "/a", ENOTDIR), ("", ENOENT)] {
                #expect { try SystemFiles.makeFolder(path) } throws: { ($0 as? SystemError)?.code == code }
            }
            #expect { try SystemFiles.contents(of: folder) } throws: { ($0 as? SystemError)?.code == EISDIR }
            #expect { try SystemFiles.names(in: file) } throws: { ($0 as? SystemError)?.reason == "Not a directory" }
            #expect(try SystemFiles.contents(of: file) == Array("abc".utf8))
            #expect(try SystemFiles.contents(of: file, atMost: 2) == Array("ab".utf8))
        }
    }
}
