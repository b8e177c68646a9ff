// Episodes of one's own, a line of JSON each.
public import DNCCore
internal import DNCData
internal import SafeTensors

/// A file of episodes, a line each: JSON objects with the fields "inputs", "targets" and, if need be, "weights".
///
/// ```json
/// {"inputs": ["the", "cat", "sat", "?"], "targets": [null, null, null, "cat"]}
/// {"inputs": [[0, 1], [1, 1], null], "targets": [null, null, [1, 0]], "weights": [0, 0, 1]}
/// ```
///
/// Inputs and targets are lists of equally many steps. A step is
/// - a word, or a whole number from 0, which is the word of its digits: a symbol;
/// - a list of words: several symbols in a step, or several answers to it, for each of which a model has a softmax of its own,
///   with null for a place in which nothing is read or asked;
/// - a list of numbers: a vector; as targets bits, where there are no others than 0 and 1 in the file, or else numbers;
/// - null, where nothing is read or asked.
///
/// All steps of a side are of one kind. The weights are numbers of 0 or more; 1 where there are none, and 0 where nothing is
/// asked.
///
/// Making one reads the file once. Where each line begins is kept, 8 bytes a line, and the file stays open: it must not be
/// edited meanwhile. Episodes are read when they are asked for, so the file may be larger than the memory; that of a pipe is
/// kept.
public struct EpisodeFile: StoredEpisodes {
    /// What is done with episodes longer than a limit.
    public enum Overlong: String, Codable, Sendable, CaseIterable {
        /// They are an error.
        case refuse
        /// Their first steps are taken.
        case cut
    }

    /// The path, for messages.
    public var name: String { source.name }
    public var count: Int { offsets.count }
    public let cutEpisodes: Int
    public let longest: Int
    public let stretches: Int
    public let fingerprint: String
    /// What the words and numbers of the file are to a model.
    public let encoding: EpisodeEncoding

    public var input: ModelInput { encoding.input }
    public var output: ModelOutput { encoding.output }

    private let source: TextSource
    private let offsets: [Int]  // where each line with an episode begins
    private let maximumLength: Int?
    private let sides: (inputs: EpisodeSide, targets: EpisodeSide)
    private let needsTargets: Bool

    /// A file to train on. Its words, sizes and kinds are found out.
    /// - Parameters:
    ///   - path: the file, or a pipe.
    ///   - inputKind: what the steps of the inputs hold; nil to be found out. As symbols, lists of whole numbers are lists of words.
    ///   - outputKind: what the steps of the targets hold; nil to be found out.
    ///   - maximumLength: how many steps an episode may have; nil for any number.
    ///   - overlong: what is done with those that have more.
    /// - Throws: `EpisodeFileError`.
    public init(
        contentsOf path: String, inputKind: EpisodeEncoding.InputKind? = nil, outputKind: ModelOutput.Kind? = nil,
        maximumLength: Int? = nil, overlong: Overlong = .refuse
    ) throws(EpisodeFileError) {
        let inputs = EpisodeSide(collecting: "inputs", kind: inputKind.map { EpisodeSide.Kind($0) })
        let targets = EpisodeSide(collecting: "targets", kind: outputKind.map { EpisodeSide.Kind($0) })
        let source = try Self.open(path)
        let pass = try FirstPass(
            source, inputs, targets, needsTargets: true, maximumLength: maximumLength, overlong: overlong)
        guard let inputKind = pass.inputs.kind else { throw .nothing(file: source.name, field: "inputs") }
        guard let targetKind = pass.targets.kind, pass.asks else { throw .nothing(file: source.name, field: "targets") }
        let (inputWords, targetWords) = (
            EpisodeEncoding.sorted(pass.inputs.symbols.keys), EpisodeEncoding.sorted(pass.targets.symbols.keys)
        )
        let output: ModelOutput =
            switch targetKind {
            case .symbols: .symbols(targetWords.count, groups: pass.targets.wordsPerStep)
            case .bits: .bits(pass.targets.size ?? 0)
            case .reals: .reals(pass.targets.size ?? 0)
            case .vector: pass.targets.areBits ? .bits(pass.targets.size ?? 0) : .reals(pass.targets.size ?? 0)
            }
        let encoding = EpisodeEncoding(
            inputKind: inputKind.isSymbols ? .symbols : .vector, inputWords: inputWords, targetWords: targetWords,
            input: inputKind.isSymbols
                ? .symbols(inputWords.count, perStep: pass.inputs.wordsPerStep) : .vector(pass.inputs.size ?? 0),
            output: output)
        self.init(source, encoding, Self.sides(encoding, unknown: nil), pass, maximumLength, needsTargets: true)
    }

