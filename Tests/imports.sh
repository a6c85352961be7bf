#!/bin/bash
# Package.swift lists what each target imports, no more and no less, and imports point down. Run by `make lint`.
set -euo pipefail
cd "$(dirname "$0")/.."
# StageKit imports no science: what it may import besides C is asked by itself below.
declare -A level=([Tensors]=1 [Crystals]=1 [Networks]=2 [Generators]=3 [Potentials]=3 [Evaluation]=3 [Predictors]=4 [Reports]=4 [StageKit]=4 [Artifacts]=5)
status=0
complain() { echo "imports: $*" >&2; status=1; }
# "Target: Import Import …", as the manifest has them.
manifest=$(tr '\n' ' ' < Package.swift | grep -oP '(\.(target|testTarget)\(\s*name: |stage\()"\w+",\s*(dependencies: )?\[[^]]*\]' |
  sed -E 's/^stage\("(\w+)", *\[/"\u\1", ["StageKit", argumentParser, /; s/^[^"]*"(\w+)",[^[]*\[(.*)\]$/\1: \2/; s/argumentParser/ArgumentParser/; s/yams/Yams/; s/[",]/ /g')
while IFS=: read -r target listed; do
  case $target in C[A-Z]*) continue ;; esac
  for folder in "Sources/$target" "Stages/$target" "Tests/$target"; do [ ! -d "$folder" ] || break; done
  [ -d "$folder" ] || { complain "there is no folder of $target"; continue; }
  wanted=$(grep -rhE '^(@testable |public |internal |package )*import ' --include=*.swift "$folder" | sed -E 's/.*import //' |
    grep -vxE 'Foundation|Dispatch|Synchronization|Glibc|Testing' | sort -u)
  [ "$wanted" = "$(tr -s ' ' '\n' <<< "$listed" | sed '/^$/d' | sort -u)" ] ||
    complain "$target imports $(echo $wanted), Package.swift lists $listed"
  case $folder in Tests/*) continue ;; esac
  for name in $wanted; do
    [ "${level[$name]:-0}" -lt "${level[$target]:-6}" ] || complain "$target imports $name, which does not stand below it"
    case $target:$name in StageKit:C[A-Z]* | StageKit:Tensors | StageKit:ArgumentParser) ;;
      StageKit:*) complain "StageKit imports $name; what knows a science stands in Artifacts" ;; esac
  done
done <<< "$manifest"
exit $status
