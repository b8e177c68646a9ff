// What can go wrong in this module, in words for the user.
internal import CDNCCore

/// Why a model, a buffer or a symbol was refused. Nothing has been changed when one is thrown.
public enum CoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A size (`hidden`, `steps`, ...) is outside its range.
    case outOfRange(name: String, value: Int, allowed: ClosedRange<Int>)
    /// A memory size other than 0 was given to a model without a memory.
    case onlyInDNC(name: String, value: Int)
    /// A setting that only a feed-forward controller has was given to another.
    case onlyFeedForward(name: String)
    /// A feed-forward controller has no memory.
    case needsMemory
    /// What a model is to do otherwise does not go with the rest of it; the sentence says why.
    case contradiction(String)
    /// An array does not have the number of elements that the layout, steps and lanes ask for.
    case wrongCount(name: String, count: Int, expected: Int)
    /// An input or target is no symbol of the model, which has `symbols` of them.
    case symbolOutOfRange(value: Int, step: Int, lane: Int, symbols: Int)
    /// No tensor has this name.
    case unknownTensor(name: String, known: [String])
    /// Something exceeds what the core can address or this machine's memory; the sentence says what.
    case tooLarge(String)
    /// This processor or build lacks the instruction set.
    case unavailable(InstructionSet)
    /// The environment variable `DNC_INSTRUCTION_SET` names none.
    case unknownInstructionSet(String)
    /// A share that is left out is not at least 0 and below 1.
    case dropoutRate(Double)
    /// A bidirectional controller was to take a single step.
    case bidirectional
    /// `backward` or `recorded` was called without a `forward` before it.
    case noForward
    /// The C core refused something that this module should have caught: a defect of this package.
    case core(String)

    public var description: String {
        switch self {
        case .outOfRange(let name, let value, let allowed):
            "\(name) is \(value); it must be \(allowed.lowerBound) ... \(allowed.upperBound)"
        case .onlyInDNC(let name, let value):
            "\(name) is \(value); it must be 0 or absent, because only the model dnc has a memory"
        case .onlyFeedForward(let name):
            "\(name) is set; only a feed-forward controller has it"
        case .needsMemory:
            "a feed-forward controller remembers nothing; give it a memory, or choose the controller tanh or lstm"
        case .contradiction(let sentence):
            "the variant cannot be: \(sentence)"
        case .wrongCount(let name, let count, let expected):
            "\(name) has \(count) elements; this model, with these steps and lanes, needs \(expected)"
        case .symbolOutOfRange(let value, let step, let lane, let symbols):
            "symbol \(value) at step \(step) of lane \(lane) is unknown to the model; it must be 0 ... \(symbols - 1)"
        case .unknownTensor(let name, let known):
            "there is no tensor \(name); known are \(known.joined(separator: ", "))"
        case .tooLarge(let sentence):
            sentence
        case .unknownInstructionSet(let name):
            "DNC_INSTRUCTION_SET is \(name); it must be one of "
                + InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        case .unavailable(let set):
            "this machine has no \(set.rawValue) instructions; choose one of "
                + InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        case .dropoutRate(let rate):
            "a rate of dropout is \(rate); it must be at least 0 and below 1"
        case .bidirectional:
            "a bidirectional controller reads whole episodes from their end, too; it takes no single steps, as sampling does"
        case .noForward:
            "the runner holds no forward pass; call forward before recorded, and once before every backward"
        case .core(let sentence):
            "the C core reports: \(sentence); please report this as a defect"
        }
    }
}

/// Turns a status of the C core into an error, for calls whose arguments have been checked: only sizes can still fail.
func check(_ status: dnc_status, tooLarge purpose: @autoclosure () -> String = "the model") throws(CoreError) {
    switch status {
    case DNC_OK: return
    case DNC_ERROR_BIDIRECTIONAL: throw .bidirectional
    case DNC_ERROR_TOO_LARGE: throw .tooLarge("\(purpose()) is larger than the core can address; choose smaller sizes")
    default: throw .core(String(cString: dnc_status_string(status)))
    }
}

/// Refuses a size outside `ModelLayout.allowedSizes`.
func checkSize(_ name: String, _ value: Int) throws(CoreError) {
    let allowed = ModelLayout.allowedSizes
    guard allowed.contains(value) else { throw .outOfRange(name: name, value: value, allowed: allowed) }
}

/// Refuses an array of the wrong length.
func checkCount(_ name: String, _ count: Int, _ expected: Int) throws(CoreError) {
    guard count == expected else { throw .wrongCount(name: name, count: count, expected: expected) }
}

/// Names the first of the (steps, lanes, each) symbols that is not one of `count`; -1 stands for none.
func checkSymbols(
    _ symbols: UnsafePointer<Int32>?, steps: Int, lanes: Int, each: Int = 1, count: Int
) throws(CoreError) {
    for (index, symbol) in UnsafeBufferPointer(start: symbols, count: steps * lanes * each).enumerated()
    where !(-1..<Int32(count)).contains(symbol) {
        throw .symbolOutOfRange(
            value: Int(symbol), step: index / each / lanes, lane: index / each % lanes, symbols: count)
    }
}
