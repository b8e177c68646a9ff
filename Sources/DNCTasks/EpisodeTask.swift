// What a task is.
public import DNCCore

/// A kind of episodes, made up one after another.
///
/// Its stored properties are its options, by their names: numbers, strings, truth values, ranges of integers, or lists of
/// these, and none of them optional. A task of one's own needs no more than such a type:
///
/// ```swift
/// struct EchoTask: EpisodeTask {
///     static let name = "echo"
///     static let summary = "Say again what was read some steps ago"
///     var delay = 2
///     var letters = 4
///     var length = 5...10
///     var longest: Int { length.upperBound + delay }
///     var input: ModelInput { .symbols(letters) }
///     var output: ModelOutput { .symbols(letters) }
///
///     func validate() throws(TaskError) {
///         try require("letters", letters, in: 1...1000)
///         try require("delay", delay, in: 0...1000)
///         try require("length", length, in: 1...1000)
///     }
///
///     func episode(using generator: inout SeededGenerator) -> Episode {
///         let symbols = (0..<generator.integer(in: length)).map { _ in generator.integer(in: 0...letters - 1) }
///         var builder = EpisodeBuilder(input, output)
///         for step in 0..<symbols.count + delay {
///             builder.add(
///                 reads: step < symbols.count ? .symbol(symbols[step]) : .nothing,
///                 asks: step >= delay ? .symbol(symbols[step - delay]) : .nothing)
///         }
///         return builder.episode
///     }
/// }
/// ```
///
/// Those that come with the package are in `Tasks.all`. (Not named Task: that would hide the standard library's one from
/// everybody who imports this module.)
public protocol EpisodeTask: EpisodeExtent, Codable, Hashable, Sendable {
    /// What it is called in commands and files: lower case, words joined by hyphens.
    static var name: String { get }
    /// What is to be done, in a line without a full stop.
    static var summary: String { get }

    /// The task with its usual options.
    init()

    /// What its episodes have a model read.
    var input: ModelInput { get }
    /// What its episodes ask of a model.
    var output: ModelOutput { get }
    /// How long its episodes are, in a unit of its own. Tables of how a model generalises vary it.
    var length: ClosedRange<Int> { get set }
    /// What is known to learn it.
    var settings: TaskSettings { get }

    /// Whether the options make a task. What has passed has an `input`, an `output` and episodes.
    /// - Throws: `TaskError`, the first that is wrong; see `require(_:_:in:)`.
    func validate() throws(TaskError)

    /// Draws an episode: a function of the generator alone. `SeededGenerator` has draws that stay the same in every version
    /// of Swift.
    func episode(using generator: inout SeededGenerator) -> Episode
    /// The natural logarithm of the probability that the best there is gives to what an episode asks, where that can be told and is
    /// not 0: what a model can be measured by.
    func bestLogLikelihood(_ episode: Episode) -> Double?
}

extension EpisodeTask {
    /// An episode as a table for people: for each step what is read and what is asked.
    public func example(seed: UInt64 = 1) -> String {
        var generator = SeededGenerator(seed: seed, purpose: .example)
        return episode(using: &generator).table(input, output)
    }

    /// The same task with episodes of another length.
    /// - Throws: `TaskError` where there are no such episodes.
    public func ofLength(_ length: ClosedRange<Int>) throws(TaskError) -> Self {
        var task = self
        task.length = length
        try task.check()
        return task
    }

    /// Refuses an option outside its limits.
    public func require(_ option: String, _ value: Int, in allowed: ClosedRange<Int>) throws(TaskError) {
        guard allowed.contains(value) else {
            throw .outOfRange(
                task: Self.name, option: option, value: "\(value)",
                allowed: "from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
    }

    /// Refuses a range that is not within limits.
    public func require(_ option: String, _ value: ClosedRange<Int>, in allowed: ClosedRange<Int>) throws(TaskError) {
        guard allowed.contains(value.lowerBound), allowed.contains(value.upperBound) else {
            throw .outOfRange(
                task: Self.name, option: option, value: "[\(value.lowerBound), \(value.upperBound)]",
                allowed: "within [\(allowed.lowerBound), \(allowed.upperBound)]")
        }
    }

    /// Most answers follow from what was read.
    public func bestLogLikelihood(_ episode: Episode) -> Double? { nil }

    /// A small DNC, which most tasks need no more than.
    public var settings: TaskSettings { TaskSettings() }

    /// Whether the options make a task whose longest episode the core takes.
    func check() throws(TaskError) {
        try validate()
        guard (1...TaskLimits.steps).contains(longest) else {
            throw .tooManySteps(task: Self.name, steps: longest, allowed: TaskLimits.steps)
        }
    }
}

/// What a task is learned with where nothing else is asked for; the optimizer is Adam.
public struct TaskSettings: Hashable, Sendable {
    /// The network and its sizes.
    public var model: ModelConfiguration
    /// Episodes of an update, B.
    public var batchSize: Int
    /// Adam's.
    public var learningRate: Double
    /// Longer gradients are scaled down to this norm.
    public var clipNorm: Double
    /// How far from 0 the weights begin by which symbols are read; nil for as far as others.
    public var symbolRange: Double?
    /// From the easy to the hard; nil for the task from the beginning.
    public var curriculum: Curriculum?

    /// Any; what is not given suits many tasks.
    public init(
        model: ModelConfiguration = .dnc(hidden: 100, slots: 32, width: 20, readHeads: 1), batchSize: Int = 32,
        learningRate: Double = 0.003, clipNorm: Double = 1, symbolRange: Double? = nil, curriculum: Curriculum? = nil
    ) {
        (self.model, self.batchSize, self.learningRate, self.clipNorm) = (model, batchSize, learningRate, clipNorm)
        (self.symbolRange, self.curriculum) = (symbolRange, curriculum)
    }
}

/// What the built-in tasks take at most.
enum TaskLimits {
    /// Of an episode: what the C core takes.
    static let steps = 1 << 20
    /// Of a vector.
    static let bits = 4096
    /// Of symbols there are so many.
    static let symbols = 1...1 << 16
    /// Of what is counted otherwise.
    static let counts = 1...steps
}

extension SeededGenerator {
    /// So many bits, 0 or 1.
    public mutating func bits(_ count: Int) -> [Float] {
        var word: UInt64 = 0
        return (0..<count).map { index in
            if index % 64 == 0 { word = next() }
            defer { word >>= 1 }
            return Float(word & 1)
        }
    }

    /// One of some elements, of which there must be one, each as likely as any other.
    mutating func element<Element>(of elements: [Element]) -> Element { elements[integer(in: 0...elements.count - 1)] }

    /// So many words of bits, no two of them the same; there must be as many.
    mutating func differentBits(_ bits: Int, count: Int) -> [[Float]] {
        var words: [[Float]] = []
        var drawn: Set<[Float]> = []
        while words.count < count {
            let word = self.bits(bits)
            if drawn.insert(word).inserted { words.append(word) }
        }
        return words
    }
}
