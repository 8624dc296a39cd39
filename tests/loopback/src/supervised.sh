# Runs a server for as long as the test process lives: sh -c THIS name FOLDER LOG PROGRAM ARGUMENT...
#
# Standard input is a pipe whose other end only the test process holds. A line means "stop"; end of file means that
# the test process has exited in some way, and its directory is removed too.
folder=$1
log=$2
shift 2

"$@" </dev/null >"$log" 2>&1 &
server=$!
echo "$server"

if ! read -r _; then
    kill -KILL "$server"
    wait "$server"
    rm -rf "$folder"
    exit
fi

# A stopped process (SIGSTOP) would leave SIGTERM pending.
kill -TERM "$server"
kill -CONT "$server"
{
    tenths=30
    while [ "$tenths" -gt 0 ]; do
        sleep 0.1
        tenths=$((tenths - 1))
    done
    kill -KILL "$server"
} &
deadline=$!
wait "$server"
kill "$deadline"
