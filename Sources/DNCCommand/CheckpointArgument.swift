import ArgumentParser
import DNC

/// The checkpoint that a command reads.
struct CheckpointArgument: ParsableArguments {
    @Argument(help: "A checkpoint, or a run's folder, which means its best one.", completion: .file())
    var checkpoint: String

    /// Reads all of it but the tensors.
    func header() throws -> CheckpointHeader { try CheckpointHeader(contentsOf: RunDirectory.checkpoint(at: checkpoint)) }
}
