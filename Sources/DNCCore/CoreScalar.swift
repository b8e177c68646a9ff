// The two scalar types, and the C core's functions for each.
internal import CDNCCore

/// The number type of parameters, gradients and states: `Float` for training, `Double` for checks. No others.
public protocol CoreScalar: BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
    /// Not for use outside this module.
    static var _core: CoreFunctions<Self> { get }
}

/// The C core's functions in one precision. Opaque outside this module, which keeps C types out of `CoreScalar`.
public struct CoreFunctions<Scalar>: Sendable {
    typealias Config = UnsafePointer<dnc_config>?
    typealias Run = UnsafePointer<dnc_run>?
    typealias Segment = UnsafePointer<dnc_segment>?
    typealias Input = UnsafePointer<Scalar>?
    typealias Output = UnsafeMutablePointer<Scalar>?
    typealias Memory = UnsafeMutableRawPointer?
    typealias Bytes = UnsafeMutablePointer<Int>?
    typealias LossOutput = UnsafeMutablePointer<dnc_loss>?
    typealias Random = UnsafeMutablePointer<dnc_random>?
    typealias Candidates = UnsafeMutablePointer<dnc_candidate>?

    let initialize: @Sendable (Config, UInt64, Output) -> dnc_status
    let initialState: @Sendable (Config, Int32, Output) -> dnc_status
    let segmentWorkspace: @Sendable (Config, Run, Bytes) -> dnc_status
    let forward: @Sendable (Config, Run, Input, Segment, Output, Memory, Int, LossOutput) -> dnc_status
    let backward: @Sendable (Config, Run, Segment, Memory, Int, Scalar, Output) -> dnc_status
    let record: @Sendable (Config, Run, UnsafeRawPointer?, Int, Int, Output) -> dnc_status
    let stepWorkspace: @Sendable (Config, Run, Bytes) -> dnc_status
    let step: @Sendable (Config, Run, Input, Segment, Output, Memory, Int, Output) -> dnc_status
    let draw: @Sendable (Input, Int32, Double, Int32, Random, Candidates, UnsafeMutablePointer<Int32>?) -> dnc_status
    let narrow: @Sendable (Output, Int32, UnsafePointer<dnc_narrowing>?, Candidates) -> dnc_status
}

extension Float: CoreScalar {
    public static let _core = CoreFunctions<Float>(
        initialize: dnc_initialize_f32,
        initialState: dnc_initial_state_f32,
        segmentWorkspace: dnc_segment_workspace_f32,
        forward: dnc_forward_f32,
        backward: dnc_backward_f32,
        record: dnc_record_f32,
        stepWorkspace: dnc_step_workspace_f32,
        step: dnc_step_f32,
        draw: dnc_draw_f32,
        narrow: dnc_narrow_f32
    )
}

extension Double: CoreScalar {
    public static let _core = CoreFunctions<Double>(
        initialize: dnc_initialize_f64,
        initialState: dnc_initial_state_f64,
        segmentWorkspace: dnc_segment_workspace_f64,
        forward: dnc_forward_f64,
        backward: dnc_backward_f64,
        record: dnc_record_f64,
        stepWorkspace: dnc_step_workspace_f64,
        step: dnc_step_f64,
        draw: dnc_draw_f64,
        narrow: dnc_narrow_f64
    )
}
