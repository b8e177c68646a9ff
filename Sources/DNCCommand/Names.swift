// What somebody meant by a name that there is not, of a command, an option or a setting: nearest by meaning, then by letters.
import SystemFiles

enum Names {
    /// What other programs call what has these names here. Several may be meant by one word, in one command or in different ones.
    private static let synonyms: [String: Set<String>] = [
        // Options and settings.
        "accumulate": ["accum", "accumulation-steps", "grad-accum", "gradient-accumulation", "gradient-accumulation-steps"],
        "babi": ["stories"],
        "batch-size": ["b", "batch", "bs", "lanes", "minibatch", "per-device-train-batch-size"],
        "bypass-dropout": ["dropout", "keep-prob"],
        "clip-norm": [
            "clip", "clip-grad", "clip-grad-norm", "grad-clip", "gradient-clip", "gradient-clip-val", "max-grad-norm",
        ],
        "clip-value": ["clip-grad-value", "gradient-clip-value"],
        "count": ["lines", "n-samples", "num-lines", "num-samples", "samples"],
        "curriculum": ["lessons"],
        "data": ["corpus", "dataset", "f", "file", "i", "in", "input", "input-file", "input-txt", "train-data", "train-file"],
        "epsilon": ["adam-epsilon", "eps"],
        "episodes": ["jsonl", "n-episodes", "num-episodes", "sequences", "trials"],
        "hidden": [
            "d-model", "dim", "embedding-size", "hidden-dim", "hidden-size", "hidden-units", "model-size", "n-embd", "n-hidden",
            "nhid", "num-hidden", "num-units", "rnn-size", "size", "state-size", "units",
        ],
        "layers": ["depth", "n-layer", "n-layers", "nlayers", "num-layers"],
        "learning-rate": ["alpha", "base-lr", "eta", "initial-lr", "lr", "max-lr", "rate", "step-size"],
        "length": [
            "chars", "max-length", "max-new-tokens", "max-tokens", "n", "n-predict", "num-symbols", "num-tokens", "symbols",
            "tokens",
        ],
        "max-steps": [
            "iterations", "iters", "max-iter", "max-iters", "n-iter", "n-steps", "num-iters", "num-steps", "steps", "updates",
        ],
        "memory-limit": ["max-memory", "mem", "memory", "ram"],
        "model": ["arch", "architecture", "cell", "cell-type", "kind", "model-type", "net", "network", "rnn-type", "type"],
        "optimizer": ["algorithm", "optim", "solver"],
        "out": [
            "checkpoint-dir", "dir", "folder", "log-dir", "logdir", "o", "out-dir", "output", "output-dir", "save", "save-dir",
        ],
        "patience": ["early-stop", "early-stopping"],
        "plateau-factor": ["decay-rate", "gamma", "learning-rate-decay", "lr-decay"],
        "precision": ["dtype", "float-type"],
        "prompt": [
            "context", "input", "prefix", "prime", "primer", "prime-text", "primetext", "seed-text", "start", "start-text",
            "text",
        ],
        "quiet": ["silent"],
        "read-heads": ["heads", "n-head", "num-heads", "num-read-heads", "read-head", "reads"],
        "resume": ["checkpoint", "continue", "from-checkpoint", "init-from", "load", "restore"],
        "sample-every": ["sample-interval"],
        "schedule": ["learning-rate-schedule", "lr-schedule", "lr-scheduler", "lr-scheduler-type", "scheduler"],
        "seed": ["manual-seed", "random-seed", "random-state", "rng"],
        "seq-length": [
            "block-size", "bptt", "context", "context-length", "ctx", "max-length", "seq", "seq-len", "sequence-length",
            "unroll",
        ],
        "slots": ["cells", "mem-size", "mem-slots", "memory-size", "memory-slots", "nr-cells", "num-slots", "rows"],
        "task": ["benchmark", "env", "environment", "problem"],
        "task-options": ["options", "task-args", "task-params"],
        "temperature": ["t", "tau", "temp"],
        "text": ["input", "prompt", "string"],
        "think-steps": ["blank-steps", "ponder-steps", "thinking-steps"],
        "threads": ["cores", "cpus", "j", "jobs", "num-threads", "num-workers", "nproc", "processes", "workers"],
        "time-limit": ["max-seconds", "max-time", "seconds", "timeout"],
        "tokens": ["byte-level", "bytes", "tokenizer", "vocab", "vocabulary"],
        "top-k": ["k"],
        "top-p": ["nucleus", "p"],
        "valid-every": [
            "eval-every", "eval-interval", "eval-steps", "save-every", "val-every", "val-interval", "validate-every",
        ],
        "valid-fraction": [
            "test-fraction", "val-frac", "val-fraction", "val-split", "valid-split", "validation-fraction", "validation-split",
        ],
        "valid-symbols": ["eval-iters", "eval-tokens"],
        "warm-up": ["num-warmup-steps", "warmup", "warmup-iters", "warmup-steps"],
        "weight-decay": ["l2", "wd"],
        "width": ["cell-size", "mem-width", "memory-dim", "memory-width", "slot-size", "word-size"],
        // Commands.
        "ask": ["chat", "question", "talk"],
        "bench": ["speed", "timing"], "eval": ["perplexity", "score", "test", "validate"], "export": ["convert", "save"],
        "gradcheck": ["check", "gradient-check"], "info": ["inspect", "list", "ls", "show", "stat", "summary"],
        "paper": ["papers", "reproduce", "tables"],
        "predict": ["answer", "infer", "inference"],
        "report": ["html", "plot", "view", "visualise", "visualize"],
        "sample": ["complete", "gen", "generate", "run", "write"],
        "sweep": ["grid", "grid-search", "hyperopt", "optimize", "search", "tune"], "trace": ["record"],
        "tasks": ["envs", "list-tasks", "problems"], "train": ["fit", "learn", "resume"],
    ]

