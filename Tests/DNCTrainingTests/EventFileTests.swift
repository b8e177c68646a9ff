// TensorBoard's own reader must find in an event file what the log says.

import Foundation
import TestSupport
import Testing

@testable import DNCTraining

@Suite struct EventFileTests {
    let folder: TemporaryFolder
    let run: RunDirectory

    init() throws {
        folder = try TemporaryFolder()
        run = RunDirectory(path: folder.path)
    }

    private var eventFiles: [String] {
        get throws { try folder.names.filter { $0.contains("tfevents") } }
    }

    /// The check value that the polynomial is published with, and two of RFC 3720.
    @Test func checksums() {
        #expect(EventFile.crc32c("123456789".utf8) == 0xE306_9283)
        #expect(EventFile.crc32c(repeatElement(0, count: 32)) == 0x8A91_36AA)
        #expect(EventFile.crc32c(repeatElement(0xFF, count: 32)) == 0x62A8_AB43)
    }

    /// As TensorBoard 2.21 writes the same events.
    @Test func bytes() {
        func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        #expect(
            hex(EventFile.header(time: 1.5)) == """
                1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c\
                0d000000000000003c37b83409000000000000f83f3a020801b718825c
                """)
        #expect(
            hex(EventFile.scalars([("train_bpc", 2.5), ("learning_rate", 0.1)], step: 300, time: 1.75e9)) == """
                36000000000000004f578cef0900000060b813da4110ac022a280a100a09747261696e5f62706315000020400a140a0d6c65\
                61726e696e675f7261746515cdcccc3dd14de655
                """)
    }

    /// What was logged before and after they began; a null of the log is nothing.
    @Test func eventsAreAddedToOneFile() throws {
        try run.append(report(1, validLoss: 3))
        #expect(try eventFiles.isEmpty)
        try run.beginEvents()
        let size = try folder.bytes(eventFiles[0]).count
        try run.append(report(2))
        #expect(try eventFiles.count == 1)
        #expect(try folder.bytes(eventFiles[0]).count > size)
    }

    /// By the names of files that are there, so that they follow each other in every clock.
    @Test func everyFileFollowsTheOneBefore() throws {
        let files = (0...2).map { "events.out.tfevents.400000000\($0).dnc" }
        try folder.write([1], files[0])
        try run.beginEvents()
        #expect(try eventFiles == [files[0], files[1]] && folder.bytes(files[0]).isEmpty)
        try run.rewind(to: 0)
        #expect(try eventFiles == [files[1], files[2]] && folder.bytes(files[1]).isEmpty)
        try run.begin()
        #expect(try eventFiles.isEmpty)
    }

    static let reader = "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator\n"

    /// All that TensorBoard knows of the folder: steps and values by name.
    private func read() throws -> [String: [[Double]]] {
        let program =
            Self.reader + """
                import json, sys
                events = EventAccumulator(sys.argv[1])
                events.Reload()
                print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}))
                """
        let json = try #require(python(program, run.path))
        return try JSONDecoder().decode([String: [[Double]]].self, from: Data(json.utf8))
    }

    @Test(.enabled(if: python(reader) != nil, "needs Python with tensorboard"))
    func tensorBoardReadsWhatIsLogged() throws {
        try run.append(report(1, validLoss: 3))
        try run.beginEvents()
        try run.append(report(200))
        try run.append(report(40_000, validLoss: 2))
        let steps = [1, 200, 40_000].map(Double.init)
        let expected = [
            "train_loss": steps.map { [$0, 2.5] }, "valid_loss": [[1, 3], [40_000, 2]],
            "predictions_per_second": steps.map { [$0, 100] }, "learning_rate": steps.map { [$0, Double(Float(0.1))] },
            "grad_norm": steps.map { [$0, 0.25] },
        ]
        #expect(try read() == expected)

        // Half an event, as a crash leaves it, is none; and what comes after a rewinding replaces what was there.
        let file = try eventFiles[0]
        try folder.write(folder.bytes(file).dropLast(20), file)
        #expect(try read()["train_loss"]?.map(\.[0]) == [1, 200])
        try run.rewind(to: 1)
        #expect(try read()["train_loss"] == [[1, 2.5]])
        try run.append(report(3, validLoss: 1))
        #expect(try read()["valid_loss"] == [[1, 3], [3, 1]])
    }

    /// One that looks while a run is rewound has no step twice either.
    @Test(.enabled(if: python(reader) != nil, "needs Python with tensorboard"))
    func tensorBoardFollowsARewinding() throws {
        try run.beginEvents()
        for step in 1...3 { try run.append(report(step, validLoss: 4)) }
        let (seen, old) = (try TemporaryFolder(), try eventFiles[0])
        try seen.write(folder.bytes(old), old)
        try run.rewind(to: 2)
        try run.append(report(3, validLoss: 5))
        let new = try eventFiles[1]
        let program =
            Self.reader + """
                import os, shutil, sys
                folder, old, new = sys.argv[1:]
                events = EventAccumulator(folder)
                events.Reload()
                shutil.copy(new, folder)
                os.truncate(old, 0)
                events.Reload()
                print([(e.step, e.value) for e in events.Scalars("valid_loss")])
                """
        #expect(
            python(program, seen.path, seen.path(old), folder.path(new)) == "[(1, 4.0), (2, 4.0), (3, 5.0)]\n")
    }
}
