#!/usr/bin/env bash
# Fails if a committed kernel is not what its generator writes today. The
# generator is a module of its own, so that avo stays out of ours.
set -euo pipefail
cd "$(dirname "$0")/../internal/kernel"

if [ ! -d _gen ]; then
  echo "no generator in internal/kernel/_gen"
  exit 0
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
cp -a . "$fresh/kernel"
(cd "$fresh/kernel/_gen" && CGO_ENABLED=0 GOFLAGS=-mod=mod GOWORK=off sh -c "$(sed -n 's|^//go:generate ||p' ../*.go | sed 's/^go run -C _gen /go run /;s/^sh -c //' | head -1)")
diff -r . "$fresh/kernel" && echo "generated files are current"
