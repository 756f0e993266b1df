#!/usr/bin/env bash
# Files of PyTorch's exporters beside onnxruntime: networks of timm with random
# weights go out by both exporters at several opsets, for evaluation and for
# training, and `melanoma models run` must give PyTorch's logits within 1e-4 of
# the largest.
#
# Needs a Python with torch, timm, onnx, onnxruntime and numpy, named by PYTHON
# (default: python3), and says so where there is none; onnxscript is used for the
# newer exporter where it is.
#
#   scripts/check-import.sh [NAME...]     NAME: timm's (default: a list of families)
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import numpy, onnx, onnxruntime, torch, timm' 2>/dev/null; then
  echo "skipped: $python lacks torch, timm, onnx, onnxruntime or numpy; PYTHON=/path/to/python names another"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/melanoma" ./cmd/melanoma
"$python" scripts/check_import.py "$work" "$@"
