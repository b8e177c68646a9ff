#!/usr/bin/env python3
"""Opens the report page in headless Chromium and checks what it shows and computes.

    Tests/ReportPage/check.py                        ends with "N passed, 0 failed"; status 1 where one fails
    Tests/ReportPage/check.py --page PAGE [--trace FILE]   checks a page that dnc has made, of the trace in FILE, instead
    ... --pictures FOLDER                            also leaves pictures there: of the page, or of a made-up one of full size

Needs numpy, safetensors, and Chromium or Chrome ($CHROMIUM says which); where one is missing, it says so and ends with status 77.
"""

import argparse
import base64
import http.server
import json
import pathlib
import re
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "csrc/tests/web"))  # whose page is driven by the same means
import chromium  # noqa: E402

try:
    import numpy as np
    import safetensors

    import example
except ImportError:
    np = None

RESOURCES = ROOT / "Sources/DNCReport/Resources"
SCRIPTS = re.findall(r"PackageResources\.(\w+)_js", (RESOURCES / "../Report.swift").read_text())  # in their order
LINKS = 1 << 21  # bytes of them that a page may hold
SIZES = dict(steps=150, slots=8, width=6, heads=2, hidden=12, resets=(0, 40, 101))
MARK = "</script><img src=x onerror='window.attacked=1'><script>window.attacked=1</script>"
HOSTILE = [MARK, "\u202edecnuob", "\0", "\u2066", "\x1b[31m", "\u0301", "\u2028", "a" * 50, "{{7*7}}", "<b>"]


def assembled(data):
    """The page as the Swift side puts it together."""
    page, text = (RESOURCES / "report.html").read_text(), json.dumps(data).replace("<", "\\u003c")
    assert page.count("'nonce-NONCE'") == 2
    assert sorted(SCRIPTS) == sorted(file.stem for file in RESOURCES.glob("*.js"))
    script = "\n".join((RESOURCES / f"{name}.js").read_text() for name in SCRIPTS)
    page = page.replace("'nonce-NONCE'", "'nonce-once'")
    for marker, content in (("STYLE", f"<style nonce=once>{(RESOURCES / 'report.css').read_text()}</style>"),
                            ("DATA", f'<script type="application/json" id="data">{text}</script>'),
                            ("SCRIPT", f"<script nonce=once>{script}</script>")):
        assert page.count(f"<!--{marker}-->") == 1, marker
        page = page.replace(f"<!--{marker}-->", content)
    return page


