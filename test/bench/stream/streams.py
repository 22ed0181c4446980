"""Writes the streams of the bench as CSV: features, then `label` of 0 or 1. Usage: streams.py WHEEL FOLDER

Real ones come out of scikit-multiflow's wheel, made ones from River's generators. Categories are words, so that every reader tells them from numbers.
"""

import csv
import io
import itertools
import os
import sys
import zipfile

from river.datasets import synth

MADE_ROWS = 40_000


def real(wheel, name, is_positive, row_limit=None):
    with zipfile.ZipFile(wheel) as archive, archive.open(f"skmultiflow/data/datasets/{name}.csv") as file:
        rows = csv.reader(io.TextIOWrapper(file, "utf-8"))
        header = next(rows)
        yield [*header[:-1], "label"]
        for row in itertools.islice(rows, row_limit):
            yield [*row[:-1], int(is_positive(row[-1]))]


def made(parts):
    """Each part has its rows from a generator of its own; the first row names the features."""
    header = None
    for generator, row_count in parts:
        for features, label in generator.take(row_count):
            if header is None:
                header = [str(name) if isinstance(name, str) else f"x{name}" for name in features]
                yield [*header, "label"]
            yield [*(as_cell(name, value) for name, value in features.items()), int(label)]


def as_cell(name, value):
    if name in ("car", "zipcode"):
        return f"{name}{value}"
    return round(value, 6) if isinstance(value, float) else value


def agrawal(function, seed):
    return synth.Agrawal(classification_function=function, seed=seed, perturbation=0.1)


hyperplane = synth.Hyperplane(seed=7, n_features=10, n_drift_features=5, mag_change=0.001, noise_percentage=0.05, sigma=0.1)
drifting_rbf = synth.RandomRBFDrift(seed_model=7, seed_sample=8, n_classes=2, n_features=10, n_centroids=50, n_drift_centroids=50, change_speed=1e-4)

STREAMS = {
    "elec": lambda wheel: real(wheel, "elec", lambda label: label == "1"),
    "weather": lambda wheel: real(wheel, "weather", lambda label: label == "1"),
    "sea": lambda wheel: real(wheel, "sea_stream", lambda label: label == "1"),
    "covtype": lambda wheel: real(wheel, "covtype", lambda label: label == "2", 50_000),
    # abrupt at 5,000; the first meaning comes back at 20,000; abrupt again at 30,000
    "agrawal": lambda _: made([(agrawal(1, 7), 5_000), (agrawal(4, 8), 15_000), (agrawal(1, 9), 10_000), (agrawal(6, 10), 10_000)]),
    "hyperplane": lambda _: made([(hyperplane, MADE_ROWS)]),
    "rbf": lambda _: made([(drifting_rbf, MADE_ROWS)]),
}


def main(wheel, folder):
    for name, rows in STREAMS.items():
        file = os.path.join(folder, f"{name}.csv")
        with open(f"{file}.part", "w", newline="") as part:
            csv.writer(part, lineterminator="\n").writerows(rows(wheel))
        os.replace(f"{file}.part", file)


if __name__ == "__main__":
    main(*sys.argv[1:])
