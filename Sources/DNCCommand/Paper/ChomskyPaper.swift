// The fifteen tasks of the Chomsky hierarchy.
import DNC

extension Paper {
    /// Delétang et al. 2023, with their tasks, their lengths and their measure, and far fewer steps than their million: a model is trained on
    /// strings of up to 40 symbols, short ones first, and asked after strings of 41 to 500. A DNC then has as many more slots as that
    /// takes. Dropout of the recurrent weights and much weight decay leave what is simplest, but not of everything in the same time, so
    /// that each model is trained in three ways, of which the best counts, as there the best of ten runs does: in steps after which lookups
    /// find one among hundreds; `-long`, by which states are told apart after 500 steps, too, and which ends without decay, for what has
    /// been found to become certain; and `-no-decay`, since what counts counts less far with it.
    static let chomsky = Paper(
        name: "chomsky", summary: "The fifteen tasks of the Chomsky hierarchy, at lengths that were not trained on"
    ) { options in try TaskTable.tables(hierarchy.map { try $0.table(steps: options.steps ?? 10_000) }, options) }

    private struct Entry {
        let name: String
        let task: any EpisodeTask
        /// What has been published, in %: RNN, Stack-RNN, Tape-RNN, Transformer, LSTM; empty where that has not been looked up again.
        var published: [Double] = []

        /// The shortest there are up to so many symbols, and at last the task itself.
        private var lessons: Curriculum {
            let short = [5, 8, 12, 16, 20, 30].map {
                Curriculum.Lesson(["length": .list([.integer(task.length.lowerBound), .integer($0)])])
            }
            return Curriculum(short + [Curriculum.Lesson()])
        }

        func table(steps: Int) throws -> TaskTable {
            var long = PaperTable.length(2 * steps + 2 * steps / 5)
            (long["weight-decay-steps"], long["period"], long["least-rate"]) = (.integer(2 * steps), .integer(2 * steps), 0.1)
            let models = try PaperModel.named(["lstm", "nature", "dnc-s"])
            return TaskTable(
                name: name, claim: "Accuracy in the mean of lengths 41 to 500.", task: task, figure: .accuracy,
                longer: PaperTable.Longer(lengths: 41...500, slots: 640),
                published: zip(["RNN", "Stack-RNN", "Tape-RNN", "Transformer", "LSTM"], published).map { model, accuracy in
                    PaperTable.Published(
                        name: model, error: 1 - accuracy / 100,
                        source: "Delétang et al. 2023, arXiv 2207.02098, the best of ten runs of a million steps")
                },
                model: .dnc(hidden: 64, slots: 48, width: 16, readHeads: 2),
                models: models.flatMap { [$0, $0.also("long", long), $0.also("no-decay", ["weight-decay": 0])] },
                batchSize: 32, steps: steps,
                settings: [
                    "schedule": "cosine", "learning-rate": 0.01, "symbol-range": 2, "recurrent-dropout": 0.1,
                    "weight-decay": 0.2, "valid-episodes": 64, "curriculum": .text(try json(lessons)),
                ])
        }
    }

    private static let hierarchy = [
        // Regular.
        Entry(name: "even-pairs", task: EvenPairsTask()),
        Entry(name: "modular-arithmetic", task: ModularArithmeticTask(), published: [100, 100, 100, 24.2, 100]),
        Entry(name: "parity", task: ParityTask(everyStep: false), published: [100, 100, 100, 52.0, 100]),
        Entry(name: "cycle-navigation", task: CycleNavigationTask()),
        // Deterministic context-free.
        Entry(name: "stack-manipulation", task: StackManipulationTask(), published: [56.0, 100, 100, 57.5, 59.1]),
        Entry(name: "reverse", task: ReverseTask(), published: [62.0, 100, 100, 62.3, 60.9]),
        Entry(name: "modular-arithmetic-brackets", task: ModularArithmeticTask(brackets: true)),
        Entry(name: "solve-equation", task: SolveEquationTask()),
        // Context-sensitive.
        Entry(name: "duplicate-string", task: DuplicateStringTask(), published: [50.3, 52.8, 100, 52.8, 57.6]),
        Entry(name: "missing-duplicate", task: MissingDuplicateTask()),
        Entry(name: "odds-first", task: OddsFirstTask(), published: [51.0, 51.9, 100, 52.8, 55.6]),
        Entry(name: "binary-addition", task: BinaryArithmeticTask()),
        Entry(name: "binary-multiplication", task: BinaryArithmeticTask(operation: .multiplication)),
        Entry(name: "square-root", task: SquareRootTask()),
        Entry(name: "bucket-sort", task: BucketSortTask()),
    ]
}
