// Objects in JSON that have no other keys than those that are known.

extension Decoder {
    /// Refuses an object with keys that are not among these.
    /// - Parameters:
    ///   - known: the keys that it may have.
    ///   - problem: what is wrong with another one.
    package func refuseKeys(besides known: [String], _ problem: (_ key: String) -> String) throws {
        let container = try container(keyedBy: AnyKey.self)
        guard let other = container.allKeys.first(where: { !known.contains($0.stringValue) }) else { return }
        throw DecodingError.dataCorruptedError(forKey: other, in: container, debugDescription: problem(other.stringValue))
    }

    /// The same of a part of a model, which would be another one without the key.
    func refuseKeysOfModel(besides known: [String]) throws {
        try refuseKeys(besides: known) { "the model has \"\($0)\", which this version does not know; a later one wrote it" }
    }
}

/// A key of any name.
package struct AnyKey: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(stringValue: String) { self.stringValue = stringValue }

    package init?(intValue: Int) { nil }
}
