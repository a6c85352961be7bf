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
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
# Programs that may come from elsewhere: they fetch and unpack the weights of potentials.
command -v unzip >/dev/null || missing+=(unzip)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
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
if ! command -v swift >/dev/null; then
  echo "setup: there is no 'swift' on the PATH. Install Swift 6.2 or newer from swift.org and try again." >&2
  exit 69
fi
