#!/bin/sh
# Process 1 of the machine until systemd takes its place: gives the namespaces their own /proc, /run, /dev, cgroups
# and network, and makes read-only what belongs to the host.
# boot.sh <lab folder>
set -eu
lab=$1

# /proc is still the one outside, so this is our pid as seen there, with the start time that makes it unique.
read -r stat < /proc/self/stat
echo "$stat" > "$lab/init.stat"

mount -t proc proc /proc

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  # The kernel does not mount it upon itself.
  umount -R /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  hierarchies=$(cd /sys/fs/cgroup && for name in *; do echo "$name=$(readlink "$name" || true)"; done)
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  for entry in $hierarchies; do
    name=${entry%%=*} link=${entry#*=}
    if [ -n "$link" ]; then
      ln -s "$link" "/sys/fs/cgroup/$name"
      continue
    fi
    mkdir "/sys/fs/cgroup/$name"
    case $name in
      unified) mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd ;;
      *) mount -t cgroup -o "$name" cgroup "/sys/fs/cgroup/$name" ;;
    esac
  done
fi

resolv=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/podman /run/systemd/transient /run/proc
ln -s "$lab/podman.sock" /run/podman/podman.sock
mount --bind "$lab/var" /var
# Rootless containers may mount a /proc only where an uncovered one can be seen; the next lines cover the first.
mount -t proc proc /run/proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net

mount --bind /etc /etc
mount -o remount,bind,ro /etc
mount --bind "$lab/etc/containers" /etc/containers
for name in passwd group subuid subgid machine-id hostname; do mount --bind "$lab/etc/$name" "/etc/$name"; done
case $resolv in
  /run/*) mkdir -p "$(dirname "$resolv")" && touch "$resolv" ;;
  *) mount --bind /dev/null "$resolv" ;;
esac

dev=/run/dev
mkdir $dev
mount -t tmpfs -o mode=755 tmpfs $dev
mkdir $dev/net $dev/pts $dev/shm $dev/mqueue
for name in null zero full random urandom tty fuse net/tun; do
  if [ -e /dev/$name ]; then cp -a /dev/$name $dev/$name; fi
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts $dev/pts
mount -t tmpfs -o mode=1777 tmpfs $dev/shm
mount -t mqueue mqueue $dev/mqueue
ln -s pts/ptmx $dev/ptmx
ln -s /proc/self/fd $dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/${number%%:*} $dev/${number#*:}; done
mount --move $dev /dev

# The unit path is complete: units of the host's /etc and /lib are not found, its generators do not run.
cd /
exec env -i container=steward-lab LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  SYSTEMD_UNIT_PATH="/run/systemd/transient:$lab/units" \
  SYSTEMD_GENERATOR_PATH="$lab/none" SYSTEMD_ENVIRONMENT_GENERATOR_PATH="$lab/none" \
  setpriv --bounding-set=-sys_module,-sys_time,-sys_boot,-sys_rawio,-syslog \
  /lib/systemd/systemd --system --unit=lab.target --log-target=journal --show-status=no
