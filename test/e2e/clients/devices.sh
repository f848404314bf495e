#!/bin/bash
# What comes and goes while it looks: device nodes, CPUs, files that it puts into /lib/firmware itself.
set -eu
image=$1
cp "$image" /lib/firmware/mine.elf
ln -s mine.elf /lib/firmware/rproc-mips-cpu1-fw

ls -l /dev > /dev/null
nodes=(/dev/remoteproc*)
[ ${#nodes[@]} -eq 3 ]
printf start > /dev/remoteproc0
[ "$(cat /sys/class/remoteproc/remoteproc0/state)" = running ]

echo 1 > /sys/devices/system/cpu/cpu2/online
[ ! -e /dev/remoteproc1 ] && [ ! -e /sys/class/remoteproc/remoteproc1 ] && [ ! -e /sys/kernel/debug/remoteproc/remoteproc1 ]
nodes=(/dev/remoteproc*)
[ ${#nodes[@]} -eq 2 ]
[ "$(cat /sys/devices/system/cpu/online)" = 0,2 ]
echo 0 > /sys/devices/system/cpu/cpu2/online
[ -e /dev/remoteproc1 ]

cd /sys/class/remoteproc/remoteproc0
[ "$(pwd -P)" = /sys/devices/mips-rproc/remoteproc/remoteproc0 ]
[ "$(readlink -f subsystem)" = /sys/class/remoteproc ]
echo stop > state
rm /lib/firmware/mine.elf
if echo start > state; then exit 1; fi
echo gone
