#!/usr/bin/env bash
# Installs the Debian packages that are missing, and further ones that are named. Without root it prints the command and stops with
# status 69.
set -euo pipefail
packages=(
  pkg-config          # how SwiftPM finds the libraries
  libopenblas-dev     # dense products
  libdnnl-dev         # products in bfloat16, and faster ones in float32; opened at run time, and missed gracefully
  libhdf5-dev         # files between stages
  libssl-dev          # SHA-256 of inputs
  libsymspg-dev       # symmetry search
  gemmi-dev tao-pegtl-dev  # CIF
  libavogadro-data    # the dataset 'minerals'
  xz-utils gzip       # packed tables
  "$@"
)
# One look for all: this stands before every command. Its status is 1 where one is unknown, which is no error here.
installed=" $({ dpkg-query -W -f '${Package} ${Status}\n' "${packages[@]}" 2>/dev/null || true; } | sed -n 's/ install ok installed$//p' | tr '\n' ' ')"
missing=()
for package in "${packages[@]}"; do [[ $installed == *" $package "* ]] || missing+=("$package"); done
# Programs that may come from elsewhere: they fetch and unpack the weights of potentials.
command -v unzip >/dev/null || missing+=(unzip)
command -v pip3 >/dev/null || python3 -c 'import pip' 2>/dev/null || missing+=(python3-pip)
if ((${#missing[@]})); then
  command="apt-get install -y --no-install-recommends ${missing[*]}"
  if ((EUID)); then
    echo "setup: packages are missing. As root, run: apt-get update && $command" >&2
    exit 69
  fi
  echo "setup: installing ${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  $command >/dev/null
fi
