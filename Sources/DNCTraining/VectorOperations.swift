// Loops over whole parameter vectors. Specialised by hand: callers in other modules reach them through generic code, and an
// unspecialised loop would be a hundred times slower.
import DNCCore

/// target += source
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func add<Scalar: CoreScalar>(_ source: [Scalar], to target: inout [Scalar]) {
    precondition(source.count == target.count)
    source.withUnsafeBufferPointer { source in
        target.withUnsafeMutableBufferPointer { target in
            for i in 0..<source.count { target[i] += source[i] }
        }
    }
}

@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func clear<Scalar: CoreScalar>(_ vector: inout [Scalar]) {
    vector.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
}

/// The Euclidean norm, summed in double precision in a fixed order.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func norm<Scalar: CoreScalar>(_ vector: [Scalar]) -> Double {
    vector.withUnsafeBufferPointer { vector in
        // Four sums, since each addition waits for the one before it.
        var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
        var i = 0
        while i + 4 <= vector.count {
            let (p, q, r, s) = (Double(vector[i]), Double(vector[i + 1]), Double(vector[i + 2]), Double(vector[i + 3]))
            a += p * p
            b += q * q
            c += r * r
            d += s * s
            i += 4
        }
        while i < vector.count {
            a += Double(vector[i]) * Double(vector[i])
            i += 1
        }
        return ((a + b) + (c + d)).squareRoot()
    }
}

/// The first number that is infinite or NaN.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func firstNonFinite<Scalar: CoreScalar>(in vector: [Scalar]) -> Int? {
    vector.withUnsafeBufferPointer { $0.firstIndex { !$0.isFinite } }
}
