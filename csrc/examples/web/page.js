// The page: a model writes, and its memory is seen at work. Begins where model.js ends; works as the report page does, whose
// colours it has. Text from prompts, vocabularies and files reaches the page only as text (textContent, canvas).
// In this order: colours, text, elements, rows over time, what is now, writing, what happens when.

const range = count => Array.from({ length: count }, (_, i) => i);
const byID = id => document.getElementById(id);

const state = {
  core: null,
  model: null,
  settings: null, // as the fields say; null where they make no sense
  prompt: [], // symbols
  steps: 0, // symbols that have been read, those of the prompt too
  isRunning: false,
  frame: 0, // the number of the one that is asked for
  credit: 0, // symbols that the time passed allows
  lastFrame: 0,
  lastPicture: 0,
  text: { read: "", written: "" }, // of the prompt, and by the model; as it is
  shown: { read: 0, written: 0 }, // how much of it is in the page
  busy: { symbols: 0, milliseconds: 0 }, // of the core
};

const written = () => Math.max(0, state.steps - state.prompt.length);
const isFinished = () => written() >= state.settings?.length;
// Whether the memory was emptied before the symbol of this step, counted from 0, was read.
const isEmptiedBefore = step => step > 0 && state.model.memoryLifetime > 0 && step % state.model.memoryLifetime === 0;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

// ---- Colours -------------------------------------------------------------------------------------------------------------

const viridis = ["440154", "482475", "414487", "355f8d", "2a788e", "21918c", "22a884", "44bf70", "7ad151", "bddf26", "fde725"]
  .map(hex => [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16)));

const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
const packed = ([r, g, b]) => (255 << 24 | b << 16 | g << 8 | r) >>> 0; // as image data holds it

// 256 colours through `stops`, evenly apart.
function colourMap(stops) {
  const colours = range(256).map(i => {
    const place = i / 255 * (stops.length - 1), from = Math.min(Math.floor(place), stops.length - 2);
    return stops[from].map((low, k) => Math.round(low + (stops[from + 1][k] - low) * (place - from)));
  });
  return { packed: Uint32Array.from(colours, packed), gradient: `linear-gradient(to right, ${stops.map(css)})` };
}

const theme = { ink: "", paper: "", faint: "", sequential: colourMap(viridis), diverging: null };

// Takes the colours of the style sheet, which follow the system, to where canvases need them.
function readTheme() {
  const style = getComputedStyle(document.body);
  Object.assign(theme, { ink: style.color, paper: style.backgroundColor, faint: style.outlineColor });
  const paper = style.backgroundColor.match(/[\d.]+/g).slice(0, 3).map(Number);
  const [blue, orange] = paper[0] > 128 ? [[85, 155, 235], [240, 145, 40]] : [[45, 110, 195], [180, 98, 12]];
  theme.diverging = colourMap([blue, paper, orange]);
}

// A colour map over the values from `low` to `high`, which `reach` widens.
class Scale {
  constructor(map, reach) { Object.assign(this, { map, high: reach, legend: element("span", { className: "legend" }) }); }
  get low() { return this.map === "diverging" ? -this.high : 0; }
  reach(values) { for (const value of values) this.high = Math.max(this.high, Math.abs(value)); }
  colours(values) {
    const { packed } = theme[this.map], { low } = this, factor = 255 / (this.high - low);
    return Uint32Array.from(values, value => packed[Math.max(0, Math.min(255, Math.round((value - low) * factor)))]);
  }
  drawLegend() {
    const bar = element("i");
    bar.style.background = theme[this.map].gradient;
    this.legend.replaceChildren(number(this.low, 2), bar, number(this.high, 2));
  }
}

// ---- Text ----------------------------------------------------------------------------------------------------------------

const shortEscapes = { "\n": "↵\n", "\r": "\\r", "\t": "\\t" };

// Control characters, those that turn the direction of writing, and all that would not be seen, as escapes.
function visible(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu,
    c => shortEscapes[c] ?? `\\u{${c.codePointAt(0).toString(16).toUpperCase()}}`);
}

// A symbol by itself: spaces and ends of lines are seen, a combining accent has something to stand on.
function glyph(symbol) {
  const text = state.model.texts[symbol], code = text.charCodeAt(0);
  if (state.model.isOfBytes && code >= 0x80) return `\\x${code.toString(16).toUpperCase()}`;
  return text === " " ? "␣" : visible(text.replace(/^ (?=.)/, "␣")).trim().replace(/^\p{M}/u, "◌$&");
}

