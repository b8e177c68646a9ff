// A trained model in JavaScript: the C core in WebAssembly, in a browser or under node.
//
//    const core = await Core.load(bytes of dnc.wasm);
//    const model = core.open(bytes of a checkpoint);
//    model.begin(1n);                                    // the seed
//    for (const symbol of model.encode("abc=")) model.read(symbol);
//    const symbol = model.draw(0.8, 0);                  // temperature, top-k
//    model.read(symbol);
//    model.decode(symbol);                               // what it wrote
//    model.tensor("memory");                             // what it remembers
//
// What the core refuses is an Error with the core's own sentence.
"use strict";

class Core {
  static async load(bytes) {
    const core = new Core();
    // The one thing that the module asks for. Views are made anew at every use, so that growth need not be told.
    const { instance } = await WebAssembly.instantiate(bytes, { env: { emscripten_notify_memory_growth() {} } });
    core.functions = instance.exports;
    core.functions._initialize();
    core.answer = core.functions.malloc(40); // where functions leave a word, or a dnc_tensor
    core.version = core.text(core.functions.dnc_version());
    return core;
  }

  // Numbers in the module's memory, until the next call.
  numbers(Type, pointer, count) { return new Type(this.functions.memory.buffer, pointer, count); }

  text(pointer) {
    const bytes = new Uint8Array(this.functions.memory.buffer, pointer);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }

  call(name, ...values) {
    const status = this.functions[name](...values);
    if (status !== 0) throw new Error(this.text(this.functions.dnc_status_string(status)));
  }

  // A model from the bytes of a checkpoint.
  open(bytes) {
    const pointer = bytes.length < 2 ** 31 ? this.functions.malloc(bytes.length + 1) : 0;
    if (pointer === 0) throw new Error("there is not enough memory for a file of this size");
    try {
      this.numbers(Uint8Array, pointer, bytes.length).set(bytes);
      this.call("writer_open", pointer, bytes.length, this.answer);
    } finally {
      this.functions.free(pointer);
    }
    return new Model(this, this.numbers(Uint32Array, this.answer, 1)[0]);
  }
}

class Model {
  constructor(core, writer) {
    const ask = what => core.functions[`writer_${what}`](writer);
    // dnc_config and dnc_tensor are words of 32 bits here. Numbers of enumerations are those of dnc.h and dnc_checkpoint.h.
    const [, symbols, , , controller, hidden, , , memory, slots, width, readHeads] = core.numbers(Int32Array, ask("config"), 12);
    Object.assign(this, { core, writer, ask, symbols, hidden, slots, width, readHeads });
    this.kind = memory === 1 ? "dnc" : controller === 1 ? "rnn" : "lstm";
    this.parameters = ask("parameter_count");
    this.steps = Number(ask("step")); // of training
    this.memoryLifetime = Number(ask("memory_lifetime")); // symbols after which its memory is emptied; 0: never
    this.precision = ask("bits") === 32 ? "float" : "double";
    this.isOfBytes = ask("symbol_kind") === 2;
    this.isOfWords = ask("symbol_kind") === 3;
    const offsets = core.numbers(Uint32Array, ask("offsets"), symbols + 1);
    const bytes = core.numbers(Uint8Array, ask("texts"), offsets[symbols]);
    this.bytes = Array.from({ length: symbols }, (_, symbol) => bytes.slice(offsets[symbol], offsets[symbol + 1]));
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    // What each symbol is written as; a byte as the character of its number.
    this.texts = this.bytes.map(bytes => this.isOfBytes ? String.fromCharCode(bytes[0]) : decoder.decode(bytes));
    this.numberOf = new Map(this.texts.map((text, symbol) => [text, symbol]));
    this.tensors = new Map();
    core.numbers(Uint32Array, core.answer, 1)[0] = 40; // struct_size
    for (let i = 0; core.functions.dnc_state_tensor(ask("config"), i, core.answer) === 0; i++) {
      const [, rank, name, offset, ...shape] = core.numbers(Uint32Array, core.answer, 8); // role is behind them
      this.tensors.set(core.text(name), { offset, size: shape.slice(0, rank).reduce((a, b) => a * b) });
    }
  }

  close() { this.core.functions.writer_close(this.writer); }

  // The symbols of a text. Throws an Error with the `character` that is none, and its `place`, from 1.
  encode(text) {
    const parts = this.isOfBytes ? Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)) : this.parts(text);
    const place = parts.findIndex(part => !this.numberOf.has(part));
    if (place >= 0) {
      const character = parts[place];
      throw Object.assign(new Error(`the model does not know “${character}”`), { character, place: place + 1 });
    }
    return parts.map(part => this.numberOf.get(part));
  }

  // Its characters, or words that it knows, of which dnc_checkpoint.h tells.
  parts(text) {
    if (!this.isOfWords) return Array.from(text);
    const pieces = text.match(/ ?[A-Za-z\u{C0}-\u{1FFF}\u{3040}-\u{EFFF}\u{10000}-\u{10FFFF}]+|[^]/gu) ?? [];
    return pieces.flatMap(piece => this.numberOf.has(piece) ? [piece] : Array.from(piece));
  }

  // The text of a symbol; where symbols are bytes, "" until a character is whole.
  decode(symbol) {
    return this.isOfBytes ? this.decoder.decode(this.bytes[symbol], { stream: true }) : this.texts[symbol];
  }

  // Begins a text: the state is the initial one, and chance has this seed, a BigInt.
  begin(seed) {
    this.core.call("writer_begin", this.writer, seed);
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }

  // What is read where there is no prompt: a model says nothing before it has read something.
  get firstSymbol() { return this.numberOf.get("\n") ?? 0; }

  read(symbol) { this.core.call("writer_read", this.writer, symbol); }

  // What may follow what has been read; it is still to be read itself.
  draw(temperature, topK) {
    this.core.call("writer_draw", this.writer, temperature, topK, this.core.answer);
    return this.core.numbers(Int32Array, this.core.answer, 1)[0];
  }

  get logits() { return this.vector(this.ask("logits"), this.symbols); }

  // The numbers of a tensor of the state, in row-major order; until the next call.
  tensor(name) {
    const { offset, size } = this.tensors.get(name);
    return this.vector(this.ask("state") + offset * this.bytesPerNumber, size);
  }

  get bytesPerNumber() { return this.precision === "float" ? 4 : 8; }
  vector(pointer, count) { return this.core.numbers(this.precision === "float" ? Float32Array : Float64Array, pointer, count); }
}
