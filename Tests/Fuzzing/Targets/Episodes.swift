// What a file of episodes must be, whatever its bytes are.

import DNCCore
import DNCData
import DNCTasks
import DNCTraining

/// Reads a file of episodes as `dnc train` does, cut, as that of a model that has been trained on it and of another one; writes it
/// and reads it again.
func readEpisodes(_ path: String, _ bytes: UnsafeRawBufferPointer) throws {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(\.count)
    func read(_ open: () throws(EpisodeFileError) -> EpisodeFile) throws(EpisodeFileError) -> EpisodeFile {
        do { return try open() } catch {
            precondition(names(path, lines, error), "an error that does not say where: \(error)")
            throw error
        }
    }
    // Another model's file is refused or read in that model's words, whether it can be trained on or not.
    let (other, unknown) = model
    if let foreign = try? read({ () throws(EpisodeFileError) in
        try EpisodeFile(contentsOf: path, encoding: other, unknown: unknown)
    }) {
        _ = try checked(foreign)
    }

    let file = try read { () throws(EpisodeFileError) in try EpisodeFile(contentsOf: path) }
    let episodes = try checked(file)
    let kept = try CheckpointHeader.decode(EpisodeEncoding.self, from: json(file.encoding), of: "dnc.episodes", in: path)
    precondition(kept == file.encoding, "a checkpoint keeps another encoding")
    let same = try EpisodeFile(contentsOf: path, encoding: kept)
    let again = try checked(same)
    precondition(again == episodes && same.fingerprint == file.fingerprint, "a trained model reads it otherwise")
    if let cut = try? EpisodeFile(contentsOf: path, maximumLength: 2, overlong: .cut) {
        let beginnings = try checked(cut)
        precondition(beginnings == episodes.map { $0.part(0..<min(2, $0.steps)) }, "what is cut is another beginning")
    }
    let text = episodes.map { $0.jsonLine(file.input, file.output) + "\n" }.joined()
    try Array(text.utf8).withUnsafeBytes { written in
        try withFile(written) { path in
            let copy = try! EpisodeFile(contentsOf: path, inputKind: kept.inputKind, outputKind: file.output.kind)
            precondition(copy.input == file.input && copy.output == file.output, "what is written has other sizes")
            let read = try checked(copy)
            precondition(read == episodes.map { asked($0, file.output) }, "what is written is another episode")
        }
    }
}

/// A model's words, and the one for all that it does not know.
private let model: (EpisodeEncoding, unknown: String) = {
    let line = #"{"inputs": ["a", "b", "?"], "targets": [null, ["a", "?"], "x"]}"#
    return Array(line.utf8).withUnsafeBytes { withFile($0) { (try! EpisodeFile(contentsOf: $0).encoding, "?") } }
}()

/// All episodes of a file, each of which fits its model and can be shown.
private func checked(_ file: EpisodeFile) throws -> [Episode] {
    let encoding = file.encoding
    let episodes = try (0..<file.count).map { index in
        let episode = try file.episode(at: index)
        try! episode.check(file.input, file.output)
        let table = episode.table(
            file.input, file.output, symbolNames: encoding.inputWords, targetNames: encoding.targetWords)
        precondition(!table.isEmpty)
        return episode
    }
    precondition(episodes.map(\.steps).max() == file.longest)
    return episodes
}

/// The episode without the bits or numbers that nobody asks for: they are not written.
private func asked(_ episode: Episode, _ output: ModelOutput) -> Episode {
    var episode = episode
    guard output.kind != .symbols else { return episode }
    for step in episode.weights.indices where episode.weights[step] == 0 {
        for index in step * output.size..<(step + 1) * output.size { episode.targetVectors[index] = 0 }
    }
    return episode
}

/// Whether an error says in which file it is, and in which line and column if in one. `lines`: how many bytes each has.
private func names(_ path: String, _ lines: [Int], _ error: EpisodeFileError) -> Bool {
    switch error {
    case .line(let file, let line, let column, _):
        file == path && lines.indices.contains(line - 1) && (1...lines[line - 1] + 1).contains(column)
    case .empty(let file), .nothing(let file, _), .data(.otherFormat(let file, _)):
        file == path
    default:
        false
    }
}
