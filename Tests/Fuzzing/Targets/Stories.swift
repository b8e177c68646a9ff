// What a file of bAbI's stories must be, whatever its bytes are.

import DNCTasks

/// Reads stories, writes them and reads them again.
func readStories(_ bytes: UnsafeRawBufferPointer) throws {
    guard let text = String(validating: bytes.bindMemory(to: UInt8.self), as: UTF8.self) else { return }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(\.count)
    let stories: [[BabiLine]]
    do { stories = try BabiLine.stories(in: text, named: "x") } catch {
        switch error {
        case .line("x", let line, let column, _):
            precondition(
                lines.indices.contains(line - 1) && (1...lines[line - 1] + 1).contains(column), "no such place: \(error)")
        case .empty("x"): break
        default: preconditionFailure("an error that does not say where: \(error)")
        }
        throw error
    }
    precondition(!stories.isEmpty && stories.allSatisfy { $0.contains { !$0.answer.isEmpty } })
    let again = try! BabiLine.stories(in: BabiLine.text(of: stories), named: "x")
    func contents(_ stories: [[BabiLine]]) -> [[[String]]] {
        stories.map { $0.map { [$0.text] + $0.answer + $0.supporting.map(String.init) } }
    }
    precondition(contents(again) == contents(stories), "what is written is another story")
}
