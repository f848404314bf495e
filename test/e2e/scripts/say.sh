#!/bin/sh
# say.sh PORT WORD...: says the words to a serial port or a terminal, and prints the line that comes back.
set -eu
port=$1
shift
# a terminal would send back by itself what it hears
stty -F "$port" raw -echo 2> /dev/null || :
exec 3<> "$port"
echo "$*" >&3
read -r answer <&3
printf '%s\n' "$answer"
