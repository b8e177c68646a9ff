// The stories of bAbI's files, as episodes.
public import DNCCore
internal import DNCData
internal import SafeTensors
internal import SystemFiles

/// The stories of a folder of bAbI's files, `qa1_..._train.txt` and so on: Weston et al. 2015, "Towards AI-Complete Question Answering".
///
/// An episode is a story with all its questions, a word a step as the Nature paper has it: words are in lower case, a full stop and a
/// question mark are words, and behind a question there is a slot `-` for each word of its answer, at which that word is asked. The words
/// are kept in memory, 8 bytes each.
public struct BabiStories: StoredEpisodes {
    /// What of a folder is read.
    public enum Part: String, CaseIterable, Sendable {
        /// What is to be learned from.
        case train
        /// What is held out, where a folder has it.
        case valid
        /// What a model is measured by in the end.
        case test
    }

    /// What the words are to a model.
    public let encoding: EpisodeEncoding
    /// The numbers of the tasks, in their order, and which of the episodes are theirs.
    public private(set) var tasks: [(number: Int, episodes: Range<Int>)]
    public private(set) var longest: Int
    public let stretches: Int
    public let cutEpisodes: Int
    public let fingerprint: String

    /// The task that can be augmented.
    private static let augmentedTask = 16
    private let inputs: [Int32]  // of all episodes, one behind the other
    private let targets: [Int32]
    private var starts: [Int]  // where each begins, and the end of the last

    /// Reads a part of a folder.
    /// - Parameters:
    ///   - folder: where the files lie.
    ///   - part: which of them are read.
    ///   - tasks: the numbers of those that are wanted; nil for all that there are.
    ///   - encoding: that of a model that exists; nil for that of these stories.
    ///   - unknown: the word that stands for all that such a model does not know; nil where these are errors.
    ///   - maximumLength: how many words a story may have, slots included; nil for any number.
    ///   - overlong: what is done with those that have more.
    ///   - augmented: whether in task 16 the kinds and colours that are beside a question are made unlike each other, always in the same
    ///     way: the augmentation of JoergFranke/ADNC.
    /// - Throws: `EpisodeFileError`.
    public init(
        folder: String, part: Part = .train, tasks wanted: Set<Int>? = nil, encoding: EpisodeEncoding? = nil,
        unknown: String? = nil, maximumLength: Int? = nil, overlong: EpisodeFile.Overlong = .refuse,
        augmented: Bool = false
    ) throws(EpisodeFileError) {
        if let maximumLength, maximumLength < 1 { throw .invalidMaximumLength(maximumLength) }
        if let unknown, let encoding, !encoding.inputWords.contains(unknown) { throw .unknownIsUnknown(unknown) }
        var (stories, fingerprint) = try Self.read(Self.files(in: folder, part, wanted))
        if augmented {
            let animals = BabiAnimals(stories.filter { $0.task == Self.augmentedTask }.map(\.lines))
            var generator = SeededGenerator(seed: UInt64(Self.augmentedTask))
            for index in stories.indices where stories[index].task == Self.augmentedTask {
                stories[index].lines = animals.augmented(stories[index].lines, using: &generator)
            }
        }
        let encoding = encoding ?? Self.encoding(of: stories.map(\.lines))
        let words = Words(encoding, unknown: unknown)
        var (inputs, targets, starts): ([Int32], [Int32], [Int]) = ([], [], [0])
        var (longest, stretches, cut): (Int, Int, Int) = (0, 0, 0)
        var tasks: [(number: Int, episodes: Range<Int>)] = []
        for (index, story) in stories.enumerated() {
            for line in story.lines {
                inputs += try words.read(in: line, of: story)
                targets += try words.asked(in: line, of: story)
            }
            var steps = inputs.count - starts[index]
            if let maximumLength, steps > maximumLength {
                guard overlong == .cut else {
                    throw story.refused(
                        story.lines[0],
                        "the story that begins here has \(steps) words, more than \(maximumLength); allow for more, or have it cut"
                    )
                }
                inputs.removeLast(steps - maximumLength)
                targets.removeLast(steps - maximumLength)
                (cut, steps) = (cut + 1, maximumLength)
            }
            starts.append(inputs.count)
            longest = max(longest, steps)
            let asked = targets[starts[index]...].map { $0 >= 0 }
            stretches = max(stretches, zip(asked, asked.dropFirst()).count { !$0 && $1 })
            if tasks.last?.number != story.task { tasks.append((story.task, index..<index)) }
            tasks[tasks.count - 1].episodes = tasks[tasks.count - 1].episodes.lowerBound..<index + 1
        }
        (self.encoding, self.fingerprint, self.tasks) = (encoding, fingerprint, tasks)
        (self.longest, self.stretches, cutEpisodes) = (longest, stretches, cut)
        (self.inputs, self.targets, self.starts) = (inputs, targets, starts)
    }

    public var input: ModelInput { encoding.input }
    public var output: ModelOutput { encoding.output }
    public var count: Int { starts.count - 1 }

