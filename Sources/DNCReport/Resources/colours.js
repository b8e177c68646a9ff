// Colours: those of meanings, of numbers by colour maps, and of the theme.

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
