# HAProxy, for the stories of a rolling restart: `ensure_haproxy` installs it where it must. `fail` is of postgres.sh.
#
# shellcheck shell=bash

ensure_haproxy() {
    for folder in /usr/sbin /usr/local/sbin /opt/homebrew/bin; do
        if [[ -x $folder/haproxy ]]; then return; fi
    done
    if command -v haproxy >/dev/null; then return; fi
    command -v apt-get >/dev/null && [[ $(id -u) -eq 0 ]] || fail "no HAProxy found: install the package haproxy"
    echo "${0##*/}: installing HAProxy"
    # The package would start a balancer of its own, which nobody here asked for.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy; } </dev/null >&2 ||
        fail "HAProxy could not be installed"
}
