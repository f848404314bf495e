#!/bin/sh
# Firmware from a directory of its own, taken away as soon as it runs; the parameter is put back as it was.
set -eu
image=$1
directory=$(mktemp -d)
parameter=/sys/module/firmware_class/parameters/path
before=$(cat $parameter)
trap 'printf %s "$before" > $parameter; rm -rf "$directory"' EXIT

cp "$image" "$directory/own.elf"
printf %s "$directory" > $parameter
cd /sys/class/remoteproc/remoteproc1
echo own.elf > firmware
echo start > state
rm "$directory/own.elf"
cat state
# one descriptor for all: the text of a read leaves the offset where it is
exec 3<> state
read -r state <&3
echo stop >&3
[ "$state" = running ] && [ "$(cat state)" = offline ]
