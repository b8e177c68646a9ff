// A line of a story of bAbI, and its words.

/// A line of a story: something that is told, or a question and its answer.
public struct BabiLine: Hashable, Sendable {
    /// What is told or asked, as it is written: `Mary went to the office.`
    public var text: String
    /// The words to answer, in their order; empty where nothing is asked.
    public var answer: [String]
    /// The numbers of the lines that the answer follows from, as far as the file tells them.
    public var supporting: [Int]
    /// On which line of its file it stands, from 1; 0 where it is of none.
    var place = 0

    /// Any line; `answer` and `supporting` of a question.
    public init(_ text: String, answer: [String] = [], supporting: [Int] = []) {
        (self.text, self.answer, self.supporting) = (text, answer, supporting)
    }

    /// What a network reads where it is to answer a word, as in the Nature paper.
    public static let answerSlot = "-"

    /// The words of the text as a network reads them: in lower case, marks apart from the words before them.
    public var words: [String] {
        var (words, word) = ([String](), "")
        func end() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        for character in text.lowercased() {
            if character.isWhitespace {
                end()
            } else if ".,?!;:".contains(character) {
                end()
                words.append(String(character))
            } else {
                word.append(character)
            }
        }
        end()
        return words
    }

    /// What is read at each step: the words, and a slot for each word to answer.
    var inputs: [String] { words + answer.map { _ in Self.answerSlot } }
    /// What is asked at each step; nil where nothing is.
    var targets: [String?] { words.map { _ in nil } + answer }

    /// The line of a file, but for its number.
    var written: String {
        answer.isEmpty
            ? text
            : "\(text)\t\(answer.joined(separator: ","))\t\(supporting.map(String.init).joined(separator: " "))"
    }
}

extension BabiLine {
    /// The stories of a file's text, `1 Mary went to the office.` or `2 Where is Mary?`, a tab, `office`, a tab and `1` on a line; a story
    /// begins with the number 1.
    /// - Parameter name: of the file, for errors.
    /// - Throws: `EpisodeFileError.line` for the first line that is none of a story, `EpisodeFileError.empty` where there is no story.
    public static func stories(in text: String, named name: String) throws(EpisodeFileError) -> [[BabiLine]] {
        var stories: [[BabiLine]] = []
        func checkQuestion(_ story: [BabiLine]?) throws(EpisodeFileError) {
            guard let story, story.allSatisfy(\.answer.isEmpty) else { return }
            throw .line(
                file: name, line: story[0].place, column: 1,
                problem: "the story that begins here asks nothing; add a question, a tab and its answer, or leave the story out"
            )
        }
        // By bytes: as characters, a carriage return and a line feed are one, and no end of a line.
        for (index, bytes) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let written = Substring(bytes)
            func refused(_ problem: String, column: Int = 1) -> EpisodeFileError {
                .line(file: name, line: index + 1, column: column, problem: problem)
            }
            let fields = written.split(separator: "\t", omittingEmptySubsequences: false).map(trimmed)
            guard let first = fields.first, fields.count > 1 || !first.isEmpty else { continue }
            let parts = first.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]) else {
                throw refused("a line of bAbI is a number from 1 and a sentence, such as 1 Mary went to the office.")
            }
            let expected = (stories.last?.count ?? 0) + 1
            guard number == 1 || number == expected else {
                throw refused(
                    "the number is \(number); it must be "
                        + (expected == 1 ? "1, with which a story begins" : "\(expected), or 1 where a story begins"))
            }
            var line = BabiLine(
                trimmed(parts[1]),
                answer: fields.dropFirst().first.map {
                    $0.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
                } ?? [],
                supporting: fields.dropFirst(2).first.map { $0.split(separator: " ").compactMap { Int($0) } } ?? [])
            let end = first.utf8.count + 1
            if fields.count > 1, line.answer.isEmpty || line.answer.contains("") {
                throw refused(
                    "the answer is missing; write one behind the tab, or its words with commas between", column: end + 1)
            }
            if fields.count == 1, line.text.hasSuffix("?") {
                throw refused("the question has no answer; write a tab and the answer behind it", column: end)
            }
            if number == 1 {
                try checkQuestion(stories.last)
                stories.append([])
            }
            line.place = index + 1
            stories[stories.count - 1].append(line)
        }
        if stories.isEmpty { throw .empty(file: name) }
        try checkQuestion(stories.last)
        return stories
    }

    /// Stories as `stories(in:named:)` takes them.
    public static func text(of stories: [[BabiLine]]) -> String {
        stories.map { story in
            story.enumerated().map { "\($0.offset + 1) \($0.element.written)\n" }.joined()
        }.joined()
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
