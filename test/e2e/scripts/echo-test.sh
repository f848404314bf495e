#!/bin/sh
# echo-test.sh DEVICE: sends a message of every length from 1 to 496 bytes, and compares what comes back, byte for byte.
set -eu
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
exec 3<> "$1"
length=1
while [ $length -le 496 ]; do
	head -c $length /dev/urandom > "$scratch/sent"
	cat "$scratch/sent" >&3
	dd bs=512 count=1 <&3 > "$scratch/received" 2> /dev/null
	cmp "$scratch/sent" "$scratch/received"
	length=$((length + 1))
done
echo "every length came back as it was"
