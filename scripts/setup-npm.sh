#!/usr/bin/env bash
# Installs what the tests take from npm: a provider of OpenID Connect, into the folder of its test.
set -euo pipefail
cd "$(dirname "$0")/../tests/web/oidc"

if ! command -v npm > /dev/null; then
  sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" apt-get install -qq -y --no-install-recommends nodejs npm
fi
npm ci --no-audit --no-fund --loglevel error
