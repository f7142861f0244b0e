"""Reads a JSON list of INI texts, writes what oslo.config makes of each: sections, or null where it refuses one."""

import json
import sys
import tempfile

from oslo_config import cfg


def read(text):
    with tempfile.NamedTemporaryFile("w", suffix=".conf", newline="") as file:
        file.write(text)
        file.flush()
        sections = {}
        try:
            cfg.ConfigParser(file.name, sections).parse()
        except cfg.ParseError:
            return None
        # A section without options says nothing.
        return {name: options for name, options in sections.items() if options}


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
