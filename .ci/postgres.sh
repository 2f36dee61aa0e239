# A private PostgreSQL server, for the scripts that source this: `start_server` starts it on a free port in a temporary
# folder, as an unprivileged user when run as root, after installing PostgreSQL where it must; it is stopped and its data
# removed when the script ends. The script then has, exported, BREVDUE_TEST_POSTGRES_URL, BREVDUE_TEST_POSTGRES_DATA (the
# data folder, which it may read) and BREVDUE_TEST_POSTGRES_LOG; `$server` is the folder of the programs.
#
#   BREVDUE_TEST_FSYNC=on        it writes through to the disk, as in production. Default: off, faster.
#
# shellcheck shell=bash

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Prints the folder of the server's programs: the one in PATH, else the newest.
find_server() {
    local in_path installed folder
    in_path=$(command -v pg_ctl || true)
    installed=$(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin | sort -rV)
    while read -r folder; do
        if [[ -x $folder/initdb && -x $folder/pg_ctl && -x $folder/postgres ]]; then
            echo "$folder"
            return
        fi
    done <<<"${in_path%/pg_ctl}"$'\n'"$installed"
}

install_server() {
    command -v apt-get >/dev/null || fail "no PostgreSQL server found: install one, or set BREVDUE_TEST_POSTGRES_URL"
    [[ $(id -u) -eq 0 ]] || fail "no PostgreSQL server found: run 'sudo apt-get install postgresql'," \
        "or set BREVDUE_TEST_POSTGRES_URL"
    echo "${0##*/}: installing PostgreSQL"
    # The package would create and start a server of its own, which nobody here asked for.
    local no_server=/etc/postgresql-common/createcluster.d/brevdue-test.conf
    mkdir -p "$(dirname "$no_server")"
    echo 'create_main_cluster = false' >"$no_server"
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql; } </dev/null >&2; then
        rm -f "$no_server"
        fail "PostgreSQL could not be installed"
    fi
    rm -f "$no_server"
}

# The server refuses to run as root.
as_server_user() (
    cd "$folder"
    if [[ $(id -u) -ne 0 ]]; then
        exec "$@"
    elif command -v runuser >/dev/null; then
        exec runuser -u "$server_user" -- "$@"
    else
        exec su -s /bin/sh "$server_user" -c 'exec "$0" "$@"' -- "$@"
    fi
)

stop_server() {
    as_server_user "$server/pg_ctl" stop -D "$folder/data" -m immediate -s >/dev/null 2>&1 || true
    rm -rf "$folder"
}

start_server() {
    server=$(find_server)
    if [[ -z $server ]]; then
        install_server
        server=$(find_server)
        [[ -n $server ]] || fail "PostgreSQL was installed, but initdb and pg_ctl are not where they are looked for"
    fi

    server_user=$(id -un)
    local parent=${TMPDIR:-/tmp} fsync=${BREVDUE_TEST_FSYNC:-off} password port
    if [[ $(id -u) -eq 0 ]]; then
        parent=/tmp # root's own TMPDIR may be closed to others
        server_user=nobody
        if id postgres >/dev/null 2>&1; then server_user=postgres; fi
    fi
    [[ $fsync == on || $fsync == off ]] || fail "BREVDUE_TEST_FSYNC is 'on' or 'off'"
    folder=$(mktemp -d "$parent/brevdue-test.XXXXXX")
    trap stop_server EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM

    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "$password" >"$folder/password"
    if [[ $(id -u) -eq 0 ]]; then chown -R "$server_user" "$folder"; fi
    as_server_user "$server/initdb" -D "$folder/data" -U brevdue --pwfile="$folder/password" --auth-host=password \
        --auth-local=reject --encoding=UTF8 --no-locale --no-sync >"$folder/initdb.log" 2>&1 ||
        { cat "$folder/initdb.log" >&2; fail "initdb failed"; }
    # No socket in the file system: its path may be at most 107 characters long, and TCP is what production uses.
    cat >>"$folder/data/postgresql.conf" <<-SETTINGS
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		max_connections = 300
		fsync = $fsync
		full_page_writes = $fsync
		track_commit_timestamp = on
		timezone = 'UTC'
		log_timezone = 'UTC'
		lc_messages = 'C'
	SETTINGS

    for _ in {1..20}; do
        port=$((20000 + RANDOM % 12000))
        : >"$folder/log"
        if [[ $(id -u) -eq 0 ]]; then chown "$server_user" "$folder/log"; fi
        if as_server_user "$server/pg_ctl" start -D "$folder/data" -l "$folder/log" -o "-p $port" -w -t 60 -s \
            2>/dev/null; then
            export BREVDUE_TEST_POSTGRES_URL="postgres://brevdue:$password@127.0.0.1:$port/postgres"
            export BREVDUE_TEST_POSTGRES_DATA="$folder/data"
            export BREVDUE_TEST_POSTGRES_LOG="$folder/log"
            return
        fi
        grep -q 'could not bind' "$folder/log" || break
    done
    cat "$folder/log" >&2
    fail "PostgreSQL did not start"
}
