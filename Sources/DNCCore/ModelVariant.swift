// What the models of the literature do otherwise than the Differentiable Neural Computer of Graves et al. 2016.
internal import CDNCCore

/// What a model does otherwise than the Differentiable Neural Computer of Graves et al. 2016; see `VARIANTS` in dnc_model.h
/// for the equations. In JSON each is a key of its model, and absent where it is as in the paper. In text they are a list, as
/// `masks,mask-minimum=0.1,linkage=none`; `none` is all as in the paper.
public struct ModelVariant: Hashable, Sendable {
    /// By what a key finds its slot.
    public enum Addressing: String, Sendable, CaseIterable {
        /// The cosine of key and slot.
        case cosine
        /// Their dot product.
        case dot
        /// The key's own numbers, one for each slot, whatever that holds.
        case location
    }

    /// How much the best match counts more than others.
    public enum Strengths: String, Sendable, CaseIterable {
        /// 1 + log(1 + e^x).
        case oneplus
        /// log(1 + e^x).
        case softplus
        /// 1.
        case none
    }

    /// How reading goes on from where it was.
    public enum Linkage: String, Sendable, CaseIterable {
        /// In the order of writing, forward or backward.
        case temporal
        /// Not at all: what is read is found by content alone (Franke, Niehues & Waibel 2018).
        case none
    }

    /// How a slot to write to is found besides by content.
    public enum Allocation: String, Sendable, CaseIterable {
        /// By usage.
        case usage
        /// Not at all.
        case none
    }

    /// What a memory begins with.
    public enum MemoryStart: String, Sendable, CaseIterable {
        /// Zeros, and so slots that are alike.
        case zeros
        /// Small numbers that are the same at every beginning, for each slot its own (krocki/dnc).
        case drawn
    }

    /// What there are several programs of.
    public enum ProgramUse: String, Sendable, CaseIterable {
        /// Of the map to the interface vector: the NSM of Le, Tran & Venkatesh 2020.
        case interface
        /// Of the map to the output: ksluck/sl-dnhc, 2018.
        case output
        /// Of the rows of the output's weights, likewise.
        case outputRows
    }

    /// By what a key finds its slot.
    public var addressing = Addressing.cosine
    /// How much the best match counts more than others.
    public var strengths = Strengths.oneplus
    /// How reading goes on from where it was.
    public var linkage = Linkage.temporal
    /// How a slot to write to is found besides by content.
    public var allocation = Allocation.usage
    /// What a memory begins with; drawn where slots are told apart by content alone.
    public var memoryStart = MemoryStart.zeros
    /// Lookups are masked (Csordas & Schmidhuber 2019).
    public var masks = false
    /// The least that an element of a mask can be, 0 ... 1.
    public var maskMinimum = 0.0
    /// What is freed is wiped (Csordas & Schmidhuber 2019).
    public var deallocation = false
    /// Forward and backward weightings are sharpened (Csordas & Schmidhuber 2019).
    public var sharpness = false
    /// Reads look up the memory as it was before the write.
    public var readBeforeWrite = false
    /// No gradient passes from the usage to the write weighting (google-deepmind/dnc).
    public var detachedUsage = false
    /// No usage is below an epsilon for the allocation (google-deepmind/dnc).
    public var allocationEpsilon = false
    /// The interface vector is normalised (Franke, Niehues & Waibel 2018).
    public var interfaceNorm = false
    /// The interface vector is cut to +- this before it is squashed; 0 for not.
    public var interfaceClip = 0.0
    /// An LSTM's gates and cell are normalised (Franke, Niehues & Waibel 2018).
    public var gateNorm = false
    /// What is in a memory of DeltaNet decays: Gated DeltaNet (Yang, Kautz & Hatamizadeh 2025).
    public var decay = false
    /// Strengths of DeltaNet are within 0 ... 2 (Grazzi et al. 2024).
    public var negativeEigenvalues = false

    /// A memory of the DNC is written by so many heads; 0 is 1 (google-deepmind/dnc; Franke, Niehues & Waibel 2018).
    public var writeHeads = 0
    /// So many programs in place of one map; 0 for none.
    public var programs = 0
    /// What there are several programs of.
    public var programUse = ProgramUse.interface
    /// Numbers of a program's key.
    public var programWidth = 0
    /// A recurrent controller has one more layer, which reads each episode from its end (Franke, Niehues & Waibel 2018).
    public var bidirectional = false
    /// Cells, units of ReLU and outputs are cut to +- this; 0 for not (google-deepmind/dnc).
    public var activationClip = 0.0

