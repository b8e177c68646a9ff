import ArgumentParser
import DNC

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model for other programs.",
        discussion: """
            dnc export runs/book --hugging-face book-dnc     # weights, sizes, tokenizer and model card in a folder
            dnc export runs/book --header book.h             # all of it as a header in C, for machines without files
            """)

    @OptionGroup var checkpoint: CheckpointArgument
    @Option(help: ArgumentHelp("A folder for the Hugging Face hub.", valueName: "folder"), completion: .directory)
    var huggingFace: String?
    @Option(help: ArgumentHelp("A header for C and C++, used with csrc/include/dnc.h.", valueName: "file"), completion: .file())
    var header: String?
    @Flag(help: "Replace the files that are there.")
    var force = false

    func validate() throws {
        if huggingFace == nil, header == nil {
            throw ValidationError("There is nothing to export to; give --hugging-face, --header or both.")
        }
    }

    func run() throws {
        let header = try checkpoint.header()
        switch header.precision {
        case .float: try export(Checkpoint<Float>(header))
        case .double: try export(Checkpoint<Double>(header))
        }
    }

    private func export<Scalar: TrainingScalar>(_ checkpoint: Checkpoint<Scalar>) throws {
        func show(_ files: [String]) throws { for file in files { try Terminal.write(VisibleText.of(file) + "\n") } }
        if let huggingFace { try show(checkpoint.exportToHuggingFace(huggingFace, replacing: force)) }
        if let header {
            try checkpoint.exportHeader(to: header, replacing: force)
            try show([header])
        }
    }
}
