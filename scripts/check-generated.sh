#!/usr/bin/env bash
# Fails if a committed kernel is not what its generator writes today. The
# generator is a module of its own, so that avo stays out of ours.
set -euo pipefail
cd "$(dirname "$0")/../internal"

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/kernel" "$fresh/pixel" "$fresh/jpeg"
(cd kernel/_gen && GOWORK=off go run . -out "$fresh")
status=0
for package in kernel pixel jpeg; do
  for file in "$fresh/$package"/*; do
    [ -e "$file" ] || continue
    name="$package/$(basename "$file")"
    if ! diff -q "$file" "$name" >/dev/null; then
      echo "internal/$name is not what the generator writes: cd internal/kernel/_gen && go run . -out ../.."
      status=1
    fi
  done
  for name in "$package"/*_amd64.s "$package"/*_stubs_amd64.go; do
    if [ -e "$name" ] && [ ! -e "$fresh/$name" ]; then
      echo "internal/$name is marked as generated, but no generator writes it"
      status=1
    fi
  done
done
exit $status
