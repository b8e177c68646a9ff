// The completions of shells: `dnc --generate-completion-script`.

import Foundation
import Testing

@Suite struct CompletionTests {
    private static func path(of shell: String) -> String? {
        ["/bin/", "/usr/bin/"].map { $0 + shell }.first(where: FileManager.default.isExecutableFile)
    }

    /// What bash 4 or later, as it comes to its completion function, offers for a line with the cursor at its end.
    @Test(
        .enabled(if: path(of: "bash") != nil, "needs bash"),
        arguments: [
            ("dnc swe", "sweep"), ("dnc tra", "train trace"), ("dnc train --on", "--on-nonfinite"),
            ("dnc train --optimizer ", "adagrad rmsprop adam sgd"), ("dnc train --data te", "text.txt"),
            ("dnc train --out ", "runs"), ("dnc sweep ", "sweep.json runs"), ("dnc eval te", "text.txt"),
            ("dnc train --seed ", ""), ("dnc paper va", "variants"), ("dnc train --parent", ""),
        ])
    func bashCompletes(line: String, expected: String) throws {
        let sandbox = try Sandbox()
        try sandbox.write("{}", to: "sweep.json")
        try FileManager.default.createDirectory(at: sandbox.url("runs"), withIntermediateDirectories: true)
        let script = """
            "$DNC" --generate-completion-script bash > completion
            cat > complete <<'END'
            [[ ${BASH_VERSINFO[0]} -ge 4 ]] || exit 3
            source completion
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "$1"
            [[ $1 == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _dnc dnc "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[*]}"
            END
            bash -n completion && bash complete '\(line)'
            """
        let outcome = try sandbox.shell(script)
        if outcome.status == 3 { return }
        #expect(outcome.status == 0 && outcome.text == expected + "\n", "\(outcome.text)\(outcome.error)")
    }

    @Test(arguments: ["zsh", "fish"])
    func otherShellsTakeTheScript(shell: String) throws {
        let script = try Sandbox().dnc("--generate-completion-script", shell)
        #expect(script.status == 0 && script.text.contains("learning-rate"))
        guard let path = Self.path(of: shell) else { return }
        #expect(try Sandbox().shell("\"$DNC\" --generate-completion-script \(shell) > script && \(path) -n script").status == 0)
    }
}
