// The report page: curves of a training run, and a trace of what the network and its memory did, step by step.
//
// The data is the JSON in the element #data; while a run goes on, report.json beside the page brings newer ones. Text from it
// reaches the page only as text (textContent, canvas), never as markup. In this order: colours, text, the trace's numbers,
// the page's elements, training, the rows over time, one step, the text by unit, what happens when.
"use strict";

const range = count => Array.from({ length: count }, (_, i) => i);
const byID = id => document.getElementById(id);

const state = {
  report: null,
  trace: null, // a Trace
  cursor: 0, // the chosen step
  column: 14, // width of a step, in CSS pixels
  memoryColumn: "norm", // or the index of a column
  unitArray: "hidden",
  unit: null, // that the text is coloured by; at first the most active
  axis: "step", // of the training curves, or "seconds"
  point: Infinity, // the chosen entry of the metrics; beyond the last means the last, also when more come
  slotsOpen: false, // the table of slots
  openGroups: new Set(["Prediction", "Memory", "Writing", "Reading"]),
};

addEventListener("error", event => showError(event.error ?? event.message));
addEventListener("unhandledrejection", event => showError(event.reason));

// ---- Colours -------------------------------------------------------------------------------------------------------------

const missingColour = [214, 39, 140]; // of what is not a number
const hues = { backward: [70, 150, 220], content: [150, 150, 150], forward: [230, 140, 0], right: [0, 158, 115],
  wrong: [213, 75, 20], plain: [90, 125, 170] };
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
  return { colours: [...colours, missingColour], packed: Uint32Array.from([...colours, missingColour], packed),
    gradient: `linear-gradient(to right, ${stops.map(css)})` };
}

const theme = { ink: "", paper: "", faint: "", sequential: colourMap(viridis), diverging: null };

// Takes the colours of the style sheet, which follow the system or the reader's choice, to where canvases need them.
function readTheme() {
  const style = getComputedStyle(document.body);
  Object.assign(theme, { ink: style.color, paper: style.backgroundColor, faint: style.outlineColor });
  const paper = style.backgroundColor.match(/[\d.]+/g).slice(0, 3).map(Number);
  // Text must be readable on either end.
  const [blue, orange] = paper[0] > 128 ? [[85, 155, 235], [240, 145, 40]] : [[45, 110, 195], [180, 98, 12]];
  theme.diverging = colourMap([blue, paper, orange]);
}

// A colour map over the values from `low` to `high`.
class Scale {
  constructor(map, low, high) { Object.assign(this, { map, low, high, factor: 255 / (high - low || 1) }); }
  static sequential(high) { return new Scale("sequential", 0, high); }
  static diverging(reach) { return new Scale("diverging", -reach, reach); }
  index(value) {
    return Number.isNaN(value) ? 256 : Math.max(0, Math.min(255, Math.round((value - this.low) * this.factor)));
  }
  css(value) { return css(theme[this.map].colours[this.index(value)]); }
  legend() {
    const bar = element("i");
    bar.style.background = theme[this.map].gradient;
    return element("span", { className: "legend" }, number(this.low, 3), bar, number(this.high, 3));
  }
}

// ---- Text ----------------------------------------------------------------------------------------------------------------

const shortEscapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

// Control characters, those that turn the direction of writing, and all that would not be seen, as escapes.
function visible(text) {
  return String(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu,
    c => shortEscapes[c] ?? `\\u{${c.codePointAt(0).toString(16).toUpperCase()}}`);
}

// A symbol of the vocabulary by itself: spaces and ends of lines are seen, a combining accent has something to stand on.
function glyph(symbol) {
  const text = state.trace.vocabulary[symbol] ?? `#${symbol}`;
  return text === " " ? "␣" : text === "\n" ? "↵" : visible(text).replace(/^\p{M}/u, "◌$&");
}

function number(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : String(value);
}