    /// A file for a model that has been trained on another one. The targets may be missing.
    /// - Parameters:
    ///   - path: the file, or a pipe.
    ///   - encoding: that of the file that the model was trained on.
    ///   - unknown: the word that stands for all that the model does not know; nil where these are errors.
    ///   - maximumLength: how many steps an episode may have; nil for any number.
    ///   - overlong: what is done with those that have more.
    /// - Throws: `EpisodeFileError`.
    public init(
        contentsOf path: String, encoding: EpisodeEncoding, unknown: String? = nil, maximumLength: Int? = nil,
        overlong: Overlong = .refuse
    ) throws(EpisodeFileError) {
        if let unknown, !(encoding.inputWords + encoding.targetWords).contains(unknown) { throw .unknownIsUnknown(unknown) }
        let source = try Self.open(path)
        let sides = Self.sides(encoding, unknown: unknown)
        let pass = try FirstPass(
            source, sides.inputs, sides.targets, needsTargets: false, maximumLength: maximumLength, overlong: overlong)
        self.init(source, encoding, sides, pass, maximumLength, needsTargets: false)
    }

    private init(
        _ source: TextSource, _ encoding: EpisodeEncoding, _ sides: (inputs: EpisodeSide, targets: EpisodeSide),
        _ pass: FirstPass, _ maximumLength: Int?, needsTargets: Bool
    ) {
        (self.source, self.encoding, self.sides, self.needsTargets) = (source, encoding, sides, needsTargets)
        (offsets, longest, cutEpisodes, self.maximumLength) = (pass.offsets, pass.longest, pass.cutEpisodes, maximumLength)
        (stretches, fingerprint) = (pass.stretches, pass.fingerprint.description)
    }

    private static func open(_ path: String) throws(EpisodeFileError) -> TextSource {
        do throws(DataError) {
            let source = try TextSource(contentsOf: path)
            if let format = try source.format() { throw .otherFormat(text: source.name, format) }
            return source
        } catch { throw .data(error) }
    }

    private static func sides(_ encoding: EpisodeEncoding, unknown: String?) -> (inputs: EpisodeSide, targets: EpisodeSide) {
        func symbol(in words: [String]) -> Int32? { unknown.flatMap { words.firstIndex(of: $0) }.map(Int32.init) }
        let (input, output) = (encoding.input, encoding.output)
        return (
            EpisodeSide(
                "inputs", kind: EpisodeSide.Kind(encoding.inputKind), words: encoding.inputWords,
                perStep: input.symbolsPerStep, size: input.vector, unknown: symbol(in: encoding.inputWords)),
            EpisodeSide(
                "targets", kind: EpisodeSide.Kind(output.kind), words: encoding.targetWords, perStep: output.groups,
                size: output.size, unknown: symbol(in: encoding.targetWords))
        )
    }

    public func episode(at index: Int) throws(EpisodeFileError) -> Episode { try line(at: index).episode }

    /// An episode with the bytes of its line and what is between that and the next, and whether it has the field "targets".
    /// - Throws: `EpisodeFileError` when the file cannot be read or has been changed.
    package func line(
        at index: Int
    ) throws(EpisodeFileError) -> (episode: Episode, bytes: [UInt8], hasTargets: Bool) {
        let end = index + 1 < count ? offsets[index + 1] : source.byteCount
        let bytes: [UInt8]
        do { bytes = try source.bytes(in: offsets[index]..<end) } catch { throw .data(error) }
        var (inputs, targets) = sides
        let line = try Self.line(
            bytes, inputs: &inputs, targets: &targets, needsTargets: needsTargets
        ) { offset, problem throws(EpisodeFileError) in try .line(source, offsets[index], offset, problem) }
        let steps = min(line.steps, maximumLength ?? line.steps)
        guard steps <= longest else { throw .changed(file: source.name) }
        return (line.episode(encoding.input, encoding.output, steps: steps), bytes, line.hasTargets)
    }

    /// Reads a line; `failure` makes an error of an offset in it and of what is wrong there.
    fileprivate static func line(
        _ bytes: [UInt8], inputs: inout EpisodeSide, targets: inout EpisodeSide, needsTargets: Bool,
        failure: (_ offset: Int, _ problem: String) throws(EpisodeFileError) -> EpisodeFileError
    ) throws(EpisodeFileError) -> EpisodeLine {
        var scanner = JSONScanner(bytes, maximumItems: .max) { .malformed(file: "", offset: $0, problem: $1) }
        do {
            return try EpisodeLine(&scanner, inputs: &inputs, targets: &targets, needsTargets: needsTargets)
        } catch .malformed(_, let offset, let problem) {
            throw try failure(
                offset, problem + "; mend the JSON there: each line is an object of its own, as jq -c writes them")
        } catch .malformedMetadata(_, _, let offset, let problem) {
            throw try failure(offset, problem)
        } catch {
            throw try failure(0, error.description)
        }
    }
}

