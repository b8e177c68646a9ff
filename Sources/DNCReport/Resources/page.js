// The report page: curves of a training run, and a trace of what the network and its memory did, step by step.
//
// The data is the JSON in the element #data; while a run goes on, report.json beside the page brings newer ones. Text from it
// reaches the page only as text (textContent, canvas), never as markup.
//
// Report.swift makes one script of this file, which has what the others share, and those: colours.js, text.js (how symbols
// and numbers are written), trace.js (the data), training.js (the curves), rows.js (which rows over time there are),
// timeline.js (how they are drawn), matrices.js and step.js (one step), units.js (the text by unit), report.js (what happens
// when).
"use strict";

const range = count => Array.from({ length: count }, (_, i) => i);
const least = values => values.reduce((a, b) => Math.min(a, b));
const greatest = values => values.reduce((a, b) => Math.max(a, b));
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
