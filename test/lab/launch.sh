#!/bin/sh
# Puts itself into cgroups of the lab's own and becomes `unshare`, whose child is the machine (boot.sh).
# launch.sh <lab folder> <cgroup name>
set -eu
lab=$1 name=$2 here=$(dirname "$0")

join() { # a cgroup of that name in one hierarchy
  mkdir "$1/$name"
  if [ -e "$1/cpuset.cpus" ]; then # cgroup v1: empty until set, and nothing may join before
    cat "$1/cpuset.cpus" > "$1/$name/cpuset.cpus"
    cat "$1/cpuset.mems" > "$1/$name/cpuset.mems"
  fi
  echo $$ > "$1/$name/cgroup.procs"
}

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  join /sys/fs/cgroup
else
  for hierarchy in /sys/fs/cgroup/*; do
    # cpu and cpuacct may be links to one hierarchy
    [ -L "$hierarchy" ] || join "$hierarchy"
  done
fi

# In two steps: between them mounts are private already while the network is still the one outside, which is
# kept by name for the registry's second door.
exec unshare --mount --propagation slave sh -euc '
  touch "$1/outside-network"
  mount --bind /proc/self/ns/net "$1/outside-network"
  exec unshare --uts --ipc --net --pid --cgroup --fork --kill-child=KILL sh "$0/boot.sh" "$1"
' "$here" "$lab"
