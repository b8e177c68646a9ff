// The subcommand: begins a run, or goes on with one.
import ArgumentParser
import DNC
import SystemFiles

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model on a task, on episodes, or on a text.",
        discussion: """
            Ends when what is held out has stopped getting better, or at --max-steps or --time-limit. Ctrl-C saves and ends; \
            --resume goes on as if there had been no interruption, but for what is given beside it. The run's folder holds last.safetensors, best.safetensors, metrics.jsonl and \
            samples.txt.
            """)

    @OptionGroup var options: TrainOptions

    func run() async throws {
        let run = try RunDirectory(path: options.runPath)
        if options.printConfig {
            let saved = options.resume ? try header(of: run).record.currentConfiguration : nil
            let settings = try options.settings(in: saved)
            if let setting = settings.first(where: { $0.value?.description.isUTF8 == false }), let value = setting.value {
                throw CommandLineError(
                    description: "--\(setting.name) \(value) is not UTF-8, which a file of settings must be; rename it")
            }
            return try Terminal.write(Setting.file(settings))
        }
        try options.work.check(isResuming: options.resume, hasFolder: options.out != nil)
        WorkClock.countNoStops()
        Interruption.ignoreClosedPipes()
        Interruption.noteSaveRequests()
        if let parent = options.parent { Interruption.end(with: parent) }
        if options.initFrom != nil, options.preset != nil {
            throw ValidationError("--init-from and --preset both say what the model is; leave one out.")
        }
        if options.resume {
            // Before the folder is made.
            guard run.holdsRun else { throw TrainingError.noRun(path: run.path) }
            try await run.locked {
                let header = try header(of: run)
                switch header.precision {
                case .float: try await go(on: Checkpoint<Float>(header), in: run)
                case .double: try await go(on: Checkpoint<Double>(header), in: run)
                }
            }
        } else {
            if run.holdsRun { throw TrainingError.runExists(path: run.path) }
            let configuration = try options.configuration(goingOnWith: nil)
            switch configuration.precision {
            case .float: try await begin(configuration, in: run, as: Float.self)
            case .double: try await begin(configuration, in: run, as: Double.self)
            }
        }
    }

    /// The checkpoint of the run to resume, which flags must not contradict.
    private func header(of run: RunDirectory) throws -> CheckpointHeader {
        guard run.holdsRun else { throw TrainingError.noRun(path: run.path) }
        let header = try CheckpointHeader(contentsOf: run.latest)
        let differences = try options.settings(in: header.record.configuration).compactMap { setting in
            setting.given.flatMap { given in
                given == setting.value
                    ? nil : "--\(setting.name) was \(setting.value?.description ?? "none"), now \(given)"
            }
        }
        if !differences.isEmpty { throw TrainingError.differentConfiguration(path: run.path, differences: differences) }
        return header
    }

    private func begin<Scalar: TrainingScalar>(
        _ configuration: TrainingConfiguration, in run: RunDirectory, as scalar: Scalar.Type
    ) async throws {
        let model = try options.initial().map { try Model<Scalar>($0) }
        let source = try options.work.segments(configuration, alphabet: model?.alphabet)
        let trainer = try Trainer<Scalar>(
            source, configuration, from: model, threads: options.threadCount, memoryLimit: options.memoryLimit?.bytes)
        let session = TrainSession(options: options, trainer: trainer, source: source, run: run, record: nil)
        try await session.checkEnds()
        try await run.locked {
            try run.begin()
            try await session.train()
        }
    }

    private func go<Scalar: TrainingScalar>(on checkpoint: Checkpoint<Scalar>, in run: RunDirectory) async throws {
        let saved = checkpoint.record.currentConfiguration
        let configuration = try options.configuration(goingOnWith: saved)
        let work = options.work
        let (flag, isMissing) =
            switch saved.source {
            case .text, .lines: ("--data", work.data.isEmpty)
            case .episodes: ("--episodes", work.episodes == nil)
            case .babi: ("--babi", work.babi == nil)
            case .task: ("--task", false)
            }
        if isMissing { throw ValidationError("\(run.path) was started with \(flag); give it the same again.") }
        let source = try options.work.segments(configuration, alphabet: checkpoint.model.alphabet)
        let trainer = try Trainer(
            resuming: checkpoint, source, configuration: configuration,
            threads: options.threadCount, memoryLimit: options.memoryLimit?.bytes)
        let session = TrainSession(options: options, trainer: trainer, source: source, run: run, record: checkpoint.record)
        try await session.checkEnds()
        try run.rewind(to: checkpoint.record.step)
        try await session.train()
    }
}
