// One step in full: what is read and predicted, gates and strengths, slots.

// What a step reads: symbols, numbers or both.
function readText(step) {
  const { trace } = state, vectors = trace.get("input_vectors");
  return [...trace.read(step).map(symbol => glyph(symbol)), ...vectors ? [numbersText(vectors, step)] : []].join(" ");
}

// What was asked and answered, in a line each; nothing where it is no symbols and was not recorded.
function askedText(step) {
  const { trace } = state, asked = trace.get("target_vectors");
  return trace.groups ? range(trace.groups).map(group => answerGlyph(trace.target(step, group))).join(" ")
    : asked ? numbersText(asked, step) : "";
}

function answerText(step) {
  const { trace } = state, answers = trace.get("answers");
  return trace.groups ? range(trace.groups).map(group => answerGlyph(trace.likeliest(step, group).symbols[0])).join(" ")
    : answers ? numbersText(answers, step) : "";
}

// Whether what was asked was answered.
function verdict(step) {
  const { trace } = state;
  if (!trace.asked(step)) return ["nothing is asked"];
  const right = trace.right(step), loss = number(trace.loss(step), 3);
  const words = `${right ? "✓" : "✗"} ${trace.isText ? "should follow" : "asked"}: `;
  const answered = trace.groups ? [` at ${percent(2 ** -trace.loss(step))}`]
    : ["; answered: ", element("code", {}, answerText(step))];
  return [element("span", { className: right ? "right" : "wrong" }, words, element("code", {}, askedText(step)), ...answered,
    trace.output.kind === "reals" ? `, squared error ${loss}` : `, ${loss} bits`)];
}

// What is read, asked and answered, in a paragraph.
function summary(step) {
  const { trace } = state, emptied = trace.resets.includes(step) ? ", its memory emptied before" : "";
  return element("p", {}, "reads ", element("code", {}, readText(step)), emptied, "; ", ...verdict(step),
    trace.groups === 1 ? ". Likeliest:" : ".");
}

// The likeliest symbols of a softmax, with what was asked of it where there are several.
function likeliest(step, group) {
  const { trace } = state, { symbols, probabilities } = trace.likeliest(step, group);
  const target = trace.asked(step) ? trace.target(step, group) : -1;
  const heading = trace.groups === 1 ? [] : [element("p", {}, `answer ${group + 1}`,
    ...target < 0 ? [] : [", asked: ", element("code", {}, answerGlyph(target))])];
  return [...heading, ...symbols.map((symbol, i) => {
    const p = probabilities[i], bar = element("i");
    bar.style.width = `${100 * p}%`;
    return element("div", { className: symbol === target ? "bar target" : "bar" },
      element("code", {}, answerGlyph(symbol)), element("span", {}, bar), percent(p));
  })];
}

const mostAnswers = 64; // lines of a table; the rows over time have all of them

// What was asked and answered in bits or numbers, line by line.
function answerTable(step) {
  const { trace } = state, asked = trace.get("target_vectors"), answers = trace.get("answers");
  if (!asked || !answers || !trace.asked(step)) return [];
  const isBits = trace.output.kind === "bits";
  const line = k => {
    const error = Math.abs(answers.at(step, k) - asked.at(step, k)), right = error < 0.5;
    const mark = element("span", { className: right ? "right" : "wrong" }, right ? "✓" : "✗");
    return [k, number(asked.at(step, k), 3), number(answers.at(step, k), 3), number(error, 3), ...isBits ? [mark] : []];
  };
  const headings = isBits ? ["bit", "asked", "answered: p of 1", "error", "right"] : ["number", "asked", "answered", "error"];
  const rest = asked.perStep - mostAnswers;
  return [table(headings, range(Math.min(mostAnswers, asked.perStep)).map(line)),
    ...rest > 0 ? [element("p", { className: "about" }, `and ${rest} more, in the rows “Asked” and “Answers”`)] : []];
}

// A step in full; at the pointer, where it is a single symbol that is answered, or else in short.
function prediction(step) {
  const { groups } = state.trace;
  return [summary(step), ...groups ? range(groups).flatMap(group => likeliest(step, group)) : answerTable(step)];
}

const told = step => state.trace.groups === 1 ? prediction(step) : [summary(step)];

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

const drawDetails = onFrame(() => {
  const { trace, cursor } = state;
  if (!trace) return;
  byID("step-details").replaceChildren(...prediction(cursor),
    ...trace.slots ? [...controls(cursor), ...memoryPicture(cursor), ...linkPicture(cursor), slotTable(cursor)] : []);
});

// For readers of screens.
function spokenAnswer(step) {
  const { trace } = state;
  if (trace.groups === 1) return [`expects ${answerText(step)} at ${percent(trace.likeliest(step).probabilities[0])}`];
  if (!trace.asked(step)) return ["nothing is asked"];
  return [`asked ${askedText(step)}`, `answered ${answerText(step)}`, trace.right(step) ? "right" : "wrong"];
}

function moveTo(step) {
  const { trace } = state;
  if (!trace || !Number.isFinite(step)) return;
  state.cursor = Math.max(0, Math.min(trace.steps - 1, Math.round(step)));
  const scroller = byID("scroller"), { column } = state, left = state.cursor * column, room = scroller.clientWidth - gutter;
  if (left < scroller.scrollLeft || left + column > scroller.scrollLeft + room) scroller.scrollLeft = left - room / 2;
  byID("step").value = state.cursor;
  const textRow = byID("text-row");
  textRow.setAttribute("aria-valuenow", state.cursor);
  textRow.setAttribute("aria-valuetext", [`step ${state.cursor}`, `reads ${readText(state.cursor)}`,
    ...spokenAnswer(state.cursor)].join(", "));
  byID("text").querySelector(".here")?.classList.remove("here");
  spans[state.cursor]?.classList.add("here");
  placeCursorLine();
  drawDetails();
}
