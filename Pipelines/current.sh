# Whether a file is current: made of what it needs as that is now, whatever their dates say. FILE.made holds what that was: the hashes of
# its inputs and its options. For stage.sh and Pipelines/cluster.

# What the needs hold; fails where one is missing.
made_of() { # NEEDS…
  local need
  for need in "$@"; do
    [[ -e $need ]] || return 1
    printf '%s: ' "${need##*/}"
    cat "$need"
  done
}

current() { # FILE NEEDS…
  local now need
  [[ -e $1 ]] || return 1
  now=$(made_of "${@:2}") || return 1
  if [[ -e $1.made ]]; then [[ $(<"$1.made") == "$now" ]]; return; fi
  # From before there was such a note: by dates.
  for need in "${@:2}"; do [[ ! $need -nt $1 ]] || return 1; done
  note_made "$1" "$now" 2>/dev/null || true
}

note_made() { # FILE WHAT
  printf '%s\n' "$2" >"$1.made.$HOSTNAME-$$" && mv "$1.made.$HOSTNAME-$$" "$1.made"
}
