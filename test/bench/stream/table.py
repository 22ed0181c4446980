"""A stream as it was written: names, rows of numbers and words, labels."""

import csv
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    names: list
    rows: list
    labels: list
    categories: dict
    """The words of each column that holds words, sorted."""


def read_table(file):
    with open(file, newline="") as source:
        header, *cells = csv.reader(source)
    names = header[:-1]
    columns = [list(column) for column in zip(*(row[:-1] for row in cells))]
    categories = {name: sorted(set(column)) for name, column in zip(names, columns) if not is_number(column[0])}
    typed = [column if name in categories else [float(cell) for cell in column] for name, column in zip(names, columns)]
    return Table(names, [list(row) for row in zip(*typed)], [int(row[-1]) for row in cells], categories)


def is_number(cell):
    try:
        float(cell)
        return True
    except ValueError:
        return False
