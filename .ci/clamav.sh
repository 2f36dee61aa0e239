# ClamAV's daemon, for the scripts that source this: `need_scanner` installs it where it must. The tests start it themselves,
# with a signature of their own, so nothing is downloaded beside the package.
#
# shellcheck shell=bash

need_scanner() {
    local program
    for program in /usr/sbin/clamd /usr/local/sbin/clamd /opt/homebrew/opt/clamav/sbin/clamd; do
        if [[ -x $program ]]; then return; fi
    done
    command -v apt-get >/dev/null || fail "no clamd found: install ClamAV"
    [[ $(id -u) -eq 0 ]] || fail "no clamd found: run 'sudo apt-get install clamav-daemon'"
    echo "${0##*/}: installing ClamAV"
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends clamav-daemon; } </dev/null >&2; then
        fail "ClamAV could not be installed"
    fi
}
