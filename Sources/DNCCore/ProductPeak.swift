// What the machine's matrix products can do: the yardstick of benchmarks.
internal import COpenBLAS
internal import Dispatch

/// The speed of large single-precision matrix products on `threads` threads at once, in floating-point operations per second:
/// the best of several rounds of 512 x 512 x 512, each thread on matrices of its own; of fewer rounds where they take long.
public func measureProductPeak(threads: Int) -> Double {
    let size = 512, productsPerRound = 8
    let matrix = [Float](repeating: 0.5, count: size * size)
    var best = 0.0
    let end = ContinuousClock.now + .milliseconds(500)
    for round in 0..<10 where round < 2 || .now < end {
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            LargeProducts.useOneThread()
            var result = matrix
            for _ in 0..<productsPerRound {
                let n = Int32(size)
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, matrix, n, matrix, n, 0, &result, n)
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let operations = 2 * Double(size * size * size) * Double(productsPerRound * threads)
        best = max(best, operations / seconds)
    }
    return best
}