function number(value, digits = 3) {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(digits)));
}

const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const percent = p => p >= 0.1 ? `${(100 * p).toFixed(0)} %` : p >= 0.001 ? `${(100 * p).toFixed(1)} %` : "< 0.1 %";
const superscript = number => [...String(number)].map(digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");

// ---- Elements ------------------------------------------------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const result = Object.assign(document.createElement(tag), properties);
  result.append(...children);
  return result;
}

// Says what is wrong with a field, or without `message` that nothing is.
function complain(id, message = "", field = null) {
  byID(id).textContent = visible(message);
  byID(id).hidden = !message;
  if (field) field.ariaInvalid = Boolean(message);
}

function captioned({ title, symbol, about, scale }, canvas) {
  scale.drawLegend();
  return element("figure", {}, element("figcaption", {}, element("b", {}, title), element("i", {}, symbol),
    element("span", { className: "about" }, about), scale.legend), canvas);
}

const picture = name => element("canvas", { role: "img", ariaLabel: name });

// The canvas cleared and ready for drawing in CSS pixels.
function contextFor(canvas, width, height) {
  const ratio = devicePixelRatio || 1, context = canvas.getContext("2d");
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  context.scale(ratio, ratio);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "center";
  return context;
}

const scratch = document.createElement("canvas"); // a pixel for each number

// `lines` × `columns` numbers, row-major, each as a rectangle of `cell` CSS pixels.
function drawNumbers(context, { values, lines, columns, scale, x, y, cell: [width, height] }) {
  const image = new ImageData(columns, lines);
  new Uint32Array(image.data.buffer).set(scale.colours(values));
  scratch.width = columns;
  scratch.height = lines;
  scratch.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, x, y, columns * width, lines * height);
}

const cellSize = (count, room) => Math.max(1, Math.min(16, Math.floor(room / count)));

// ---- Rows over time ------------------------------------------------------------------------------------------------------

const gutter = 40; // left of the first step, for what the lines are called
const column = 14; // width of a step
const depth = 512; // steps that are remembered

let rows = []; // each shows `lines` numbers of every step, which `read` takes from the model
let symbolsRead = null; // the row of what they belong to

function row(title, symbol, about, lines, scale, read, labels = false) {
  const lineHeight = Math.max(1, Math.min(10, Math.floor(170 / lines)));
  return { title, symbol, about, lines, scale, read, labels, lineHeight, canvas: picture(`${title}: ${about}`),
    numbers: new Float32Array(depth * lines) };
}

// The length of the vector in each slot.
function memoryNorms() {
  const { slots, width } = state.model, memory = state.model.tensor("memory");
  return range(slots).map(slot => memory.subarray(slot * width, (slot + 1) * width))
    .map(vector => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)));
}

function buildRows() {
  const { model } = state, { slots } = model;
  const weighting = (title, symbol, about, read) => row(title, symbol, about, slots, new Scale("sequential", 1), read, true);
  const units = (name, title, symbol) => row(title, symbol, "units of the controller", model.hidden,
    new Scale("diverging", 1), () => model.tensor(name));
  rows = [
    ...model.kind === "dnc" ? [
      row("Memory", "‖Mₜ‖", "length of the vector in each slot", slots, new Scale("sequential", 1), memoryNorms, true),
      weighting("Usage", "uₜ", "how far each slot is in use", () => model.tensor("usage")),
      weighting("Write weighting", "wʷₜ", "where this step wrote", () => model.tensor("write_weighting")),
      ...range(model.readHeads).map(r => weighting(model.readHeads > 1 ? `Read weighting ${r + 1}` : "Read weighting",
        `w${superscript(r + 1)}ₜ`, "where this step read",
        () => model.tensor("read_weightings").subarray(r * slots, (r + 1) * slots))),
    ] : [],
    ...model.tensors.has("hidden") ? [units("hidden", "Hidden", "hₜ")] : [], // which a feed-forward controller does not carry on
    ...model.tensors.has("cell") && model.kind !== "dnc" ? [units("cell", "Cell", "sₜ")] : [],
  ];
  symbolsRead = { canvas: picture("what is read"), symbols: new Int32Array(depth) };
  byID("rows").replaceChildren(symbolsRead.canvas, ...rows.map(row => captioned(row, row.canvas)));
}

