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

read -r _
asked=$?
# All that it wrote is thrown away, so nothing is won by SIGTERM and the seconds that a server takes for it.
kill -KILL "$server"
wait "$server"
[ "$asked" -eq 0 ] || rm -rf "$folder"
