// Records what the model in book.safetensors does while it reads a sentence, and
// makes a page of it.
import DNC

let model = try Checkpoint<Float>(contentsOf: "book.safetensors").model
let trace = try model.trace(model.vocabulary.encode("Once upon a time"))
try trace.write(to: "trace.safetensors")
try Report(trace, title: "Once upon a time").write(to: "trace.html")