const superscript = number => [...String(number)].map(digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
const least = values => values.reduce((a, b) => Math.min(a, b));
const greatest = values => values.reduce((a, b) => Math.max(a, b));
const percent = p => p >= 0.1 || p === 0 ? `${(100 * p).toFixed(0)} %`
  : p < 1e-4 ? "< 0.01 %" : `${Number((100 * p).toPrecision(2))} %`;

// ---- The trace's numbers -------------------------------------------------------------------------------------------------

// A recorded quantity: of every step, numbers in the shape of `shape.slice(1)`.
class Recording {
  constructor(name, { shape, type, low, high, data }) {
    const bytes = bytesOfBase64(data), size = shape.reduce((a, b) => a * b, 1), width = { u8: 1, f32: 4 }[type];
    if (!width) throw new Error(`${name} is of type “${type}”; this page reads u8 and f32. Make the report again.`);
    if (bytes.length !== size * width) {
      throw new Error(`${name} has ${bytes.length} bytes where its shape asks for ${size * width}. Make the report again.`);
    }
    this.raw = type === "u8" ? bytes : new Float32Array(bytes.buffer); // every processor that browsers run on is little endian
    this.offset = type === "u8" ? low : 0;
    this.factor = type === "u8" ? (high - low) / 255 : 1;
    Object.assign(this, { shape, low, high, perStep: size / shape[0] });
  }
  // Number `index` of those of a step, in row-major order.
  at(step, index = 0) { return this.offset + this.factor * this.raw[step * this.perStep + index]; }
  of(step) { return range(this.perStep).map(index => this.at(step, index)); }
  get reach() { return Math.max(Math.abs(this.low), Math.abs(this.high)); }
}

function bytesOfBase64(text) {
  const characters = atob(text), bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

// Temporal link and precedence after each step, by the paper's equations from the write weightings.
class Linkage {
  static interval = 64; // steps between those that are kept

  constructor(weighting, resets) {
    Object.assign(this, { weighting, resets: new Set(resets), slots: weighting.perStep, kept: new Map() });
  }

  // The link is row-major: element i * slots + j is near 1 where slot i was written next after slot j.
  at(step) {
    let from = step - step % Linkage.interval;
    while (from > 0 && !this.kept.has(from)) from -= Linkage.interval;
    const { slots } = this, start = this.kept.get(from);
    const now = start ? { link: start.link.slice(), precedence: start.precedence.slice() }
      : { link: new Float32Array(slots * slots), precedence: new Float32Array(slots) };
    for (let t = start ? from + 1 : 0; t <= step; t++) {
      this.advance(now, t);
      if (t % Linkage.interval === 0) this.kept.set(t, { link: now.link.slice(), precedence: now.precedence.slice() });
    }
    return now;
  }

  advance({ link, precedence }, step) {
    const { slots } = this, w = this.weighting.of(step);
    if (this.resets.has(step)) [link, precedence].forEach(array => array.fill(0));
    for (let i = 0; i < slots; i++) {
      for (let j = 0; j < slots; j++) {
        const ij = i * slots + j;
        link[ij] = i === j ? 0 : (1 - w[i] - w[j]) * link[ij] + w[i] * precedence[j];
      }
    }
    const remains = 1 - w.reduce((a, b) => a + b);
    for (let i = 0; i < slots; i++) precedence[i] = remains * precedence[i] + w[i];
  }
}

class Trace {
  constructor(data) {
    const { steps, vocabulary, symbols, targets, resets, top, model } = data;
    Object.assign(this, { steps, vocabulary, symbols, targets, resets, top, model });
    this.targetProbability = data.target_probability;
    this.recordings = new Map();
    for (const [name, array] of Object.entries(data.arrays)) this.recordings.set(name, new Recording(name, array));
    this.slots = model.slots ?? 0;
    this.heads = model.readHeads ?? 0;
    // Where the next symbol is always what is asked, it need not be shown twice.
    this.asksOther = targets.some((target, t) => t + 1 < steps && target !== symbols[t + 1]);
    const weighting = this.get("write_weighting");
    this.linkage = weighting && new Linkage(weighting, resets);
  }
  get(name) { return this.recordings.get(name); }
  asked(step) { return this.targets[step] >= 0; }
  right(step) { return this.top.symbols[step][0] === this.targets[step]; }
  surprise(step) { return this.asked(step) ? -Math.log2(this.targetProbability[step]) : null; }

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

// ---- The page's elements -------------------------------------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const result = Object.assign(document.createElement(tag), properties);
  result.append(...children);
  return result;
}

function svg(tag, attributes = {}, ...children) {
  const result = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) result.setAttribute(name, value);
  result.append(...children);
  return result;
}

function showError(error) {
  byID("error").textContent = `This report cannot be shown in full: ${visible(error?.message ?? error)}`;
  byID("error").hidden = false;
}

// Says at the pointer what is there; without content, nothing.
function showTip(event, ...content) {
  const tip = byID("tip");
  tip.hidden = !content.length;
  tip.replaceChildren(...content);
  const right = event.clientX + 14 + tip.offsetWidth > innerWidth, low = event.clientY + 18 + tip.offsetHeight > innerHeight;
  tip.style.left = `${Math.max(0, right ? event.clientX - 10 - tip.offsetWidth : event.clientX + 14)}px`;
  tip.style.top = `${Math.max(0, low ? event.clientY - 10 - tip.offsetHeight : event.clientY + 18)}px`;
}

// A function that calls `body` once before the next frame, however often it is called itself; its `now` does not wait.
function onFrame(body) {
  let waits = false;
  const later = () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => { waits = false; guarded(body); });
  };
  return Object.assign(later, { now: body });
}

function guarded(body) {
  try { return body(); } catch (error) { console.error(error); showError(error); }
}

// The least number of 1, 2 or 5 times a power of ten that is at least `value`.
function niceAtLeast(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(k => k * power).find(nice => nice >= value);
}

// ---- Training ------------------------------------------------------------------------------------------------------------

const charts = [
  { title: "Bits per character", series: [{ key: "train_bpc", name: "training" },
    { key: "valid_bpc", name: "held-out", best: true }] },
  { title: "Gradient norm", about: "before clipping; logarithmic", logarithmic: true, series: [{ key: "grad_norm" }] },
  { title: "Speed", about: "symbols per second", fromZero: true, series: [{ key: "symbols_per_second" }] },
  { title: "Learning rate", fromZero: true, series: [{ key: "learning_rate" }] },
];

function drawTraining() {
  const metrics = state.report?.metrics;
  byID("training").hidden = !metrics?.length;
  if (!metrics?.length) return;
  byID("charts").replaceChildren(...charts.map(chart => element("figure")));
  charts.forEach((chart, i) => drawChart(byID("charts").children[i], chart, metrics));
  byID("progress-point").max = metrics.length - 1;
  choosePoint(state.point);
}

