// The processor instructions that the C core's kernels are compiled for.
internal import CDNCCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What the environment has under this name; nil where it has nothing.
func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// A set of vector instructions. Results are the same to the bit only on the same set.
public enum InstructionSet: String, Codable, Sendable, CaseIterable {
    /// The best that this processor has.
    case auto
    /// What the compiler targets by default: SSE2 on x86-64, NEON on arm64.
    case base
    /// AVX2 and FMA.
    case avx2
    /// AVX-512 F, BW, DQ and VL.
    case avx512

    /// The set that the environment variable `DNC_INSTRUCTION_SET` names; `auto` without it.
    /// - Throws: `CoreError.unknownInstructionSet`.
    public static func preferred() throws(CoreError) -> InstructionSet {
        guard let name = environmentVariable("DNC_INSTRUCTION_SET"), !name.isEmpty else { return .auto }
        guard let set = InstructionSet(rawValue: name) else { throw .unknownInstructionSet(name) }
        return set
    }

    /// The sets that can be used on this machine.
    public static var available: [InstructionSet] { allCases.filter { $0.resolved != nil } }

    /// The set that calls run on: `auto` becomes the best one, others are themselves; nil when not available here.
    public var resolved: InstructionSet? {
        var run = dnc_run_of(1, 1)
        run.isa = Int32(core.rawValue)
        var isa = DNC_ISA_AUTO
        guard dnc_run_isa(&run, &isa) == DNC_OK else { return nil }
        return InstructionSet(rawValue: String(cString: dnc_isa_string(isa)))
    }

    var core: dnc_isa {
        switch self {
        case .auto: DNC_ISA_AUTO
        case .base: DNC_ISA_BASE
        case .avx2: DNC_ISA_AVX2
        case .avx512: DNC_ISA_AVX512
        }
    }
}