extension EpisodeSide.Kind {
    fileprivate init(_ kind: EpisodeEncoding.InputKind) { self = kind == .symbols ? .symbols : .vector }

    fileprivate init(_ kind: ModelOutput.Kind) {
        switch kind {
        case .symbols: self = .symbols
        case .bits: self = .bits
        case .reals: self = .reals
        }
    }
}

/// Reads all lines, keeps where they begin, and finds out what there is to know of them.
private struct FirstPass {
    private(set) var offsets: [Int] = []
    private(set) var longest = 0
    private(set) var stretches = 0
    private(set) var cutEpisodes = 0
    private(set) var fingerprint = Fingerprint()
    private(set) var inputs: EpisodeSide
    private(set) var targets: EpisodeSide
    /// Whether anything is asked.
    private(set) var asks = false

    /// What a checkpoint's header has room for, with what else is in it.
    private static let maximumWordBytes = SafeTensorsFile.maximumHeaderLength - 100_000

    private let source: TextSource
    private let needsTargets: Bool
    private let maximumLength: Int?
    private let overlong: EpisodeFile.Overlong

    init(
        _ source: TextSource, _ inputs: EpisodeSide, _ targets: EpisodeSide, needsTargets: Bool, maximumLength: Int?,
        overlong: EpisodeFile.Overlong
    ) throws(EpisodeFileError) {
        if let maximumLength, maximumLength < 1 { throw .invalidMaximumLength(maximumLength) }
        (self.source, self.inputs, self.targets, self.needsTargets) = (source, inputs, targets, needsTargets)
        (self.maximumLength, self.overlong) = (maximumLength, overlong)
        var (start, line): (Int, [UInt8]) = (0, [])
        for chunk in stride(from: 0, to: source.byteCount, by: TextSource.chunkSize) {
            let bytes: [UInt8]
            do {
                bytes = try source.bytes(in: chunk..<min(chunk + TextSource.chunkSize, source.byteCount))
            } catch { throw .data(error) }
            fingerprint.add(bytes.span.bytes)
            var rest = bytes[...]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line += rest[..<end]
                try read(line, at: start)
                (start, line) = (chunk + end + 1, [])
                rest = rest[(end + 1)...]
            }
            line += rest
        }
        try read(line, at: start)
        guard !offsets.isEmpty else { throw .empty(file: source.name) }
    }

    /// Lines of white space alone are none.
    private mutating func read(_ bytes: [UInt8], at offset: Int) throws(EpisodeFileError) {
        // Some programs put a byte order mark at the beginning of a file.
        let mark = offset == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let bytes = mark > 0 ? Array(bytes.dropFirst(mark)) : bytes
        guard bytes.contains(where: { !" \t\r".utf8.contains($0) }) else { return }
        let line = try EpisodeFile.line(bytes, inputs: &inputs, targets: &targets, needsTargets: needsTargets) {
            offsetInLine, problem throws(EpisodeFileError) in try .line(source, offset + mark, offsetInLine, problem)
        }
        // It would be refused when it is saved, hours later.
        guard inputs.headerBytes + targets.headerBytes <= Self.maximumWordBytes else {
            throw try .line(
                source, offset, 0,
                "here the file's \(inputs.symbols.count + targets.symbols.count) different words become more than a checkpoint holds, "
                    + "\(Self.maximumWordBytes) bytes; write words in parts, such as letters, or numbers as lists")
        }
        if let maximumLength, line.steps > maximumLength {
            guard overlong == .cut else {
                throw try .line(
                    source, offset, 0,
                    "the episode has \(line.steps) steps, more than \(maximumLength); allow for more, or have it cut")
            }
            cutEpisodes += 1
        }
        let steps = min(line.steps, maximumLength ?? line.steps)
        longest = max(longest, steps)
        let asking = (0..<steps).map { line.targets.counts[$0] > 0 && line.weights?[$0] != 0 }
        asks = asks || asking.contains(true)
        stretches = max(stretches, zip(asking, asking.dropFirst()).count { !$0 && $1 })
        offsets.append(offset + mark)
    }
}
