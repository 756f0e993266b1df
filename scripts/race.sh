#!/usr/bin/env bash
# The race detector on every package that starts goroutines. It is the one
# place that needs cgo and a C compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v gcc >/dev/null 2>&1; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "the race detector needs gcc, and it cannot be installed from here" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null
fi
# The goldens and the long trainings are left out: under the detector they
# take twenty times as long and start no further goroutine.
CGO_ENABLED=1 go test -race -short -skip '^TestGolden' ./data/ ./internal/artifact/ ./internal/exec/ ./internal/train/ ./pipeline/
