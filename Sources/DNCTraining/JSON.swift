import Foundation

/// JSON with sorted keys, so that the same content gives the same bytes.
/// - Parameter inSnakeCase: whether keys are written as `valid_loss`, as all that is printed for other programs has them.
package func json(_ value: some Encodable, inSnakeCase: Bool = false) throws -> String {
    let encoder = JSONEncoder()
    if inSnakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
