#!/usr/bin/env bash
# What the machine must have. As root on Debian it is installed; elsewhere it is named with the command that installs it.
# usage: setup/system.sh run|test
set -euo pipefail
purpose=${1:-run}
missing=()

need() { # need COMMAND PACKAGE: the command, or the Debian package that brings it
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

need python3.11 python3.11 || true
command -v python3.11 >/dev/null 2>&1 && ! python3.11 -c 'import ensurepip' 2>/dev/null && missing+=(python3.11-venv)
need gcc gcc
command -v python3.11 >/dev/null 2>&1 && ! python3.11 -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null &&
    missing+=(python3.11-dev)
need make make
need node nodejs
need npm npm
[ -e /usr/include/openssl/ssl.h ] || missing+=(libssl-dev)
# titles are drawn into recordings with it
[ -e /usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf ] || missing+=(fonts-liberation2)
if [ "$purpose" = test ]; then
    need chromium chromium
    need firefox-esr firefox-esr
    need ip iproute2
    need nft nftables
    need faketime faketime
    need turnserver coturn
    need tcpdump tcpdump
    need soffice libreoffice-writer-nogui
    need mount mount
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    $install -qq >/dev/null
else
    echo "Missing: ${missing[*]}" >&2
    echo "Install with:  sudo $install" >&2
    exit 1
fi
