import Testing

@Suite struct HelpTests {
    @Test(arguments: [
        "train": """
        --data --out --model --hidden --slots --width --read-heads --batch-size --seq-length --optimizer --learning-rate \
        --clip-norm --valid-fraction --max-steps --time-limit --seed --threads --precision --carry-memory --no-carry-memory \
        --sample-every --resume --json --quiet --tokens --momentum --decay --epsilon --epsilon-inside --weight-decay --weight-decay-steps --clip-value \
        --schedule --warm-up --period --period-factor --least-rate --restarts --accumulate --think-steps --stretch --symbol-range --word-floor \
        --babi --babi-tasks --babi-augment --lanes
        """,
        "sweep": "--out --jobs --json --quiet sweep.jsonl sweep.svg",
        "paper": "--steps --seeds --only --tasks --data --out --budget --jobs --json table.md table.json table.svg",
        "eval": "--data --valid-fraction --influence --babi --babi-tasks --json",
        "ask": "--words --json",
        "babi": "--out --tasks --questions --test-questions --seed",
        "sample": "--length --prompt --temperature --top-k --seed --json",
        "gradcheck": "--model --precision --hidden --slots --width --read-heads --batch-size --seq-length --json",
        "info": "--json",
        "export": "--hugging-face --header --force",
        "bench": "--case --model --hidden --slots --width --read-heads --batch-size --seq-length --threads --json",
    ])
    func mentionsTheFlags(command: String, flags: String) throws {
        let help = try Sandbox().dnc(command, "--help")
        #expect(help.status == 0)
        for flag in flags.split(separator: " ") { #expect(help.text.contains(flag)) }
    }

    @Test func namesTheCommands() throws {
        let help = try Sandbox().dnc("--help").text
        for command in ["train", "sweep", "paper", "babi", "ask", "eval", "sample", "gradcheck", "info", "export", "bench"] {
            #expect(help.contains("  \(command) "))
        }
    }

    @Test(arguments: [
        ["tran"], ["train", "--data", "text.txt", "--hiden", "3"], ["train", "text.txt"], ["eval", "--data", "text.txt"],
    ])
    func misuse(arguments: [String]) throws {
        try Sandbox().expectRefusal(arguments, 64, says: "rror: ", "--help")
    }
}
