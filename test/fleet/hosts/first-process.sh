#!/bin/sh
# Process 1 of a host: puts its root together, gives it an identity at its first boot and becomes systemd.
# first-process.sh HOST_DIRECTORY BASE_ROOT NAME SMALL_MB POSTGRES [initdb's arguments…]
set -eu
directory=$1 base=$2 name=$3 small=$4 postgres=$5
shift 5

# /proc is still the controller's, so this is the pid by which the controller knows the host.
read -r pid _ </proc/self/stat
echo "$pid" >"$directory/init.pid"

cd "$directory/merged"
mount -t overlay -o "lowerdir=$base,upperdir=$directory/upper,workdir=$directory/work" overlay .
cd "$directory/merged"

mount -t proc -o nosuid,nodev,noexec proc proc
# The kernel's settings are the controller's too.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind -o ro proc/sysrq-trigger proc/sysrq-trigger 2>/dev/null || true
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mount --bind "$directory/../../shared" mnt/shared
[ "$small" = 0 ] || mount -t tmpfs -o "size=${small}m,mode=1777" tmpfs mnt/small

if [ ! -e etc/hostname ]; then
  echo "$name" >etc/hostname
  cat "$directory/../../hosts.txt" >etc/hosts
  tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
  : >etc/resolv.conf
  cp "$directory"/ssh_host_* etc/ssh/
  install -d -o 1000 -g 1000 -m 700 home/admin/.ssh
  install -o 1000 -g 1000 -m 600 "$directory/../../key.pub" home/admin/.ssh/authorized_keys
fi

# The controller's mounts disappear from the host's sight: what a host says of its disks is about itself.
pivot_root . .
umount -l .
cd /
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root
hostname "$name"

if [ "$postgres" != 0 ] && [ ! -e "/etc/postgresql/$postgres/main" ]; then
  # Synced or not: a host dies by losing its processes, never by losing the kernel's cache.
  # The cluster is to be as Debian makes it, with conf.d: the root kept the package from making one of its own.
  cp /usr/share/postgresql-common/createcluster.conf /etc/postgresql-common/
  pg_createcluster --port 5432 "$postgres" main -- --no-sync "$@"
fi

# A host must not be able to set the machine's clock or load modules into its kernel.
exec setpriv --bounding-set -sys_time,-sys_module,-sys_rawio \
  env -i container=other PATH="$PATH" LANG="$LANG" /lib/systemd/systemd
