// What somebody meant who misspelt a name.

extension String {
    /// The name that it takes the fewest changes to make of this one: two at most, and of fewer than half its characters.
    package func nearest(among names: [String]) -> String? {
        let distances = names.map { (name: $0, distance: $0.editDistance(to: self)) }
        let close = distances.filter { $0.distance <= 2 && 2 * $0.distance < count }
        return close.min { $0.distance < $1.distance }?.name
    }

    /// How many characters must be put in, left out or replaced to get the other text.
    private func editDistance(to other: String) -> Int {
        var row = Array(0...other.count)
        for (index, character) in enumerated() {
            var diagonal = index
            row[0] = index + 1
            for (column, otherCharacter) in other.enumerated() {
                let replaced = diagonal + (character == otherCharacter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
