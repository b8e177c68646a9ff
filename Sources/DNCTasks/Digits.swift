// Whole numbers as tasks write them.
internal import DNCCore

/// A whole number of any size, in digits of a base, the lowest first: what no integer of the standard library holds.
struct Digits: Comparable {
    let base: Int
    /// None at the end is 0, so that 0 has none.
    private(set) var digits: [Int] = []

    init(base: Int, _ digits: [Int] = []) {
        (self.base, self.digits) = (base, digits)
        drop()
    }

    private mutating func drop() { while digits.last == 0 { digits.removeLast() } }

    /// The number times a power of the base, and these digits below.
    mutating func append(lowest: [Int]) { self = Self(base: base, lowest + digits) }

    /// The lowest digits, so many, with zeros above where there are no more.
    func lowest(_ count: Int) -> [Int] { (0..<count).map { $0 < digits.count ? digits[$0] : 0 } }

    static func < (left: Self, right: Self) -> Bool {
        left.digits.count != right.digits.count
            ? left.digits.count < right.digits.count : left.digits.reversed().lexicographicallyPrecedes(right.digits.reversed())
    }

    static func + (left: Self, right: Self) -> Self {
        var carry = 0
        let digits = (0...max(left.digits.count, right.digits.count)).map { place in
            let sum = left[place] + right[place] + carry
            carry = sum / left.base
            return sum % left.base
        }
        return Self(base: left.base, digits)
    }

    /// Of the larger the smaller.
    static func - (left: Self, right: Self) -> Self {
        var borrowed = 0
        let digits = left.digits.indices.map { place in
            let difference = left[place] - right[place] - borrowed
            borrowed = difference < 0 ? 1 : 0
            return difference + borrowed * left.base
        }
        return Self(base: left.base, digits)
    }

    static func * (left: Self, right: Self) -> Self {
        var sums = Array(repeating: 0, count: left.digits.count + right.digits.count)
        for (place, digit) in left.digits.enumerated() {
            var carry = 0
            for other in 0..<right.digits.count + 1 where place + other < sums.count {
                let sum = sums[place + other] + digit * right[other] + carry
                (sums[place + other], carry) = (sum % left.base, sum / left.base)
            }
        }
        return Self(base: left.base, sums)
    }

    private subscript(place: Int) -> Int { place < digits.count ? digits[place] : 0 }
}
