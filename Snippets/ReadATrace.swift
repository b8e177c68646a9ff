// Reads trace.safetensors: where each step wrote, and what the memory had to do with
// what was expected next.
import DNC

let trace = try Trace(contentsOf: "trace.safetensors")
let slots = trace.layout.configuration.slots
guard let weighting = trace["write_weighting"]?.values,  // (T, N)
    let gate = trace["write_gate"]?.values,  // (T)
    let influence = trace["memory_influence"]?.values  // (T)
else { fatalError("the trace of a network without a memory") }

let names = trace.alphabet.names().inputs
for step in 0..<trace.steps {
    let name = names[Int(trace.symbols[step])]
    let row = Array(weighting[step * slots..<(step + 1) * slots])
    let slot = row.indices.max { row[$0] < row[$1] } ?? 0
    print(name, "slot", slot, gate[step])  // to which the step wrote most
}
let mean = influence.reduce(0, +) / Float(trace.steps)
print("mean influence of the memory", mean)
