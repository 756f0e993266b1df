#!/usr/bin/env bash
# Exported files beside other people's code: every file must pass the ONNX
# checker and give onnxruntime the logits that `melanoma models run` gives,
# within 1e-5 of the largest; weights under timm's names must load into timm;
# and a whole run as one file must give the probabilities of `melanoma infer`.
#
# Needs a Python with onnx, onnxruntime, numpy and pillow, named by PYTHON
# (default: python3), and says so where there is none; timm, torch and
# safetensors are used where they are.
#
#   scripts/check-export.sh [RUN]     RUN: folder of a finished run (default: the demo is run)
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import numpy, onnx, onnxruntime, PIL' 2>/dev/null; then
  echo "skipped: $python lacks onnx, onnxruntime, numpy or pillow; PYTHON=/path/to/python names another"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/melanoma" ./cmd/melanoma
run=${1:-$work/demo}
if [ $# = 0 ]; then
  echo "== the demo"
  "$work/melanoma" run --quiet --out "$run" >/dev/null
fi
"$python" scripts/check_export.py "$work/melanoma" "$run" "$work"
