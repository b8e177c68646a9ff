// Which rows over time there are, and what each says of a step.

const gutter = 40; // left of the first step, for what the lines are called

// A row shows `lines` numbers of every step: value(step, line), null where there is none. Its `draw` is one of drawHeat,
// drawStack and drawBars.
function heatRow(title, symbol, about, lines, scale, value, options = {}) {
  const lineHeight = options.lineHeight ?? Math.max(2, Math.min(10, Math.floor(200 / lines)));
  return { title, symbol, about, lines, scale, value, height: lines * lineHeight, draw: drawHeat,
    label: line => `slot ${line}`, shortLabel: line => line, ...options };
}

// A line for each slot; nothing where the trace lacks the recording.
function weightingRow(name, title, symbol, about, head = 0) {
  const weighting = state.trace.get(name), { slots } = state.trace;
  return weighting && heatRow(title, symbol, about, slots, Scale.sequential(Math.max(weighting.high, 1e-6)),
    (step, slot) => weighting.at(step, head * slots + slot));
}

function headRow(head, name, title, letter, about) {
  return weightingRow(name, `${title} ${head + 1}`, `${letter}${superscript(head + 1)}ₜ`, about, head);
}

function memoryRow() {
  const { trace } = state, memory = trace.get("memory");
  if (!memory) return null;
  const norms = trace.memoryNorms, { slots } = trace, width = memory.shape[2], column = state.memoryColumn;
  const row = (symbol, about, scale, value) => heatRow("Memory", symbol, about, slots, scale, value);
  return column === "norm"
    ? row("‖Mₜ‖", "length of the vector in each slot", Scale.sequential(greatest(norms)),
      (step, slot) => norms[step * slots + slot])
    : row(`Mₜ[·, ${column}]`, `column ${column} of each slot`, Scale.diverging(memory.reach),
      (step, slot) => memory.at(step, slot * width + Number(column)));
}

function gatesRow() {
  const { trace } = state;
  const gate = (name, symbol, title, index = 0) => ({ recording: trace.get(name), symbol, title, index });
  const gates = [gate("allocation_gate", "gᵃ", "allocation gate"), gate("write_gate", "gʷ", "write gate"),
    ...range(trace.heads).map(r => gate("free_gates", `f${superscript(r + 1)}`, `free gate ${r + 1}`, r))]
    .filter(({ recording }) => recording);
  const about = "to a new slot rather than by content; whether to write; what each head frees";
  return gates.length && heatRow("Gates", "gᵃₜ gʷₜ fʳₜ", about, gates.length, Scale.sequential(1),
    (step, line) => gates[line].recording.at(step, gates[line].index),
    { lineHeight: 13, label: line => gates[line].title, shortLabel: line => gates[line].symbol });
}

const modes = ["backward", "content", "forward"];

function modesRow(head) {
  const recording = state.trace.get("read_modes");
  return recording && { title: `Read modes ${head + 1}`, symbol: `π${superscript(head + 1)}ₜ`, about: "how the head moves",
    lines: 3, height: 30, draw: drawStack, colours: modes.map(mode => hues[mode]), keys: modes, label: line => modes[line],
    value: (step, line) => recording.at(step, 3 * head + line) };
}

function barRow(title, symbol, about, high, value, unit = "") {
  return { title, symbol, about, lines: 1, height: 44, draw: drawBars, high, value, unit, label: () => "" };
}

function unitsRow(name, symbol) {
  const units = state.trace.get(name);
  return units && heatRow(name === "cell" ? "Cell" : "Hidden", symbol, "units of the controller", units.perStep,
    Scale.diverging(units.reach), (step, unit) => units.at(step, unit),
    { lineHeight: units.perStep > 128 ? 1 : 2, label: unit => `unit ${unit}` });
}

// From 0 on, or where there are numbers below, as far on both sides; over all the numbers of some recordings.
function scaleOf(...recordings) {
  const low = least(recordings.map(({ low }) => low)), high = greatest(recordings.map(({ high }) => high));
  return low < 0 ? Scale.diverging(Math.max(-low, high)) : Scale.sequential(high || 1);
}

