// Matrices as pictures: the memory and the temporal link at one step.

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

// A recorded vector as a line above the matrix whose columns it goes with; nothing where the trace lacks it.
function strip(step, name, symbol, cellWidth, scaleOf, label) {
  const recording = state.trace.get(name);
  return recording ? [element("span", {}, symbol), matrix({ lines: 1, columns: recording.perStep, cell: [cellWidth, 10],
    scale: scaleOf(recording), value: (_, k) => recording.at(step, k), label: (_, k) => label(k), name: symbol })] : [];
}

// The memory's matrix, above it what was written and erased, beside it each slot's usage and weightings.
function memoryPicture(step) {
  const { trace } = state, memory = trace.get("memory");
  if (!memory) return [];
  const [, slots, width] = memory.shape, cell = [cellSize(width, 224), cellSize(slots, 260)], sideCell = [20, cell[1]];
  const scale = Scale.diverging(memory.reach), shares = Scale.sequential(1), side = slotColumns();
  const ofColumns = (name, symbol, scaleOf) =>
    strip(step, name, symbol, cell[0], scaleOf, column => `${symbol}, column ${column}`);
  const heading = element("div", { className: "side" }, ...side.map(({ symbol }) => element("span", {}, symbol)));
  const caption = { title: "Memory", symbol: "Mₜ", about: `${slots} slots of width ${width}`, scale };
  return [captioned(caption, element("div", { className: "matrices" },
    ...ofColumns("write_vector", "written vₜ", recording => Scale.diverging(recording.reach)),
    ...ofColumns("erase_vector", "erased eₜ", () => shares), heading, shares.legend(),
    matrix({ lines: slots, columns: side.length, cell: sideCell, scale: shares, name: "usage and weightings",
      value: (i, j) => side[j].value(step, i), label: (i, j) => `${side[j].title}, slot ${i}` }),
    matrix({ lines: slots, columns: width, cell, scale, name: "memory", value: (i, k) => memory.at(step, i * width + k),
      label: (i, k) => `memory, slot ${i}, column ${k}` })))];
}

// The last temporal link that is kept, and the precedence that goes with it.
function linkPicture(step) {
  const { trace } = state, link = trace.get("link");
  if (!link) return [];
  const { slots } = trace, kept = link.kept(step), cell = Array(2).fill(cellSize(slots, 260)), scale = Scale.sequential(1);
  const about = `after step ${kept}${link.interval > 1 ? `, one in ${link.interval} being kept` : ""}: `
    + "bright where the slot of the line was written next after that of the column";
  return [captioned({ title: "Temporal link", symbol: "Lₜ", about, scale }, element("div", { className: "matrices" },
    ...strip(kept, "precedence", "precedence pₜ", cell[0], () => scale, slot => `precedence, slot ${slot}`),
    element("span", {}, "Lₜ"),
    matrix({ lines: slots, columns: slots, cell, scale, value: (i, j) => link.at(step, i * slots + j), name: "temporal link",
      label: (i, j) => `link, slot ${i} after slot ${j}` })))];
}
