// Where writing ends.
package import DNCData

/// Texts at which writing ends, and the symbols that are held back since one of these may begin with them.
///
///     var stop = StopTexts([[5, 6]], in: vocabulary)
///     stop.add(4)  // [4]
///     stop.add(5)  // []
///     stop.add(6)  // [], and isReached
package struct StopTexts: Sendable {
    /// Whether one of the texts has been written.
    package private(set) var isReached = false
    /// What is neither told nor taken back.
    private(set) var held: [Int32] = []
    private let texts: [[Int32]]
    private let vocabulary: Vocabulary

    /// - Parameters:
    ///   - texts: in symbols; an empty one does not count.
    ///   - vocabulary: theirs. Words are spelled, so that a text may end within one.
    package init(_ texts: [[Int32]], in vocabulary: Vocabulary) {
        self.texts = texts.filter { !$0.isEmpty }.map { $0.flatMap(vocabulary.spelled) }
        self.vocabulary = vocabulary
    }

    /// Takes one more symbol that was written.
    /// - Returns: those that are no part of a text at which writing ends, in their order, words spelled.
    package mutating func add(_ symbol: Int32) -> [Int32] {
        var told: [Int32] = []
        for symbol in vocabulary.spelled(symbol) where !isReached { told += add(spelled: symbol) }
        return told
    }

    private mutating func add(spelled symbol: Int32) -> [Int32] {
        held.append(symbol)
        let reached = texts.filter { held.suffix($0.count).elementsEqual($0) }
        if let longest = reached.map(\.count).max() {
            isReached = true
            held.removeLast(longest)
            return rest()
        }
        let kept = (0..<held.count).first { start in texts.contains { $0.starts(with: held[start...]) } } ?? held.count
        defer { held.removeFirst(kept) }
        return Array(held.prefix(kept))
    }

    /// What was held back, where writing ends before one of the texts was written.
    package mutating func rest() -> [Int32] {
        defer { held = [] }
        return held
    }
}
