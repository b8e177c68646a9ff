// What a paper's tables are made of. Each paper is a file beside this one, and a line of `all`.
import ArgumentParser
import DNC

/// Tables of a paper that one command makes.
struct Paper: Sendable {
    /// What it is called on the command line.
    let name: String
    /// What is compared, in a line without a full stop.
    let summary: String
    /// The tables, as the options want them.
    let tables: @Sendable (PaperOptions) throws -> [PaperTable]

    /// All there are.
    static let all = [variants, text]

    /// The paper that is called so.
    static func named(_ name: String) throws(ValidationError) -> Self {
        if let paper = all.first(where: { $0.name == name }) { return paper }
        let hint = Names.question(about: name, among: all.map(\.name), otherwise: "dnc paper lists them.")
        throw ValidationError("There is no paper \(name). \(hint)")
    }
}

/// One table: something to be learned, and models that learn it in the same way.
struct PaperTable {
    /// A model.
    struct Row {
        /// What it is called.
        let name: String
        /// The settings of `dnc train` that it has besides those of the table.
        let settings: [String: SettingValue]
        let parameters: Int
    }

    /// What it is called, as a folder is.
    let name: String
    /// What a reader may look for in it, in a sentence or two.
    let claim: String
    /// The settings of `dnc train` that all rows have.
    let settings: [String: SettingValue]
    /// How long the episodes are that the models answer besides those of a length that they were trained on.
    var longer: ClosedRange<Int>?
    /// Steps of episodes, or symbols of a text, for each prediction.
    let symbolsPerPrediction: Double
    /// How long a trial takes beside those of other tables, in any unit.
    let work: Double
    let rows: [Row]
    /// The models that cannot be beside the others, each with the reason.
    let leftOut: [String: String]
}

extension PaperTable {
    /// The settings of a trial that trains for so many steps to their end, and shows nothing meanwhile.
    static func training(steps: Int) -> [String: SettingValue] {
        length(steps).merging(["patience": 1000, "sample-every": 0, "threads": 1]) { $1 }
    }

    /// Those of them that go by the steps.
    static func length(_ steps: Int) -> [String: SettingValue] {
        ["max-steps": .integer(steps), "plateau-every": .integer(max(1, steps / 10))]
    }
}

/// What can be asked of any paper.
struct PaperOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Updates of each model. (default: as the paper has them for each table)")
    var steps: Int?
    @Option(parsing: .unconditional, help: "Seeds, from 1.")
    var seeds = 3
    @Option(help: ArgumentHelp("Only these models, with commas between. (default: all)", valueName: "names"))
    var only: String?
    @Option(
        help: ArgumentHelp("Only these tables, with commas between. (default: all that there is data for)", valueName: "names"))
    var tasks: String?
    @Option(help: ArgumentHelp("A text, for the tables that need one.", valueName: "file"), completion: .file())
    var data: String?

    func validate() throws {
        try checkPositive("--steps", steps)
        try check("--seeds", seeds, "1 ... 1000") { (1...1000).contains($0) }
    }

    /// Those of `known` that a list names, in their own order; all where there is no list.
    static func chosen(_ flag: String, _ list: String?, of known: [String]) throws -> Set<String> {
        guard let list else { return Set(known) }
        let names = list.split(separator: ",").map(String.init)
        for name in names where !known.contains(name) {
            let hint = Names.question(
                about: name, among: known, otherwise: "There are \(known.joined(separator: ", ")).")
            throw ValidationError("\(flag) has \(printable(name)). \(hint)")
        }
        return Set(names)
    }
}
