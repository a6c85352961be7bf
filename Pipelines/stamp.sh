#!/usr/bin/env bash
# FILE.id: the hash of FILE, written only where it is another one, so that what depends on it is made again only then.
# FILE.state: size, time and inode of the file that the hash is of, and the hash; programs believe it only where the three are right.
set -euo pipefail
file=$1 own=$HOSTNAME-$$
state_of() { stat -L -c '%s %.9Y %i' "$1"; }

state=$(state_of "$file")
known=
[[ ! -e $file.state ]] || known=$(<"$file.state")
if [[ -e $file.id && $known == "$state $(<"$file.id")" ]]; then exit; fi
while :; do
  hash=$(sha256sum <"$file" | cut -d' ' -f1)
  now=$(state_of "$file")
  [[ $now != "$state" ]] || break
  state=$now
done
echo "$hash" >"$file.id.$own"
if cmp -s "$file.id.$own" "$file.id"; then rm "$file.id.$own"; else mv "$file.id.$own" "$file.id"; fi
echo "$state $hash" >"$file.state.$own"
mv "$file.state.$own" "$file.state"
