// Traces: what is recorded is what the model does one symbol at a time, and what the file gives back.

import DNCCore
import DNCData
import Foundation
import SafeTensors
import TestSupport
import Testing

@testable import DNCTraining

@Suite struct TraceTests {
    let corpus: Corpus

    init() throws {
        corpus = try smallCorpus()
    }

    private func symbols() throws -> [Int32] { try corpus.vocabulary.encode(smallText) }

    /// 137 steps are recorded in pieces; with an emptied memory, of 6.
    @Test(arguments: smallModels, [true, false])
    func theStatesAreThoseOfSingleSteps(_ configuration: ModelConfiguration, carryMemory: Bool) async throws {
        let (model, symbols) = (try await trainedModel(configuration, carryMemory: carryMemory), try symbols())
        let trace = try model.trace(symbols)
        #expect(trace.symbols == symbols)
        #expect(trace.targets == symbols.dropFirst() + [-1])
        #expect(trace.resets == (carryMemory ? [] : (1...22).map { $0 * 6 }))

        let runner = try StepRunner<Double>(model.layout)
        var state = try RecurrentState<Double>(model.layout, lanes: 1)
        var logits = [Double](repeating: 0, count: model.layout.symbols)
        for (step, symbol) in symbols.enumerated() {
            if !carryMemory, step % 6 == 0 { state.resetMemory() }
            try runner.step(symbol, parameters: model.parameters, state: &state, outputs: &logits)
            for tensor in model.layout.state {
                let (shape, traced) = try #require(trace[tensor.name])
                #expect(shape == [137] + tensor.shape)
                let own = traced[step * tensor.count..<(step + 1) * tensor.count].map(Double.init)
                #expect(try difference(own, state.tensor(tensor.name).values) < 1e-6, "\(tensor.name) at step \(step)")
            }
            let sum = logits.reduce(0) { $0 + exp($1) }
            #expect(difference(trace.logProbabilities(at: step), logits.map { log(exp($0) / sum) }) < 1e-5)
        }
    }

    @Test(arguments: smallModels)
    func theLossIsThatOfEvaluation(_ configuration: ModelConfiguration) async throws {
        let model = try await trainedModel(configuration)
        let (traced, evaluated) = (try model.trace(symbols()).loss, try model.evaluate(corpus.whole))
        #expect(traced.count == evaluated.count)
        #expect(abs(traced.nats - evaluated.nats) < 1e-4)
    }