function drawChart(figure, chart, metrics) {
  figure.append(element("figcaption", {}, element("b", {}, chart.title), chart.about ?? "",
    ...chart.series.length > 1 ? chart.series.map((s, i) => element("span", { className: `key series-${i}` }, s.name)) : []));
  const width = figure.clientWidth, height = chart.series.length > 1 ? 240 : 150;
  const box = { left: 52, right: width - 12, top: 8, bottom: height - 22 };
  const drawable = value => typeof value === "number" && (value > 0 || !chart.logarithmic);
  const values = chart.series.flatMap(series => metrics.map(m => m[series.key])).filter(drawable);
  if (!values.length) return figure.append(element("p", { className: "about" }, "Not recorded."));

  const along = axis(metrics.map(m => m[state.axis]), box.left, box.right, { fromZero: true });
  const x = metric => along(metric[state.axis]), y = axis(values, box.bottom, box.top, chart);
  const line = (name, x1, x2, y1, y2) => svg("line", { class: name, x1, x2, y1, y2 });
  const picture = svg("svg", { width, height, role: "img", "aria-label": chart.title },
    ...y.ticks(height / 40).flatMap(v => [line("grid", box.left, box.right, y(v), y(v)),
      svg("text", { x: box.left - 6, y: y(v) + 4, "text-anchor": "end" }, number(v))]),
    ...along.ticks(width / 90).map(v => svg("text", { x: along(v), y: height - 6, "text-anchor": "middle" }, number(v))),
    ...metrics.filter((m, i) => i > 0 && m.setbacks > metrics[i - 1].setbacks)
      .map(m => line("setback", x(m), x(m), box.top, box.bottom)));
  chart.series.forEach((series, i) => {
    const points = metrics.filter(m => drawable(m[series.key]));
    const at = m => [x(m), y(m[series.key])].map(coordinate => coordinate.toFixed(1));
    picture.append(svg("polyline", { class: `series-${i}`, points: points.map(at).join(" ") }));
    if (!series.best || !points.length) return;
    const best = points.reduce((a, b) => b[series.key] < a[series.key] ? b : a), [bestX, bestY] = at(best);
    picture.append(svg("circle", { class: `series-${i}`, cx: bestX, cy: bestY, r: 4 }),
      svg("text", { class: "best", x: bestX, y: bestY - 10, "text-anchor": bestX > width / 2 ? "end" : "start" },
        `best ${best[series.key].toFixed(3)} at step ${number(best.step)}`));
  });

  const chosen = line("chosen", 0, 0, box.top, box.bottom);
  picture.append(chosen);
  figure.append(picture);
  figure.choose = metric => { for (const end of ["x1", "x2"]) chosen.setAttribute(end, x(metric)); };
  const chooseNearest = event => {
    const { left } = picture.getBoundingClientRect(), distances = metrics.map(m => Math.abs(x(m) + left - event.clientX));
    choosePoint(distances.indexOf(least(distances)));
  };
  picture.addEventListener("pointermove", chooseNearest);
  picture.addEventListener("pointerdown", chooseNearest);
}

// A function from values to coordinates, with what to write beside them.
function axis(values, from, to, { logarithmic = false, fromZero = false }) {
  const f = logarithmic ? Math.log10 : v => v;
  let low = f(least(fromZero ? [0, ...values] : values)), high = f(greatest(values));
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const margin = (high - low) * 0.04;
  if (!fromZero) low -= margin;
  high += margin;
  const result = value => from + (f(value) - low) / (high - low) * (to - from);
  result.ticks = count => {
    if (logarithmic) {
      const decades = range(Math.ceil(high - low) + 1).map(i => 10 ** (Math.floor(low) + i));
      const ticks = decades.flatMap(d => high - low > 3 ? [d] : [d, 2 * d, 5 * d]).filter(v => f(v) >= low && f(v) <= high);
      return ticks.length > 1 ? ticks : [least(values), greatest(values)];
    }
    const interval = niceAtLeast((high - low) / count);
    const first = Math.ceil(low / interval), last = Math.floor(high / interval);
    return range(last - first + 1).map(i => Number(((first + i) * interval).toPrecision(12)));
  };
  return result;
}

function choosePoint(index) {
  const { metrics } = state.report, last = metrics.length - 1;
  state.point = index >= last ? Infinity : Math.max(0, index);
  const metric = metrics[Math.min(state.point, last)];
  const parts = [`step ${number(metric.step)}`, `${number(metric.seconds)} s`, `training ${bits(metric.train_bpc)}`,
    `held-out ${bits(metric.valid_bpc)}`, `gradient norm ${number(metric.grad_norm)}`,
    `${number(metric.symbols_per_second)} symbols/s`, `learning rate ${number(metric.learning_rate)}`,
    ...metric.setbacks ? [`${metric.setbacks} ${metric.setbacks === 1 ? "setback" : "setbacks"}`] : []];
  byID("progress-values").replaceChildren(...parts.map(part => element("span", {}, part)));
  byID("progress-point").value = Math.min(state.point, last);
  byID("progress-point").setAttribute("aria-valuetext", parts.join(", "));
  for (const figure of byID("charts").children) figure.choose?.(metric);
}

const bits = value => typeof value === "number" ? `${value.toFixed(3)} BPC` : "–";

// ---- The rows over time --------------------------------------------------------------------------------------------------

const gutter = 40; // left of the first step, for what the lines are called

