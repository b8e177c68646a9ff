#!/usr/bin/env python3
"""Runs the core's WebAssembly under node, and the page in headless Chromium, beside the native programs.

    make -C csrc check-web              builds all that this needs
    csrc/tests/web/check.py [--pictures FOLDER [--model CHECKPOINT] [--prompt TEXT]] [--build FOLDER] [WORD ...]

Ends with "N passed, 0 failed"; status 1 where one fails, 77 where there is no Chromium or Chrome ($CHROMIUM says which).
Words choose checks. $DNC, or else .build/release/dnc where there is one, is the command dnc.
"""

import argparse
import array
import base64
import importlib.util
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import chromium

CSRC = pathlib.Path(__file__).resolve().parents[2]
WEB, REPORT = CSRC / "examples/web", CSRC / "../Sources/DNCReport/Resources"
FIXTURE = CSRC / "tests/fixtures/small.safetensors"
sys.path[:0] = [str(WEB), str(CSRC / "examples")]
import assemble  # noqa: E402

MARK = "</script><img src=x onerror='window.attacked=1'><script>window.attacked=1</script>"
HOSTILE = sorted("\n\t\r\0\x1b <>&'\"/=ab\u0301\u2028\u202e\u2066\ufeff\U0001f600")
# Seed, temperature, top-k and prompt.
SETTINGS = [(1, 0.8, 0, ""), (2, 0, 0, "a man"), (3, 1.5, 3, "\n"), (2**53 - 1, 0.5, 5, "née 😀"), (7, 4, 0, '\t, "')]


# ---- Checkpoints of networks with random weights -------------------------------------------------------------------------

def fingerprint(data):
    """Of the format's definition, in the plainest way."""
    value = 0xCBF29CE484222325
    for (word,) in struct.iter_unpack("<Q", data + bytes(8 - len(data) % 8)):
        value = (value ^ word) * 0x9E3779B97F4A7C15 % 2**64
        value ^= value >> 32
    return f"{value:016x}-{len(data)}"


def checkpoint(model, symbols, hidden=6, slots=0, width=0, heads=0, precision="float", lifetime=0, spread=1.5):
    """The bytes of one. `symbols` are characters, or None for bytes; weights are in +-spread, or all 0.01 without it."""
    count, gates, reads = len(symbols or range(256)), hidden * (1 if model == "rnn" else 4), heads * width
    shapes = {"controller.0.weight_ih": [gates, count + reads], "controller.0.weight_hh": [gates, hidden],
              "controller.0.bias": [gates], "output.weight": [count, hidden], "output.bias": [count]}
    if model == "dnc":
        interface = reads + 3 * width + 5 * heads + 3
        shapes |= {"interface.weight": [interface, hidden], "interface.bias": [interface], "output.weight_read": [count, reads]}
    kind, size, chance = {"float": ("F32", 4), "double": ("F64", 8)}[precision] + (random.Random(model),)
    tensors, numbers = {}, b""
    for name, shape in shapes.items():
        values = shape[0] * (shape[1] if len(shape) > 1 else 1)
        weights = [chance.uniform(-spread, spread) for _ in range(values)] if spread else [0.01] * values
        data = array.array("f" if size == 4 else "d", weights).tobytes()
        tensors[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(numbers), len(numbers) + len(data)]}
        numbers += data
    sizes = {"model": model, "hidden": hidden} | \
        ({"slots": slots, "width": width, "readHeads": heads} if model == "dnc" else {})
    vocabulary = {"kind": "characters" if symbols else "bytes", "symbols": list(symbols or range(256))}
    metadata = {
        "dnc.config": json.dumps(sizes), "dnc.fingerprint": json.dumps(fingerprint(numbers)), "dnc.schema": "2",
        "dnc.training": json.dumps({"step": 12, "configuration": {
            "model": sizes, "precision": precision, "sequenceLength": lifetime or 32, "carryMemory": not lifetime, "seed": 1,
            "tokens": vocabulary["kind"]}}),
        "dnc.vocabulary": json.dumps(vocabulary, ensure_ascii=False)}
    text = "".join(f"{key}\0{metadata[key]}\0" for key in sorted(metadata)).encode()
    header = json.dumps({"__metadata__": metadata | {"dnc.fingerprint.metadata": json.dumps(fingerprint(text))}} | tensors)
    return struct.pack("<Q", len(header)) + header.encode() + numbers


