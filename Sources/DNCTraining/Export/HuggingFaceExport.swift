// A trained model as the Hugging Face hub shows it.
import DNCCore
import DNCData
import Foundation
import SafeTensors
import SystemFiles

extension Checkpoint {
    /// Writes the model as a folder of the kind that the Hugging Face hub shows: the weights under the names of `layout.parameters`,
    /// the sizes, a tokenizer that the Python package `tokenizers` loads, and a model card.
    /// - Parameters:
    ///   - path: the folder; made where it is missing.
    ///   - replacing: whether files of these names may be there; others are left alone.
    /// - Returns: the paths of the files.
    /// - Throws: `TrainingError.exportExists` when the folder holds anything but hidden files, `TrainingError.cannotExport` or
    ///   `SafeTensorsError`.
    @discardableResult
    public func exportToHuggingFace(_ path: String, replacing: Bool = false) throws -> [String] {
        let vocabulary = try model.vocabulary
        if vocabulary.kind == .words {
            throw TrainingError.invalid(
                name: "the kind of tokens", value: "words",
                allowed: "characters or bytes: the hub's tokenizers spell no rare words")
        }
        let (sizes, tokens) = (model.layout.configuration, HubTokens(vocabulary))
        let configuration = HubConfiguration(
            model: sizes.model, tokens: vocabulary.kind, vocabSize: model.layout.symbols, hiddenSize: sizes.hidden,
            memorySlots: sizes.slots, memoryWidth: sizes.width, readHeads: sizes.readHeads,
            variant: sizes.variant == ModelVariant() ? nil : "\(sizes.variant)", memoryLifetime: model.memoryLifetime,
            dtype: Precision(of: Scalar.self) == .float ? "float32" : "float64",
            bosTokenId: model.firstSymbol)
        let texts = [
            (
                "README.md",
                card(
                    named: String(decoding: URL(fileURLWithPath: path).lastPathComponent.systemBytes, as: UTF8.self),
                    vocabulary.kind)
            ),
            ("config.json", try prettyJSON(configuration)),
            ("generation_config.json", try prettyJSON(HubGeneration(bosTokenId: model.firstSymbol))),
            ("tokenizer.json", try tokens.tokenizer),
            ("tokenizer_config.json", try prettyJSON(HubTokenizerConfiguration())),
            ("vocab.json", try tokens.vocabulary + "\n"),
        ]
        var weights = SafeTensorsWriter(metadata: ["format": "pt"])
        for tensor in model.layout.parameters {
            try weights.add(tensor.name, shape: tensor.shape, values: Array(model.parameters[tensor.range]))
        }

        try exporting(to: path) {
            try SystemFiles.makeFolder(path)
            let files = try SystemFiles.names(in: path).filter { !$0.hasPrefix(".") }
            if let file = files.min(), !replacing { throw TrainingError.exportExists(path: path + "/" + file) }
            for (name, text) in texts { try AtomicFile.write(Array(text.utf8), to: path + "/" + name) }
            try weights.write(to: path + "/model.safetensors")
        }
        return (texts.map(\.0) + ["model.safetensors"]).map { path + "/" + $0 }
    }