    /// All as in the paper.
    public init() {}

    // One line for each that there is: JSON, text and the C core go by these.

    private static var words: [Word] {
        [
            Word("addressing", \.addressing, \.addressing),
            Word("allocation", \.allocation, \.allocation),
            Word("linkage", \.linkage, \.linkage),
            Word("memoryStart", \.memoryStart, \.memory_start),
            Word("programUse", \.programUse, \.program_use),
            Word("strengths", \.strengths, \.strengths),
        ]
    }

    private static var switches: [(name: String, value: WritableKeyPath<Self, Bool>, core: WritableKeyPath<dnc_config, Int32>)]
    {
        [
            ("allocationEpsilon", \.allocationEpsilon, \.allocation_epsilon),
            ("bidirectional", \.bidirectional, \.bidirectional),
            ("deallocation", \.deallocation, \.deallocation),
            ("decay", \.decay, \.decay),
            ("detachedUsage", \.detachedUsage, \.detached_usage),
            ("gateNorm", \.gateNorm, \.gate_norm),
            ("interfaceNorm", \.interfaceNorm, \.interface_norm),
            ("masks", \.masks, \.masks),
            ("negativeEigenvalues", \.negativeEigenvalues, \.negative_eigenvalues),
            ("readBeforeWrite", \.readBeforeWrite, \.read_before_write),
            ("sharpness", \.sharpness, \.sharpness),
        ]
    }

    private static var numbers: [Number] {
        [
            Number("activationClip", \.activationClip, \.activation_clip),
            Number("interfaceClip", \.interfaceClip, \.interface_clip),
            Number("maskMinimum", \.maskMinimum, \.mask_minimum),
            Number("programWidth", \.programWidth, \.program_width),
            Number("programs", \.programs, \.programs),
            Number("writeHeads", \.writeHeads, \.write_heads),
        ]
    }

    /// One of several words.
    private struct Word {
        let name: String
        let all: [String]
        let core: WritableKeyPath<dnc_config, Int32>
        let get: (ModelVariant) -> String
        let set: (inout ModelVariant, String) -> Void

        init<Value: RawRepresentable<String> & CaseIterable>(
            _ name: String, _ value: WritableKeyPath<ModelVariant, Value>, _ core: WritableKeyPath<dnc_config, Int32>
        ) {
            (self.name, self.core) = (name, core)
            all = Value.allCases.map(\.rawValue)
            get = { $0[keyPath: value].rawValue }
            set = { variant, word in if let word = Value(rawValue: word) { variant[keyPath: value] = word } }
        }
    }

    /// A number; 0 as in the paper.
    private struct Number {
        let name: String
        let isWhole: Bool
        let get: (ModelVariant) -> Double
        let set: (inout ModelVariant, Double) -> Void
        let apply: (inout dnc_config, Double) -> Void

        init(_ name: String, _ value: WritableKeyPath<ModelVariant, Double>, _ core: WritableKeyPath<dnc_config, Float>) {
            (self.name, isWhole) = (name, false)
            (get, set) = ({ $0[keyPath: value] }, { $0[keyPath: value] = $1 })
            apply = { $0[keyPath: core] = Float($1) }
        }

        init(_ name: String, _ value: WritableKeyPath<ModelVariant, Int>, _ core: WritableKeyPath<dnc_config, Int32>) {
            (self.name, isWhole) = (name, true)
            (get, set) = ({ Double($0[keyPath: value]) }, { $0[keyPath: value] = Int($1) })
            apply = { $0[keyPath: core] = Int32(clamping: Int($1)) }
        }

        /// What is not a number of its kind is refused.
        func isNumber(_ value: Double) -> Bool { isWhole ? Int32(exactly: value) != nil : true }

        func text(_ variant: ModelVariant) -> String { isWhole ? "\(Int(get(variant)))" : "\(get(variant))" }
    }

    /// The names of all, as JSON has them.
    static var names: [String] { words.map(\.name) + switches.map(\.name) + numbers.map(\.name) }

    /// What is otherwise, by the fields of `dnc_config` and their values in C.
    package var coreFields: [(name: String, value: String)] {
        func field(_ name: String) -> String { Self.flag(name).replacing("-", with: "_") }
        let paper = Self()
        return Self.words.filter { $0.get(self) != $0.get(paper) }.map {
            (field($0.name), "\($0.all.firstIndex(of: $0.get(self)) ?? 0)")
        }
            + Self.switches.filter { self[keyPath: $0.value] }.map { (field($0.name), "1") }
            + Self.numbers.filter { $0.get(self) != 0 }.map {
                (field($0.name), $0.isWhole ? $0.text(self) : "\(Float($0.get(self)))f")
            }
    }