function remember(symbol) {
  const place = state.steps % depth;
  symbolsRead.symbols[place] = symbol;
  for (const { read, numbers, lines, scale } of rows) {
    const values = read();
    numbers.set(values, place * lines);
    scale.reach(values);
  }
}

// The last steps, as many as there is room for, and where each is remembered.
function drawRows() {
  const width = byID("rows").clientWidth, count = Math.min(state.steps, depth, Math.floor((width - gutter) / column));
  const first = state.steps - count, places = range(count).map(i => (first + i) % depth);
  drawSymbols(contextFor(symbolsRead.canvas, width, 40), first, places);
  for (const { canvas, numbers, lines, lineHeight, scale, labels } of rows) {
    const context = contextFor(canvas, width, lines * lineHeight);
    const values = range(lines).flatMap(line => places.map(place => numbers[place * lines + line]));
    if (count) drawNumbers(context, { values, lines, columns: count, scale, x: gutter, y: 0, cell: [column, lineHeight] });
    scale.drawLegend();
    context.fillStyle = theme.ink;
    const resets = range(count).filter(i => isEmptiedBefore(first + i));
    for (const i of resets) context.fillRect(gutter + i * column - 1, 0, 2, lines * lineHeight);
    context.fillStyle = theme.faint;
    context.fillRect(gutter - 1, 0, 0.5, lines * lineHeight);
    context.textAlign = "right";
    const every = 2 ** Math.max(0, Math.ceil(Math.log2(16 / lineHeight)));
    for (let line = 0; labels && line < lines; line += every) {
      context.fillText(line, gutter - 6, Math.max(6, (line + 0.5) * lineHeight));
    }
  }
}

function drawSymbols(context, first, places) {
  const every = 5, middle = i => gutter + (i + 0.5) * column;
  context.fillStyle = theme.faint;
  context.textAlign = "right";
  context.fillText("step", gutter - 6, 8);
  context.fillText("reads", gutter - 6, 27);
  context.textAlign = "center";
  places.forEach((place, i) => { if ((first + i + 1) % every === 0) context.fillText(first + i + 1, middle(i), 8); });
  context.font = "14px ui-monospace, monospace";
  places.forEach((place, i) => {
    context.fillStyle = first + i < state.prompt.length ? theme.faint : theme.ink;
    context.fillText(glyph(symbolsRead.symbols[place]), middle(i), 27, column);
  });
}

// ---- What is now ---------------------------------------------------------------------------------------------------------

const memoryHeight = 288;

let now = null; // the pictures of this step
let lastWritten = []; // for each slot the symbol that was read when it was last written with a weight above ½

const isTold = slots => cellSize(slots, memoryHeight) >= 11; // whether there is room for that beside each slot

function buildNow() {
  const { model } = state;
  now = { expected: element("ol", { id: "expected" }) };
  const figures = [];
  if (model.kind === "dnc") {
    Object.assign(now, { memory: picture("memory, and each slot's usage and weightings"), link: picture("temporal link"),
      reach: new Scale("diverging", 1), share: new Scale("sequential", 1) });
    figures.push(
      captioned({ title: "Memory", symbol: "Mₜ", scale: now.reach, about: isTold(model.slots)
        ? "beside each slot what was read when it was last written with a weight above ½"
        : `${model.slots} slots of width ${model.width}` }, now.memory),
      captioned({ title: "Temporal link", symbol: "Lₜ", scale: now.share,
        about: "bright where the slot of the line was written next after that of the column" }, now.link));
  }
  byID("now").replaceChildren(element("figure", {}, element("figcaption", {}, element("b", {}, "Expects"),
    element("span", { className: "about" }, "the likeliest symbols to follow, before temperature and top-k")), now.expected),
  ...figures);
}

function noteWritten(symbol) {
  if (state.model.kind !== "dnc") return;
  if (isEmptiedBefore(state.steps)) lastWritten = [];
  state.model.tensor("write_weighting").forEach((weight, slot) => { if (weight > 0.5) lastWritten[slot] = symbol; });
  now.reach.high *= 0.98; // it follows the memory, not so fast that colours flicker
  now.reach.reach(state.model.tensor("memory"));
}

