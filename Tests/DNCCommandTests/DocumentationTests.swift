// What README and articles show is what runs: snippets, commands and Python.

import DNC
import Foundation
import TestSupport
import Testing

@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
    private static let articles = root.appending(path: "Sources/DNC/DNC.docc")

    /// The names of a folder's articles or programs, without their extension, sorted.
    private static func names(in folder: URL) throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).map { $0 as NSString }
        return files.filter { ["md", "swift"].contains($0.pathExtension) }.map(\.deletingPathExtension).sorted()
    }

    private static func article(_ name: String) throws -> String {
        try String(contentsOf: articles.appending(path: name + ".md"), encoding: .utf8)
    }

    private static func snippet(_ name: String) throws -> String {
        try String(contentsOf: root.appending(path: "Snippets/\(name).swift"), encoding: .utf8)
    }

    /// The fenced blocks of a page.
    private static func blocks(of page: String) -> [(language: String, text: String)] {
        page.matches(of: /(?s)```(\w*)\n(.*?)```/).map { (String($0.1), String($0.2)) }
    }

    /// A folder with what the documentation calls book.txt.
    private func sandbox() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.write("Once upon a time: " + sandbox.read("text.txt"), to: "book.txt")
        return sandbox
    }

    /// In an order in which each finds the files that it reads.
    @Test func snippetsRun() throws {
        let sandbox = try sandbox()
        let results = [
            ("TrainAModel", #"(?m)^300 [0-9.]+ [0-9.]+$"#), ("UseAModel", #"^[0-9.]+ BPC, [0-9.]+ without its memory\n"#),
            ("TraceAModel", "^$"), ("ReadATrace", #"^'O' slot \d+ [0-9.e-]+\n(.*\n){15}mean influence of the memory \d"#),
            ("ResumeTraining", #"^the same bits\n$"#), ("CopyTask", #"\n(9\d\d|1000) of 1000 letters repeated\n"#),
            ("OwnTask", #"\n500 (0\.9\d*|1\.0) of the sequences right\n$"#),
            ("LearnATask", #"\nlength 6: (9\d|100) % right\nlength 12: \d+ % right\n$"#),
        ]
        #expect(results.map(\.0).sorted() == (try Self.names(in: Self.root.appending(path: "Snippets"))))
        for (name, result) in results {
            let outcome = try sandbox.shell(#"exec "${DNC%/*}/"# + name + "\"")
            #expect(outcome.status == 0, "\(name): \(outcome.error)")
            #expect(outcome.text.contains(try Regex(result)), "\(name): \(outcome.text)")
        }
        for page in ["trace.html", "copy-task.html"] { #expect(try sandbox.read(page).contains("DNC report")) }
    }

    @Test func theReadmeShowsASnippet() throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let shown = Self.blocks(of: readme).filter { $0.language == "swift" }.map(\.text)
        let lines = try Self.snippet("LearnATask").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(shown == [lines.filter { !$0.hasPrefix("//") }.joined(separator: "\n")])
    }

    /// Swift is shown by snippets alone, and every snippet is shown, all slices of it where it has some.
    @Test func theArticlesShowAllSnippets() throws {
        var shown: Set<String> = []
        for name in try Self.names(in: Self.articles) {
            let article = try Self.article(name)
            for block in Self.blocks(of: article) {
                #expect(["json", "shell", "python", "text"].contains(block.language), "\(name)")
            }
            for match in article.matches(of: /@Snippet\(path: "DNC\/Snippets\/(\w+)"(?:, slice: "(\w+)")?\)/) {
                shown.insert(match.2.map { "\(match.1).\($0)" } ?? String(match.1))
            }
            #expect(article.matches(of: /@Snippet/).count == article.matches(of: /(?m)^@Snippet\(path: "DNC\/Snippets/).count)
        }
        let all = try Self.names(in: Self.root.appending(path: "Snippets")).flatMap { name in
            let slices = try Self.snippet(name).matches(of: /(?m)^\/\/ snippet\.(\w+)$/).map { String($0.1) }
            let named = slices.filter { $0 != "end" }
            return named.isEmpty ? [name] : named.map { "\(name).\($0)" }
        }
        #expect(shown == Set(all))
    }

    /// The articles one after the other: GettingStarted trains the model that those behind it use.
    @Test func theCommandsOfTheArticlesRun() throws {
        let sandbox = try sandbox()
        var count = 0
        for name in try Self.names(in: Self.articles) {
            for (language, text) in Self.blocks(of: try Self.article(name)) {
                if language == "shell", text.contains(/(?m)^ *dnc\b/) {
                    let outcome = try sandbox.shell("set -e\ndnc() { \"$DNC\" \"$@\"; }\n" + text)
                    #expect(outcome.status == 0, "\(name): \(text)\(outcome.error)")
                    count += 1
                } else if language == "python", pythonReadsTensors {
                    let output = python("import os, sys\nos.chdir(sys.argv[1])\n" + text, sandbox.path)
                    let expected = name == "ReadingATrace" ? "mean influence of the memory 0" : ""
                    #expect(output?.contains(expected) == true || output == expected, "\(name): \(output ?? "fails")")
                }
            }
        }
        #expect(count >= 5)

        // ReadingATrace has traced a text by now, and its first table names all that is in the file.
        let file = try SafeTensorsFile(contentsOf: sandbox.url("trace.safetensors").path)
        let table = try #require(Self.article("ReadingATrace").firstMatch(of: /(?s)\n\| tensor .*?\n\n/)).output
        let named = table.split(separator: "\n").flatMap { row in
            row.split(separator: "|")[0].matches(of: /`(\w+)`/).map { String($0.1) }
        }
        #expect(named.sorted() == file.tensors.keys.sorted())
    }
}
