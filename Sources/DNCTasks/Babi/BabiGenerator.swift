// Stories of some of bAbI's tasks, made up.
public import DNCCore

/// Makes up stories like those of six of bAbI's twenty tasks, after Weston et al. 2015: for where there are no files. They are of the same
/// kinds, with the same words; not the same stories.
public enum BabiGenerator {
    /// What each is called in the name of a file.
    public static let tasks = [
        1: "single-supporting-fact", 2: "two-supporting-facts", 3: "three-supporting-facts", 6: "yes-no-questions",
        15: "basic-deduction", 20: "agents-motivations",
    ]

    /// A story of a task, which is one of `tasks`.
    public static func story(task: Int, using generator: inout SeededGenerator) -> [BabiLine] {
        switch task {
        case 15: return deduction(using: &generator)
        case 20: return motivations(using: &generator)
        default:
            var world = World()
            return world.story(task: task, using: &generator)
        }
    }

    /// Stories of a task with that many questions or a few more.
    public static func stories(task: Int, questions: Int, using generator: inout SeededGenerator) -> [[BabiLine]] {
        var (stories, count): ([[BabiLine]], Int) = ([], 0)
        while count < questions {
            stories.append(story(task: task, using: &generator))
            count += stories[stories.count - 1].count { !$0.answer.isEmpty }
        }
        return stories
    }

    // ---- 15: what somebody is, and what such are afraid of

    private static let animals = [("mouse", "mice"), ("sheep", "sheep"), ("wolf", "wolves"), ("cat", "cats")]

    private static func deduction(using generator: inout SeededGenerator) -> [BabiLine] {
        let names = ["Gertrude", "Winona", "Jessica", "Emily"]
        let kinds = names.map { _ in generator.integer(in: 0...animals.count - 1) }
        let feared = animals.indices.map { kind in generator.element(of: animals.indices.filter { $0 != kind }) }
        // A fact is that of a name, or behind these of a kind.
        let order = generator.permutation(of: names.count + animals.count)
        var lines = order.map { fact in
            if fact < names.count { return BabiLine("\(names[fact]) is a \(animals[kinds[fact]].0).") }
            let kind = fact - names.count
            return BabiLine("\(capitalized(animals[kind].1)) are afraid of \(animals[feared[kind]].1).")
        }
        func number(_ fact: Int) -> Int { (order.firstIndex(of: fact) ?? 0) + 1 }
        for name in generator.permutation(of: names.count) {
            lines.append(
                BabiLine(
                    "What is \(names[name]) afraid of?", answer: [animals[feared[kinds[name]]].0],
                    supporting: [number(name), number(names.count + kinds[name])].sorted()))
        }
        return lines
    }

    private static func capitalized(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

    // ---- 20: why somebody goes somewhere, and takes something

    private static let needs = [
        ("hungry", "kitchen", "apple"), ("thirsty", "kitchen", "milk"), ("tired", "bedroom", "pajamas"),
        ("bored", "garden", "football"),
    ]

    private static func motivations(using generator: inout SeededGenerator) -> [BabiLine] {
        let names = ["Sumit", "Yann", "Antoine", "Jason"]
        let own = generator.permutation(of: needs.count)
        var (lines, done): ([BabiLine], [Int]) = ([], names.map { _ in 0 })
        var told = names.map { _ in 0 }  // the line that says how somebody is
        while done.contains(where: { $0 < 3 }) {
            let name = generator.element(of: names.indices.filter { done[$0] < 3 })
            let (feeling, place, thing) = needs[own[name]]
            switch done[name] {
            case 0:
                lines.append(BabiLine("\(names[name]) is \(feeling)."))
                told[name] = lines.count
                lines.append(BabiLine("Where will \(names[name]) go?", answer: [place], supporting: [told[name]]))
            case 1:
                lines.append(BabiLine("\(names[name]) \(generator.element(of: World.went)) to the \(place)."))
                lines.append(
                    BabiLine("Why did \(names[name]) go to the \(place)?", answer: [feeling], supporting: [told[name]]))
            default:
                lines.append(BabiLine("\(names[name]) \(generator.element(of: World.took)) the \(thing) there."))
                lines.append(
                    BabiLine("Why did \(names[name]) get the \(thing)?", answer: [feeling], supporting: [told[name]]))
            }
            done[name] += 1
        }
        return lines
    }
}

/// People who go from place to place, and take things and put them down.
private struct World {
    static let went = ["went", "moved", "journeyed", "travelled"]
    static let took = ["got", "grabbed", "took", "picked up"]
    private static let dropped = ["dropped", "discarded", "put down", "left"]
    private static let people = ["Mary", "John", "Sandra", "Daniel"]
    private static let places = ["bathroom", "bedroom", "garden", "hallway", "kitchen", "office"]
    private static let things = ["apple", "football", "milk"]