function drawNow() {
  drawExpected();
  if (state.model.kind !== "dnc") return;
  drawMemory();
  drawLink();
}

function drawExpected() {
  const logits = [...state.model.logits], most = logits.reduce((a, b) => Math.max(a, b));
  const weights = logits.map(logit => Math.exp(logit - most)), sum = weights.reduce((a, b) => a + b);
  const likeliest = range(logits.length).sort((a, b) => weights[b] - weights[a] || a - b).slice(0, 8);
  now.expected.replaceChildren(...state.steps === 0 ? [] : likeliest.map(symbol => {
    const p = weights[symbol] / sum, bar = element("i");
    bar.style.width = `${100 * p}%`;
    return element("li", {}, element("code", {}, glyph(symbol)), element("span", {}, bar), percent(p));
  }));
}

// A line for each slot: its number, the symbol that it was written at, usage and weightings, and its contents.
function drawMemory() {
  const { model } = state, { slots, width, readHeads } = model, heads = range(readHeads), top = 18;
  const sides = [["u", model.tensor("usage")], ["wʷ", model.tensor("write_weighting")], ...heads.map(r =>
    [`w${superscript(r + 1)}`, model.tensor("read_weightings").subarray(r * slots, (r + 1) * slots)])];
  const left = 56, side = Math.min(24, Math.floor(120 / sides.length)), start = left + sides.length * side + 10;
  const room = byID("now").clientWidth, height = cellSize(slots, memoryHeight), cell = [cellSize(width, room - start), height];
  const context = contextFor(now.memory, room, top + slots * height);
  context.fillStyle = theme.faint;
  sides.forEach(([symbol, values], k) => {
    context.fillText(symbol, left + (k + 0.5) * side, 8);
    drawNumbers(context, { values, lines: slots, columns: 1, scale: now.share, x: left + k * side, y: top,
      cell: [side - 2, height] });
  });
  drawNumbers(context, { values: model.tensor("memory"), lines: slots, columns: width, scale: now.reach, x: start, y: top,
    cell });
  now.reach.drawLegend();
  if (!isTold(slots)) return;
  range(slots).forEach(slot => {
    const middle = top + (slot + 0.5) * height;
    context.fillStyle = theme.faint;
    context.font = "11px system-ui, sans-serif";
    context.fillText(slot, 12, middle);
    if (lastWritten[slot] === undefined) return;
    context.fillStyle = theme.ink;
    context.font = "14px ui-monospace, monospace";
    context.fillText(glyph(lastWritten[slot]), 38, middle, 24);
  });
}

function drawLink() {
  const { model } = state, { slots } = model, cell = Array(2).fill(cellSize(slots, 224)), left = 56, top = 18;
  const context = contextFor(now.link, byID("now").clientWidth, top + slots * cell[0]);
  context.fillStyle = theme.faint;
  context.textAlign = "right";
  context.fillText("pₜ", left - 6, 6);
  context.fillText("Lₜ", left - 6, top + 8);
  const numbers = { columns: slots, scale: now.share, x: left };
  drawNumbers(context, { ...numbers, values: model.tensor("precedence"), lines: 1, y: 0, cell: [cell[0], 12] });
  drawNumbers(context, { ...numbers, values: model.tensor("link"), lines: slots, y: top, cell });
}

// ---- Writing -------------------------------------------------------------------------------------------------------------

const speeds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, Infinity]; // symbols per second

// Reads the next symbol of the prompt, or draws one and reads that.
function advance() {
  const { model, settings, prompt, steps } = state, isOfPrompt = steps < prompt.length, start = performance.now();
  const symbol = isOfPrompt ? prompt[steps] : model.draw(settings.temperature, settings.topK);
  model.read(symbol);
  state.busy.milliseconds += performance.now() - start;
  state.busy.symbols += 1;
  state.text[isOfPrompt ? "read" : "written"] += model.decode(symbol);
  remember(symbol);
  noteWritten(symbol);
  state.steps += 1;
}

function showText() {
  for (const part of ["read", "written"]) {
    byID(part).append(visible(state.text[part].slice(state.shown[part])));
    state.shown[part] = state.text[part].length;
  }
  byID("text").scrollTop = byID("text").scrollHeight;
}

