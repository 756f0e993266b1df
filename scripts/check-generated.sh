#!/usr/bin/env bash
# Fails if a committed kernel is not what its generator writes today. The
# generator is a module of its own, so that avo stays out of ours.
set -euo pipefail
cd "$(dirname "$0")/../internal/kernel"

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
(cd _gen && GOWORK=off go run . -out "$fresh")
status=0
for file in "$fresh"/*; do
  if ! diff -q "$file" "$(basename "$file")" >/dev/null; then
    echo "internal/kernel/$(basename "$file") is not what the generator writes: cd internal/kernel/_gen && go run . -out .."
    status=1
  fi
done
for file in *_amd64.s *_stubs_amd64.go; do
  if [ ! -e "$fresh/$file" ]; then
    echo "internal/kernel/$file is marked as generated, but no generator writes it"
    status=1
  fi
done
exit $status
