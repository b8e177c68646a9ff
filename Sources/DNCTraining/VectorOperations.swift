// Loops over whole parameter vectors. Specialised by hand: callers in other modules reach them through generic code, and an
// unspecialised loop would be a hundred times slower.
internal import CSquareRoot
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

/// vector *= factor
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func multiply<Scalar: CoreScalar>(_ vector: inout [Scalar], by factor: Scalar) {
    vector.withUnsafeMutableBufferPointer { vector in
        for i in 0..<vector.count { vector[i] *= factor }
    }
}

/// In these ranges vector -= share * vector.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func shrink<Scalar: CoreScalar>(_ vector: inout [Scalar], in ranges: [Range<Int>], by share: Scalar) {
    vector.withUnsafeMutableBufferPointer { vector in
        for range in ranges {
            for i in range { vector[i] -= share * vector[i] }
        }
    }
}

/// Of the numbers of these ranges makes a share of `rate` 0, and the others so much larger that what they add up to is expected to be the
/// same. Which ones is up to the generator, and the same for vectors of other numbers.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func drop<Scalar: CoreScalar>(
    _ vector: inout [Scalar], in ranges: [Range<Int>], rate: Double, using generator: SeededGenerator
) {
    var generator = generator
    // Sixteen bits decide on each.
    let bound = UInt64(rate * 0x1p16)
    let others = Scalar(0x1p16 / (0x1p16 - Double(bound)))
    vector.withUnsafeMutableBufferPointer { vector in
        for range in ranges {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
                var bits = generator.next()
                for i in start..<min(start + 4, range.upperBound) {
                    vector[i] = bits & 0xffff < bound ? 0 : vector[i] * others
                    bits >>= 16
                }
            }
        }
    }
}

/// Brings each number to within -limit ... limit.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func clip<Scalar: CoreScalar>(_ vector: inout [Scalar], to limit: Scalar) {
    vector.withUnsafeMutableBufferPointer { vector in
        for i in 0..<vector.count { vector[i] = max(-limit, min(limit, vector[i])) }
    }
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

// Arithmetic on pieces of a vector: several times as fast as on single numbers, to the same bits.

/// The beginnings of a vector's pieces.
@inline(__always)
func pieces<Scalar>(_ vector: UnsafeMutableBufferPointer<Scalar>) -> StrideTo<Int> { stride(from: 0, to: vector.count, by: 8) }

extension UnsafeBufferPointer where Element: CoreScalar {
    /// Eight numbers from `index` on; the last piece of a vector is filled up with zeros.
    @inline(__always)
    subscript(piece index: Int) -> SIMD8<Element> {
        if index + 8 <= count {
            return UnsafeRawBufferPointer(self).loadUnaligned(
                fromByteOffset: index * MemoryLayout<Element>.stride, as: SIMD8<Element>.self)
        }
        var piece = SIMD8<Element>()
        for i in index..<count { piece[i - index] = self[i] }
        return piece
    }
}

extension UnsafeMutableBufferPointer where Element: CoreScalar {
    @inline(__always)
    subscript(piece index: Int) -> SIMD8<Element> {
        get { UnsafeBufferPointer(self)[piece: index] }
        nonmutating set {
            if index + 8 <= count {
                UnsafeMutableRawBufferPointer(self).storeBytes(
                    of: newValue, toByteOffset: index * MemoryLayout<Element>.stride, as: SIMD8<Element>.self)
            } else {
                for i in index..<count { self[i] = newValue[i - index] }
            }
        }
    }
}

/// The square root of each number; vectorises, as `squareRoot()` does not.
@inline(__always)
func squareRoot<Scalar: CoreScalar>(_ piece: SIMD8<Scalar>) -> SIMD8<Scalar> {
    // A CoreScalar is one of these two.
    if Scalar.self == Float.self {
        var roots = unsafeBitCast(piece, to: SIMD8<Float>.self)
        for i in 0..<8 { roots[i] = square_root_f32(roots[i]) }
        return unsafeBitCast(roots, to: SIMD8<Scalar>.self)
    }
    var roots = unsafeBitCast(piece, to: SIMD8<Double>.self)
    for i in 0..<8 { roots[i] = square_root_f64(roots[i]) }
    return unsafeBitCast(roots, to: SIMD8<Scalar>.self)
}