    /// What others have a name for and this program has not.
    private static let absences: [(names: Set<String>, remark: String)] = [
        (
            ["epoch", "epochs", "max-epochs", "n-epochs", "num-epochs", "num-train-epochs"],
            "training is counted in steps, of batch size x sequence length symbols each; dnc train ends by itself, or at --max-steps "
                + "or --time-limit"
        ),
        (
            ["accelerator", "cuda", "device", "gpu", "gpu-id", "gpuid", "gpus", "mps", "opencl"],
            "it computes on the cores of the processor, all of them unless dnc train is told otherwise by --threads"
        ),
        (["verbose", "v"], "progress is shown unless there is --quiet"),
        (["beam", "beam-size", "beam-width"], "dnc sample draws; --temperature 0 takes the likeliest symbol"),
    ]

    /// Those of `names` that may have been meant, the best first.
    static func nearest(to name: String, among names: [String]) -> [String] {
        let name = plain(name)
        func near(_ isNear: (String) -> Bool) -> [String]? {
            let near = names.filter(isNear)
            return near.isEmpty ? nil : near
        }
        if let meant = near({ $0 == name || synonyms[$0]?.contains(name) == true }) { return meant }
        // One is the beginning of the other.
        if name.count >= 3, let longer = near({ $0.hasPrefix(name) || $0.count >= 3 && name.hasPrefix($0) }) { return longer }
        return name.nearest(among: names).map { [$0] } ?? []
    }

    /// Which of `names` may have been meant, as a question; where none may, what else there is to say.
    static func question(about name: String, among names: [String], otherwise: String) -> String {
        let nearest = nearest(to: name, among: names)
        return nearest.isEmpty ? otherwise : "Did you mean \(nearest.alternatives)?"
    }

    /// Why there is nothing of this name.
    static func remark(on name: String) -> String? { absences.first { $0.names.contains(plain(name)) }?.remark }

    /// As names are written here.
    private static func plain(_ name: String) -> String { name.lowercased().replacing("_", with: "-") }
}

extension [String] {
    /// "a", "a or b", "a, b or c".
    var alternatives: String {
        count < 2 ? joined() : dropLast().joined(separator: ", ") + " or " + self[count - 1]
    }
}
