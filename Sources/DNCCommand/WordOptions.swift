// How files of episodes and lines are read.
import ArgumentParser
import DNC

/// How long episodes and lines may be.
struct LengthOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "How many steps an episode, or symbols a line, may have. (default: any number)")
    var maxLength: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What to do with longer ones: refuse or cut. (default: refuse)", valueName: "policy"))
    var overlong: EpisodeFile.Overlong?

    func validate() throws { try checkPositive("--max-length", maxLength) }
}

/// How a file of episodes is read for a model that has been trained on another one.
struct WordOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The model's word that stands for all that it does not know; of a text skip, or the character that is read instead. "
                + "(default: they are errors)", valueName: "word"))
    var unknown: String?
    @OptionGroup var lengths: LengthOptions

    /// The file, for a model of this alphabet.
    func file(_ path: String, for alphabet: Alphabet) throws -> EpisodeFile {
        try EpisodeFile(
            contentsOf: path, encoding: encoding(alphabet), unknown: unknown, maximumLength: lengths.maxLength,
            overlong: lengths.overlong ?? .refuse)
    }

    /// The stories to be measured by in a folder, for a model of this alphabet.
    func stories(_ folder: String, _ tasks: Set<Int>? = nil, for alphabet: Alphabet) throws -> BabiStories {
        try BabiStories(
            folder: folder, part: .test, tasks: tasks, encoding: encoding(alphabet), unknown: unknown,
            maximumLength: lengths.maxLength, overlong: lengths.overlong ?? .refuse)
    }

    private func encoding(_ alphabet: Alphabet) throws -> EpisodeEncoding {
        guard case .words(let encoding) = alphabet else {
            throw CommandLineError(
                description: "the model was not trained on a file of episodes, and cannot read one; dnc eval can measure it")
        }
        return encoding
    }
}
