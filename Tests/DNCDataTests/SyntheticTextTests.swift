import DNCCore
import Testing

@testable import DNCData

/// Texts made up: read again by who knows nothing of how they were made, all that follows from what came before is as it must be.
@Suite struct SyntheticTextTests {
    private func lines(_ kind: SyntheticText.Kind, seed: UInt64 = 3) -> [Substring] {
        var generator = SeededGenerator(seed: seed)
        let text = SyntheticText.make(kind, characters: 20_000, using: &generator)
        #expect(text.utf8.count >= 20_000 && text.utf8.count < 20_500)
        #expect(text.hasSuffix("\n") && text.utf8.allSatisfy { $0 < 128 })
        return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test(arguments: SyntheticText.Kind.allCases)
    func sameSeedSameText(_ kind: SyntheticText.Kind) {
        #expect(lines(kind) == lines(kind))
        #expect(lines(kind) != lines(kind, seed: 4))
    }

    @Test func notesAreOfTheLastNumber() {
        var (numbers, asked): ([Substring: Substring], Int) = ([:], 0)
        let lines = lines(.notes)
        for line in lines {
            let (name, number) = (line.prefix(3), line.suffix(4))
            #expect(line.count == 8 && number.allSatisfy { $0.isWholeNumber })
            if line.contains("=") { numbers[name] = number } else { #expect(numbers[name] == number, "\(line)") }
            asked += line.contains("?") ? 1 : 0
        }
        #expect(numbers.count == 26)
        #expect((0.65...0.75).contains(Double(asked) / Double(lines.count)))
    }

    @Test func bracketsAreClosedByTheirKind() {
        let pairs: [Character: Character] = ["(": ")", "[": "]", "{": "}", "<": ">"]
        var deepest = 0
        for line in lines(.brackets) {
            var open: [Character] = []
            for bracket in line {
                if let closing = pairs[bracket] { open.append(closing) } else { #expect(open.popLast() == bracket) }
                deepest = max(deepest, open.count)
            }
            #expect(open.isEmpty && !line.isEmpty)
        }
        #expect(deepest == 20)
    }

    @Test func passagesComeTwice() {
        for line in lines(.passages) {
            let words = line.split(separator: "|")
            #expect(words.count == 2 && words[0] == words.last && (1...24).contains(words[0].count), "\(line)")
        }
    }

    @Test func tablesAreReadRight() {
        for table in lines(.tables).split(separator: "") {
            let cells = table.map { $0.split(separator: " ") }
            var numbers: [[Substring]: Substring] = [:]
            for row in cells[1...3] {
                for (column, number) in zip(cells[0], row.dropFirst()) { numbers[[row[0], column]] = number }
            }
            #expect(numbers.count == 9 && table.count == 13)
            for cell in cells[4...] { #expect(numbers[Array(cell.prefix(2))] == cell[2]) }
        }
    }

    @Test func sessionsKeepTheirUserAndPlace() {
        var open: [[Substring]] = []
        for line in lines(.logs) {
            let words = line.split(separator: " ")
            let session = Array(words.prefix(3))
            if words[3] == "open" { open.append(session) } else { #expect(open.contains(session), "\(line)") }
            if words[3] == "close" { open.removeAll { $0 == session } }
            #expect(open.count <= 4)
        }
    }
}