function draw() {
  const { model, steps, prompt, settings, busy } = state;
  if (!model) return;
  drawRows();
  drawNow();
  showText();
  const did = steps < prompt.length ? `${number(steps)} of ${counted(prompt.length, "symbol")} of the prompt read`
    : `${number(written())}${settings ? ` of ${number(settings.length)}` : ""} symbols written`;
  byID("count").textContent = did;
  byID("core-speed").textContent = busy.milliseconds > 0
    ? `${number(Number((1000 * busy.symbols / busy.milliseconds).toPrecision(2)))} symbols/s` : "–";
  state.lastPicture = performance.now();
}

function frame(time) {
  const { speed } = state.settings, end = performance.now() + 12; // milliseconds, so that the page stays at hand
  const earned = speed === Infinity ? Infinity : speed * (time - state.lastFrame) / 1000;
  state.credit = Math.min(Math.max(1, speed / 4), state.credit + earned); // not all of a long absence
  state.lastFrame = time;
  while (state.credit >= 1 && !isFinished() && performance.now() < end) {
    advance();
    state.credit -= 1;
  }
  if (isFinished()) return pause("Done");
  if (!isCalm.matches || performance.now() - state.lastPicture > 500) draw();
  askForFrame();
}

function askForFrame() {
  state.frame = requestAnimationFrame(time => guarded(() => frame(time)));
}

function run() {
  if (state.isRunning || !isReady()) return;
  Object.assign(state, { isRunning: true, credit: 1, lastFrame: performance.now() });
  showStatus("Writing");
  askForFrame();
}

function pause(status = "Paused") {
  if (!state.isRunning) return;
  state.isRunning = false;
  cancelAnimationFrame(state.frame);
  showStatus(status);
  draw();
}

function showStatus(status) {
  byID("status").textContent = status;
  byID("write").textContent = state.isRunning ? "Pause" : state.steps > 0 && !isFinished() ? "Go on" : "Write";
}

// Begins the text again, with the prompt and the settings of the fields.
function restart() {
  pause();
  const { model } = state;
  Object.assign(state, { prompt: [], steps: 0, text: { read: "", written: "" }, shown: { read: 0, written: 0 } });
  lastWritten = [];
  complain("error");
  readSettings();
  readPrompt();
  model.begin(state.settings?.seed ?? 0n);
  for (const id of ["read", "written"]) byID(id).replaceChildren();
  showStatus("");
  draw();
}

// Whether it can go on, after the end from the beginning; where not, the field that is to blame is ready to be mended.
function isReady() {
  if (isFinished()) restart();
  const blamed = document.querySelector("[aria-invalid='true']");
  blamed?.focus();
  return !blamed;
}

function readPrompt() {
  const { model } = state, field = byID("prompt");
  complain("prompt-error", "", field);
  try {
    state.prompt = field.value ? model.encode(field.value) : [model.firstSymbol];
  } catch (error) {
    if (error.character === undefined) throw error;
    const known = model.symbols > 100 ? counted(model.symbols, "character") : range(model.symbols).map(glyph).join(" ");
    complain("prompt-error", `Character ${error.place} is “${error.character}”, which this model does not know. `
      + `It knows ${known}`, field);
  }
}

function readSettings() {
  const rule = ({ dataset, labels }) => `${labels[0].textContent.trim()} must be ${dataset.rule}.`;
  const isGood = field => field.validity.valid && (field.id !== "seed" || BigInt(field.value) < 2n ** 64n);
  const fields = ["temperature", "top-k", "seed", "length"].map(byID), bad = fields.filter(field => !isGood(field));
  for (const field of fields) field.ariaInvalid = bad.includes(field);
  complain("setting-error", bad.map(rule).join(" "));
  const speed = speeds[byID("speed").value];
  byID("speed-value").textContent = byID("speed").ariaValueText =
    speed === Infinity ? "as fast as it can" : `${counted(speed, "symbol")}/s`;
  const [temperature, topK, seed, length] = fields.map(field => field.value);
  state.settings = bad.length ? null
    : { temperature: Number(temperature), topK: Number(topK), seed: BigInt(seed), length: Number(length), speed };
  if (bad.length) pause();
}

// ---- What happens when ---------------------------------------------------------------------------------------------------

function guarded(body) {
  try { return body(); } catch (error) {
    console.error(error);
    pause();
    complain("error", error.message);
  }
}

