#!/usr/bin/env bash
# Every command of make that README shows is understood: no variable in it is unknown, or of no use to its target. Nothing is run; files of
# one's own and batch systems that are not here may be missing.
set -uo pipefail
cd "$(dirname "$0")/../.."
count=0 wrong=0
while read -r line; do
  count=$((count + 1))
  said=$(eval "make -n ${line#make }" 2>&1 </dev/null)
  case $said in
    *'there is no variable'* | *'does not use'* | *'must be '* | *'there is no model'* | *'No rule to make'*)
      wrong=$((wrong + 1))
      echo "$line: $(tail -n 1 <<<"$said")"
      ;;
  esac
done < <(sed -E 's/ +#.*//; s/ · /\n/g' README.md | grep -E '^make [a-z]' | grep -v '…' | sort -u)
echo "$count commands of README, $wrong not understood"
((count > 30 && wrong == 0))
