#!/usr/bin/env python3
"""Writes models/testdata/timm.json: what timm says of the architectures that `melanoma models list` names.

    melanoma models list --json | scripts/timm_architectures.py RESULTS.csv > models/testdata/timm.json

RESULTS.csv is a benchmark table of timm's repository (results/benchmark-infer-*.csv), for the published GMACs."""
import csv
import json
import sys
import zlib

import timm
import torch
from torch.utils.flop_counter import FlopCounterMode


def published(path):
    rows = {}
    with open(path) as f:
        for row in csv.DictReader(f):
            if row["infer_gmacs"]:
                rows[row["model"].split(".")[0], int(row["infer_img_size"])] = float(row["infer_gmacs"])
    return rows


def describe(name, gmacs):
    with torch.device("meta"):
        model = timm.create_model(name).eval()
        config = model.default_cfg
        size = config["input_size"][1]
        with FlopCounterMode(display=False) as counter:
            model(torch.empty(1, 3, size, size))
    state = "".join(
        f"{k} {'x'.join(map(str, v.shape))}\n" for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")
    )
    return {
        "name": name,
        "size": size,
        "mean": config["mean"],
        "std": config["std"],
        "parameters": sum(p.numel() for p in model.parameters()),
        "state_crc32": zlib.crc32(state.encode()),
        "macs": counter.get_total_flops() // 2,
        "published_gmacs": gmacs.get((name, size)),
    }


def main():
    gmacs = published(sys.argv[1])
    names = [m["name"] for m in json.load(sys.stdin) if m["name"] != "tiny"]
    source = f"timm {timm.__version__}: state_dict, default_cfg; macs by torch {torch.__version__.split('+')[0]}'s flop_counter; "
    source += "published_gmacs from timm's " + sys.argv[1].split("/")[-1]
    rows = ",\n  ".join(json.dumps(describe(n, gmacs)) for n in names)
    print(f'{{"source": {json.dumps(source)}, "architectures": [\n  {rows}\n]}}')


main()