    /// How many words there are, slots included, and how many answers.
    public var size: (words: Int, answers: Int) { (inputs.count, targets.count { $0 >= 0 }) }

    /// The stories of one of the tasks alone; none where there is no such task.
    public func ofTask(_ number: Int) -> Self {
        var part = self
        let episodes = tasks.first { $0.number == number }?.episodes ?? 0..<0
        part.tasks = [(number, 0..<episodes.count)]
        part.starts = Array(starts[episodes.lowerBound...episodes.upperBound])
        part.longest = zip(part.starts, part.starts.dropFirst()).map { $1 - $0 }.max() ?? 0
        return part
    }

    public func episode(at index: Int) -> Episode {
        let steps = starts[index]..<starts[index + 1]
        return Episode(
            symbols: Array(inputs[steps]), targetSymbols: Array(targets[steps]),
            weights: targets[steps].map { $0 >= 0 ? 1 : 0 })
    }

    /// Whether a folder has files of a part.
    public static func has(_ part: Part, in folder: String) -> Bool { (try? files(in: folder, part, nil)) != nil }

    /// The files of a part, in the order of their tasks.
    private static func files(
        in folder: String, _ part: Part, _ wanted: Set<Int>?
    ) throws(EpisodeFileError) -> [(task: Int, path: String)] {
        let names: [String]
        do { names = try SystemFiles.names(in: folder) } catch {
            throw .data(.unreadable(text: folder, reason: error.reason))
        }
        let files = names.compactMap { name -> (task: Int, path: String)? in
            guard name.hasPrefix("qa"), name.hasSuffix("_\(part.rawValue).txt") else { return nil }
            return Int(name.dropFirst(2).prefix { $0.isNumber }).map { ($0, "\(folder)/\(name)") }
        }.sorted { ($0.task, $0.path) < ($1.task, $1.path) }
        guard !files.isEmpty else { throw .noStories(folder: folder, part: part.rawValue) }
        guard let wanted else { return files }
        let missing = wanted.subtracting(files.map(\.task)).sorted()
        guard missing.isEmpty else {
            throw .noTask(missing[0], folder: folder, known: Set(files.map(\.task)).sorted())
        }
        return files.filter { wanted.contains($0.task) }
    }

    private static func read(
        _ files: [(task: Int, path: String)]
    ) throws(EpisodeFileError) -> (stories: [Story], fingerprint: String) {
        var (fingerprint, stories): (Fingerprint, [Story]) = (Fingerprint(), [])
        for (task, file) in files {
            let bytes: [UInt8]
            do { bytes = try SystemFiles.contents(of: file) } catch {
                throw .data(.unreadable(text: file, reason: error.reason))
            }
            fingerprint.add(bytes.span.bytes)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
                throw .line(
                    file: file, line: bad + 1, column: 1, problem: "it is not UTF-8; convert the file, for example with iconv")
            }
            for lines in try BabiLine.stories(in: text, named: file) {
                stories.append(Story(file: file, task: task, lines: lines))
            }
        }
        return (stories, fingerprint.description)
    }

    private static func encoding(of stories: [[BabiLine]]) -> EpisodeEncoding {
        var (inputs, targets): (Set<String>, Set<String>) = ([], [])
        for line in stories.joined() {
            inputs.formUnion(line.inputs)
            targets.formUnion(line.answer)
        }
        return EpisodeEncoding(
            inputKind: .symbols, inputWords: EpisodeEncoding.sorted(inputs), targetWords: EpisodeEncoding.sorted(targets),
            input: .symbols(inputs.count),
            output: .symbols(targets.count))
    }

    private struct Story {
        let file: String
        let task: Int
        var lines: [BabiLine]

        func refused(_ line: BabiLine, _ problem: String) -> EpisodeFileError {
            .line(file: file, line: line.place, column: 1, problem: problem)
        }
    }

    /// What the words of lines are to a model.
    private struct Words {
        private let (reads, asks): ([String: Int32], [String: Int32])
        private let substitute: Int32?

        init(_ encoding: EpisodeEncoding, unknown: String?) {
            (reads, asks) = (encoding.inputSymbols, encoding.targetSymbols)
            substitute = unknown.flatMap { encoding.inputSymbols[$0] }
        }

        func read(in line: BabiLine, of story: Story) throws(EpisodeFileError) -> [Int32] {
            try line.inputs.map { word throws(EpisodeFileError) in
                if let symbol = reads[word] ?? substitute { return symbol }
                throw story.refused(
                    line,
                    "the word \(quoted(word)) is none of the \(reads.count) that the model reads; leave the story out, or name one that "
                        + "stands for all that are unknown")
            }
        }

        func asked(in line: BabiLine, of story: Story) throws(EpisodeFileError) -> [Int32] {
            try line.targets.map { word throws(EpisodeFileError) in
                guard let word else { return Episode.noSymbol }
                if let symbol = asks[word] { return symbol }
                throw story.refused(
                    line,
                    "the answer \(quoted(word)) is none of the \(asks.count) that the model has learned to give; leave the story out, or "
                        + "train on stories that have it")
            }
        }
    }
}