function inputsRow() {
  const vectors = state.trace.get("input_vectors");
  return vectors && heatRow("Inputs", "xₜ", "the numbers that are read", vectors.perStep, scaleOf(vectors),
    (step, channel) => vectors.at(step, channel), { label: channel => `channel ${channel}` });
}

// What is asked and answered in bits or numbers, a line each; blank where nothing is asked.
function answerRows() {
  const { trace } = state, asked = trace.get("target_vectors"), answers = trace.get("answers");
  if (!asked || !answers) return [];
  const isBits = trace.output.kind === "bits", label = line => `${isBits ? "bit" : "number"} ${line}`;
  const row = (title, symbol, about, scale, value) => heatRow(title, symbol, about, asked.perStep, scale,
    (step, line) => trace.asked(step) ? value(step, line) : null, { label });
  const scale = isBits ? Scale.sequential(1) : scaleOf(asked, answers);
  const missed = (step, line) => Math.abs(answers.at(step, line) - asked.at(step, line));
  const largest = range(trace.steps).filter(step => trace.asked(step))
    .reduce((most, step) => range(asked.perStep).reduce((a, line) => Math.max(a, missed(step, line)), most), 1e-6);
  return [
    row("Asked", "zₜ", isBits ? "the bits to answer" : "the numbers to answer", scale, (step, line) => asked.at(step, line)),
    row("Answers", "yₜ", isBits ? "how probable it is that each bit is 1" : "the numbers that are answered", scale,
      (step, line) => answers.at(step, line)),
    row("Errors", "|yₜ − zₜ|", "how far each answer is from what is asked", Scale.sequential(isBits ? 1 : largest), missed),
  ];
}

// How far a step missed what it was asked.
function lossRow() {
  const { trace } = state, asked = range(trace.steps).map(step => trace.loss(step)).filter(Number.isFinite);
  if (!asked.length) return null;
  if (trace.output.kind === "reals") {
    return barRow("Squared error", "Σ (yₜ − zₜ)²", "of the numbers of a step", greatest([1e-6, ...asked]),
      step => trace.loss(step));
  }
  const about = trace.isText ? "at the symbol that should follow" : "at what is asked";
  return barRow("Surprise", "−log₂ p", about, greatest([1, ...asked]), step => trace.loss(step), "bits");
}

// Groups of rows that are opened and closed together; without those of which the trace has nothing.
function rowGroups() {
  const { trace } = state, heads = range(trace.heads);
  const influence = trace.get("memory_influence");
  const groups = {
    Prediction: [
      inputsRow(),
      ...answerRows(),
      lossRow(),
      influence && barRow("Memory's influence", "", "its share in the prediction, against the controller's", 1,
        step => influence.at(step)),
    ],
    Memory: [
      memoryRow(),
      weightingRow("usage", "Usage", "uₜ", "how far each slot is in use"),
    ],
    Writing: [
      gatesRow(),
      weightingRow("write_weighting", "Write weighting", "wʷₜ", "where this step wrote"),
      weightingRow("allocation_weighting", "Allocation weighting", "aₜ", "which slots are free to be written"),
      weightingRow("write_content_weighting", "Write content weighting", "cʷₜ", "which slots resemble the write key"),
    ],
    Reading: heads.flatMap(r => [
      headRow(r, "read_weightings", "Read weighting", "w", "where this head read"),
      modesRow(r),
    ]),
    "Read weightings by mode": heads.flatMap(r => [
      headRow(r, "backward_weightings", "Backward weighting", "b", "what was written before what was read"),
      headRow(r, "read_content_weightings", "Content weighting", "c", "which slots resemble the read key"),
      headRow(r, "forward_weightings", "Forward weighting", "f", "what was written after what was read"),
    ]),
    Controller: [unitsRow("hidden", "hₜ"), unitsRow("cell", "sₜ")],
  };
  return Object.entries(groups).map(([name, rows]) => [name, rows.filter(Boolean)]).filter(([, rows]) => rows.length);
}