// The model of a checkpoint; where it is none, that is said and the one before stays.
function open(bytes, fileName) {
  let model;
  try { model = state.core.open(bytes); } catch (error) {
    return complain("error", `${fileName}: ${error.message}. It must be a checkpoint of dnc train.`);
  }
  pause();
  state.model?.close();
  Object.assign(state, { model, busy: { symbols: 0, milliseconds: 0 } });
  byID("main").hidden = false;
  tellSizes(fileName, bytes.length);
  buildRows();
  buildNow();
  restart();
}

function tellSizes(fileName, size) {
  const { model } = state;
  const sizes = [counted(model.hidden, "hidden unit"), ...model.kind === "dnc"
    ? [`${counted(model.slots, "slot")} of width ${model.width}`, counted(model.readHeads, "read head")] : []];
  if (model.memoryLifetime) sizes.push(`memory emptied every ${counted(model.memoryLifetime, "symbol")}`);
  const summary = { Checkpoint: `${fileName}, ${number(size / 1000)} kB`, Model: `${model.kind}, ${sizes.join(", ")}`,
    Parameters: `${number(model.parameters)}, ${model.precision}`, Trained: counted(model.steps, "step"),
    Symbols: `${number(model.symbols)} ${model.isOfBytes ? "bytes" : model.isOfWords ? "words and characters" : "characters"}` };
  byID("summary").replaceChildren(...Object.entries(summary).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, visible(value)))),
  element("div", {}, element("dt", {}, "Speed of the core"), element("dd", { id: "core-speed" })));
  const names = { rnn: "A recurrent network", lstm: "An LSTM", dnc: "A Differentiable Neural Computer" };
  byID("title").textContent = `${names[model.kind]} at work`;
  byID("work-heading").textContent = model.kind === "dnc" ? "Its memory, step by step" : "Its hidden state, step by step";
}

async function openFile(file) {
  if (!file) return;
  const bytes = await file.arrayBuffer().catch(error => complain("error", `${file.name}: ${error.message}`));
  if (bytes) guarded(() => open(new Uint8Array(bytes), file.name));
}

function listen() {
  const on = (id, type, action) => byID(id).addEventListener(type, event => guarded(() => action(event)));
  on("write", "click", () => state.isRunning ? pause() : run());
  on("restart", "click", restart);
  on("step", "click", () => {
    pause();
    if (!isReady()) return;
    advance();
    showStatus("Paused");
    draw();
  });
  for (const id of ["prompt", "seed"]) on(id, "input", restart);
  for (const id of ["temperature", "top-k", "length", "speed"]) on(id, "input", () => { readSettings(); draw(); });
  on("prompt", "keydown", event => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  });
  addEventListener("keydown", event => { if (event.key === "Escape") guarded(pause); });

  on("file", "change", event => {
    openFile(event.target.files[0]);
    event.target.value = ""; // so that the same file, when it has changed, can be chosen again
  });
  const showsDrop = isSo => document.body.classList.toggle("dropping", isSo);
  const onFiles = (type, action) => addEventListener(type, event => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    action(event);
  });
  onFiles("dragover", () => showsDrop(true));
  onFiles("dragleave", event => { if (!event.relatedTarget) showsDrop(false); });
  onFiles("drop", event => { showsDrop(false); openFile(event.dataTransfer.files[0]); });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => guarded(() => { readTheme(); draw(); }));
  addEventListener("resize", () => guarded(draw));
}

// What assemble.py has packed into an element of the page.
async function unpacked(id) {
  const characters = atob(byID(id).textContent), bytes = Uint8Array.from(characters, c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

(async () => {
  readTheme();
  state.core = await Core.load(await unpacked("module"));
  const checkpoint = await unpacked("checkpoint");
  byID("version").textContent = state.core.version;
  byID("speed").max = speeds.length - 1;
  byID("speed").value = isCalm.matches ? speeds.length - 1 : speeds.indexOf(20);
  guarded(() => open(checkpoint, byID("checkpoint").dataset.name));
  listen();
  document.documentElement.dataset.ready = "true";
})().catch(error => complain("error",
  `This page cannot run here: ${error.message}. It needs a browser of 2024 or later, with WebAssembly and its SIMD.`));

// For tests, and for a look from the console.
window.dncPage = state;
