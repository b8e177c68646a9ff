#!/usr/bin/env python3
"""Puts the page together: one file that needs nothing else.

    assemble.py MODULE CHECKPOINT PAGE [PROMPT]

MODULE is dnc.wasm; a run's folder as CHECKPOINT means its best one; PAGE is written. Style and scripts go in as they are,
named by their hashes in the page's policy; module and checkpoint compressed by gzip, in base64.
"""

import base64
import gzip
import hashlib
import html
import pathlib
import sys

SOURCES = pathlib.Path(__file__).resolve().parent


def packed(name, content, about=""):
    text = base64.b64encode(gzip.compress(content, mtime=0)).decode()
    return f'<script type="application/gzip" id="{name}" data-name="{html.escape(about)}">{text}</script>'


def hash_of(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def assembled(module, checkpoint, name="", prompt=""):
    """The page as text. `name` is what the page calls the checkpoint."""
    style = (SOURCES / "page.css").read_text("utf-8")
    script = "".join((SOURCES / file).read_text("utf-8") for file in ("model.js", "page.js"))
    page = (SOURCES / "page.html").read_text("utf-8")
    for marker, content in (
        ("STYLE-HASH", hash_of(style)),
        ("SCRIPT-HASH", hash_of(script)),
        ("<!--STYLE-->", f"<style>{style}</style>"),
        ("<!--PROMPT-->", "\n" + html.escape(prompt)),  # the first line end of a textarea is dropped
        ("<!--DATA-->", packed("module", module) + packed("checkpoint", checkpoint, name)),
        ("<!--SCRIPT-->", f"<script>{script}</script>"),
    ):
        assert page.count(marker) == 1, marker
        page = page.replace(marker, content)
    return page


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: assemble.py MODULE CHECKPOINT PAGE [PROMPT]")
    module, checkpoint, page = map(pathlib.Path, sys.argv[1:4])
    if checkpoint.is_dir():
        checkpoint /= "best.safetensors"
    name = "/".join(filter(None, (checkpoint.parent.name, checkpoint.name)))
    try:
        page.write_text(assembled(module.read_bytes(), checkpoint.read_bytes(), name, *sys.argv[4:]), "utf-8")
    except OSError as error:
        sys.exit(f"assemble.py: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
