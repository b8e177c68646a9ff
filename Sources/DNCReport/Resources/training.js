// The curves of a training run.

const isNumber = value => typeof value === "number";

// Of a report; how many episodes are right is there where it is episodes that are trained on.
function chartsOf({ metrics, measure }) {
  const charts = [
    { title: measure.name.replace(/^./, letter => letter.toUpperCase()), wide: true,
      series: [{ key: "train_loss", name: "training" }, { key: "valid_loss", name: "held-out", best: true }] },
    { title: "Sequences right", about: "the part of the held-out episodes without a wrong answer", wide: true, optional: true,
      fromZero: true, upTo: 1,
      series: [{ key: "valid_error_rate", name: "answers wrong" }, { key: "valid_sequences_right", name: "sequences right" }] },
    { title: "Gradient norm", about: "before clipping; logarithmic", logarithmic: true, series: [{ key: "grad_norm" }] },
    { title: "Speed", about: `${measure.predictions} per second`, fromZero: true, series: [{ key: "predictions_per_second" }] },
    { title: "Learning rate", fromZero: true, series: [{ key: "learning_rate" }] },
  ];
  return charts.filter(({ optional, series }) => !optional || metrics.some(m => series.some(({ key }) => isNumber(m[key]))));
}

function drawTraining() {
  const metrics = state.report?.metrics;
  byID("training").hidden = !metrics?.length;
  if (!metrics?.length) return;
  const charts = chartsOf(state.report);
  byID("charts").replaceChildren(...charts.map(({ wide }) => element("figure", { className: wide ? "wide" : "" })));
  charts.forEach((chart, i) => drawChart(byID("charts").children[i], chart, metrics));
  byID("progress-point").max = metrics.length - 1;
  choosePoint(state.point);
}

function drawChart(figure, chart, metrics) {
  figure.append(element("figcaption", {}, element("b", {}, chart.title), chart.about ?? "",
    ...chart.series.length > 1 ? chart.series.map((s, i) => element("span", { className: `key series-${i}` }, s.name)) : []));
  const width = figure.clientWidth, height = chart.series.length > 1 ? 240 : 150;
  const box = { left: 52, right: width - 28, top: 8, bottom: height - 22 };
  const drawable = value => isNumber(value) && (value > 0 || !chart.logarithmic);
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
        `best ${lossText(best[series.key])} at step ${number(best.step)}`));
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
function axis(values, from, to, { logarithmic = false, fromZero = false, upTo = -Infinity }) {
  const f = logarithmic ? Math.log10 : v => v;
  let low = f(least(fromZero ? [0, ...values] : values)), high = f(greatest([upTo, ...values].filter(Number.isFinite)));
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
  const { metrics, measure } = state.report, last = metrics.length - 1;
  state.point = index >= last ? Infinity : Math.max(0, index);
  const metric = metrics[Math.min(state.point, last)], right = metric.valid_sequences_right;
  const loss = value => isNumber(value) ? `${lossText(value)} ${measure.unit}` : "–";
  const parts = [`step ${number(metric.step)}`, `${number(metric.seconds)} s`, `training ${loss(metric.train_loss)}`,
    `held-out ${loss(metric.valid_loss)}`, ...isNumber(right) ? [`sequences right ${percent(right)}`] : [],
    `gradient norm ${number(metric.grad_norm)}`, `${number(metric.predictions_per_second)} ${measure.predictions}/s`,
    `learning rate ${number(metric.learning_rate)}`,
    ...metric.setbacks ? [`${metric.setbacks} ${metric.setbacks === 1 ? "setback" : "setbacks"}`] : []];
  byID("progress-values").replaceChildren(...parts.map(part => element("span", {}, part)));
  byID("progress-point").value = Math.min(state.point, last);
  byID("progress-point").setAttribute("aria-valuetext", parts.join(", "));
  for (const figure of byID("charts").children) figure.choose?.(metric);
}

// Losses of episodes can become very small.
const lossText = value => value >= 0.1 || value === 0 ? value.toFixed(3) : number(value, 3);
