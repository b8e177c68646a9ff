/// Text made up on the spot, for where no book is at hand: small talk among a few people, with enough order in it - spelling,
/// grammar, who is being spoken of - for a model to have something to learn.
public enum SyntheticText {
    /// About `characters` characters of ASCII, ending with a line. The same seed gives the same text.
    public static func make(characters: Int, using generator: inout some RandomNumberGenerator) -> String {
        var text = ""
        while text.utf8.count < characters { text += scene(using: &generator) }
        return text
    }

    private static let people = ["Ada", "Bruno", "Clara", "Dmitri", "Elena", "Felix", "Greta", "Hugo", "Ines", "Jonas"]
    private static let things = [
        "lantern", "letter", "kettle", "map", "violin", "basket", "mirror", "compass", "blanket", "clock",
    ]
    private static let places = ["kitchen", "garden", "harbour", "library", "tower", "market", "orchard", "cellar", "station"]
    private static let qualities = ["old", "small", "silver", "broken", "heavy", "strange", "yellow", "quiet", "long", "warm"]

    /// A thing passes between two people and places; at the end somebody asks for it.
    private static func scene(using generator: inout some RandomNumberGenerator) -> String {
        func pick(_ words: [String]) -> String { words[Int.random(in: 0..<words.count, using: &generator)] }
        let (owner, thing, quality) = (pick(people), pick(things), pick(qualities))
        var (holder, place) = (owner, pick(places))
        var text = "\(owner) had a \(quality) \(thing) and kept it in the \(place).\n"
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let other = pick(people.filter { $0 != holder })
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                place = pick(places.filter { $0 != place })
                text += "Then \(holder) carried the \(thing) to the \(place).\n"
            case 1:
                text += "\"May I have the \(thing)?\" asked \(other), and \(holder) gave it away.\n"
                holder = other
            default:
                text += "In the \(pick(places)) \(other) was thinking of something \(pick(qualities)).\n"
            }
        }
        return text + "\"Where is the \(quality) \(thing) now?\" - \"\(holder) has it, in the \(place).\"\n\n"
    }
}
