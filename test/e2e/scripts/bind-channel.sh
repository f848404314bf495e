#!/bin/sh
# bind-channel.sh SYS NAME: gives the channel NAME a device file of its own, /dev/rpmsg<N>, and prints which one.
set -eu
channel=$(cd "$1/bus/rpmsg/devices" && echo ./*."$2".*)
echo rpmsg_chrdev > "$1/bus/rpmsg/devices/$channel/driver_override"
echo "${channel#./}" > "$1/bus/rpmsg/drivers/rpmsg_chrdev/bind"
ls "$1/bus/rpmsg/devices/$channel/rpmsg"
