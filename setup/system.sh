#!/usr/bin/env bash
# What the machine must have. As root on Debian it is installed; elsewhere it is named with the command that installs it.
# usage: [PYTHON=python3.12] setup/system.sh run|test
set -euo pipefail
purpose=${1:-run}
python=${PYTHON:-python3.11}
oldest_python=3.11
oldest_node=20
missing=()

need() { # need COMMAND PACKAGE: the command, or the Debian package that brings it
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
refuse() { # what no package of this release brings
    printf '%s\n' "$@" >&2
    exit 1
}

if command -v "$python" >/dev/null 2>&1; then
    "$python" -c "import sys; sys.exit(sys.version_info < (${oldest_python/./, }))" ||
        refuse "Python $oldest_python or newer is needed; $python is $("$python" -V 2>&1)." \
            "Take another one with:  make run PYTHON=python$oldest_python"
    package=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=("$package-venv")
    "$python" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null || missing+=("$package-dev")
else
    missing+=("$(basename "$python")" "$(basename "$python")-venv" "$(basename "$python")-dev")
fi
if command -v node >/dev/null 2>&1; then
    node=$(node --version)
    major=${node#v}
    [ "${major%%.*}" -ge $oldest_node ] ||
        refuse "Node $oldest_node or newer is needed; this is $node." \
            "Install it with:  curl -fsSL https://deb.nodesource.com/setup_$oldest_node.x | sudo -E bash - && sudo apt-get install -y nodejs"
    need npm npm
else
    # Debian's own nodejs is new enough from Debian 13 on
    missing+=(nodejs)
    need npm npm
fi
need gcc gcc
need make make
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
    # an encoder that is not ours
    [ -e /usr/lib/python3/dist-packages/gi ] || missing+=(python3-gi)
    found() { compgen -G "/usr/lib/*/$1" >/dev/null || missing+=("$2"); }
    found girepository-1.0/GstWebRTC-1.0.typelib gir1.2-gst-plugins-bad-1.0
    found gstreamer-1.0/libgstopus.so gstreamer1.0-plugins-base
    found gstreamer-1.0/libgstvpx.so gstreamer1.0-plugins-good
    found gstreamer-1.0/libgstwebrtc.so gstreamer1.0-plugins-bad
    found gstreamer-1.0/libgstnice.so gstreamer1.0-nice
fi
[ ${#missing[@]} -eq 0 ] && exit 0

again=${2:-}
[ "$again" = again ] && refuse "Still missing after installing: ${missing[*]}"
install="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    $install -qq >/dev/null
    exec "$0" "$purpose" again # what this release brings may be too old
else
    echo "Missing: ${missing[*]}" >&2
    echo "Install with:  sudo $install" >&2
    exit 1
fi
