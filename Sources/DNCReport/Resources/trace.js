// The trace's numbers.

// A recorded quantity: of every step, or of one in `interval`, numbers in the shape of `shape.slice(1)`.
class Recording {
  constructor(name, { shape, type, low, high, interval = 1, data }) {
    const bytes = bytesOfBase64(data), size = shape.reduce((a, b) => a * b, 1), width = { u8: 1, f32: 4 }[type];
    if (!width) throw new Error(`${name} is of type “${type}”; this page reads u8 and f32. Make the report again.`);
    if (bytes.length !== size * width) {
      throw new Error(`${name} has ${bytes.length} bytes where its shape asks for ${size * width}. Make the report again.`);
    }
    this.raw = type === "u8" ? bytes : new Float32Array(bytes.buffer); // every processor that browsers run on is little endian
    this.offset = type === "u8" ? low : 0;
    this.factor = type === "u8" ? (high - low) / 255 : 1;
    Object.assign(this, { shape, low, high, interval, perStep: size / shape[0] });
  }
  // Number `index` of those of a step, or of the last one before it that is kept, in row-major order.
  at(step, index = 0) {
    return this.offset + this.factor * this.raw[Math.floor(step / this.interval) * this.perStep + index];
  }
  kept(step) { return step - step % this.interval; }
  of(step) { return range(this.perStep).map(index => this.at(step, index)); }
  get reach() { return Math.max(Math.abs(this.low), Math.abs(this.high)); }
}

function bytesOfBase64(text) {
  const characters = atob(text), bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

class Trace {
  constructor(data) {
    const { steps, vocabulary, symbols, targets, resets, top, model, output } = data;
    Object.assign(this, { steps, vocabulary, symbols, targets, resets, top, model, output });
    this.isText = data.is_text;
    this.answerVocabulary = data.answer_vocabulary;
    this.rights = data.right; // of each step true or false, or null where nothing is asked; likewise the losses
    this.losses = data.loss;
    this.reads = data.input.symbolsPerStep; // how many symbols a step reads, and how many it answers
    this.groups = output.kind === "symbols" ? output.groups : 0;
    this.recordings = new Map();
    for (const [name, array] of Object.entries(data.arrays)) this.recordings.set(name, new Recording(name, array));
    this.slots = this.get("memory")?.shape[1] ?? model.slots ?? 0; // of DeltaNet the rows of all heads' memories
    this.heads = model.readHeads ?? 0;
    // Where the next symbol is always what is asked, it need not be shown twice.
    this.asksOther = this.groups > 0
      && (!this.isText || targets.some((target, t) => t + 1 < steps && target !== symbols[t + 1]));
  }
  get(name) { return this.recordings.get(name); }
  asked(step) { return this.rights[step] !== null; }
  right(step) { return this.rights[step]; }
  loss(step) { return this.losses[step]; } // in bits; of numbers the sum of the squared errors
  read(step) { return this.symbols.slice(step * this.reads, (step + 1) * this.reads); }
  target(step, group = 0) { return this.targets[step * this.groups + group]; }
  likeliest(step, group = 0) {
    const index = step * this.groups + group;
    return { symbols: this.top.symbols[index], probabilities: this.top.probabilities[index] };
  }

  // The length of each slot's contents, (steps, slots).
  get memoryNorms() {
    const memory = this.get("memory"), [steps, slots, width] = memory.shape;
    const norms = new Float32Array(steps * slots);
    for (let i = 0; i < norms.length; i++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (memory.offset + memory.factor * memory.raw[i * width + k]) ** 2;
      norms[i] = Math.sqrt(sum);
    }
    Object.defineProperty(this, "memoryNorms", { value: norms });
    return norms;
  }
}
