// What happens when: data comes, the reader does something, the page is printed.

function show(report) {
  if (report.schema !== 2) throw new Error(`its data is of schema ${report.schema}; this page reads 2. Make the report again.`);
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
    else showTip(event, element("b", {}, `step ${place.step}`), ...told(place.step));
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
      + number(state.trace.get(state.unitArray).at(event.target.step, state.unit))), ...told(event.target.step)));
  on("text", "pointerleave", event => showTip(event));

  addEventListener("resize", onFrame(() => { drawTraining(); drawRows(); }));
  for (const type of ["beforeprint", "afterprint"]) addEventListener(type, () => layOutForPaper(type === "beforeprint"));
}

// For tests, and for a look from the console.
window.dncReport = {
  state,
  moveTo,
  value: (name, step, index = 0) => state.trace.get(name).at(step, index),
};

guarded(() => {
  readTheme();
  listen();
  show(JSON.parse(byID("data").textContent));
  requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.ready = "true"; }));
  if (state.report.live) follow();
});
