// The command `dnc`.
import ArgumentParser
import DNC
import DNCCore
import Foundation
import SystemFiles

@main
struct DNCTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dnc",
        abstract:
            "Trains and uses Differentiable Neural Computers, LSTMs and RNNs: on tasks, on episodes of your own, on text.",
        discussion: """
            dnc train --task copy
            dnc eval runs/copy-dnc --length 10,20,40 --slots 64
            dnc train --data book.txt
            dnc sample runs/book-dnc --length 500 --prompt "Once "
            """,
        version: packageVersion,
        subcommands: [
            TrainCommand.self, TasksCommand.self, PresetsCommand.self, SweepCommand.self, PaperCommand.self, EvalCommand.self,
            PredictCommand.self, AskCommand.self, SampleCommand.self, TraceCommand.self, ReportCommand.self,
            GradcheckCommand.self, InfoCommand.self, ExportCommand.self, BenchCommand.self, TextCommand.self, BabiCommand.self,
        ])

    static func main() async {
        Restart.withoutReservations()
        let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { argument in
                String(systemBytes: UnsafeBufferPointer(start: argument, count: strlen(argument)).map(UInt8.init(bitPattern:)))
            }
        }
        do {
            // The parser compares them, which takes quadratic time.
            if arguments.contains(where: { !$0.isStreamSafe }) {
                throw ValidationError("An argument has more than 30 combining marks in a row.")
            }
            try CommandLineCheck.check(arguments)
            var command = try parseAsRoot(arguments)
            if let file = (command as? TrainCommand)?.options.config {
                // In front of the flags, of which the last counts.
                let settings = try Setting.arguments(readJSON(file), of: file)
                command = try parseAsRoot(["train"] + settings + arguments.dropFirst())
            }
            if var asynchronous = command as? any AsyncParsableCommand {
                if SystemLimits.limitsReservations { try checkMemory(for: "starting threads", of: UInt8.self, 32 << 20) }
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let (own, parsers) = (ownExitCode(for: error), exitCode(for: error))
            if own == nil, parsers == .success { exit(withError: error) }  // help
            // A message can quote an argument, or what a file holds.
            let message = VisibleText.of(own == nil ? fullMessage(for: error) : "dnc: error: \(error)")
            if !message.isEmpty { Terminal.writeError(Terminal.eraseLine + message + "\n") }
            exit(withError: own ?? parsers)
        }
    }

    /// The exit code of training that cannot go on.
    static let divergence = ExitCode(10)

    /// The codes of sysexits.h where one fits, that of divergence; nil for what the argument parser reports itself.
    private static func ownExitCode(for error: any Error) -> ExitCode? {
        switch error {
        case TrainingError.nonFiniteLoss, TrainingError.nonFiniteGradient, TrainingError.nonFiniteParameters,
            TrainingError.worseThanGuessing:
            divergence
        case TrainingError.cannotWrite, TrainingError.cannotExport, SafeTensorsError.cannotWrite, is Terminal.OutputError:
            ExitCode(74)
        case is SweepTrial.StartError: ExitCode(71)
        case TrainingError.runInUse: ExitCode(75)
        case is DataError, is EpisodeFileError, is EpisodeError, is SafeTensorsError, is SettingsError,
            TrainingError.invalidCheckpoint, TrainingError.invalidTrace:
            ExitCode(65)
        case is TrainingError, is TaskError, is CoreError, is CommandLineError: ExitCode(64)
        default: nil
        }
    }
}