    /// Where somebody or something is, and the lines that say so.
    private struct Whereabouts {
        let place: String
        let lines: [Int]
    }

    private var lines: [BabiLine] = []
    private var people: [String: Whereabouts] = [:]
    private var holders: [String: (name: String, line: Int)] = [:]
    /// Where each thing has been, each place once where it stayed there; the last is where it is.
    private var ways: [String: [Whereabouts]] = [:]

    /// Five questions, with so many facts before each that there is something to ask.
    mutating func story(task: Int, using generator: inout SeededGenerator) -> [BabiLine] {
        var questions = 0
        while questions < 5 {
            let facts = task == 3 && questions == 0 ? generator.integer(in: 8...30) : task <= 2 || task == 6 ? 2 : 6
            for _ in 0..<facts { tell(task: task, using: &generator) }
            guard let question = question(task: task, using: &generator) else { continue }
            lines.append(question)
            questions += 1
        }
        return lines
    }

    private mutating func tell(task: Int, using generator: inout SeededGenerator) {
        let (person, number) = (generator.element(of: Self.people), lines.count + 1)
        let held = Self.things.filter { holders[$0]?.name == person }
        let place = people[person]?.place
        // Things are where they are first found.
        let near = Self.things.filter { holders[$0] == nil && (ways[$0]?.last.map { $0.place == place } ?? true) }
        let acts = task == 2 || task == 3 ? generator.integer(in: 0...2) : 0
        if acts == 1, !near.isEmpty {
            let thing = generator.element(of: near)
            lines.append(BabiLine("\(person) \(generator.element(of: Self.took)) the \(thing)."))
            holders[thing] = (person, number)
            if let here = people[person] { arrive(thing, here.place, here.lines + [number]) }
        } else if acts == 2, !held.isEmpty {
            let thing = generator.element(of: held)
            lines.append(BabiLine("\(person) \(generator.element(of: Self.dropped)) the \(thing)."))
            holders[thing] = nil
        } else {
            let goal = generator.element(of: Self.places.filter { $0 != place })
            lines.append(BabiLine("\(person) \(generator.element(of: Self.went)) to the \(goal)."))
            people[person] = Whereabouts(place: goal, lines: [number])
            for thing in held { arrive(thing, goal, [holders[thing]?.line ?? number, number]) }
        }
    }

    private mutating func arrive(_ thing: String, _ place: String, _ lines: [Int]) {
        if ways[thing]?.last?.place != place { ways[thing, default: []].append(Whereabouts(place: place, lines: lines)) }
    }

    /// Nil where there is nothing yet that could be asked.
    private func question(task: Int, using generator: inout SeededGenerator) -> BabiLine? {
        switch task {
        case 2:
            let moved = Self.things.filter { ways[$0] != nil }
            guard !moved.isEmpty else { return nil }
            let thing = generator.element(of: moved)
            guard let last = ways[thing]?.last else { return nil }
            return BabiLine("Where is the \(thing)?", answer: [last.place], supporting: last.lines)
        case 3:
            // A place at which it was only once, and not at first.
            let choices = Self.things.flatMap { thing -> [(thing: String, before: Whereabouts, there: Whereabouts)] in
                let way = ways[thing] ?? []
                return way.indices.dropFirst().filter { index in way.count { $0.place == way[index].place } == 1 }.map {
                    (thing, way[$0 - 1], way[$0])
                }
            }
            guard !choices.isEmpty else { return nil }
            let choice = generator.element(of: choices)
            return BabiLine(
                "Where was the \(choice.thing) before the \(choice.there.place)?", answer: [choice.before.place],
                supporting: Set(choice.before.lines + choice.there.lines).sorted())
        default:
            let met = Self.people.filter { people[$0] != nil }
            guard !met.isEmpty else { return nil }
            let person = generator.element(of: met)
            guard let last = people[person] else { return nil }
            if task == 1 { return BabiLine("Where is \(person)?", answer: [last.place], supporting: last.lines) }
            let isThere = generator.integer(in: 0...1) == 1
            let place =
                isThere ? last.place : generator.element(of: Self.places.filter { $0 != last.place })
            return BabiLine("Is \(person) in the \(place)?", answer: [isThere ? "yes" : "no"], supporting: last.lines)
        }
    }
}
