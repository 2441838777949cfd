#!/bin/sh
# Builds the base root of one Debian release, from which hosts of that release boot: root.sh SUITE TARGET
# The digest of this file is part of the name under which the root is cached, so an edit here builds new roots.
# It is run in a mount namespace of its own, so that no mount outlives it, however it ends.
set -eu
suite=$1
target=$2
mirror=${LIFEBOAT_DEBIAN_MIRROR:-http://deb.debian.org/debian}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

step() { printf '%s: %s\n' "$suite" "$1"; }

# Every release is described by the script of sid; an older debootstrap does not know the newest name.
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid

# The root is thrown away when anything fails, so syncing each file of each package buys nothing.
mkdir -p "$target/etc/dpkg/dpkg.cfg.d"
echo force-unsafe-io >"$target/etc/dpkg/dpkg.cfg.d/unsafe-io"

step 'bootstrapping'
debootstrap --variant=minbase \
  --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  --include=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,procps \
  "$suite" "$target" "$mirror" "$script"

step 'installing PostgreSQL'
# The same uid in every release, as a share mounted on all hosts needs it.
chroot "$target" groupadd --system --gid 115 postgres
chroot "$target" useradd --system --uid 115 --gid 115 --home-dir /var/lib/postgresql --shell /bin/bash \
  --comment 'PostgreSQL administrator' postgres
printf '#!/bin/sh\nexit 101\n' >"$target/usr/sbin/policy-rc.d"
chmod 755 "$target/usr/sbin/policy-rc.d"
# Each host creates its cluster at its first boot: a system identifier must not be shared.
mkdir -p "$target/etc/postgresql-common"
echo 'create_main_cluster = false' >"$target/etc/postgresql-common/createcluster.conf"
# systemd-tmpfiles, which maintainer scripts of the newest releases call, wants /proc.
mount -t proc proc "$target/proc"
chroot "$target" apt-get -q -y -o Dpkg::Options::=--force-confold install --no-install-recommends \
  postgresql zstd lz4 pigz
umount "$target/proc"
rm "$target/usr/sbin/policy-rc.d"

step 'configuring'
chroot "$target" useradd --create-home --uid 1000 --shell /bin/bash admin
echo 'admin ALL=(ALL:ALL) NOPASSWD: ALL' >"$target/etc/sudoers.d/admin"
chmod 440 "$target/etc/sudoers.d/admin"
mkdir -p "$target/etc/ssh/sshd_config.d" "$target/mnt/shared" "$target/mnt/small"
cat >"$target/etc/ssh/sshd_config.d/fleet.conf" <<'END'
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
END
# Without these a host is ready a second sooner; none of them has work in a namespace.
for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service \
  systemd-timesyncd.service systemd-networkd.service systemd-resolved.service systemd-logind.service \
  systemd-hwdb-update.service systemd-journal-flush.service systemd-update-utmp.service \
  systemd-update-utmp-runlevel.service systemd-firstboot.service systemd-sysctl.service systemd-modules-load.service \
  systemd-remount-fs.service systemd-pcrphase.service systemd-networkd-wait-online.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  logrotate.timer man-db.timer getty@tty1.service getty.target console-getty.service \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount tmp.mount; do
  ln -sf /dev/null "$target/etc/systemd/system/$unit"
done
ln -sf /lib/systemd/system/multi-user.target "$target/etc/systemd/system/default.target"
mkdir -p "$target/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' >"$target/etc/systemd/journald.conf.d/fleet.conf"
# What makes a host itself is made at its first boot.
rm -f "$target"/etc/ssh/ssh_host_* "$target/var/lib/dbus/machine-id" "$target/etc/hostname"
: >"$target/etc/machine-id"
: >"$target/etc/fstab"

chroot "$target" apt-get clean
rm -rf "$target"/var/lib/apt/lists/* "$target"/usr/share/doc/* "$target"/usr/share/man/* "$target"/usr/share/locale/*
step 'ready'
