"""Runs a peer over a stream at each delay and prints a line of figures for each, as JSON. Usage: peers.py MODULE PEER CSV DELAY..."""

import importlib
import json
import sys

from prequential import measure
from table import read_table


def main(module, name, file, *delays):
    table = read_table(file)
    run = importlib.import_module(module).PEERS[name]
    for delay in delays:
        scores, cpu_sec = run(table, int(delay))
        print(json.dumps({**measure(scores, table.labels), "cpuSec": cpu_sec}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
