// What batch systems, containers and libraries impose: little address space, few processors, another OpenBLAS.

#if os(Linux)
import DNC
import Foundation
import TestSupport
import Testing

@Suite struct LimitTests {
    let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    private static let sizes = " --data text.txt --valid-every 20 " + Sandbox.small.joined(separator: " ")

    /// With so many kilobytes, which OpenBLAS with its 128 MiB for each thread waited for ever to get more of. It may start two
    /// threads: with as many as a large machine has it would not come as far as to wait.
    private func limited(_ limit: String, _ command: String) throws -> Outcome {
        try sandbox.shell("export OPENBLAS_NUM_THREADS=2; ulimit \(limit) && exec \(command)")
    }

    @Test(arguments: ["-v 300000", "-v 200000", "-d 60000"])
    func smallModelsNeedLittleAddressSpace(limit: String) throws {
        let train = try limited(limit, #""$DNC" train --out run --max-steps 40"# + Self.sizes)
        #expect(train.status == 0, "\(train.error)")
        #expect(train.error.contains("ulimit"))  // said, since its bits are others
        for command in [
            "sample run --length 20", "eval run --data text.txt", "trace run --data text.txt --length 20 --out trace",
        ] {
            let outcome = try limited(limit, "\"$DNC\" " + command)
            #expect(outcome.status == 0, "\(command): \(outcome.error)")
        }
        let check = try limited(limit, #""$DNC" gradcheck --hidden 5 --slots 3 --width 2"#)
        #expect(check.status == 0, "\(check.error)")
    }

    /// The core's own products are other sums of the same numbers.
    @Test func aLimitChangesLastDigits() throws {
        try sandbox.train(run: "free")
        let train = try limited("-v 300000", #""$DNC" train --out run --max-steps 40"# + Self.sizes)
        #expect(train.status == 0, "\(train.error)")
        let bits = try ["free", "run"].map { try #require(try sandbox.record(of: "last", in: $0)?.bestLoss) }
        #expect(abs(bits[0] - bits[1]) < 1e-4, "\(bits)")
    }

    @Test(arguments: [
        ("-v 300000", "--model lstm --hidden 1500"), ("-v 150000", ""), ("-d 200000", "--model lstm --hidden 1500"),
    ])
    func aLimitIsNamedBeforeItIsMet(limit: String, model: String) throws {
        let outcome = try limited(limit, "\"$DNC\" train --data text.txt --out run --max-steps 2 " + model)
        #expect(outcome.status == 64, "\(outcome.error)")
        #expect(outcome.error.contains("MiB") && outcome.error.contains("(ulimit \(limit.prefix(2)))"), "\(outcome.error)")
        #expect(outcome.error.contains("raise that limit"), "\(outcome.error)")
        #expect(!FileManager.default.fileExists(atPath: sandbox.url("run").path))
    }

    @Test func speedIsNotComparedWithAnOpenBLASThatMayWait() throws {
        let outcome = try limited("-v 300000", #""$DNC" bench --hidden 8 --duration 0.1"#)
        #expect(outcome.status == 64 && outcome.error.contains("ulimit"), "\(outcome.error)")
    }

    /// The threads that training takes by itself.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/taskset"), "needs taskset"))
    func threadsByTheProcessorsThatMayBeUsed() throws {
        let command = #"taskset -c "$(taskset -cp $$ | sed 's/.*[:,-] *//')" "$DNC" train --out run --max-steps 1"# + Self.sizes
        let outcome = try sandbox.shell(command + " --shards 4")
        #expect(outcome.status == 0 && outcome.error.contains(": 1 threads"), "\(outcome.error)")
    }

    /// The others that Debian has beside the usual one.
    private static let otherKinds: [String] = {
        let root = "/usr/lib"
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return folders.flatMap { folder in ["openmp", "serial"].map { "\(root)/\(folder)/openblas-\($0)" } }
            .filter { FileManager.default.fileExists(atPath: $0 + "/libopenblas.so.0") }
    }()

    /// OpenBLAS built with OpenMP opens a team of threads for products that it divides, by a function that is replaced here: a run in
    /// which that is called ends. One built for a single thread, whose buffers its callers share, computes nothing.
    @Test(.enabled(if: !otherKinds.isEmpty, "needs another OpenBLAS"), arguments: otherKinds)
    func everyKindOfOpenBLASRunsOnTheThreadsThatCallIt(folder: String) throws {
        try sandbox.write("#include <unistd.h>\nvoid GOMP_parallel(void) { _exit(99); }\n", to: "team.c")
        let compile = try sandbox.shell("cc -shared -fPIC -o team.so team.c")
        try #require(compile.status == 0, "\(compile.error)")
        let sizes = " --data text.txt --hidden 64 --batch-size 32 --seq-length 32 --max-steps 30 --valid-every 15"
        for threads in [1, 2, 2, 2] {
            let outcome = try sandbox.shell(
                "rm -rf \(threads); LD_LIBRARY_PATH=\(folder) LD_PRELOAD=./team.so exec \"$DNC\" train --shards 4 --threads \(threads) "
                    + "--out \(threads)" + sizes)
            #expect(outcome.status == 0, "\(outcome.error)")
            if threads == 2 { try sandbox.expectSameRuns("1", "2") }
        }
    }
}
#endif
