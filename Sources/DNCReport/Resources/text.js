// How symbols and numbers are written.

const shortEscapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

// Control characters, those that turn the direction of writing, and all that would not be seen, as escapes.
function visible(text) {
  return String(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu,
    c => shortEscapes[c] ?? `\\u{${c.codePointAt(0).toString(16).toUpperCase()}}`);
}

// A symbol by itself: spaces and ends of lines are seen, a combining accent has something to stand on, none is a point.
function glyph(symbol, names = state.trace.vocabulary) {
  if (symbol < 0) return "·";
  const text = names[symbol] ?? String(symbol);
  return text === " " ? "␣" : text === "\n" ? "↵" : visible(text).replace(/^\p{M}/u, "◌$&");
}

const answerGlyph = symbol => glyph(symbol, state.trace.answerVocabulary);

// The first numbers of a step.
function numbersText(recording, step, most = 16) {
  const shown = recording.of(step).slice(0, most).map(value => number(value, 3)).join(" ");
  return recording.perStep > most ? `${shown} …` : shown;
}

function number(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : String(value);
}

const superscript = number => [...String(number)].map(digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
const percent = p => p >= 0.1 || p === 0 ? `${(100 * p).toFixed(0)} %`
  : p < 1e-4 ? "< 0.01 %" : `${Number((100 * p).toPrecision(2))} %`;