// A row shows `lines` numbers of every step: value(step, line). Its `draw` is one of drawHeat, drawStack and drawBars.
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

// Groups of rows that are opened and closed together; without those of which the trace has nothing.
function rowGroups() {
  const { trace } = state, heads = range(trace.heads);
  const asked = range(trace.steps).map(step => trace.surprise(step)).filter(Number.isFinite);
  const influence = trace.get("memory_influence");
  const groups = {
    Prediction: [
      asked.length && barRow("Surprise", "−log₂ p", "at the symbol that should follow", greatest([1, ...asked]),
        step => trace.surprise(step), "bits"),
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

let rows = []; // those of the page, each with its canvas
let printing = false; // then all of them are drawn, in view or not

// `content` under its title, symbol, what it is, and what its colours or heights mean.
function captioned({ title, symbol, about, scale, keys, colours, high, unit }, content) {
  const key = keys?.map((name, i) => {
    const mark = element("span", { className: "key" }, name);
    mark.style.setProperty("--key", css(colours[i]));
    return mark;
  });
  const legend = key ?? [scale?.legend() ?? element("span", { className: "legend" }, `0 – ${number(high, 3)} ${unit}`)];
  return element("figure", {}, element("figcaption", {}, element("b", {}, title), symbol && element("i", {}, symbol),
    element("span", { className: "about" }, about), ...legend), content);
}

function buildRows() {
  rows = [];
  byID("rows").replaceChildren(...rowGroups().map(([name, group]) => {
    const details = element("details", { open: state.openGroups.has(name) }, element("summary", {}, name), ...group.map(row => {
      row.canvas = element("canvas", { role: "img", ariaLabel: `${row.title}: ${row.about}` });
      row.canvas.row = row;
      rows.push(row);
      return captioned(row, row.canvas);
    }));
    details.addEventListener("toggle", () => {
      if (details.open) state.openGroups.add(name); else state.openGroups.delete(name);
      drawRows();
    });
    return details;
  }));
}

// The steps that are in view, and where.
function visibleSpan() {
  const scroller = byID("scroller"), { column } = state, width = scroller.clientWidth;
  const first = Math.max(0, Math.floor(scroller.scrollLeft / column));
  const last = Math.min(state.trace.steps - 1, Math.floor((scroller.scrollLeft + width - gutter) / column));
  return { first, last, column, width, x: step => gutter + step * column - scroller.scrollLeft };
}

const drawRows = onFrame(() => {
  if (!state.trace) return;
  const scroller = byID("scroller");
  byID("track").style.width = `${gutter + state.trace.steps * state.column}px`;
  byID("view").style.width = `${scroller.clientWidth}px`;
  const span = visibleSpan(), frame = scroller.getBoundingClientRect();
  drawTextRow(span);
  for (const row of rows) {
    const box = row.canvas.getBoundingClientRect();
    row.canvas.style.height = `${row.height}px`;
    if (printing || box.width && box.bottom >= frame.top && box.top <= frame.bottom) drawRow(row, span);
  }
  placeCursorLine();
});

// The canvas cleared and ready for drawing in CSS pixels.
function contextFor(canvas, width, height) {
  const ratio = devicePixelRatio || 1, context = canvas.getContext("2d");
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  context.scale(ratio, ratio);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  return context;
}

function drawRow(row, span) {
  const context = contextFor(row.canvas, span.width, row.height);
  row.draw(context, row, span);
  context.fillStyle = theme.ink;
  for (const reset of state.trace.resets) {
    if (reset >= span.first && reset <= span.last) context.fillRect(span.x(reset) - 1, 0, 2, row.height);
  }
  context.fillStyle = theme.paper;
  context.fillRect(0, 0, gutter, row.height);
  context.fillStyle = theme.faint;
  context.textAlign = "right";
  if (!row.shortLabel) return;
  const lineHeight = row.height / row.lines, every = 2 ** Math.max(0, Math.ceil(Math.log2(13 / lineHeight)));
  for (let line = 0; line < row.lines; line += every) {
    context.fillText(row.shortLabel(line), gutter - 6, Math.max(6, (line + 0.5) * lineHeight));
  }
}

const scratch = document.createElement("canvas"); // a pixel for each number

function drawHeat(context, { lines, height, scale, value }, { first, last, column, x }) {
  const steps = last - first + 1, image = new ImageData(steps, lines);
  const pixels = new Uint32Array(image.data.buffer), colours = theme[scale.map].packed;
  for (let line = 0, i = 0; line < lines; line++) {
    for (let step = first; step <= last; step++) pixels[i++] = colours[scale.index(value(step, line))];
  }
  scratch.width = steps;
  scratch.height = lines;
  scratch.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, x(first), 0, steps * column, height);
}

function drawStack(context, { lines, height, value, colours }, { first, last, column, x }) {
  for (let step = first; step <= last; step++) {
    let top = 0;
    for (let line = 0; line < lines; line++) {
      const part = value(step, line) * height;
      context.fillStyle = css(colours[line]);
      context.fillRect(x(step), top, column - barGap(column), part);
      top += part;
    }
  }
}

function drawBars(context, { height, value, high }, { first, last, column, x }) {
  context.fillStyle = css(hues.plain);
  for (let step = first; step <= last; step++) {
    const part = Math.min(1, value(step) / high) * height;
    context.fillRect(x(step), height - part, column - barGap(column), part);
  }
  context.fillStyle = theme.faint;
  context.fillRect(gutter, height - 0.5, x(last + 1) - gutter, 0.5);
}

const barGap = column => column > 5 ? 1 : 0;

// Numbers of steps, what is read, what is asked where that is something else, and whether the likeliest symbol is right.
function drawTextRow(span) {
  const { trace } = state, { first, last, column, x } = span, height = trace.asksOther ? 62 : 46;
  const context = contextFor(byID("text-row"), span.width, height);
  context.textAlign = "center";
  const every = Math.max(1, niceAtLeast(60 / column));
  context.fillStyle = theme.faint;
  for (let step = first - first % every; step <= last; step += every) context.fillText(step, x(step) + column / 2, 8);
  context.font = `${Math.min(15, Math.max(7, column * 1.1))}px ui-monospace, monospace`;
  for (let step = first; step <= last; step++) {
    const middle = x(step) + column / 2;
    const write = (symbol, y) => column >= 5 && context.fillText(glyph(symbol), middle, y, Math.max(column, 7));
    context.fillStyle = theme.ink;
    write(trace.symbols[step], 25);
    if (!trace.asked(step)) continue;
    if (trace.asksOther) {
      context.fillStyle = theme.faint;
      write(trace.targets[step], 42);
    }
    const right = trace.right(step);
    context.fillStyle = css(right ? hues.right : hues.wrong);
    context.fillRect(x(step), height - (right ? 4 : 9), column - barGap(column), right ? 3 : 8);
  }
  context.fillStyle = theme.paper;
  context.fillRect(0, 0, gutter, height);
  context.fillStyle = theme.faint;
  context.textAlign = "right";
  context.font = "11px system-ui, sans-serif";
  context.fillText("step", gutter - 6, 8);
  context.fillText("reads", gutter - 6, 25);
  if (trace.asksOther) context.fillText("asked", gutter - 6, 42);
  context.fillText("right", gutter - 6, height - 5);
}

function placeCursorLine() {
  const line = byID("cursor-line"), { x, column } = visibleSpan(), left = x(state.cursor);
  line.hidden = left < gutter - column / 2;
  line.style.left = `${left}px`;
  line.style.width = `${Math.max(1, column)}px`;
}

// Step and line of a row that the pointer is at, or null.
function placeIn(row, event) {
  const box = event.target.getBoundingClientRect(), { scrollLeft } = byID("scroller");
  const step = Math.floor((event.clientX - box.left - gutter + scrollLeft) / state.column);
  const part = (event.clientY - box.top) / box.height;
  if (event.clientX - box.left < gutter || step < 0 || step >= state.trace.steps || part < 0 || part >= 1) return null;
  let line = Math.floor(part * (row?.lines ?? 1));
  if (row?.draw === drawStack) { // its lines are as high as their values
    for (let sum = line = 0; line < row.lines - 1 && (sum += row.value(step, line)) <= part;) line++;
  }
  return { step, line };
}

function describe(row, { step, line }) {
  const value = row.value(step, line), label = row.label(line);
  return `${row.title}${label && `, ${label}`}, step ${step}: ${number(value)}${row.unit ? ` ${row.unit}` : ""}`;
}

// ---- One step ------------------------------------------------------------------------------------------------------------

// What is read, what may come next and what should.
function prediction(step) {
  const { trace } = state, { symbols, probabilities } = trace.top, target = trace.targets[step];
  const bars = symbols[step].map((symbol, i) => {
    const p = probabilities[step][i], bar = element("i");
    bar.style.width = `${100 * p}%`;
    return element("div", { className: symbol === target ? "bar target" : "bar" },
      element("code", {}, glyph(symbol)), element("span", {}, bar), percent(p));
  });
  const right = trace.right(step), verdict = !trace.asked(step) ? "nothing is asked"
    : element("span", { className: right ? "right" : "wrong" }, `${right ? "✓" : "✗"} should follow: `,
      element("code", {}, glyph(target)),
      ` at ${percent(trace.targetProbability[step])}, ${number(trace.surprise(step), 3)} bits`);
  return [element("p", {}, "reads ", element("code", {}, glyph(trace.symbols[step])), trace.resets.includes(step)
    ? ", its memory emptied before" : "", "; ", verdict, ". Likeliest:"), ...bars];
}

function table(headings, lines) {
  const line = (tag, cells) => element("tr", {}, ...cells.map(cell => element(tag, {}, cell)));
  return element("table", {}, line("th", headings), ...lines.map(cells => line("td", cells)));
}

// Tables of gates and strengths: of the write head, and of the read heads.
function controls(step) {
  const { trace } = state, heads = range(trace.heads);
  const share = (name, index = 0) => trace.get(name)?.at(step, index).toFixed(2) ?? "–";
  const strength = (name, index = 0) => trace.get(name)?.at(step, index).toPrecision(3) ?? "–";
  const strongest = (name, head = 0) => {
    if (!trace.get(name)) return "–";
    const weights = trace.get(name).of(step).slice(head * trace.slots, (head + 1) * trace.slots), most = greatest(weights);
    return `${weights.indexOf(most)} (${most.toFixed(2)})`;
  };
  return [
    table(["write head", "gate gʷ", "allocation gᵃ", "strength βʷ", "most into slot"],
      [["", share("write_gate"), share("allocation_gate"), strength("write_strength"), strongest("write_weighting")]]),
    table(["read head", ...heads.map(r => r + 1)], [
      ["free gate f", ...heads.map(r => share("free_gates", r))],
      ["strength β", ...heads.map(r => strength("read_strengths", r))],
      ...modes.map((mode, k) => [`${mode} π`, ...heads.map(r => share("read_modes", 3 * r + k))]),
      ["most from slot", ...heads.map(r => strongest("read_weightings", r))],
    ]),
  ];
}

// What is known of each slot besides its contents.
function slotColumns() {
  const { trace } = state;
  const column = (name, symbol, title, head = 0) => ({ recording: trace.get(name), symbol, title,
    value: (step, slot) => trace.get(name).at(step, head * trace.slots + slot) });
  return [column("usage", "u", "usage"), column("write_weighting", "wʷ", "write weighting"), ...range(trace.heads).map(r =>
    column("read_weightings", `w${superscript(r + 1)}`, `read weighting ${r + 1}`, r))].filter(({ recording }) => recording);
}

// The same in numbers, once they are asked for.
function slotTable(step) {
  const columns = slotColumns();
  const result = element("details", { open: state.slotsOpen }, element("summary", {}, "Slots in numbers"));
  const fill = () => {
    state.slotsOpen = result.open;
    if (result.open && !result.querySelector("table")) {
      result.append(table(["slot", ...columns.map(({ symbol }) => symbol)], range(state.trace.slots).map(slot =>
        [slot, ...columns.map(({ value }) => value(step, slot).toFixed(3))])));
    }
  };
  fill();
  result.addEventListener("toggle", fill);
  return result;
}

// A picture of lines × columns numbers, each `cell` CSS pixels wide and high, that tells them at the pointer.
function matrix({ lines, columns, value, scale, cell, label, name }) {
  const canvas = element("canvas", { width: columns, height: lines, role: "img", ariaLabel: name });
  const image = new ImageData(columns, lines), pixels = new Uint32Array(image.data.buffer);
  for (let i = 0, k = 0; i < lines; i++) {
    for (let j = 0; j < columns; j++) pixels[k++] = theme[scale.map].packed[scale.index(value(i, j))];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  canvas.style.width = `${columns * cell[0]}px`;
  canvas.style.height = `${lines * cell[1]}px`;
  canvas.addEventListener("pointermove", event => {
    const i = Math.floor(event.offsetY / cell[1]), j = Math.floor(event.offsetX / cell[0]);
    if (i >= 0 && i < lines && j >= 0 && j < columns) showTip(event, `${label(i, j)}: ${number(value(i, j))}`);
  });
  canvas.addEventListener("pointerleave", event => showTip(event));
  return canvas;
}

const cellSize = (count, room) => Math.max(1, Math.min(16, Math.floor(room / count)));

// The memory's matrix, above it what was written and erased, beside it each slot's usage and weightings.
function memoryPicture(step) {
  const { trace } = state, memory = trace.get("memory");
  if (!memory) return [];
  const [, slots, width] = memory.shape, cell = [cellSize(width, 224), cellSize(slots, 260)], sideCell = [20, cell[1]];
  const scale = Scale.diverging(memory.reach), shares = Scale.sequential(1), side = slotColumns();
  const strip = (name, symbol, scaleOf) => {
    const recording = trace.get(name);
    return recording ? [element("span", {}, symbol), matrix({ lines: 1, columns: width, cell: [cell[0], 10], name: symbol,
      scale: scaleOf(recording), value: (_, k) => recording.at(step, k), label: (_, k) => `${symbol}, column ${k}` })] : [];
  };
  const heading = element("div", { className: "side" }, ...side.map(({ symbol }) => element("span", {}, symbol)));
  const caption = { title: "Memory", symbol: "Mₜ", about: `${slots} slots of width ${width}`, scale };
  return [captioned(caption, element("div", { className: "matrices" },
    ...strip("write_vector", "written vₜ", recording => Scale.diverging(recording.reach)),
    ...strip("erase_vector", "erased eₜ", () => shares), heading, shares.legend(),
    matrix({ lines: slots, columns: side.length, cell: sideCell, scale: shares, name: "usage and weightings",
      value: (i, j) => side[j].value(step, i), label: (i, j) => `${side[j].title}, slot ${i}` }),
    matrix({ lines: slots, columns: width, cell, scale, name: "memory", value: (i, k) => memory.at(step, i * width + k),
      label: (i, k) => `memory, slot ${i}, column ${k}` })))];
}

function linkPicture(step) {
  const { trace } = state;
  if (!trace.linkage) return [];
  const { link, precedence } = trace.linkage.at(step), { slots } = trace, cell = Array(2).fill(cellSize(slots, 260));
  const scale = Scale.sequential(1), about = "bright where the slot of the line was written next after that of the column";
  return [captioned({ title: "Temporal link", symbol: "Lₜ", about, scale },
    element("div", { className: "matrices" }, element("span", {}, "precedence pₜ"),
      matrix({ lines: 1, columns: slots, cell: [cell[0], 10], scale, value: (_, j) => precedence[j], name: "precedence",
        label: (_, j) => `precedence, slot ${j}` }),
      element("span", {}, "Lₜ"),
      matrix({ lines: slots, columns: slots, cell, scale, value: (i, j) => link[i * slots + j], name: "temporal link",
        label: (i, j) => `link, slot ${i} after slot ${j}` })))];
}

const drawDetails = onFrame(() => {
  const { trace, cursor } = state;
  if (!trace) return;
  byID("step-details").replaceChildren(...prediction(cursor),
    ...trace.slots ? [...controls(cursor), ...memoryPicture(cursor), ...linkPicture(cursor), slotTable(cursor)] : []);
});

function moveTo(step) {
  const { trace } = state;
  if (!trace || !Number.isFinite(step)) return;
  state.cursor = Math.max(0, Math.min(trace.steps - 1, Math.round(step)));
  const scroller = byID("scroller"), { column } = state, left = state.cursor * column, room = scroller.clientWidth - gutter;
  if (left < scroller.scrollLeft || left + column > scroller.scrollLeft + room) scroller.scrollLeft = left - room / 2;
  byID("step").value = state.cursor;
  const textRow = byID("text-row");
  textRow.setAttribute("aria-valuenow", state.cursor);
  textRow.setAttribute("aria-valuetext", `step ${state.cursor}, reads ${glyph(trace.symbols[state.cursor])}, `
    + `expects ${glyph(trace.top.symbols[state.cursor][0])} at ${percent(trace.top.probabilities[state.cursor][0])}`);
  byID("text").querySelector(".here")?.classList.remove("here");
  spans[state.cursor]?.classList.add("here");
  placeCursorLine();
  drawDetails();
}

// ---- The text by unit ----------------------------------------------------------------------------------------------------

let spans = []; // of the text, one a step

function buildText() {
  const { trace } = state, arrays = ["hidden", "cell"].filter(name => trace.get(name));
  byID("units").hidden = !arrays.length;
  spans = [];
  if (!arrays.length) return;
  if (!arrays.includes(state.unitArray)) state.unitArray = arrays[0];
  byID("unit-array").replaceChildren(...arrays.map(name => element("option", { value: name },
    { hidden: "hidden state hₜ", cell: "cell state sₜ" }[name])));
  byID("unit-array").value = state.unitArray;
  spans = trace.symbols.map((symbol, step) => {
    const text = trace.vocabulary[symbol];
    return element("span", { step }, text === " " ? text : glyph(symbol), text === "\n" ? element("br") : "");
  });
  byID("text").replaceChildren(...spans);
  listActiveUnits();
  chooseUnit(state.unit ?? Number(byID("active-units").firstChild.textContent));
}

// Buttons for the units that vary most.
function listActiveUnits() {
  const recording = state.trace.get(state.unitArray);
  const variances = range(recording.perStep).map(unit => {
    let sum = 0, squares = 0;
    for (let step = 0; step < recording.shape[0]; step++) {
      const value = recording.at(step, unit);
      sum += value;
      squares += value * value;
    }
    return { unit, variance: squares / recording.shape[0] - (sum / recording.shape[0]) ** 2 };
  });
  byID("active-units").replaceChildren(...variances.sort((a, b) => b.variance - a.variance).slice(0, 12)
    .map(({ unit, variance }) => element("button", { type: "button", title: `variance ${number(variance)}`,
      onclick: () => chooseUnit(unit) }, unit)));
}

function chooseUnit(unit) {
  const { trace } = state, recording = trace.get(state.unitArray);
  if (!recording || !Number.isFinite(unit)) return;
  state.unit = Math.max(0, Math.min(recording.perStep - 1, Math.round(unit)));
  byID("unit").max = recording.perStep - 1;
  byID("unit").value = state.unit;
  for (const button of byID("active-units").children) button.ariaPressed = Number(button.textContent) === state.unit;
  let reach = 1e-6;
  for (let step = 0; step < trace.steps; step++) reach = Math.max(reach, Math.abs(recording.at(step, state.unit)));
  const scale = Scale.diverging(reach);
  byID("unit-legend").replaceChildren(scale.legend());
  spans.forEach((span, step) => { span.style.backgroundColor = scale.css(recording.at(step, state.unit)); });
}

// ---- What happens when ---------------------------------------------------------------------------------------------------

function show(report) {
  if (report.schema !== 1) throw new Error(`its data is of schema ${report.schema}; this page reads 1. Make the report again.`);
  const before = state.report;
  state.report = report;
  byID("error").hidden = true;
  document.title = byID("title").textContent = visible(report.title);
  byID("version").textContent = visible(report.version);
  byID("summary").replaceChildren(...report.summary.map(([name, value]) =>
    element("div", {}, element("dt", {}, visible(name)), element("dd", {}, visible(value)))));
  drawTraining();
  if (!before || JSON.stringify(before.trace) !== JSON.stringify(report.trace)) showTrace(report.trace);
}

function showTrace(data) {
  const { trace } = Object.assign(state, { trace: data && new Trace(data) });
  for (const id of ["trace", "units"]) byID(id).hidden = !trace;
  if (!trace) return;
  const memory = trace.get("memory");
  byID("memory-choice").hidden = !memory;
  byID("memory-column").replaceChildren(element("option", { value: "norm" }, "length of each slot"),
    ...range(memory?.shape[2] ?? 0).map(k => element("option", { value: k }, `column ${k}`)));
  if (!(state.memoryColumn < memory?.shape[2])) state.memoryColumn = "norm";
  byID("memory-column").value = state.memoryColumn;
  byID("step").max = trace.steps - 1;
  byID("text-row").setAttribute("aria-valuemax", trace.steps - 1);
  byID("last-step").textContent = `of 0 – ${trace.steps - 1}`;
  byID("zoom").value = state.column;
  buildRows();
  buildText();
  drawRows();
  moveTo(state.cursor);
}

function zoomTo(column) {
  const scroller = byID("scroller"), offset = state.cursor * state.column - scroller.scrollLeft;
  state.column = Math.max(1, Math.min(32, column));
  byID("zoom").value = state.column;
  byID("track").style.width = `${gutter + state.trace.steps * state.column}px`;
  scroller.scrollLeft = state.cursor * state.column - offset; // the chosen step stays where it is
  drawRows();
}

function moveByKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("summary, input, select, button")) return;
  const { cursor, trace } = state;
  const step = { ArrowLeft: cursor - 1, ArrowRight: cursor + 1, PageUp: cursor - 10, PageDown: cursor + 10, Home: 0,
    End: trace.steps - 1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  moveTo(step);
  if (event.currentTarget === byID("text")) spans[state.cursor].scrollIntoView({ block: "nearest" });
}

function redraw() {
  readTheme();
  drawTraining();
  if (!state.trace) return;
  buildRows();
  drawRows();
  drawDetails();
  chooseUnit(state.unit);
}

// Paper is white, and shows every row.
function layOutForPaper(begins) {
  printing = begins;
  document.documentElement.style.colorScheme = begins ? "light" : byID("theme").value;
  redraw();
  drawRows.now();
  drawDetails.now();
}

// Asks for newer data every two seconds while there is some to come.
async function follow() {
  const live = byID("live");
  let tag = null, last = new Date();
  const tell = (text, gone) => {
    live.textContent = text;
    live.classList.toggle("gone", gone);
    live.hidden = false;
  };
  tell("live", false);
  while (state.report.live) {
    await new Promise(resolve => setTimeout(resolve, 2000));
    try {
      const answer = await fetch("report.json", { headers: tag ? { "If-None-Match": tag } : {} });
      if (!answer.ok && answer.status !== 304) throw new Error(`status ${answer.status}`);
      const report = answer.ok ? await answer.json() : null;
      tag = answer.headers.get("ETag") ?? tag;
      last = new Date();
      tell("live", false);
      if (report) guarded(() => show(report));
    } catch {
      tell(`server gone: last update ${last.toLocaleTimeString()}`, true);
    }
  }
  tell("ended", false);
}

function listen() {
  const on = (id, type, action) => byID(id).addEventListener(type, event => guarded(() => action(event)));
  on("theme", "change", event => { document.documentElement.style.colorScheme = event.target.value; redraw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  on("progress-axis", "change", event => { state.axis = event.target.value; drawTraining(); });
  on("progress-point", "input", event => choosePoint(Number(event.target.value)));

  on("scroller", "scroll", drawRows);
  on("zoom", "input", event => zoomTo(Number(event.target.value)));
  on("fit", "click", () => zoomTo(Math.floor((byID("scroller").clientWidth - gutter) / state.trace.steps)));
  on("memory-column", "change", event => { state.memoryColumn = event.target.value; buildRows(); drawRows(); });
  for (const id of ["scroller", "text"]) on(id, "keydown", moveByKey);
  on("step", "change", event => moveTo(event.target.valueAsNumber));
  on("previous-step", "click", () => moveTo(state.cursor - 1));
  on("next-step", "click", () => moveTo(state.cursor + 1));
  on("view", "pointermove", event => {
    const place = event.target.matches("canvas") && placeIn(event.target.row, event);
    if (!place) return showTip(event);
    if (event.target.row) showTip(event, describe(event.target.row, place));
    else showTip(event, element("b", {}, `step ${place.step}`), ...prediction(place.step));
    if (event.buttons === 1 && event.pointerType === "mouse") moveTo(place.step);
  });
  on("view", "pointerleave", event => showTip(event));
  on("view", "click", event => {
    const place = event.target.matches("canvas") && placeIn(event.target.row, event);
    if (!place) return;
    byID("text-row").focus({ preventScroll: true });
    moveTo(place.step);
  });

  on("unit-array", "change", event => { state.unitArray = event.target.value; listActiveUnits(); chooseUnit(state.unit); });
  on("unit", "change", event => chooseUnit(event.target.valueAsNumber));
  on("previous-unit", "click", () => chooseUnit(state.unit - 1));
  on("next-unit", "click", () => chooseUnit(state.unit + 1));
  on("text", "click", event => moveTo(event.target.step));
  on("text", "pointermove", event => event.target.step === undefined ? showTip(event) : showTip(event,
    element("b", {}, `step ${event.target.step}: unit ${state.unit} at `
      + number(state.trace.get(state.unitArray).at(event.target.step, state.unit))), ...prediction(event.target.step)));
  on("text", "pointerleave", event => showTip(event));

  addEventListener("resize", onFrame(() => { drawTraining(); drawRows(); }));
  for (const type of ["beforeprint", "afterprint"]) addEventListener(type, () => layOutForPaper(type === "beforeprint"));
}

// For tests, and for a look from the console.
window.dncReport = {
  state,
  moveTo,
  link: step => state.trace.linkage.at(step).link,
  precedence: step => state.trace.linkage.at(step).precedence,
  value: (name, step, index = 0) => state.trace.get(name).at(step, index),
};

guarded(() => {
  readTheme();
  listen();
  show(JSON.parse(byID("data").textContent));
  requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.ready = "true"; }));
  if (state.report.live) follow();
});
