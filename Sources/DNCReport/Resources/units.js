// The text, coloured by a unit of the controller.

let spans = []; // of the text, one a step

function buildText() {
  const { trace } = state, arrays = trace.reads ? ["hidden", "cell"].filter(name => trace.get(name)) : [];
  byID("units").hidden = !arrays.length;
  spans = [];
  if (!arrays.length) return;
  if (!arrays.includes(state.unitArray)) state.unitArray = arrays[0];
  byID("unit-array").replaceChildren(...arrays.map(name => element("option", { value: name },
    { hidden: "hidden state hₜ", cell: "cell state sₜ" }[name])));
  byID("unit-array").value = state.unitArray;
  spans = range(trace.steps).map(step => {
    if (!trace.isText) return element("span", { step }, `${trace.read(step).map(symbol => glyph(symbol)).join(" ")} `);
    const symbol = trace.symbols[step], text = trace.vocabulary[symbol];
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