MODELS = {
    "fixture": (FIXTURE.read_bytes(), SETTINGS),
    "rnn": (checkpoint("rnn", None), [(1, 0.8, 0, ""), (2, 1, 0, "né€😀"), (3, 2, 9, "\n")]),
    "lstm": (checkpoint("lstm", "\nabc", precision="double"), [(1, 1, 0, ""), (5, 0.3, 2, "abba\nc")]),
    "dnc": (checkpoint("dnc", HOSTILE, slots=5, width=3, heads=2, lifetime=7), [(1, 3, 0, ""), (4, 1, 0, "<b>='&\u202e")]),
}
LENGTH = 300


def native(program, path, settings):
    """What csrc/build/examples/generate writes, as bytes."""
    seed, temperature, top_k, prompt = settings
    arguments = [program, path, LENGTH, seed, temperature, top_k, prompt]
    return subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, check=True).stdout[:-1]


NODE = """
const jobs = JSON.parse(require("fs").readFileSync(0));
const bytes = text => new Uint8Array(Buffer.from(text, "base64"));
Core.load(bytes(jobs.module)).then(core => {
  const answers = jobs.models.map(({ checkpoint, settings }) => {
    const model = core.open(bytes(checkpoint));
    const texts = settings.map(([seed, temperature, topK, prompt]) => {
      model.begin(BigInt(seed));
      (prompt ? model.encode(prompt) : [model.firstSymbol]).forEach(symbol => model.read(symbol));
      return Array.from({ length: jobs.length }, () => {
        const symbol = model.draw(temperature, topK);
        model.read(symbol);
        return [...model.bytes[symbol]];
      }).flat();
    });
    const state = Object.fromEntries([...model.tensors.keys()].map(name => [name, [...model.tensor(name)]]));
    model.close();
    return { isOfBytes: model.isOfBytes, texts, state };
  });
  console.log(JSON.stringify(answers));
});
"""


def under_node(module):
    """What model.js makes of MODELS: texts as bytes, and the state after the last of them."""
    models = [{"checkpoint": base64.b64encode(data).decode(), "settings": settings} for data, settings in MODELS.values()]
    jobs = json.dumps({"module": base64.b64encode(module).decode(), "models": models, "length": LENGTH})
    script = (WEB / "model.js").read_text() + NODE
    answers = json.loads(subprocess.run(["node", "-e", script], input=jobs.encode(), stdout=subprocess.PIPE, check=True).stdout)
    for answer in answers:
        answer["texts"] = [bytes(text) for text in answer["texts"]]
    return dict(zip(MODELS, answers))