    /// What there is to know of the model, with the front matter that the hub reads.
    private func card(named name: String, _ kind: TokenKind) -> String {
        let sizes = model.layout.configuration
        let network =
            switch sizes.model {
            case .rnn: "a recurrent network (RNN)"
            case .lstm: "a long short-term memory (LSTM)"
            case .gru: "a network of gated recurrent units (GRU)"
            case .delta: "a controller with the memory of DeltaNet"
            case .holographic: "a controller with a holographic memory"
            case .dnc: "a [Differentiable Neural Computer](https://doi.org/10.1038/nature20101)"
            }
        let heads = "\(sizes.readHeads) read head\(sizes.readHeads == 1 ? "" : "s")"
        let memory = sizes.memory != .none ? ", a memory of \(sizes.slots) slots of width \(sizes.width) and \(heads)" : ""
        let unit = kind == .bytes ? "byte" : "character"
        let heldOut = record.heldOutLoss ?? record.bestValidation
        let best =
            heldOut.map {
                String(format: ", held-out %.4f bits per \(unit) over \($0.predictions) predictions", $0.value)
            } ?? ""
        return """
            ---
            library_name: dnc
            pipeline_tag: text-generation
            tags:
            - \(sizes.model.rawValue)
            - differentiable-neural-computer
            - \(unit)-level
            ---
            # \(name)

            Text, \(unit) by \(unit), from \(network): \(sizes.hidden) hidden units\(memory);
            \(model.layout.parameterCount) parameters, \(model.layout.symbols) symbols.
            Trained for \(record.step) steps on \(record.predictions) symbols\(best).

            `model.safetensors` holds the weights, with gates stacked in the order i, f, g, o; `config.json` the sizes; `tokenizer.json`
            and `vocab.json` the symbols. The classes of transformers do not include this network; the equations are in `dnc_model.h` of dnc.

            ```python
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
            weights, tokenizer = load_file("model.safetensors"), Tokenizer.from_file("tokenizer.json")
            ```

            """
    }
}

private struct HubConfiguration: Encodable {
    let architectures = ["DNCForCausalLM"]
    let modelType = "dnc"
    let model: ModelKind
    let tokens: TokenKind
    let vocabSize: Int
    let hiddenSize: Int
    let memorySlots: Int
    let memoryWidth: Int
    let readHeads: Int
    let variant: String?
    let memoryLifetime: Int?
    let dtype: String
    let bosTokenId: Int32
}

/// As `dnc sample` writes, unless it is told otherwise.
private struct HubGeneration: Encodable {
    let bosTokenId: Int32
    let doSample = true
    let temperature = 0.8
    let topK = 0
}

private struct HubTokenizerConfiguration: Encodable {
    let tokenizerClass = "PreTrainedTokenizerFast"
    let cleanUpTokenizationSpaces = false
}

/// A vocabulary as the Python package `tokenizers` has it.
private struct HubTokens {
    let kind: TokenKind
    /// By symbol.
    let names: [String]

    init(_ vocabulary: Vocabulary) {
        kind = vocabulary.kind
        names =
            switch vocabulary.kind {
            case .characters, .words: (0..<Int32(vocabulary.count)).map { vocabulary.decode([$0]) }
            case .bytes: (0...255).map(Self.name(ofByte:))
            }
    }

    /// As GPT-2 writes bytes: those with a visible Latin-1 character as that, the others from U+0100 on, in order.
    private static func name(ofByte byte: UInt8) -> String {
        func isVisible(_ byte: UInt8) -> Bool { (33...126).contains(byte) || byte >= 161 && byte != 173 }
        let code = isVisible(byte) ? UInt32(byte) : 256 + UInt32((0..<byte).count { !isVisible($0) })
        return Unicode.Scalar(code).map { String($0) } ?? ""
    }

    /// JSON: the numbers by name. Not from a dictionary, for which some different characters are equal.
    var vocabulary: String {
        get throws {
            let entries = try names.enumerated().map { symbol, name in "\(try json(name)):\(symbol)" }
            return "{" + entries.joined(separator: ",") + "}"
        }
    }

    /// JSON: every character, or byte, by itself.
    var tokenizer: String {
        get throws {
            let split = #"{"type":"Split","pattern":{"Regex":"[\\s\\S]"},"behavior":"Isolated","invert":false}"#
            let bytes = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}"#
            let sequence = #"{"type":"Sequence","pretokenizers":[\#(bytes),\#(split)]}"#
            let (before, after) = kind == .bytes ? (sequence, bytes) : (split, #"{"type":"Fuse"}"#)
            return #"""
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":\#(before),
                "post_processor":null,"decoder":\#(after),"model":{"type":"WordLevel","vocab":\#(try vocabulary),"unk_token":""}}

                """#
        }
    }
}

private func prettyJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
}
