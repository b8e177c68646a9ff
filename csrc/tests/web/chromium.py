"""A page in headless Chromium, driven over its debugging pipe, and checks of it: standard library only."""

import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time
import traceback

LIMIT = 60  # seconds for an answer, after which the browser is taken to hang


def executable():
    """Chromium or Chrome, wherever this system has it; None where it has none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), mac if os.path.exists(mac) else None)


def pipe():
    """Its reading and its writing end, beyond the descriptors that Chromium wants its own pipes to have."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved


class Page:
    """A tab of a browser of its own. `problems` gathers exceptions, console errors and warnings, and failed loads."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="report-page-", ignore_cleanup_errors=True)
        # The browser reads commands from descriptor 3 and answers on 4.
        their_in, self.out = pipe()
        self.input, their_out = pipe()

        def connect():
            os.dup2(their_in, 3)
            os.dup2(their_out, 4)

        self.browser = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             f"--user-data-dir={self.folder.name}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=connect)
        os.close(their_in)
        os.close(their_out)
        self.buffer, self.number, self.session, self.problems = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
            self.browser.wait(10)
        except Exception:
            self.browser.kill()
            self.browser.wait()
        self.folder.cleanup()

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.note(answer)

    def receive(self):
        end = time.monotonic() + LIMIT
        while b"\0" not in self.buffer:
            if not select.select([self.input], [], [], max(0, end - time.monotonic()))[0]:
                raise RuntimeError(f"no answer from the browser in {LIMIT} seconds")
            piece = os.read(self.input, 1 << 20)
            if not piece:
                raise RuntimeError("the browser ended")
            self.buffer += piece
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def note(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(parameters["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.problems.append(" ".join(str(a.get("value", a.get("description"))) for a in parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.problems.append(parameters["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.problems.append(f"a dialog: {parameters['message']}")

    def window(self, width, height, scheme="light", ratio=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=ratio, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, address):
        self.call("Page.navigate", url=address)
        self.until("document.documentElement.dataset.ready === 'true' || document.querySelector('#error:not([hidden])')")

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", expression))
        return result["result"].get("value")

    def until(self, condition):
        """Waits, frame by frame in the page, until `condition` holds."""
        end = time.monotonic() + LIMIT
        while not self.evaluate(f"new Promise(f => requestAnimationFrame(() => f(Boolean({condition}))))"):
            if time.monotonic() > end:
                raise RuntimeError(f"not true in {LIMIT} seconds: {condition}; {self.problems}")

    def key(self, name, control=False):
        text = {"Enter": "\r", "Space": " "}.get(name)
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=" " if name == "Space" else name, code=name,
                      windowsVirtualKeyCode=KEYS[name], modifiers=2 if control else 0, **({"text": text} if text else {}))
        self.settle()

    def mouse(self, kind, x, y):
        button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)
        self.settle()

    def click(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y)

    def settle(self):
        self.evaluate("new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")

    def screenshot(self, path, whole=True):
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **({"clip": self.whole()} if whole else {}))
        pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))

    def whole(self):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}


KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "PageUp": 33, "PageDown": 34, "Tab": 9, "Enter": 13,
        "Escape": 27, "Space": 32}


class Checks:
    """Checks of a page, all in one browser: methods with names of several words, which say what holds."""

    def __init__(self, page, folder):
        self.page, self.folder = page, pathlib.Path(folder)

    def js(self, expression):
        return self.page.evaluate(expression)

    def text(self, selector):
        return self.js(f"document.querySelector({json.dumps(selector)}).innerText")

    def run(self, words=()):
        """Runs those whose name contains one of `words`, or all. Prints what fails and why, and at last the numbers; returns
        how many fail."""
        passed = failed = 0
        for name, check in vars(type(self)).items():
            if "_" not in name.strip("_") or not any(word in name for word in words or [""]):
                continue
            try:
                check(self)
                assert self.page.problems == [], self.page.problems
                passed += 1
            except Exception:
                failed += 1
                print(f"FAILED: {name.replace('_', ' ')}\n{traceback.format_exc()}")
        print(f"{passed} passed, {failed} failed")
        return failed