class Check(chromium.Checks):
    def __init__(self, page, folder, build):
        super().__init__(page, folder)
        self.generate, self.library = build / "examples/generate", build / "libdnc.so"
        self.module = (build / "wasm/dnc.wasm").read_bytes()
        self.dnc = os.environ.get("DNC") or CSRC / "../.build/release/dnc"
        for name, (data, _) in MODELS.items():
            self.path(name).write_bytes(data)

    def path(self, name):
        return self.folder / f"{name}.safetensors"

    def show(self, name="fixture", about=None, prompt="", width=1440, height=1000, **window):
        self.page.problems.clear()
        self.page.window(width, height, **window)
        file = self.folder / "dnc.html"
        file.write_text(assemble.assembled(self.module, MODELS[name][0], about or f"{name}.safetensors", prompt), "utf-8")
        self.page.open(file.as_uri())

    def fill(self, **fields):
        for name, value in fields.items():
            self.js(f"""(field => {{ field.value = {json.dumps(str(value))}; field.dispatchEvent(new Event('input')); }})
                (byID({json.dumps(name.replace('_', '-'))}))""")

    def press(self, name):
        self.js(f"byID('{name}').scrollIntoView({{ block: 'center' }})")
        left, top, width, height = self.js("(({ left, top, width, height }) => [left, top, width, height])"
                                           f"(byID('{name}').getBoundingClientRect())")
        self.page.click(left + width / 2, top + height / 2)

    def settings(self, settings, speed=10, length=LENGTH):
        seed, temperature, top_k, prompt = settings
        self.fill(seed=seed, temperature=temperature, top_k=top_k, prompt=prompt, speed=speed, length=length)

    def wait(self):
        self.page.until("!dncPage.isRunning")

    def written(self):
        return self.js("dncPage.text.written")

    # ---- The same symbols as the native programs

    def the_module_under_node_writes_what_the_native_program_writes(self):
        for name, answer in under_node(self.module).items():
            for settings, text in zip(MODELS[name][1], answer["texts"]):
                expected = native(self.generate, self.path(name), settings)
                assert text == expected, (name, settings, text, expected)
                assert len(set(text)) > 1, (name, settings, text)

    def its_state_is_that_of_the_native_library(self):
        if importlib.util.find_spec("numpy") is None:
            return print("no numpy: the state is not compared")
        os.environ["DNC_LIBRARY"] = str(self.library)
        import dnc
        for name, answer in under_node(self.module).items():
            model, symbol, run = dnc.Model(self.path(name)), dnc.c_int32(), dnc.Run(steps=1, batch=1)
            state = model._initial_state()
            workspace, size = dnc.workspace("step_workspace" + model._suffix, model.config, run)
            step, logits = dnc.Segment(inputs=dnc.ctypes.addressof(symbol)), dnc.np.empty(len(model.symbols), model._type)
            text = MODELS[name][1][-1][3].encode() + answer["texts"][-1]
            for place, symbol.value in enumerate(model.encode(text if answer["isOfBytes"] else text.decode())):
                model._forget(state, place)
                dnc._call("step" + model._suffix, dnc.byref(model.config), dnc.byref(run), model.parameters, dnc.byref(step),
                          state, workspace, size, logits)
            tensor, index = dnc.Tensor(), 0
            while dnc._library.dnc_state_tensor(dnc.byref(model.config), dnc.c_size_t(index), dnc.byref(tensor)) == 0:
                actual = dnc.np.array(answer["state"].pop(tensor.name.decode()))
                error = dnc.np.abs(actual - state[tensor.offset:tensor.offset + actual.size]).max()
                assert error < (1e-3 if model._type == dnc.np.float32 else 1e-9), (name, tensor.name, error)
                index += 1
            assert answer["state"] == {} and index > 0, name

    def the_page_writes_what_the_native_program_writes(self):
        for name, (_, all_settings) in MODELS.items():
            self.show(name)
            for settings in all_settings:
                expected = native(self.generate, self.path(name), settings).decode("utf-8", "replace")
                self.settings(settings)
                self.press("write")
                self.wait()
                # Where symbols are bytes, the page waits for the rest of a last character.
                assert expected.rstrip("\ufffd") == self.written().rstrip("\ufffd"), (name, settings, expected, self.written())
                assert self.js("byID('count').textContent") == f"{LENGTH} of {LENGTH} symbols written"

    def the_page_writes_what_dnc_sample_writes(self):
        if not os.path.exists(self.dnc):
            return print("no command dnc: dnc sample is not compared")
        self.show()
        for settings in SETTINGS:
            seed, temperature, top_k, prompt = settings
            arguments = [self.dnc, "sample", FIXTURE, "--json", "--length", LENGTH, "--seed", seed, "--prompt", prompt,
                         "--temperature", temperature] + (["--top-k", top_k] if top_k else [])
            output = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, check=True).stdout
            self.settings(settings)
            self.press("write")
            self.wait()
            assert self.written() == json.loads(output)["text"], settings

    def pauses_and_single_steps_change_nothing(self):
        self.show()
        expected = native(self.generate, FIXTURE, SETTINGS[0]).decode()
        self.settings(SETTINGS[0], speed=6)
        self.press("write")
        self.page.until("dncPage.steps > 10")
        self.page.key("Escape")
        assert not self.js("dncPage.isRunning") and self.text("#write") == "Go on" and self.text("#status") == "Paused"
        steps = self.js("dncPage.steps")
        for _ in range(3):
            self.press("step")
        assert self.js("dncPage.steps") == steps + 3
        self.fill(speed=10)
        self.press("write")
        self.wait()
        assert self.written() == expected
        self.press("restart")
        assert self.written() == "" and self.js("dncPage.steps") == 0
        self.press("write")
        self.wait()
        self.press("write")  # once more, from the beginning
        self.wait()
        assert self.written() == expected

    def the_speed_can_change_while_it_writes(self):
        self.show()
        self.settings(SETTINGS[0], length=100000)
        # In the same frame as the click: no time has passed.
        assert self.js("run(), frame(dncPage.lastFrame), dncPage.steps") > 0
        for speed in (1, 10, 0):  # from as fast as it can to 2 symbols a second, and back, to 1 a second
            self.fill(speed=speed)
            steps = self.js("dncPage.steps")
            self.page.until(f"dncPage.steps > {steps}")
            self.page.until(f"dncPage.steps > {steps + 1}")
        self.js("pause()")

    def a_file_larger_than_the_first_memory_is_read(self):
        large = self.path("large")
        large.write_bytes(checkpoint("lstm", "ab", hidden=1100, spread=0))
        self.show()
        self.choose(large)
        self.page.until("dncPage.model.hidden === 1100")
        self.fill(length=3)
        self.press("write")
        self.wait()
        assert len(self.written()) == 3

    # ---- What is shown

    def the_text_shows_prompt_and_writing(self):
        self.show()
        self.settings((2, 0, 0, "a man, \n"), length=60)
        self.press("write")
        self.wait()
        assert self.js("byID('read').textContent") == "a man, ↵\n"
        shown = self.written().replace("\n", "↵\n").replace("\t", r"\t")
        assert self.js("byID('written').textContent") == shown and "↵" in shown and r"\t" in shown

    def colours_are_those_of_the_values(self):
        stops = self.stops()
        self.show()
        self.settings(SETTINGS[0], length=30)
        self.press("write")
        self.wait()
        for title in ("Usage", "Write weighting", "Read weighting"):
            tensor = title.lower().replace(" ", "_") + ("s" if title.startswith("Read") else "")
            values = self.js(f"[...dncPage.model.tensor('{tensor}')]")
            colours = self.js(f"""(() => {{
                const {{ canvas, lineHeight }} = rows.find(row => row.title === '{title}'), last = Math.min(dncPage.steps,
                    Math.floor((byID('rows').clientWidth - 40) / 14)) - 1;
                const {{ data }} = canvas.getContext('2d').getImageData(40 + 14 * last + 7, 0, 1, canvas.height);
                return [0, 1, 2].map(slot => [...data.slice(4 * (slot + 0.5) * lineHeight).slice(0, 3)]); }})()""")
            for value, colour in zip(values, colours):
                at = round(value * 255) / 255 * (len(stops) - 1)
                low = min(int(at), len(stops) - 2)
                expected = [a + (b - a) * (at - low) for a, b in zip(stops[low], stops[low + 1])]
                assert max(abs(a - b) for a, b in zip(colour, expected)) < 3, (title, value, colour, expected)

    def stops(self):
        script = (WEB / "page.js").read_text()
        hexes = script.split("const viridis = [")[1].split("]")[0].replace('"', "").split(", ")
        return [[int(text[i:i + 2], 16) for i in (0, 2, 4)] for text in hexes]

    def a_slot_tells_what_was_read_when_it_was_written(self):
        self.show()
        self.fill(prompt="a man, a plan.\nHe said")
        expected, seen = {}, 0
        for step in range(20):
            symbol = self.js(f"dncPage.prompt[{step}]")
            self.press("step")
            if step % 8 == 0:  # the fixture's memory is emptied
                expected = {}
            weights = self.js("[...dncPage.model.tensor('write_weighting')]")
            expected |= {str(slot): symbol for slot, weight in enumerate(weights) if weight > 0.5}
            assert self.js("({ ...lastWritten })") == expected, step
            seen += len(expected)
        assert seen > 10

    def what_is_expected_adds_up(self):
        self.show("lstm")
        self.press("step")
        shares = [float(text.split()[0]) for text in
                  self.js("[...byID('expected').children].map(li => li.lastChild.textContent)")]
        assert abs(sum(shares) - 100) <= 2 and shares == sorted(shares, reverse=True), shares

    def sizes_and_speed_are_told(self):
        self.show()
        self.settings(SETTINGS[0], length=5000)
        self.press("write")
        self.wait()
        told = self.text("#summary")
        for text in ("fixture.safetensors, 11 kB", "5 hidden units, 3 slots of width 2, 1 read head", "872, float",
                     "22 characters", "2,000 steps", "emptied every 8 symbols"):
            assert text in told.replace("10.8 kB", "11 kB"), (text, told)
        assert int(self.text("#core-speed").split()[0].replace(",", "")) > 1000

    def networks_without_memory_show_their_hidden_state(self):
        for name, titles in (("rnn", ["Hidden"]), ("lstm", ["Hidden", "Cell"])):
            self.show(name)
            self.press("step")
            assert self.js("[...document.querySelectorAll('#rows b')].map(b => b.textContent)") == titles
            assert not self.js("document.querySelector('#now canvas')")

    # ---- What is refused

    def unknown_characters_are_refused(self):
        self.show()
        self.fill(prompt="a mañ")
        assert self.text("#prompt-error").startswith("Character 5 is “ñ”, which this model does not know. It knows "), \
            self.text("#prompt-error")
        for button in ("write", "step"):
            self.press(button)
            assert self.js("dncPage.steps") == 0 and self.js("document.activeElement.id") == "prompt"
        self.fill(prompt="a man")
        assert self.js("byID('prompt-error').hidden && byID('prompt').ariaInvalid === 'false'")

    def settings_out_of_range_are_refused(self):
        for field, value in (("temperature", -1), ("temperature", ""), ("temperature", "1e400"), ("top-k", -1), ("top-k", 1.5),
                             ("seed", 2**64), ("seed", "x"), ("seed", ""), ("length", 0), ("length", 100001)):
            self.show()
            self.fill(**{field: value})
            assert "must be" in self.text("#setting-error"), (field, value)
            self.press("write")
            assert self.js("[dncPage.steps, document.activeElement.id]") == [0, field], (field, value)
        self.fill(length=10, seed=2**64 - 1)
        self.press("write")
        self.wait()
        assert len(self.written()) == 10

    def a_bad_file_is_refused_and_the_model_stays(self):
        data = FIXTURE.read_bytes()
        damaged = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
        self.show()
        for content, reason in ((data[:-1], "truncated"), (b"\0" * 100, "not in safetensors format"), (b"", "truncated"),
                                (damaged, "not those of its fingerprints")):
            self.path("bad").write_bytes(content)
            self.choose(self.path("bad"))
            self.page.until("!byID('error').hidden")
            told = self.text("#error")
            assert told.startswith("bad.safetensors: the ") and reason in told, told
            assert "fixture.safetensors" in self.text("#summary")
            self.js("byID('error').hidden = true")
        self.press("step")
        assert self.js("dncPage.steps") == 1

    def a_page_with_a_bad_file_opens_another(self):
        MODELS["bad"] = (b"\0" * 100, [])
        self.show("bad")
        del MODELS["bad"]
        assert "not in safetensors format" in self.text("#error") and self.js("byID('main').hidden")
        self.choose(FIXTURE)
        self.page.until("byID('error').hidden")
        self.press("step")
        assert self.js("dncPage.steps") == 1

    # ---- What is done

    def choose(self, path):
        node = self.page.call("Runtime.evaluate", expression="byID('file')")["result"]["objectId"]
        self.page.call("DOM.setFileInputFiles", files=[str(path)], objectId=node)

    def another_checkpoint_is_opened_by_input_and_drop(self):
        self.show()
        self.press("step")
        self.choose(self.path("lstm"))
        self.page.until("dncPage.model.kind === 'lstm'")
        assert self.js("dncPage.steps") == 0 and "lstm.safetensors" in self.text("#summary")
        for kind in ("dragEnter", "dragOver", "drop"):
            self.page.call("Input.dispatchDragEvent", type=kind, x=300, y=300,
                           data={"items": [], "files": [str(self.path("dnc"))], "dragOperationsMask": 1})
        self.page.until("dncPage.model.kind === 'dnc'")
        assert not self.js("document.body.classList.contains('dropping')")

    def the_keyboard_is_enough(self):
        self.show()
        self.fill(length=20, speed=10)
        self.js("byID('prompt').focus()")
        self.page.call("Input.insertText", text="a man")
        self.page.key("Enter", control=True)
        self.wait()
        first = self.written()
        assert len(first) == 20 and self.js("byID('prompt').value") == "a man"
        order = ["temperature", "top-k", "seed", "length", "speed", "write", "step", "restart", "text"]
        for expected in order:
            self.page.key("Tab")
            assert self.js("document.activeElement.id") == expected
            assert self.js("getComputedStyle(document.activeElement).outlineStyle") == "solid", expected
            if expected == "restart":
                self.page.key("Space")
                assert self.js("dncPage.steps") == 0
            if expected == "step":
                self.page.key("Enter")
                assert self.js("dncPage.steps") == 1  # from the beginning, since it was at the end
        self.js("byID('write').focus()")
        self.page.key("Enter")
        self.wait()
        assert self.written() == first

    def who_wants_less_motion_gets_it(self):
        self.page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        self.page.open((self.folder / "dnc.html").as_uri())
        assert self.text("#speed-value") == "as fast as it can"
        self.show()
        assert self.text("#speed-value") == "20 symbols/s"

    def it_fits_a_narrow_window(self):
        for name in MODELS:
            self.show(name, width=400, height=800)
            self.press("step")
            assert self.js("document.documentElement.scrollWidth") <= 400, name

    def everything_has_a_name(self):
        self.show()
        assert self.js("""[...document.querySelectorAll('button, input, textarea, canvas, section, aside, [tabindex]')]
            .filter(e => !(e.labels?.length || e.ariaLabel || e.getAttribute('aria-labelledby')
                           || e.matches('button') && e.textContent)).map(e => e.outerHTML)""") == []

    # ---- What must not happen

    def hostile_text_stays_text(self):
        self.show("dnc", about=MARK, prompt="<b>=\n'")
        assert self.js("byID('prompt').value") == "<b>=\n'"
        self.settings(MODELS["dnc"][1][1])
        self.press("write")
        self.wait()
        self.fill(prompt="<b>z")
        assert r"\u{202E}" in self.text("#prompt-error")
        self.path(MARK.replace("/", "_")).write_bytes(b"")
        self.choose(self.path(MARK.replace("/", "_")))
        self.page.until("!byID('error').hidden")
        self.fill(prompt="<b>")
        self.press("step")
        assert self.js("window.attacked") is None
        assert not self.js("document.querySelector('img, #text b, script:not([type]) ~ script')")
        assert self.text("#summary").count(MARK) == 1
        assert not self.js(r"/[\0\x1b\u202E\u2066\u2028]/.test(document.body.innerText)")

    def nothing_can_be_fetched(self):
        self.show()
        refused = self.js("""new Promise(resolve => {
            const refused = [];
            addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
                if (refused.push(effectiveDirective) === 4) resolve(refused.sort());
            });
            fetch('http://127.0.0.1:1/').catch(() => {});
            document.body.append(element('img', { src: 'http://127.0.0.1:1/' }), element('script', { textContent: 'ran = 1' }),
                element('style', { textContent: 'body { display: none }' }));
            setTimeout(() => resolve(refused), 5000); })""")
        assert refused == ["connect-src", "img-src", "script-src-elem", "style-src-elem"], refused
        assert self.js("window.ran") is None
        self.page.problems.clear()

    def no_text_in_the_sources_ends_their_element(self):
        for file in ("model.js", "page.js", "page.css"):
            text = (WEB / file).read_text().lower()
            assert not any(end in text for end in ("</script", "<!--", "</style")), file

    def the_page_is_assembled_from_a_runs_folder(self):
        run, page = self.folder / "my run", self.folder / "assembled.html"
        run.mkdir()
        arguments = [sys.executable, WEB / "assemble.py", self.folder / "dnc.wasm", run, page, "a man's \"</textarea>"]
        (self.folder / "dnc.wasm").write_bytes(self.module)
        refused = subprocess.run(arguments, stderr=subprocess.PIPE, text=True)
        assert refused.returncode == 1 and "my run/best.safetensors: No such file" in refused.stderr and not page.exists()
        (run / "best.safetensors").write_bytes(MODELS["lstm"][0])
        subprocess.run(arguments, check=True)
        self.page.open(page.as_uri())
        assert self.js("[dncPage.model.kind, byID('prompt').value]") == ["lstm", "a man's \"</textarea>"]
        assert "my run/best.safetensors" in self.text("#summary")

    def colours_and_type_are_those_of_the_report_page(self):
        if not REPORT.is_dir():
            return  # the core is by itself
        style, of_report = ((folder / file).read_text() for folder, file in ((WEB, "page.css"), (REPORT, "report.css")))
        root = style.split(":root {")[1].split("}")[0].splitlines()
        assert len(root) > 8 and all(line in of_report for line in root)
        script, of_report = ((folder / file).read_text() for folder, file in ((WEB, "page.js"), (REPORT, "colours.js")))
        viridis = script.split("const viridis = ")[1].split(";")[0]
        diverging = script.split("const [blue, orange] = ")[1].split(";")[0]
        assert viridis in of_report and diverging in of_report


def take_pictures(check, folder, model, prompt):
    folder.mkdir(parents=True, exist_ok=True)
    MODELS["picture"] = (model.read_bytes(), [])
    for name, window in dict(light={}, dark={"scheme": "dark"}, narrow=dict(width=400, height=850, ratio=2)).items():
        check.show("picture", model.name, prompt, **window)
        check.fill(speed=10, length=60)
        check.js("run()")
        check.wait()
        check.page.settle()
        check.page.screenshot(folder / f"{name}.png")
        print(folder / f"{name}.png")
    del MODELS["picture"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--model", type=pathlib.Path, metavar="CHECKPOINT", default=FIXTURE)
    parser.add_argument("--prompt", metavar="TEXT", default="")
    parser.add_argument("--build", type=pathlib.Path, metavar="FOLDER", default=CSRC / "build")
    parser.add_argument("words", nargs="*", help="only the checks whose name contains one of these")
    options = parser.parse_args()
    program = chromium.executable()
    if program is None:
        print("skipped: no Chromium")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder, chromium.Page(program) as page:
        check = Check(page, folder, options.build.resolve())
        if options.pictures:
            take_pictures(check, options.pictures, options.model, options.prompt)
        failed = check.run(options.words)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