    @Test func onlyTargetsCount() async throws {
        let (model, symbols) = (try await trainedModel(), try symbols())
        var targets = symbols.map { _ in Segment.noTarget }
        targets[40] = 2
        let trace = try model.trace(symbols, targets: targets)
        #expect(trace.loss.count == 1 && abs(trace.loss.nats + trace.logProbabilities(at: 40)[2]) < 1e-6)
        #expect(trace.loss(at: 40) == trace.loss && trace.loss(at: 41) == Loss())
        #expect(throws: CoreError.wrongCount(name: "targets", count: 136, expected: 137)) {
            _ = try model.trace(symbols, targets: targets.dropLast())
        }
    }

    /// Two symbols, a controller that leans to the first and a memory that leans to the second, with known strengths.
    @Test func theInfluenceOfAKnownMemory() throws {
        let vocabulary = Vocabulary(characters: "ab".unicodeScalars)
        let layout = try ModelLayout(.dnc(hidden: 1, slots: 1, width: 1, readHeads: 1), symbols: 2)
        var parameters = [Double](repeating: 0, count: layout.parameterCount)
        func set(_ name: String, _ index: Int, _ value: Double) throws {
            parameters[try #require(layout.parameters.first { $0.name == name }).offset + index] = value
        }
        try set("controller.0.bias", 2, 0.5)  // g, so that there is some output
        try set("interface.bias", 5, 3)  // the write vector's only element
        try set("output.weight", 0, 2)
        try set("output.weight_read", 1, 1.5)
        try set("output.bias", 0, 0.25)
        let model = try Model(layout: layout, vocabulary: vocabulary, parameters: parameters, memoryLifetime: nil)
        let trace = try model.trace([0, 1, 1])
        let (hidden, read) = (try #require(trace["hidden"]).values, try #require(trace["read_vectors"]).values)
        for step in 0..<3 {
            let (h, r) = (Double(hidden[step]), Double(read[step]))
            #expect(h > 0.05 && r > 0.05)
            // The change of both probabilities is the same: twice that of the first.
            func first(_ a: Double, _ b: Double) -> Double { 1 / (1 + exp(b - a)) }
            let both = first(2 * h + 0.25, 1.5 * r)
            let (memory, controller) = (abs(both - first(2 * h + 0.25, 0)), abs(both - first(0.25, 1.5 * r)))
            let influence = Double(try #require(trace["memory_influence"]).values[step])
            #expect(abs(influence - memory / (memory + controller)) < 1e-5)
        }
    }

    // MARK: Files

    @Test(arguments: smallModels, [true, false])
    func theFileGivesItBack(_ configuration: ModelConfiguration, carryMemory: Bool) async throws {
        let folder = try TemporaryFolder()
        let trace = try await trainedModel(configuration, carryMemory: carryMemory).trace(symbols())
        try trace.write(to: folder.path("trace"))
        #expect(Trace.isTrace(try SafeTensorsFile(contentsOf: folder.path("trace"))))
        let read = try Trace(contentsOf: folder.path("trace"))
        #expect(read.layout == trace.layout && read.alphabet == trace.alphabet)
        #expect(read.episode == trace.episode && read.resets == trace.resets)
        for (name, shape) in try Trace.tensors(of: trace.layout, steps: trace.steps) {
            #expect(read[name]?.shape == shape && read[name]?.values == trace[name]?.values, "\(name)")
        }
    }

    @Test(.enabled(if: pythonReadsTensors, "needs Python with safetensors and numpy"))
    func pythonReadsIt() async throws {
        let folder = try TemporaryFolder()
        try await trainedModel().trace(symbols()).write(to: folder.path("trace"))
        // The write weighting is what the gates, the allocation and the content make of it.
        let program = """
            import sys
            import numpy as np
            from safetensors.numpy import load_file
            t = load_file(sys.argv[1])
            gate, write = t["allocation_gate"][:, None], t["write_gate"][:, None]
            w = write * (gate * t["allocation_weighting"] + (1 - gate) * t["write_content_weighting"])
            print(t["memory"].shape, t["link"].shape, np.abs(w - t["write_weighting"]).max() < 1e-6)
            """
        #expect(python(program, folder.path("trace")) == "(137, 5, 3) (137, 5, 5) True\n")
    }

    @Test func whatIsNoTraceIsRefused() async throws {
        let folder = try TemporaryFolder()
        let trainer = try Trainer<Float>(corpus, .small(smallModels[2], precision: .float))
        try await trainer.checkpoint().write(to: folder.path("checkpoint"))
        #expect {
            _ = try Trace(contentsOf: folder.path("checkpoint"))
        } throws: {
            guard case TrainingError.invalidTrace(_, let problem) = $0 else { return false }
            return problem.contains("dnc.trace.schema")
        }
    }

    /// A trace with one thing changed.
    @Test(arguments: ["symbols", "targets", "resets", "usage", "missing", "schema", "configuration", "more"])
    func whatContradictsItselfIsRefused(_ what: String) async throws {
        let folder = try TemporaryFolder()
        try await trainedModel(carryMemory: false).trace(symbols()).write(to: folder.path("trace"))
        let file = try SafeTensorsFile(contentsOf: folder.path("trace"))
        var changed = SafeTensorsWriter(metadata: file.metadata)
        if what == "schema" { changed.metadata["dnc.trace.schema"] = "4" }
        if what == "configuration" { changed.metadata["dnc.config"] = #"{"controller":"lstm","hidden":6}"# }
        for (name, tensor) in file.tensors where !(what == "missing" && name == "usage") {
            if tensor.type == .i32 {
                var values: [Int32] = try file.values(name)
                if name == what { values[5] = 1000 }
                try changed.add(name, shape: tensor.shape, values: values)
            } else {
                var values: [Float] = try file.values(name)
                if name == what { values[5] = .nan }
                try changed.add(name, shape: tensor.shape, values: values)
            }
        }
        if what == "more" { try changed.add("extra", shape: [1], values: [Float(1)]) }
        try changed.write(to: folder.path("changed"))
        #expect {
            _ = try Trace(contentsOf: folder.path("changed"))
        } throws: {
            $0 is SafeTensorsError || ($0 as? TrainingError).map { "\($0)".contains("/changed: ") } ?? false
        }
    }
}
