// What fuzzing found worth keeping, without the fuzzer.

import Foundation
import FuzzTargets
import Testing

@Suite struct CorpusTests {
    /// Each line of a corpus is an input in base64. Some must be accepted: if not, they are of an older format, and new ones are due.
    @Test(arguments: FuzzTarget.allCases)
    func everyInputOfTheCorpus(_ target: FuzzTarget) throws {
        let corpus = URL(filePath: #filePath).appending(path: "../../Corpus/\(target).base64").standardized
        var accepted = 0
        for line in try String(contentsOf: corpus, encoding: .utf8).split(separator: "\n") {
            let input = try #require(Data(base64Encoded: String(line)))
            if input.withUnsafeBytes({ target.run($0) }) { accepted += 1 }
        }
        #expect(accepted > 0)
    }

    /// Repairing changes nothing of a whole checkpoint, and restores one.
    @Test func repairing() throws {
        let corpus = URL(filePath: #filePath).appending(path: "../../Corpus/checkpoint.base64").standardized
        let inputs = try String(contentsOf: corpus, encoding: .utf8).split(separator: "\n").compactMap {
            Data(base64Encoded: String($0))
        }
        let whole = try #require(inputs.first { $0.withUnsafeBytes { FuzzTarget.checkpoint.run($0) } })
        #expect(repaired(Array(whole)) == Array(whole))
        var changed = Array(whole)
        changed[0] ^= 1
        changed[changed.count - 1] ^= 1
        #expect(!changed.withUnsafeBytes { FuzzTarget.checkpoint.run($0) })
        #expect(repaired(changed).withUnsafeBytes { FuzzTarget.checkpoint.run($0) })
    }
}
