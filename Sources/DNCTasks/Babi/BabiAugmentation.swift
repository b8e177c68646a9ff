// Task 16 without what misleads in it.
internal import DNCCore

/// The words that there are for what a story of bAbI's task 16 tells of animals.
struct BabiAnimals {
    /// What they are: `lion`.
    private(set) var kinds: Set<String> = []
    /// What colour they have: `gray`.
    private(set) var colours: Set<String> = []

    /// All that stories of task 16 have.
    init(_ stories: some Sequence<[BabiLine]>) {
        for line in stories.joined() {
            guard let fact = BabiFact(line) else { continue }
            if fact.isKind { kinds.insert(fact.word) } else { colours.insert(fact.word) }
        }
    }

    /// A story of task 16 of which what is beside its question is made unlike: no kind and no colour is told twice but where the answer
    /// depends on it, as far as there are enough of them. As the augmentation of JoergFranke/ADNC, without which it is not told whether
    /// the last or the most frequent colour of a kind is meant.
    ///
    /// A story with another question, or with several, stays as it is.
    func augmented(_ story: [BabiLine], using generator: inout SeededGenerator) -> [BabiLine] {
        let facts = story.map(BabiFact.init)
        guard let question = story.last, story.count(where: { !$0.answer.isEmpty }) == 1, question.words.count > 3,
            question.words[..<3] == ["what", "color", "is"],
            let kind = facts.last(where: { $0?.isKind == true && $0?.name == question.words[3] })??.word,
            let model = facts.last(where: { $0?.isKind == true && $0?.word == kind && $0?.name != question.words[3] })??.name
        else { return story }
        let colour = facts.last { $0?.isKind == false && $0?.name == model }??.word
        var used: [Bool: Set<String>] = [true: [kind], false: colour.map { [$0] } ?? []]
        var augmented = story
        for (index, fact) in facts.enumerated() {
            guard let fact, fact.isKind ? fact.word != kind : fact.name != model else { continue }
            if used[fact.isKind, default: []].insert(fact.word).inserted { continue }
            let free = (fact.isKind ? kinds : colours).subtracting(used[fact.isKind, default: []]).sorted()
            guard !free.isEmpty else { continue }
            let other = generator.element(of: free)
            used[fact.isKind, default: []].insert(other)
            augmented[index].text = story[index].text.replacing(fact.word, with: other)
        }
        return augmented
    }
}

/// What a line of task 16 tells: `Lily is a frog.` or `Lily is green.`
private struct BabiFact {
    let name: String
    let word: String
    /// Whether the word is a kind rather than a colour.
    let isKind: Bool

    init?(_ line: BabiLine) {
        let words = line.words
        guard line.answer.isEmpty, words.last == ".", words.count > 1, words[1] == "is" else { return nil }
        if words.count == 5, words[2] == "a" {
            (name, word, isKind) = (words[0], words[3], true)
        } else if words.count == 4 {
            (name, word, isKind) = (words[0], words[2], false)
        } else {
            return nil
        }
    }
}
