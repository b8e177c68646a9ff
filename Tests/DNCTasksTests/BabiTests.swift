// bAbI's stories: what is read, what is said of wrong ones, and whether those that are made up can be answered as they say.

import DNCCore
import TestSupport
import Testing

@testable import DNCTasks

@Suite struct BabiTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let train = """
        1 Mary moved to the bathroom.
        2 Where is Mary? \tbathroom\t1
        3 John took the milk, then left.
        4 What is John carrying?\tmilk,apple\t3 1
        1 The office is north of the kitchen.
        2 Where is the office?\tkitchen\t1

        """

    private func stories(
        _ text: String, _ name: String = "qa1_some_train.txt", part: BabiStories.Part = .train, tasks: Set<Int>? = nil,
        encoding: EpisodeEncoding? = nil, unknown: String? = nil, maximumLength: Int? = nil,
        overlong: EpisodeFile.Overlong = .refuse
    ) throws -> BabiStories {
        _ = try folder.write(text.utf8, name)
        return try BabiStories(
            folder: folder.path, part: part, tasks: tasks, encoding: encoding, unknown: unknown,
            maximumLength: maximumLength, overlong: overlong)
    }

    /// By hand: words in lower case, marks apart, a slot for each word to answer, which is asked there alone.
    @Test func words() throws {
        let stories = try stories(Self.train)
        let (reads, asks) = (stories.encoding.inputWords, stories.encoding.targetWords)
        #expect(stories.count == 2 && asks == ["apple", "bathroom", "kitchen", "milk"])
        #expect(reads == reads.sorted() && Set(reads).count == reads.count && reads.contains("-"))
        let episodes = (0..<2).map(stories.episode)
        let written = episodes.map { $0.symbols.map { reads[Int($0)] }.joined(separator: " ") }
        #expect(
            written == [
                "mary moved to the bathroom . where is mary ? - john took the milk , then left . what is john carrying ? - -",
                "the office is north of the kitchen . where is the office ? -",
            ])
        let answers = episodes.map { zip($0.symbols, $0.targetSymbols).map { reads[Int($0)] == "-" ? asks[Int($1)] : "\($1)" } }
        #expect(answers[0].filter { $0 != "-1" } == ["bathroom", "milk", "apple"])
        #expect(answers[1].filter { $0 != "-1" } == ["kitchen"])
        for episode in episodes {
            try episode.check(stories.input, stories.output)
            #expect(episode.weights == episode.targetSymbols.map { $0 < 0 ? 0 : 1 })
        }
        #expect(stories.longest == 26 && stories.stretches == 2 && stories.cutEpisodes == 0)
        // Lines as Windows ends them.
        let again = try self.stories(Self.train.replacing("\n", with: "\r\n"))
        #expect((0..<2).map(again.episode) == episodes && again.encoding == stories.encoding)
    }

    @Test func partsAndTasks() throws {
        _ = try folder.write(Self.train.utf8, "qa10_other_train.txt")
        _ = try folder.write(Self.train.utf8, "qa2_tests_test.txt")
        _ = try folder.write("nothing".utf8, "README.md")
        let all = try stories(Self.train)
        #expect(all.tasks.map(\.number) == [1, 10] && all.tasks.map(\.episodes) == [0..<2, 2..<4])
        #expect(try stories(Self.train, tasks: [10]).count == 2)
        let part = all.ofTask(10)
        #expect(part.count == 2 && part.tasks.map(\.episodes) == [0..<2] && part.longest == 26 && all.ofTask(3).count == 0)
        #expect((0..<2).map(part.episode) == (2..<4).map(all.episode))
        #expect(try BabiStories(folder: folder.path, part: .test).tasks.map(\.number) == [2])
        #expect(BabiStories.has(.test, in: folder.path) && !BabiStories.has(.valid, in: folder.path))
        #expect(throws: EpisodeFileError.noTask(3, folder: folder.path, known: [1, 10])) {
            try stories(Self.train, tasks: [1, 3])
        }
        #expect(throws: EpisodeFileError.noStories(folder: folder.path, part: "valid")) {
            try BabiStories(folder: folder.path, part: .valid)
        }
    }

    /// A model's words, in the numbers that they have there.
    @Test func anEncodingThatThereIs() throws {
        let encoding = try stories(Self.train).encoding
        let test = try stories(
            "1 Mary moved to the office.\n2 Where is Mary?\tkitchen\t1\n", "qa1_some_test.txt", part: .test, encoding: encoding)
        #expect(test.encoding == encoding)
        #expect(
            test.episode(at: 0).symbols.map { encoding.inputWords[Int($0)] }.joined(separator: " ")
                == "mary moved to the office . where is mary ? -")
        let other = "1 Mary moved to the garden.\n2 Where is Mary?\tkitchen\t1\n"
        let refusal = #expect(throws: EpisodeFileError.self) {
            try stories(other, "qa1_some_test.txt", part: .test, encoding: encoding)
        }
        #expect("\(try #require(refusal))".contains("qa1_some_test.txt', line 1, column 1: the word \"garden\""))
        let substituted = try stories(other, "qa1_some_test.txt", part: .test, encoding: encoding, unknown: "office")
        #expect(substituted.episode(at: 0) == test.episode(at: 0))
        let answer = #expect(throws: EpisodeFileError.self) {
            try stories(
                "1 Mary moved to the office.\n2 Where is Mary?\toffice\t1\n", "qa1_some_test.txt", part: .test,
                encoding: encoding)
        }
        #expect("\(try #require(answer))".contains("line 2, column 1: the answer \"office\" is none of the 4"))
    }

    @Test func tooLong() throws {
        let cut = try stories(Self.train, maximumLength: 20, overlong: .cut)
        #expect(cut.cutEpisodes == 1 && cut.longest == 20 && cut.episode(at: 0).steps == 20)
        let refusal = #expect(throws: EpisodeFileError.self) { try stories(Self.train, maximumLength: 20) }
        #expect("\(try #require(refusal))".contains("line 1, column 1: the story that begins here has 26 words, more than 20"))
    }

    @Test(arguments: [
        ("Mary moved.\n", "line 1, column 1: a line of bAbI is a number"),
        ("1 Mary moved.\n3 Where is Mary?\toffice\t1\n", "line 2, column 1: the number is 3; it must be 2"),
        ("2 Mary moved.\n", "line 1, column 1: the number is 2; it must be 1"),
        ("1 Mary moved.\n2 Where is Mary?\n", "line 2, column 17: the question has no answer"),
        ("1 Mary moved.\n2 Where is Mary?\t\t1\n", "line 2, column 18: the answer is missing"),
        ("1 Mary moved.\n2 Where is Mary?\ta,,b\t1\n", "line 2, column 18: the answer is missing"),
        (
            "1 Mary moved.\n1 John moved.\n2 Where is John?\toffice\t1\n",
            "line 1, column 1: the story that begins here asks nothing"
        ),
        ("\n1 Mary moved.\n", "line 2, column 1: the story that begins here asks nothing"),
        ("\n", "has no episodes"),
    ]) func wrongLines(_ text: String, _ problem: String) throws {
        let refusal = #expect(throws: EpisodeFileError.self) { try stories(text) }
        #expect("\(try #require(refusal))".contains(problem))
    }

    @Test func otherEncodings() throws {
        _ = try folder.write(Array("1 Mary moved.\n2 Where is Mary?\tcaf".utf8) + [0xE9, 0x0A], "qa1_some_train.txt")
        let refusal = #expect(throws: EpisodeFileError.self) { try BabiStories(folder: folder.path) }
        #expect("\(try #require(refusal))".contains("line 2, column 1: it is not UTF-8"))
    }

    /// By hand, of the kinds lion, frog and swan and the colours green, white and gray. Greg is a lion, as Julius is, whose white is the answer;
    /// so Lily's second lion stays, of the frogs one becomes a swan, and of the whites that are not Julius's one stays none.
    @Test func augmented() throws {
        let facts = [
            "Greg is a lion.", "Lily is a frog.", "Lily is white.", "Julius is a lion.", "Brian is a frog.", "Brian is gray.",
            "Julius is white.",
        ]
        let question = "8 What color is Greg?\twhite\t1 4 7\n"
        let other = "1 Bernhard is a swan.\n2 Bernhard is green.\n3 What color is Bernhard?\tgreen\t2\n"
        let text = facts.enumerated().map { "\($0.offset + 1) \($0.element)\n" }.joined() + question + other
        _ = try folder.write(text.utf8, "qa16_some_train.txt")
        let plain = try BabiStories(folder: folder.path), changed = try BabiStories(folder: folder.path, augmented: true)
        func words(_ stories: BabiStories, _ index: Int) -> [String] {
            stories.episode(at: index).symbols.map { stories.encoding.inputWords[Int($0)] }
        }
        let (before, after) = (words(plain, 0), words(changed, 0))
        let differences = before.indices.filter { before[$0] != after[$0] }
        // Lily's white, which takes the one of green and gray that Brian's has not, or both are other; Brian's frog.
        #expect(differences.map { before[$0] }.filter { $0 != "gray" } == ["white", "frog"])
        #expect(after.filter { $0 == "lion" }.count == 2 && after.filter { $0 == "white" }.count == 1)
        #expect(after.filter { $0 == "frog" }.count == 1 && after.filter { $0 == "swan" }.count == 1)
        #expect(after.filter { ["green", "gray"].contains($0) }.count == 2)
        #expect(plain.episode(at: 0).targetSymbols == changed.episode(at: 0).targetSymbols)
        #expect(words(plain, 1) == words(changed, 1))
        // Another task's stories stay as they are.
        _ = try folder.write(text.utf8, "qa15_some_train.txt")
        #expect(try BabiStories(folder: folder.path, tasks: [15], augmented: true).episode(at: 0).symbols.count == before.count)
    }

    /// A question is wrong where a word of it is.
    @Test func scores() throws {
        let stories = try stories(Self.train)
        #expect(EpisodeScore().questionErrorRate == nil && EpisodeScore().errorRate == nil)
        // Always "milk": wrong, then half of two words, then wrong.
        let score = try (0..<2).reduce(EpisodeScore()) { sum, index in
            let episode = stories.episode(at: index)
            return try sum
                + EpisodeScore(
                    episode, outputs: (0..<episode.steps).flatMap { _ in [0, 0, 0, 1] as [Float] }, stories.output)
        }
        #expect(score.questions == 3 && score.wrongQuestions == 3 && score.answers == 4 && score.wrongAnswers == 3)
        #expect(score.questionErrorRate == 1 && score.errorRate == 0.75)
    }

    @Test(arguments: BabiGenerator.tasks.keys.sorted()) func theSameAgain(_ task: Int) throws {
        var (one, other) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3))
        let stories = BabiGenerator.stories(task: task, questions: 40, using: &one)
        #expect(stories == BabiGenerator.stories(task: task, questions: 40, using: &other))
        #expect(stories.joined().count { !$0.answer.isEmpty } >= 40)
        // What is written is read again.
        var again = try BabiLine.stories(in: BabiLine.text(of: stories), named: "x")
        for story in again.indices { for line in again[story].indices { again[story][line].place = 0 } }
        #expect(again == stories)
    }

    /// Whoever follows the text finds the answers: another way to them than that of the generator, which knows its world.
    @Test(arguments: [1, 2, 3, 6]) func answersFollow(_ task: Int) throws {
        var generator = SeededGenerator(seed: 7)
        for story in BabiGenerator.stories(task: task, questions: 500, using: &generator) {
            var (places, holders, ways): ([String: String], [String: String], [String: [String]]) = ([:], [:], [:])
            for line in story {
                let words = line.words
                if line.answer.isEmpty {
                    let (person, object) = (words[0], words[words.count - 2])
                    if words.contains("to") {
                        places[person] = object
                        for (thing, holder) in holders where holder == person { ways[thing, default: []].append(object) }
                    } else if ["got", "grabbed", "took", "picked"].contains(words[1]) {
                        #expect(holders[object] == nil, "somebody has it")
                        holders[object] = person
                        if let place = places[person] { ways[object, default: []].append(place) }
                    } else {
                        #expect(holders[object] == person, "somebody else has it")
                        holders[object] = nil
                    }
                    continue
                }
                let expected: String?
                switch task {
                case 1: expected = places[words[2]]
                case 2: expected = ways[words[3]]?.last
                case 3:
                    // where was the milk before the office ?
                    let way = ways[words[3]] ?? []
                    let first = try #require(way.firstIndex(of: words[6]))
                    expected = way[..<first].last
                default: expected = places[words[1]] == words[4] ? "yes" : "no"
                }
                #expect(line.answer == [try #require(expected)], "\(line.text)")
            }
        }
    }
}
