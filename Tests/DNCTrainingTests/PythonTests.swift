// An independent program, in Python with numpy, that reads checkpoints and computes the loss of a text from the
// equations. Obvious and slow.

import DNCCore
import DNCData
import Foundation
import TestSupport
import Testing

@testable import DNCTraining

@Suite(.enabled(if: pythonReadsTensors, "needs Python with safetensors and numpy"))
struct PythonTests {
    @Test(arguments: smallModels, [true, false])
    func numpyComputesTheSameLoss(_ model: ModelConfiguration, carryMemory: Bool) async throws {
        try await compare(model, carryMemory, tolerance: 1e-4, precision: .float, as: Float.self)
        try await compare(model, carryMemory, tolerance: 1e-10, precision: .double, as: Double.self)
    }

    private func compare<Scalar: TrainingScalar>(
        _ model: ModelConfiguration, _ carryMemory: Bool, tolerance: Double, precision: Precision,
        as scalar: Scalar.Type
    ) async throws {
        let folder = try TemporaryFolder()
        let corpus = try smallCorpus()
        let trainer = try Trainer<Scalar>(corpus, .small(model, carryMemory: carryMemory, precision: precision))
        try await trainer.steps(30)
        let checkpoint = try await trainer.checkpoint()
        try checkpoint.write(to: folder.path("checkpoint"))
        try folder.write(Array(smallText.utf8), "text")
        let output = try #require(python(Self.program, folder.path("checkpoint"), folder.path("text")))
        let bits = try #require(Double(output.trimmingCharacters(in: .newlines)))
        #expect(try abs(checkpoint.model.evaluate(corpus.whole).bitsPerSymbol - bits) < tolerance)
    }

    /// Prints the mean bits per symbol of a text, read from the zero state.
    private static let program = """
        import json, sys
        import numpy as np
        from safetensors import safe_open

        file = safe_open(sys.argv[1], "np")
        meta = {key: json.loads(text) for key, text in file.metadata().items() if key.startswith("dnc.")}
        P = {name: file.get_tensor(name).astype(np.float64) for name in file.keys()}
        config, training = meta["dnc.config"], meta["dnc.training"]["configuration"]
        H, N, W, R = (config[key] for key in ("hidden", "slots", "width", "readHeads"))
        kind = "dnc" if config["memory"] == "dnc" else {"tanh": "rnn", "lstm": "lstm"}[config["controller"]]
        symbols = meta["dnc.vocabulary"]["symbols"]
        text = [symbols.index(character) for character in open(sys.argv[2], encoding="utf-8", newline="").read()]

        def logistic(x): return 1 / (1 + np.exp(-x))
        def oneplus(x): return 1 + np.log(1 + np.exp(x))
        def softmax(x): return np.exp(x) / np.sum(np.exp(x))

        def content(memory, key, strength):
            eps = 1e-6
            cosines = [key @ row / (np.sqrt(key @ key + eps) * np.sqrt(row @ row + eps)) for row in memory]
            return softmax(strength * np.array(cosines))

        h, c = np.zeros(H), np.zeros(H)

        def forget():
            global memory, usage, precedence, link, write, reads, vectors
            memory, usage, precedence, link = np.zeros((N, W)), np.zeros(N), np.zeros(N), np.zeros((N, N))
            write, reads, vectors = np.zeros(N), np.zeros((R, N)), np.zeros((R, W))

        def access(xi):
            global memory, usage, precedence, link, write, reads, vectors
            def take(count):
                nonlocal xi
                part, xi = xi[:count], xi[count:]
                return part
            read_keys, read_strengths = take(R * W).reshape(R, W), oneplus(take(R))
            write_key, write_strength = take(W), oneplus(take(1)[0])
            erase, value = logistic(take(W)), take(W)
            free, allocation_gate, write_gate = logistic(take(R)), logistic(take(1)[0]), logistic(take(1)[0])
            modes = [softmax(mode) for mode in take(3 * R).reshape(R, 3)]
            assert len(xi) == 0

            usage = usage + write - usage * write
            for r in range(R): usage = usage * (1 - free[r] * reads[r])
            allocation, product = np.zeros(N), 1.0
            for slot in sorted(range(N), key=lambda slot: (usage[slot], slot)):
                allocation[slot] = (1 - usage[slot]) * product
                product *= usage[slot]
            contents = content(memory, write_key, write_strength)
            write = write_gate * (allocation_gate * allocation + (1 - allocation_gate) * contents)
            memory = memory * (1 - np.outer(write, erase)) + np.outer(write, value)
            new_link = np.zeros((N, N))
            for i in range(N):
                for j in range(N):
                    if i != j: new_link[i, j] = (1 - write[i] - write[j]) * link[i, j] + write[i] * precedence[j]
            link, precedence = new_link, (1 - sum(write)) * precedence + write
            reads = np.array([
                modes[r][0] * (link.T @ reads[r]) + modes[r][1] * content(memory, read_keys[r], read_strengths[r])
                + modes[r][2] * (link @ reads[r]) for r in range(R)])
            vectors = reads @ memory

        nats = 0.0
        for position, (symbol, target) in enumerate(zip(text, text[1:])):
            if position == 0 or not training["carryMemory"] and position % training["sequenceLength"] == 0: forget()
            x = np.zeros(len(symbols))
            x[symbol] = 1
            x = np.concatenate([x, vectors.flatten()])
            a = P["controller.0.weight_ih"] @ x + P["controller.0.weight_hh"] @ h + P["controller.0.bias"]
            if kind == "rnn":
                h = np.tanh(a)
            else:
                i, f, g, o = a.reshape(4, H)
                c = logistic(f) * c + logistic(i) * np.tanh(g)
                h = logistic(o) * np.tanh(c)
            y = P["output.weight"] @ h + P["output.bias"]
            if kind == "dnc":
                access(P["interface.weight"] @ h + P["interface.bias"])
                y = y + P["output.weight_read"] @ vectors.flatten()
            nats -= np.log(softmax(y)[target])
        print(repr(float(nats / (len(text) - 1) / np.log(2))))
        """
}
