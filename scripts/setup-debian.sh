#!/usr/bin/env bash
# Installs the Debian packages that the tests and benchmarks use. Does nothing where all are there.
set -euo pipefail

packages=(
  chromium            # the pages of records, opened with hostile strings in them
  git                 # the tests look at the tracked files
  graphviz            # reads the DOT that is written
  openssl             # benchmarks: the plain read that figures are ratios of; tests: a certificate
  poppler-utils       # pdftotext reads what was compiled
  postgresql          # a throw-away server for registries
  systemd             # systemd-analyze reads the unit of the server
  texlive-latex-base  # compiles the LaTeX that is written
  time                # benchmarks: maximum resident set as /usr/bin/time -v prints it
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "Debian packages: all ${#packages[@]} are installed"
  exit 0
fi

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}"