class ReportChecks(chromium.Checks):
    def open(self, file, width=1440, height=1000, **window):
        self.page.problems.clear()
        self.page.window(width, height, **window)
        self.page.open(file.resolve().as_uri())

    def cursor(self):
        return self.js("dncReport.state.cursor")

    def expect_linkage(self, step, link, precedence, interval):
        """At `step` the page shows `link` and `precedence` of the last step that it keeps, as near as bytes and colours are."""
        kept = step - step % interval
        self.js(f"dncReport.moveTo({step})")
        self.page.settle()
        told = self.text("#step-details")
        assert f"after step {kept}{f', one in {interval} being kept' if interval > 1 else ''}: bright" in told, told
        for name, recorded in (("temporal link", link), ("precedence pₜ", precedence)):
            shown = self.js(f"""(() => {{
                const canvas = [...document.querySelectorAll('#step-details canvas')].find(c => c.ariaLabel === '{name}');
                const {{ data }} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                return Array.from(new Uint32Array(data.buffer), p => theme.sequential.packed.indexOf(p)); }})()""")
            assert np.abs(np.array(shown) - 255 * recorded[kept].ravel()).max() < 2, (name, step)

    def take_pictures(self, file, folder):
        """The page `file` in light, dark and on a narrow screen."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, window in dict(light={}, dark={"scheme": "dark"}, narrow=dict(width=400, height=850, ratio=2)).items():
            self.open(file, **window)
            self.js("dncReport.moveTo(30)")
            self.page.settle()
            self.page.screenshot(folder / f"{name}.png")
            print(folder / f"{name}.png")


class PageByDNC(ReportChecks):
    """A page that `dnc report` has made, and, if one is known, the trace that it was made of."""

    def __init__(self, page, folder, file, trace):
        super().__init__(page, folder)
        self._file, self._trace = file, trace

    def it_opens_without_a_problem(self):
        self.open(self._file)
        assert self.js("byID('error').hidden"), self.text("#error")
        self.js("for (let step = 0; step < dncReport.state.trace.steps; step += 7) dncReport.moveTo(step)")
        self.page.settle()

    def its_text_is_no_markup(self):
        self.open(self._file)
        assert not self.js("document.querySelector('img, iframe, body script:not([type]) ~ *')")

    def its_links_are_those_of_the_core(self):
        if self._trace is None:
            return
        with safetensors.safe_open(self._trace, "np") as trace:
            links, precedences = trace.get_tensor("link"), trace.get_tensor("precedence")
        steps, slots = precedences.shape
        interval = -(-steps // (LINKS // slots**2))
        self.open(self._file)
        assert self.js("dncReport.state.trace.get('link').raw.length") == -(-steps // interval) * slots**2 <= LINKS
        for step in range(0, steps, 3):
            self.expect_linkage(step, links, precedences, interval)
        assert links.max() > 0.01  # or there would be little to compare


class PageOfMadeUpData(ReportChecks):
    """The page, of data that is made up here."""

    def _show(self, data, **window):
        file = self.folder / "report.html"
        file.write_text(assembled(data))
        self.open(file, **window)

    # ---- What is computed

    def the_link_is_the_recorded_one(self):
        recorded = example.simulate(**SIZES, random=np.random.default_rng(1))[2]
        link, precedence = recorded["link"], recorded["precedence"]
        for interval in (1, 7):
            trace = example.trace(**SIZES)
            trace["arrays"]["link"] = example.encoded(link[::interval], exact=False) | {"interval": interval}
            self._show(example.report(trace=trace))
            assert self.js("theme.sequential.packed.every((colour, i, all) => i - all.indexOf(colour) < 2)")  # they tell values
            for step in (149, 0, 1, 6, 7, 39, 40, 41, 100, 101, 3):  # forwards and backwards, around resets
                self.expect_linkage(step, link, precedence, interval)
        assert max(link[step].max() for step in (39, 100, 149)) > 0.5  # or there would be little to compare

    def numbers_are_read_from_bytes_and_floats(self):
        trace = example.trace(**SIZES)
        self._show(example.report(trace=trace))
        for name, tolerance in (("write_gate", 0), ("memory", 0), ("read_modes", 0)):
            array = trace["arrays"][name]
            raw = np.frombuffer(example.bytes_of(trace, name), {"u8": "u1", "f32": "<f4"}[array["type"]]).astype(float)
            values = raw if array["type"] == "f32" else array["low"] + (array["high"] - array["low"]) / 255 * raw
            per_step = len(values) // SIZES["steps"]
            for step, index in ((0, 0), (77, per_step // 2), (149, per_step - 1)):
                actual = self.js(f"dncReport.value('{name}', {step}, {index})")
                assert abs(actual - values[step * per_step + index]) < 1e-12, (name, step, index)

    # ---- What is shown

    def every_panel_is_there_and_drawn(self):
        self._show(example.report(trace=example.trace(**SIZES)))
        self.js("document.querySelectorAll('#rows details').forEach(d => d.open = true)")
        self.page.settle()
        titles = self.js("[...document.querySelectorAll('#rows figcaption b')].map(b => b.textContent)")
        for title in ("Surprise", "Memory's influence", "Memory", "Usage", "Gates", "Write weighting", "Allocation weighting",
                      "Write content weighting", "Read weighting 1", "Read weighting 2", "Read modes 2", "Forward weighting 1",
                      "Backward weighting 2", "Content weighting 2", "Hidden", "Cell"):
            assert title in titles, title
        assert self.js("document.querySelectorAll('#charts svg').length") == 4
        assert "Temporal link" in self.text("#details") and "Memory" in self.text("#details")

    def a_network_without_memory_has_no_memory_panels(self):
        self._show(example.report(trace=example.trace(memory=False)))
        groups = self.js("[...document.querySelectorAll('#rows summary')].map(s => s.textContent)")
        assert groups == ["Prediction", "Controller"], groups
        assert not self.js("document.querySelector('#details canvas, #details table')")
        assert not self.js("byID('memory-choice').offsetParent")

    def each_recording_may_be_missing(self):
        for missing in example.trace()["arrays"]:
            trace = example.trace(steps=20)
            del trace["arrays"][missing]
            self._show(example.report(trace=trace))
            assert self.page.problems == [], (missing, self.page.problems)
        for arrays in ({}, {"usage": example.trace(steps=20)["arrays"]["usage"]}):
            self._show(example.report(trace=example.trace(steps=20) | {"arrays": arrays}))
            self.js("dncReport.moveTo(3); redraw()")
            self.page.settle()

    def metrics_or_trace_may_be_missing(self):
        self._show(example.report(trace=None))
        assert self.js("byID('trace').hidden && byID('units').hidden && !byID('training').hidden")
        self._show(example.report(metrics=None))
        assert self.js("!byID('trace').hidden && byID('training').hidden")
        self._show(example.report(metrics=[], trace=None))
        assert self.js("byID('training').hidden")
        one = {key: None for key in example.metrics(1)[0]} | {"step": 1, "predictions": 1, "seconds": 0}
        self._show(example.report(metrics=[one], trace=None))
        assert "held-out –" in self.text("#progress-values")

    def the_best_is_marked(self):
        metrics = example.metrics()
        best = min((m for m in metrics if m["valid_loss"]), key=lambda m: m["valid_loss"])
        self._show(example.report(metrics=metrics))
        assert self.js("document.querySelector('svg .best').textContent") \
            == f"best {best['valid_loss']:.3f} at step {best['step']:,}"

    def one_step_is_told_in_full(self):
        trace = example.trace(**SIZES)
        step = next(t for t, target in enumerate(trace["targets"]) if target > 1)
        self._show(example.report(trace=trace))
        self.js(f"dncReport.moveTo({step})")
        self.page.settle()
        told = self.text("#step-details")
        names = {"\n": "↵", " ": "␣"}
        for symbol in (trace["symbols"][step], trace["targets"][step], *trace["top"]["symbols"][step]):
            assert names.get(trace["vocabulary"][symbol], trace["vocabulary"][symbol]) in told
        bits = float(told.split(" bits")[0].split()[-1])
        assert abs(bits - trace["loss"][step]) < 5e-3 * abs(bits) + 1e-3
        right = trace["right"][step]
        assert ("✓" in told, "✗" in told) == (right, not right)

    def bits_and_numbers_are_rows(self):
        for kind, title in (("bits", "Surprise"), ("reals", "Squared error")):
            trace = example.dense(kind, **SIZES)
            self._show(example.report(trace=trace, measure=example.MEASURES["bits"], metrics=example.metrics(episodes=True)))
            titles = self.js("[...document.querySelectorAll('#rows details:first-child figcaption b')].map(b => b.textContent)")
            assert titles == ["Inputs", "Asked", "Answers", "Errors", title, "Memory's influence"], titles
            assert self.js("byID('units').hidden")
            assert "character" not in self.js("document.body.innerText") and "symbol" not in self.text("#trace")
            assert "reads" not in self.js("textLines().map(line => line.label)")
            asked, answers = (np.frombuffer(example.bytes_of(trace, name), "<f4").reshape(-1, 5)
                              for name in ("target_vectors", "answers"))
            steps = [t for t, right in enumerate(trace["right"]) if right is not None]
            shown = self.js("(() => { const row = rows.find(row => row.title === 'Errors'); return dncReport.state.trace.rights"
                            ".map((_, step) => [0, 1, 2, 3, 4].map(line => row.value(step, line))); })()")
            assert all((shown[t] == [None] * 5) == (t not in steps) for t in range(SIZES["steps"]))
            assert np.abs(np.array([shown[t] for t in steps]) - np.abs(answers - asked)[steps]).max() < 1e-6

    def a_step_of_bits_and_numbers_is_told_in_full(self):
        for kind in ("bits", "reals"):
            trace = example.dense(kind, **SIZES)
            asked, answers = (np.frombuffer(example.bytes_of(trace, name), "<f4").reshape(-1, 5)
                              for name in ("target_vectors", "answers"))
            self._show(example.report(trace=trace))
            for step in [trace["right"].index(right) for right in (True, False, None) if right in trace["right"]]:
                self.js(f"dncReport.moveTo({step})")
                self.page.settle()
                right, spoken = trace["right"][step], self.js("byID('text-row').getAttribute('aria-valuetext')")
                told = self.js("document.querySelector('#step-details p').textContent")
                assert told.startswith("reads ") and spoken.startswith(f"step {step}, reads "), (told, spoken)
                if right is None:
                    assert "nothing is asked" in told and spoken.endswith("nothing is asked"), (told, spoken)
                    continue
                assert ("✓" in told, "✗" in told) == (right, not right)
                assert spoken.endswith(", right" if right else ", wrong"), spoken
                lines = self.js("[...document.querySelector('#step-details table').querySelectorAll('tr')].slice(1)"
                                ".map(line => [...line.children].map(cell => cell.textContent))")
                assert len(lines) == 5
                for k, (number, *values) in enumerate(lines):
                    expected = [asked[step, k], answers[step, k], abs(answers[step, k] - asked[step, k])]
                    assert int(number) == k
                    near = [abs(float(value) - e) <= 6e-3 * abs(e) + 1e-6 for value, e in zip(values, expected)]
                    assert all(near), (values, expected)
                    if kind == "bits":
                        assert values[3] == ("✓" if expected[2] < 0.5 else "✗")

    def what_is_not_asked_is_blank(self):
        trace = example.dense(**SIZES)
        self._show(example.report(trace=trace))
        asked = trace["right"][:40]
        steps = [asked.index(None), next(t for t, right in enumerate(asked) if right is not None)]
        colours = self.js(f"""(() => {{
            const row = rows.find(row => row.title === 'Asked'), {{ width, height }} = row.canvas;
            const pixels = row.canvas.getContext('2d').getImageData(0, 0, width, height).data;
            return {steps}.map(step => {{
                const x = Math.floor(40 + (step + 0.5) * dncReport.state.column), i = 4 * (Math.floor(height / 10) * width + x);
                return pixels[i + 3]; }}); }})()""")
        assert colours == [0, 255], colours  # opaque or not

    def several_symbols_a_step_have_a_line_each(self):
        trace = example.words(**SIZES)
        self._show(example.report(trace=trace))
        assert self.js("textLines().map(line => line.label)") == ["reads", "", "asked", ""]
        step = next(t for t, right in enumerate(trace["right"]) if right is not None)
        self.js(f"dncReport.moveTo({step})")
        self.page.settle()
        told = self.text("#step-details")
        target, read = trace["targets"][2 * step], trace["symbols"][2 * step]
        for words in (f"reads word {read} word {read}", f"asked: answer {target} answer {target}", "answer 1, asked: ",
                      "answer 2, asked: "):
            assert words in told, (words, told)
        assert self.js("document.querySelectorAll('#step-details .bar').length") == 10
        assert self.js("byID('text').textContent").startswith(f"word {trace['symbols'][0]} word {trace['symbols'][1]} ")

    def the_loss_has_its_name_and_unit(self):
        metrics = example.metrics(episodes=True)
        self._show(example.report(metrics=metrics, measure=example.MEASURES["bits"], trace=example.dense()))
        titles = self.js("[...document.querySelectorAll('#charts figcaption b')].map(b => b.textContent)")
        assert titles == ["Bits per bit", "Sequences right", "Gradient norm", "Speed", "Learning rate"], titles
        labels = self.js("[...document.querySelectorAll('#charts svg')].map(s => s.getAttribute('aria-label'))")
        assert labels == titles, labels
        assert "answers per second" in self.text("#charts")
        self.js("byID('progress-point').value = 6; byID('progress-point').dispatchEvent(new Event('input'))")
        told = self.text("#progress-values")
        for words in (f"held-out {metrics[6]['valid_loss']:.3f} bits/bit", "sequences right 44 %", " answers/s"):
            assert words in told, (words, told)
        assert "BPC" not in self.js("document.querySelector('main').innerText")

    def colours_are_where_their_values_are(self):
        trace = example.trace(**SIZES)
        self._show(example.report(trace=trace))
        usage = np.frombuffer(example.bytes_of(trace, "usage"), "u1").reshape(SIZES["steps"], SIZES["slots"])
        fullest, empty = np.argwhere(usage[:50] == 255)[0], np.argwhere(usage[20:50] == 0)[-1] + [20, 0]
        colours = self.js(f"""(() => {{
            const row = rows.find(row => row.title === 'Usage'), {{ width, height }} = row.canvas;
            const pixels = row.canvas.getContext('2d').getImageData(0, 0, width, height).data;
            return {[fullest.tolist(), empty.tolist()]}.map(([step, slot]) => {{
                const x = Math.floor(40 + (step + 0.5) * dncReport.state.column), y = Math.floor((slot + 0.5) * height / 8);
                return [...pixels.slice(4 * (y * width + x), 4 * (y * width + x) + 3)]; }}); }})()""")
        assert colours == [[253, 231, 37], [68, 1, 84]], colours  # the ends of viridis

    def a_point_of_training_is_told(self):
        metrics = example.metrics()
        self._show(example.report(metrics=metrics))
        self.js("byID('progress-point').value = 6; byID('progress-point').dispatchEvent(new Event('input'))")
        told = self.text("#progress-values")
        assert "step 1,750" in told and f"held-out {metrics[6]['valid_loss']:.3f} BPC" in told, told
        right, top = self.js("(({ right, top }) => [right, top])(document.querySelector('svg').getBoundingClientRect())")
        self.page.mouse("mouseMoved", right - 13, top + 50)
        assert "step 10,000" in self.text("#progress-values")

    def a_theme_can_be_chosen(self):
        self._show(example.report(), scheme="light")
        papers = []
        for choice in ("dark", "light", "light dark"):
            self.js(f"byID('theme').value = '{choice}'; byID('theme').dispatchEvent(new Event('change'))")
            papers.append(self.js("getComputedStyle(document.body).backgroundColor"))
        assert papers[0] != papers[1] == papers[2] == "rgb(255, 255, 255)", papers

    def the_pointer_tells_a_cells_value(self):
        trace = example.trace(**SIZES)
        self._show(example.report(trace=trace))
        self.js("document.querySelector('#scroller').scrollIntoView()")
        x, y, column = self.js("""(() => {
            const row = [...document.querySelectorAll('#rows canvas')].find(c => c.row.title === 'Usage');
            row.scrollIntoView({ block: 'center' });
            const box = row.getBoundingClientRect();
            return [box.left, box.top + box.height * 2.5 / 8, dncReport.state.column]; })()""")
        self.page.mouse("mouseMoved", x + 40 + 5.5 * column, y)
        value = self.js("dncReport.value('usage', 5, 2)")
        told = self.text("#tip")
        assert told.startswith("Usage, slot 2, step 5: "), told
        assert abs(float(told.split(": ")[1]) - value) < 1e-3 * abs(value) + 1e-9, (told, value)

    def the_most_active_units_come_first(self):
        trace = example.trace(**SIZES)
        self._show(example.report(trace=trace))
        array = trace["arrays"]["hidden"]
        hidden = np.frombuffer(example.bytes_of(trace, "hidden"), "u1").reshape(array["shape"]).astype(float)
        most_active = hidden.var(axis=0).argmax()
        assert self.js("Number(document.querySelector('#active-units button').textContent)") == most_active
        assert self.js("dncReport.state.unit") == most_active  # until another is chosen

    # ---- What is done

    def keys_move_the_cursor(self):
        self._show(example.report(trace=example.trace(**SIZES)))
        for focus in ("#text-row", "#text"):
            self.js(f"dncReport.moveTo(0); document.querySelector('{focus}').focus()")
            for key, expected in (("ArrowLeft", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("PageDown", 12), ("ArrowLeft", 11),
                                  ("End", 149), ("ArrowRight", 149), ("PageUp", 139), ("Home", 0)):
                self.page.key(key)
                assert self.cursor() == expected, (focus, key, self.cursor())
        assert self.js("byID('text-row').getAttribute('aria-valuenow')") == "0"

    def the_chosen_step_is_brought_into_view(self):
        self._show(example.report(trace=example.trace(**SIZES)))
        self.js("dncReport.moveTo(149)")
        self.page.settle()
        assert self.js("""(() => { const line = byID('cursor-line').getBoundingClientRect();
            const frame = byID('scroller').getBoundingClientRect();
            return line.left >= frame.left && line.right <= frame.right; })()""")

    def a_click_moves_the_cursor(self):
        self._show(example.report(trace=example.trace(**SIZES)))
        self.js("byID('scroller').scrollIntoView()")
        x, y = self.js("(() => { const b = byID('text-row').getBoundingClientRect(); return [b.left, b.top + 20]; })()")
        self.page.click(x + 40 + 7.5 * self.js("dncReport.state.column"), y)
        assert self.cursor() == 7
        self.js("byID('text').scrollIntoView()")
        x, y = self.js("(() => { const b = spans[12].getBoundingClientRect(); return [b.left + 3, b.top + 8]; })()")
        self.page.click(x, y)
        assert self.cursor() == 12

    # ---- What must not happen

    def hostile_text_stays_text(self):
        trace = example.trace(**SIZES)
        trace["vocabulary"][: len(HOSTILE)] = trace["answer_vocabulary"][: len(HOSTILE)] = HOSTILE
        self._show(example.report(title=MARK + "\u202e\0", version=MARK, summary=[[text, text] for text in HOSTILE], trace=trace))
        self.js("for (let step = 0; step < 150; step++) dncReport.moveTo(step)")
        self.page.settle()
        assert self.js("window.attacked") is None
        assert not self.js("document.querySelector('img, b:not(figcaption b), script:not([type]) ~ script')")
        assert self.js("document.title") == MARK + r"\u{202E}\u{0}" == self.text("#title")
        assert not self.js(r"/[\0\x1b\u202E\u2066\u2028]/.test(document.body.innerText)")
        for escape in (r"\u{0}", r"\u{202E}decnuob", r"\u{2066}", r"\u{1B}[31m", "◌\u0301", r"\u{2028}"):
            assert escape in self.js("document.body.innerText"), escape

    def data_that_cannot_be_read_is_said(self):
        trace = example.trace(steps=20)
        trace["arrays"]["usage"]["shape"] = [20, 9]
        for data, words in ((example.report(trace=trace), "usage has 160 bytes"), (example.report(schema=1), "schema 1")):
            self._show(data)
            assert words in self.text("#error"), self.text("#error")
            self.page.problems.clear()

    def no_text_in_the_sources_ends_their_element(self):
        for file in (RESOURCES / "report.css", *RESOURCES.glob("*.js")):
            text = file.read_text().lower()
            assert not any(end in text for end in ("</script", "<!--", "</style")), file

    def it_fits_a_narrow_window(self):
        self._show(example.report(trace=example.trace(**SIZES)), width=400, height=800)
        assert self.js("document.documentElement.scrollWidth") <= 400

    def ten_thousand_periods_and_five_thousand_steps(self):
        self._show(example.report(metrics=example.metrics(10_000), trace=example.trace(**SIZES | dict(steps=5000))))
        self.js("byID('fit').click()")
        self.page.settle()
        self.js("dncReport.moveTo(4999)")
        self.page.settle()
        assert self.js("byID('text-row').getAttribute('aria-valuenow')") == "4999"

    # ---- A run under way

    def a_live_page_follows_and_keeps_the_view(self):
        with Server(example.report(live=True)) as server:
            self.page.problems.clear()
            self.page.window(1440, 1000)
            self.page.open(server.address)
            self.js("dncReport.moveTo(17); chooseUnit(3); zoomTo(20)")
            server.report = example.report(live=True, title="newer", trace=example.trace(seed=9), metrics=example.metrics(50))
            self.page.until("document.title === 'newer'")
            assert self.js("[dncReport.state.cursor, dncReport.state.unit, dncReport.state.column]") == [17, 3, 20]
            assert self.text("#live") == "live"
            server.wait_for(304)
            server.broken = True
            self.page.until("byID('live').textContent.startsWith('server gone: last update ')")
            server.broken, server.report = False, example.report(live=False, title="last")
            self.page.until("byID('live').textContent === 'ended' && document.title === 'last'")
            self.page.problems[:] = [p for p in self.page.problems if "503" not in p]  # Chromium's word on the broken answers


class Server:
    """Serves the page, and its data with an entity tag."""

    def __init__(self, report):
        self.report, self.broken, self.answers, self.changed = report, False, [], threading.Condition()
        outer, first = self, assembled(report).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(outer.report).encode()
                tag = f'"{hash(body)}"'
                if outer.broken:
                    status, body = 503, b""
                elif self.path == "/":
                    status, body = 200, first
                elif self.path != "/report.json":
                    status, body = 204, b""
                else:
                    status = 304 if self.headers["If-None-Match"] == tag else 200
                self.send_response(status)
                self.send_header("ETag", tag)
                self.send_header("Content-Type", "text/html; charset=utf-8" if self.path == "/" else "application/json")
                self.send_header("Content-Length", "0" if status == 304 else str(len(body)))
                self.end_headers()
                if status == 200:
                    self.wfile.write(body)
                with outer.changed:
                    outer.answers.append(status)
                    outer.changed.notify_all()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, status):
        with self.changed:
            assert self.changed.wait_for(lambda: status in self.answers, chromium.LIMIT), f"no answer {status}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--trace", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--pictures", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("words", nargs="*", help="only the checks whose name contains one of these")
    options = parser.parse_args()
    program = chromium.executable()
    if np is None or program is None:
        print("skipped: no", "numpy and safetensors" if np is None else "Chromium")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder, chromium.Page(program) as page:
        if options.page:
            file, checks = options.page, PageByDNC(page, folder, options.page, options.trace)
        else:
            file, checks = pathlib.Path(folder) / "full.html", PageOfMadeUpData(page, folder)
            file.write_text(assembled(example.report(trace=example.trace(500, 64, 32, 4, 256, resets=(250,)))))
        if options.pictures:
            checks.take_pictures(file, options.pictures)
        failed = checks.run(options.words)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
