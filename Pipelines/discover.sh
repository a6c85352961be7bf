#!/usr/bin/env bash
# Rounds of propose, sample, reconstruct, relax, metrics, ledger; after each the models that LEARN names learn from it. What is there already
# is not made again, so that a run that was stopped goes on.
#   discover.sh FOLDER ROUNDS COUNT        and from the environment what `make discover` says, see discover.mk
set -euo pipefail
folder=$1 rounds=$2 count=$3
shared=(--threads "$THREADS")
table=$folder/discover.txt

# $1: a file; then the command that writes it, with --output.
make_file() {
  local file=$1
  shift
  [[ -s $file ]] || "$@" --output "$file" "${shared[@]}"
}

# $1, a model that learns what rounds find, as it was in round $3: $2 in the first.
learnt() {
  (($3 == 1)) && echo "$2" || echo "$folder/round$3/$1.h5"
}

# Whether a model learns from the rounds: energies, skeletons, coordinates.
learns() { [[ " $LEARN " == *" $1 "* ]]; }

# $1: the model, $2: its YAML, $3: as it was before the rounds, $4: what it learns from, $5: the round that will use it; then further options
learn() {
  make_file "$folder/round$5/$1.h5" "$BIN/train" --dataset "$folder/round$(($5 - 1))/$4.h5" --config "Pipelines/models/$2.yaml" \
    --initial "$(learnt "$1" "$3" $(($5 - 1)))" --resume --seed "$((SEED + $5))" "${@:6}"
}

# What round $1 uses has learnt from the one before: energies from all that was relaxed, the bad, too; skeletons and coordinates from what was
# found by both judges, and from the dataset beside it, so that nothing is forgotten.
learn_before() {
  mkdir -p "$folder/round$1"
  ! learns energies || learn energies "$ENERGIES_CONFIG" "$ENERGIES" training-set "$1" --set training.learning_rate=0.0005 --epochs 8
  ! learns skeletons || learn skeletons skeletons-mp20 "$SKELETONS" found-set "$1" --set training.learning_rate=0.0005 --epochs 4
  ! learns coordinates || learn coordinates "$COORDINATES" "$MODEL" found-set "$1" --set training.learning_rate=0.0003 --epochs 1
}

one_round() {
  local r=$1 at=$folder/round$1 before=$folder/round$(($1 - 1)) model=$SKELETONS coordinates=$MODEL screen=()
  ((r == 1)) || learn_before "$r"
  [[ ! -s $at/skeletons.h5 ]] || model=$at/skeletons.h5
  [[ ! -s $at/coordinates.h5 ]] || coordinates=$at/coordinates.h5
  local judge=$ENERGIES proxy=$PROXY chain=() cells=()
  [[ -s $at/energies.h5 ]] && judge=$at/energies.h5
  if [[ $PROPOSER == crystal-gfn ]]; then
    local begin=(--epochs 6)
    # What the proxy took for good and relaxation found bad, it knows in the next round; the policy goes on from the round before.
    if ((r > 1)); then
      if learns energies; then
        proxy=$at/proxy.h5
        learn proxy proxy-mp20 "$PROXY" training-set "$r" --set training.learning_rate=0.0005 --epochs 8
      fi
      begin=(--initial "$before/policy.h5" --epochs 4)
    fi
    model=$at/policy.h5 chain=(--skeletons "$SKELETONS") cells=(--free-lattice)
    make_file "$model" "$BIN/train" --dataset "$DATASET" --config Pipelines/models/crystal-gfn-mp20.yaml --set "reward=$REWARD" \
      --predictor "$proxy" --hull "$HULL" "${begin[@]}" --resume --seed "$((SEED + r))"
  elif [[ $REWARD ]]; then
    model=$at/skeletons.h5
    make_file "$model" "$BIN/train" --dataset "$DATASET" --config Pipelines/models/tuned-skeletons.yaml --set "reward=$REWARD" \
      --initial "$SKELETONS" --predictor "$judge" --hull "$HULL" --resume --seed "$((SEED + r))"
  fi
  case $SCREEN in
    energy:*) screen=(--screen "$SCREEN" --screen-model "$judge" --hull "$HULL" --distinct) ;;
    surprisal:*) screen=(--screen "$SCREEN" --distinct) ;;
    ?*) screen=(--screen "$SCREEN") ;;
  esac
  make_file "$at/blueprints.h5" "$BIN/propose" --model "$model" --count "$count" --seed "$((SEED + 1000 * r))" "${chain[@]}" "${screen[@]}"
  make_file "$at/samples.h5" "$BIN/sample" --model "$coordinates" --blueprints "$at/blueprints.h5" --steps "$STEPS" --seed "$((SEED + r))" "${cells[@]}"
  make_file "$at/crystals.h5" "$BIN/reconstruct" --samples "$at/samples.h5"
  # shellcheck disable=SC2086 # HULLS are several.
  make_file "$at/relaxed.h5" "$BIN/relax" --crystals "$at/crystals.h5" --potential "$POTENTIAL" --fmax "$FMAX" --hull $HULLS --foreign-hull
  [[ -s $at/metrics.h5 && -s $at/metrics.json ]] || "$BIN/metrics" --crystals "$at/relaxed.h5" --reference "$DATASET" --output "$at/metrics.json" \
    --name "round $r" --timing "$coordinates" "$at/samples.h5" "$at/crystals.h5" "$at/relaxed.h5" "${shared[@]}" > "$at/metrics.txt"
  if [[ ! -s $at/ledger.json ]]; then
    local earlier=() book=$at/ledger.h5 found=(--found "$folder/found.h5")
    ((r == 1)) || earlier=(--ledger "$before/ledger.h5")
    if [[ $SECOND_JUDGE ]]; then book=$at/first-judge.h5 found=(--candidates "$at/candidates.h5"); fi
    "$BIN/ledger" --relaxed "$at/relaxed.h5" --judged "$at/metrics.h5" --round "$r" "${earlier[@]}" --limit "$LIMIT" "${found[@]}" \
      --dataset "$DATASET" --training-set "$at/training-set.h5" --output "$book" --json "${shared[@]}" > "$at/ledger.json.new"
    if [[ $SECOND_JUDGE ]]; then
      make_file "$at/second-judge.h5" "$BIN/relax" --crystals "$at/candidates.h5" --potential "$SECOND_JUDGE" --fmax "$FMAX" --hull "$SECOND_HULL"
      "$BIN/ledger" --ledger "$book" --second-judge "$at/second-judge.h5" --limit "$LIMIT" --per-template 3 --per-formula 1 \
        --found "$folder/found.h5" --dataset "$DATASET" --learn found --copies "$COPIES" --training-set "$at/found-set.h5" \
        --output "$at/ledger.h5" --json "${shared[@]}" > "$at/second-judge.json"
    fi
    mv "$at/ledger.json.new" "$at/ledger.json"
  fi
}

