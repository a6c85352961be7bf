#!/usr/bin/env bash
# Prints the first of the variables, given as 'NAME kind value', that is not of its kind: NAME kind. See variables.mk.
set -euo pipefail
declare -A pattern=(
  [count]='^0*[1-9][0-9]{0,11}$'
  [counts]='^0*[1-9][0-9]{0,11}( +0*[1-9][0-9]{0,11})*$'
  [whole]='^[0-9]{1,19}$'
  [number]='^([0-9]+(\.[0-9]*)?|\.[0-9]+)(e-?[0-9]{1,2})?$'
  [threads]='^[0-9]{1,5}$'
  [groups]='^([0-9]{1,3}|[A-Z][-A-Za-z0-9/_]*)(,([0-9]{1,3}|[A-Z][-A-Za-z0-9/_]*))*$'
  [formula]='^([][()]|[A-Z][a-z]?|[0-9]+(\.[0-9]+)?)+$'
  [elements]='^[A-Z][a-z]?(,[A-Z][a-z]?)*$'
  [sites]='^[A-Z][a-z]?:[a-zA](,[A-Z][a-z]?:[a-zA])*$'
  [flag]='^(1|yes)$'
  [labels]='^[a-z]+(:[a-z0-9_@]+(,[a-z0-9_@]+)*)?( +[a-z]+(:[a-z0-9_@]+(,[a-z0-9_@]+)*)?)*$'
  [targets]='^[A-Za-z_][A-Za-z0-9_]*=(-?[0-9.]+(e-?[0-9]+)?|-?[0-9.e-]*\.\.-?[0-9.e-]*)( +[A-Za-z_][A-Za-z0-9_]*=(-?[0-9.]+(e-?[0-9]+)?|-?[0-9.e-]*\.\.-?[0-9.e-]*))*$'
  [tolerances]='^[A-Za-z_][A-Za-z0-9_]*=[0-9.]+(e-?[0-9]+)?( +[A-Za-z_][A-Za-z0-9_]*=[0-9.]+(e-?[0-9]+)?)*$'
  [settings]='^[a-z][a-z_.]*=[A-Za-z0-9.+_-]+( +[a-z][a-z_.]*=[A-Za-z0-9.+_-]+)*$'
)
for one in "$@"; do
  read -r name kind value <<<"$one"
  if [[ ! $value =~ ${pattern[$kind]} ]]; then echo "$name $kind"; exit; fi
  case $kind in
    groups)
      for group in ${value//,/ }; do
        [[ $group =~ ^[0-9]+$ ]] || continue
        if ((10#$group < 1 || 10#$group > 230)); then echo "$name $kind"; exit; fi
      done ;;
    number)
      if [[ ! ${value%%e*} =~ [1-9] ]]; then echo "$name $kind"; exit; fi ;;
  esac
done
