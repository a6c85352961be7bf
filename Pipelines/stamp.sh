#!/usr/bin/env bash
# FILE.id: the hash of FILE, written only where it is another one, so that what depends on it is rebuilt only then.
set -euo pipefail
new=$1.id.$HOSTNAME-$$
sha256sum <"$1" | cut -d' ' -f1 >"$new"
if cmp -s "$new" "$1.id"; then rm "$new"; else mv "$new" "$1.id"; fi
