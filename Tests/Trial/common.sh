# What trial.sh and documents.sh share: an environment in which nobody has asked for anything, counts, and the table at the end.

unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES CLUSTER SHARDS DATASET MODEL SEED POTENTIAL HULL INPUT SAMPLES STEPS EPOCHS
passed=0 failed=0 left_out=0 table=() begun=$(date +%s)

# Prints the table, whose fields stand apart by tabs, and the counts; status 1 where something failed.
summary() { # FORMAT HEADER WORDS
  printf '\n'
  printf '%s\n' "$2" "${table[@]}" | awk -F '\t' -v "format=$1\\n" '{ printf format, $1, $2, $3 }'
  printf '\n%s, %d failed, %d left out, in %d s\n' "${3/N/$passed}" "$failed" "$left_out" $(($(date +%s) - begun))
  ((failed == 0))
}