    /// Sets what the C core is to do otherwise.
    func apply(to config: inout dnc_config) {
        for word in Self.words { config[keyPath: word.core] = Int32(word.all.firstIndex(of: word.get(self)) ?? 0) }
        for (_, value, core) in Self.switches { config[keyPath: core] = self[keyPath: value] ? 1 : 0 }
        for number in Self.numbers { number.apply(&config, number.get(self)) }
    }
}

// MARK: - JSON

extension ModelVariant: Codable {
    /// From beside the other keys of a model.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        for word in Self.words {
            let key = AnyKey(stringValue: word.name)
            guard let value = try container.decodeIfPresent(String.self, forKey: key) else { continue }
            guard word.all.contains(value) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "must be one of \(word.all.joined(separator: ", "))")
            }
            word.set(&self, value)
        }
        for (name, path, _) in Self.switches {
            self[keyPath: path] = try container.decodeIfPresent(Bool.self, forKey: AnyKey(stringValue: name)) ?? false
        }
        for number in Self.numbers {
            let key = AnyKey(stringValue: number.name)
            let value = try container.decodeIfPresent(Double.self, forKey: key) ?? 0
            guard number.isNumber(value) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "must be a whole number")
            }
            number.set(&self, value)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyKey.self)
        let paper = Self()
        for word in Self.words where word.get(self) != word.get(paper) {
            try container.encode(word.get(self), forKey: AnyKey(stringValue: word.name))
        }
        for (name, path, _) in Self.switches where self[keyPath: path] {
            try container.encode(true, forKey: AnyKey(stringValue: name))
        }
        for number in Self.numbers where number.get(self) != 0 {
            try container.encode(number.get(self), forKey: AnyKey(stringValue: number.name))
        }
    }
}

// MARK: - Text

extension ModelVariant: CustomStringConvertible {
    /// As `replacing(_:)` reads it.
    public var description: String {
        let paper = Self()
        let parts =
            Self.words.filter { $0.get(self) != $0.get(paper) }.map { "\(Self.flag($0.name))=\($0.get(self))" }
            + Self.switches.filter { self[keyPath: $0.value] }.map { Self.flag($0.name) }
            + Self.numbers.filter { $0.get(self) != 0 }.map { "\(Self.flag($0.name))=\($0.text(self))" }
        return parts.isEmpty ? "none" : parts.sorted().joined(separator: ",")
    }

    /// With what a list of words says besides: `masks,mask-minimum=0.1`, `masks=false`, or `none` for all as in the paper.
    /// - Throws: `VariantError`.
    public func replacing(_ text: String) throws(VariantError) -> Self {
        var variant = self
        for part in text.split(separator: ",") {
            if part == "none" {
                variant = Self()
                continue
            }
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            let (name, value) = (pair[0], pair.count > 1 ? pair[1] : nil)
            if let word = Self.words.first(where: { Self.flag($0.name) == name }) {
                guard let value, word.all.contains(value) else { throw .value(name: name, value: value, allowed: word.all) }
                word.set(&variant, value)
            } else if let (_, path, _) = Self.switches.first(where: { Self.flag($0.name) == name }) {
                guard let isOn = Bool(value ?? "true") else {
                    throw .value(name: name, value: value, allowed: ["true", "false"])
                }
                variant[keyPath: path] = isOn
            } else if let number = Self.numbers.first(where: { Self.flag($0.name) == name }) {
                guard let new = Double(value ?? ""), number.isNumber(new) else {
                    throw .value(name: name, value: value, allowed: [number.isWhole ? "a whole number" : "a number"])
                }
                number.set(&variant, new)
            } else {
                throw .unknown(name: name, known: Self.names.map(Self.flag).sorted())
            }
        }
        return variant
    }

    /// maskMinimum as mask-minimum.
    private static func flag(_ name: String) -> String {
        name.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
    }
}

/// Why a list of what a model does otherwise cannot be understood.
public enum VariantError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no such thing to do otherwise.
    case unknown(name: String, known: [String])
    /// It cannot be that.
    case value(name: String, value: String?, allowed: [String])

    public var description: String {
        switch self {
        case .unknown(let name, let known):
            "there is no variant \(name); there are \(known.joined(separator: ", "))"
        case .value(let name, let value, let allowed):
            "\(name) is \(value ?? "given without a value"); it must be \(allowed.joined(separator: " or "))"
        }
    }
}
