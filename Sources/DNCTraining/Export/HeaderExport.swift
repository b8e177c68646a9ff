// A trained model as source text in C, for machines without files.
import DNCCore
import DNCData
import Foundation
import SafeTensors
import SystemFiles

extension Checkpoint {
    /// Writes the model as a header in C, which C++ may include too: the parameters, rounded to float, as one array in the order of
    /// dnc.h, the vocabulary, a function that fills the configuration, and the sizes of all memory that a step takes, as macros.
    /// Names in it begin with that of the file.
    /// - Parameters:
    ///   - path: of the header.
    ///   - replacing: whether there may be a file.
    /// - Throws: `TrainingError.exportExists`, `TrainingError.cannotExport`, or `TrainingError.invalidCheckpoint` when a number is
    ///   too large for a float.
    public func exportHeader(to path: String, replacing: Bool = false) throws {
        if !replacing, SystemFiles.exists(path) { throw TrainingError.exportExists(path: path) }
        let parameters = model.parameters.map { Float($0) }
        if let tensor = model.layout.tensorOfFirstNonFinite(in: parameters) {
            let problem = "\(tensor) holds numbers that are too large for the type float"
            throw TrainingError.invalidCheckpoint(path: self.path ?? "the model", problem: problem)
        }
        let vocabulary = try model.vocabulary
        let (layout, sizes, name) = (model.layout, model.layout.configuration, identifier(from: path))
        let upper = name.uppercased()
        let workspace = try StepRunner<Float>.workspaceBytes(layout)
        let variant = sizes.variant.coreFields.map { "\n        config->\($0.name) = \($0.value);" }.joined()
        let beginning = """
            /* A model that was trained for \(record.step) steps, for the calls of dnc.h. */
            #ifndef \(upper)_MODEL_H
            #define \(upper)_MODEL_H

            #include <dnc.h>

            #define \(upper)_SYMBOLS \(layout.symbols)
            #define \(upper)_PARAMETERS \(layout.parameterCount)
            #define \(upper)_STATE \(layout.stateCount) /* numbers of one lane, for dnc_initial_state_f32 */
            #define \(upper)_STEP_WORKSPACE \(workspace) /* bytes that dnc_step_f32 needs for one lane, aligned to DNC_ALIGNMENT */
            #define \(upper)_MEMORY_LIFETIME \(model.memoryLifetime ?? 0) /* symbols after which the memory is emptied; 0: never */

            static inline dnc_status \(name)_config(dnc_config *config) {
                const dnc_status status = dnc_config_init_text(config, \(layout.symbols));
                if (status == DNC_OK) {
                    config->controller = DNC_CONTROLLER_\(sizes.controller.coreName);
                    config->hidden = \(sizes.hidden);
                    config->layers = \(sizes.layers);
                    config->activation = DNC_ACTIVATION_\(sizes.activation.rawValue.uppercased());
                    config->memory = DNC_MEMORY_\(sizes.memory.rawValue.uppercased());
                    config->slots = \(sizes.slots);
                    config->width = \(sizes.width);
                    config->read_heads = \(sizes.readHeads);\(variant)
                }
                return status;
            }

            \(vocabulary.declarationInC) \(name)_symbols[\(upper)_SYMBOLS] = {

            """
        try exporting(to: path) {
            try AtomicFile.write(to: path) { output throws(SafeTensorsError) in
                try output.append(beginning)
                try output.append(rows(of: vocabulary.symbolsInC))
                try output.append("};\n\nstatic const float \(name)_parameters[\(upper)_PARAMETERS] = {\n")
                for tensor in layout.parameters {
                    try output.append("    /* \(tensor.name) (\(tensor.shape.map(String.init).joined(separator: ", "))) */\n")
                    try output.append(rows(of: parameters[tensor.range].map { "\($0)f" }))
                }
                try output.append("};\n\n#endif\n")
            }
        }
    }
}

extension Vocabulary {
    /// Of what type the symbols are in C.
    fileprivate var declarationInC: String {
        switch kind {
        case .characters, .bytes:
            "/* What each symbol stands for: \(kind == .bytes ? "bytes" : "Unicode scalars"). */\nstatic const uint32_t"
        case .words:
            "/* What each symbol stands for, in UTF-8; behind it a 0, which a symbol may be, too. */\nstatic const char *const"
        }
    }

    /// As numbers, or strings.
    fileprivate var symbolsInC: [String] {
        switch kind {
        case .bytes: (0...255).map(String.init)
        case .characters:
            texts.flatMap { String(decoding: $0, as: UTF8.self).unicodeScalars.map { "\($0.value)" } }
        case .words: texts.map { "\"" + $0.map(Self.octal).joined() + "\"" }
        }
    }

    /// A byte as a string of C has it: letters, digits and spaces as they are.
    private static func octal(_ byte: UInt8) -> String {
        let isPlain = byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || byte == UInt8(ascii: " "))
        if isPlain { return String(Unicode.Scalar(byte)) }
        let digits = String(byte, radix: 8)
        return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

/// Lines of eight.
private func rows(of items: [String]) -> String {
    stride(from: 0, to: items.count, by: 8)
        .map { "    " + items[$0..<min($0 + 8, items.count)].joined(separator: ", ") + ",\n" }.joined()
}

/// A file's name, without what follows its first dot, as the beginning of names in C; other ones than those of dnc.h.
private func identifier(from path: String) -> String {
    let name = URL(fileURLWithPath: path).lastPathComponent.prefix { $0 != "." }
    let word = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return word.isEmpty || word.hasPrefix("dnc") || word.first?.isNumber == true ? "model_" + word : word
}
