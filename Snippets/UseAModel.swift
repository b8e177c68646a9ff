// Reads the model in book.safetensors, measures it on a text, and lets it write.
import DNC

let model = try Checkpoint<Float>(contentsOf: "book.safetensors").model
let corpus = try Corpus(contentsOf: "book.txt", vocabulary: model.vocabulary)
let loss = try model.evaluate(corpus.validation)
let blind = try model.withoutReads().evaluate(corpus.validation)
print("\(loss.bitsPerSymbol) BPC, \(blind.bitsPerSymbol) without its memory")

let options = try SamplingOptions(temperature: 0.8, topK: 20)
var sampler = try Sampler(
    model, prompt: "Once ", options: options,
    generator: SeededGenerator(seed: 3))
print(try sampler.text(length: 300))
