#!/bin/sh
# Starts and stops a firmware by its processor's name, as the scripts of board vendors do: paths and all are written into it.
set -eu
name=$1
firmware=$2

for rproc in /sys/class/remoteproc/remoteproc*; do
    [ "$(cat "$rproc/name")" = "$name" ] && break
done
case $(readlink -f "$rproc") in
    /sys/devices/*) ;;
    *) echo "$rproc is no device" >&2; exit 1 ;;
esac
[ -f "/lib/firmware/$firmware" ] || { echo "/lib/firmware/$firmware is missing" >&2; exit 1; }

[ "$(cat "$rproc/state")" = offline ] || echo stop > "$rproc/state"
echo "$firmware" > "$rproc/firmware"
echo start > "$rproc/state"
[ "$(cat "$rproc/state")" = running ]
dmesg | grep -q "remote processor $name is now up"

trace=/sys/kernel/debug/remoteproc/${rproc##*/}/trace0
tries=0
until grep -q hello "$trace"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "no hello in $trace" >&2; exit 1; }
    sleep 0.05
done
head -n 1 "$trace"

echo stop > "$rproc/state"
[ "$(cat "$rproc/state")" = offline ]
[ ! -e "$trace" ]
