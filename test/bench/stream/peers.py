"""Runs one peer over one stream and prints its figures as JSON. Usage: peers.py MODULE PEER CSV DELAY"""

import importlib
import json
import sys

from prequential import measure
from table import read_table


def main(module, name, file, delay):
    table = read_table(file)
    scores, cpu_sec = importlib.import_module(module).PEERS[name](table, int(delay))
    print(json.dumps({**measure(scores, table.labels), "cpuSec": cpu_sec}))


if __name__ == "__main__":
    main(*sys.argv[1:])
