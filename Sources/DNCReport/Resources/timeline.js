// The rows over time: drawn for the steps that are in view, and told at the pointer.

let rows = []; // those of the page, each with its canvas
let printing = false; // then all of them are drawn, in view or not

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
    for (let step = first; step <= last; step++) {
      const number = value(step, line);
      pixels[i++] = number === null ? 0 : colours[scale.index(number)];
    }
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

const mostTextLines = 4; // of symbols that a step reads, and of those that it is asked for

// The lines of symbols above the rows: what is read, and what is asked where that is something else than what comes next.
function textLines() {
  const { trace } = state;
  const reads = range(Math.min(mostTextLines, trace.reads)).map(i => ({ label: i ? "" : "reads", colour: theme.ink,
    text: step => glyph(trace.symbols[step * trace.reads + i]) }));
  const asks = range(Math.min(mostTextLines, trace.asksOther ? trace.groups : 0)).map(i => ({ label: i ? "" : "asked",
    colour: theme.faint, text: step => trace.asked(step) ? answerGlyph(trace.target(step, i)) : "" }));
  return [...reads, ...asks];
}

// Numbers of steps, symbols that are read and asked, and whether the answers are right.
function drawTextRow(span) {
  const { trace } = state, { first, last, column, x } = span, lines = textLines(), height = 29 + 17 * lines.length;
  const context = contextFor(byID("text-row"), span.width, height);
  context.textAlign = "center";
  const every = Math.max(1, niceAtLeast(60 / column));
  context.fillStyle = theme.faint;
  for (let step = first - first % every; step <= last; step += every) context.fillText(step, x(step) + column / 2, 8);
  context.font = `${Math.min(15, Math.max(7, column * 1.1))}px ui-monospace, monospace`;
  for (let step = first; step <= last; step++) {
    lines.forEach(({ text, colour }, i) => {
      context.fillStyle = colour;
      if (column >= 5) context.fillText(text(step), x(step) + column / 2, 25 + 17 * i, Math.max(column, 7));
    });
    if (!trace.asked(step)) continue;
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
  lines.forEach(({ label }, i) => context.fillText(label, gutter - 6, 25 + 17 * i));
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
