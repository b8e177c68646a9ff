// What the time of a segment goes to.
internal import CDNCCore

/// A part of the work of `SegmentRunner.forward` and `backward`, in the C core's order.
public enum Phase: String, CaseIterable, Sendable {
    /// The products with the recurrent and the interface weights, step by step, and packing these weights.
    case controller
    /// Gates, cell, and the interface's squashing functions.
    case activations
    /// Content and read weightings, usage, allocation.
    case addressing
    /// Temporal link, precedence, forward and backward weightings.
    case linkage
    /// Writing and reading.
    case memory
    /// Logits and loss, and their gradients.
    case output
    /// Of the weights, over all steps at once.
    case gradients

    /// The C core's name of it.
    var coreName: String {
        let index = Phase.allCases.firstIndex(of: self) ?? 0
        return String(cString: dnc_phase_string(dnc_phase(UInt32(index))))
    }
}