field() { sed -E "s/.*\"$1\":([-0-9.e]+).*/\1/" "$2"; }

mkdir -p "$folder"
for ((r = 1; r <= rounds; r++)); do
  echo "discover: round $r of $rounds, $count skeletons" >&2
  # How long it took is not known of a round that was stopped in between.
  took=$folder/round$r/seconds
  mkdir -p "$folder/round$r"
  if [[ ! -s $took ]]; then
    started=$(date +%s)
    [[ ! -e $took ]] || started=
    touch "$took"
    one_round "$r"
    echo $((started ? $(date +%s) - started : 0)) > "$took"
  fi
done
# What learnt skeletons is what one wants in the end.
! learns skeletons || learn_before $((rounds + 1))
{
  printf '%-6s %8s %8s %8s %10s %12s %10s %8s %10s %9s %8s\n' round relaxed 'not yet' found 'found, %' 'found/hour' 'in all' elements groups templates formulas
  for ((r = 1; r <= rounds; r++)); do
    j=$folder/round$r/ledger.json all=$folder/round$r/second-judge.json
    [[ -s $all ]] || all=$j
    found=$(field found "$j") seconds=$(cat "$folder/round$r/seconds")
    printf '%-6s %8s %8s %8s %10s %12s %10s %8s %10s %9s %8s\n' "$r" "$(field relaxed "$j")" "$(field added "$j")" "$found" \
      "$(awk "BEGIN { printf \"%.1f\", 100 * $found / $count }")" "$(awk "BEGIN { if ($seconds) printf \"%.0f\", 3600 * $found / $seconds; else printf \"-\" }")" \
      "$(field found_in_all "$all")" "$(field elements "$all")" "$(field space_groups "$all")" "$(field templates "$all")" "$(field formulas "$all")"
  done
  echo "found: new to the dataset, each once over all rounds, within $LIMIT eV/atom of every hull ($HULLS), by $POTENTIAL"
  [[ -z $SECOND_JUDGE ]] || echo "in all: by $SECOND_JUDGE ($SECOND_HULL), too; at most three of a template and one of a formula"
} | tee "$table"
! learns skeletons || echo "models: $(ls "$folder/round$((rounds + 1))"/*.h5 | tr '\n' ' ')"
echo "crystals: $folder/found.h5; ledger of all that was relaxed: $folder/round$rounds/ledger.h5"
