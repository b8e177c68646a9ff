// One step in full: what is read and predicted, gates and strengths, slots.

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
