import { raw, sh } from '../../../base/quote.ts'
import { hostPath } from '../host-path.ts'
import { PUT } from '../script.ts'

/** Groups of facts that are gathered together; each is a part of the script. */
export type FactGroup = 'min' | 'hardware' | 'network' | 'virtual'

const MIN = `put uname_s "$(uname -s)"
put uname_r "$(uname -r)"
put uname_v "$(uname -v)"
put uname_m "$(uname -m)"
put uname_n "$(uname -n)"
put fqdn "$(hostname -f 2>/dev/null)"
show os_release /etc/os-release
show debian_version /etc/debian_version
show redhat_release /etc/redhat-release
show pid1 /proc/1/comm
if [ -d /run/systemd/system ]; then put systemd yes; fi
if [ -x /sbin/openrc ] || [ -x /sbin/openrc-run ]; then put openrc yes; fi
if [ -d /etc/init.d ]; then put initd yes; fi
for manager in apt-get dnf yum zypper pacman apk; do
if command -v "$manager" >/dev/null 2>&1; then put pkg_mgr "$manager"; break; fi
done
put uid "$(id -u)"
put gid "$(id -g)"
put user "$(id -un)"
put passwd "$( { getent passwd "$(id -u)" || grep "^$(id -un):" /etc/passwd; } 2>/dev/null | head -n 1)"
put date "$(date '+%s|%Y|%m|%d|%H|%M|%S|%Z|%z|%A|%w|%W|%N')"
put utc "$(date -u '+%Y-%m-%dT%H:%M:%S')"
show cmdline /proc/cmdline
show machine_id /etc/machine-id
show resolv /etc/resolv.conf
show fips /proc/sys/crypto/fips_enabled
show selinux_enforce /sys/fs/selinux/enforce
show selinux_config /etc/selinux/config
show selinux_policy /sys/fs/selinux/policyvers
if [ -d /sys/kernel/security/apparmor ]; then put apparmor yes; fi
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3)
if [ -n "$python" ]; then put python "$("$python" -V 2>&1)"; fi
for kind in rsa ecdsa ed25519; do show "ssh_$kind" "/etc/ssh/ssh_host_\${kind}_key.pub"; done
if [ "$(stat -L -c %d:%i / 2>/dev/null)" != "$(stat -L -c %d:%i /proc/1/root/. 2>/dev/null || stat -L -c %d:%i /)" ]; then put chroot yes; fi`

const HARDWARE = `put cpu "$(awk -F ': *' '
/^processor[ \\t]*:/ { n++; processor = $2 }
/^vendor_id/ { vendor[n] = $2 }
/^(model name|cpu model|Processor)/ { model[n] = $2 }
/^physical id/ { if (!($2 in seen)) { seen[$2] = 1; sockets++ } }
/^siblings/ { siblings = $2 }
/^cpu cores/ { cores = $2 }
END { print n "|" sockets + 0 "|" cores + 0 "|" siblings + 0; for (i = 1; i <= n; i++) print vendor[i] "|" model[i] }' /proc/cpuinfo)"
put nproc "$(nproc 2>/dev/null)"
show meminfo /proc/meminfo
show uptime /proc/uptime
show loadavg /proc/loadavg
limit=
if command -v timeout >/dev/null 2>&1; then limit="timeout $gather_timeout"; fi
while read -r device mount fstype options rest; do
case $device in /*|*:/*) ;; *) continue;; esac
[ "$fstype" != none ] || continue
mount=$(printf '%b' "$mount")
put mount "$device|$fstype|$options|$($limit stat -f -c '%S|%b|%a|%c|%d' "$mount" 2>/dev/null)|$mount"
done </proc/mounts`

const NETWORK = `for path in /sys/class/net/*; do
[ -e "$path/mtu" ] || continue
put interface "\${path##*/}|$(cat "$path/address" 2>/dev/null)|$(cat "$path/mtu")|$(cat "$path/operstate" 2>/dev/null)|$(cat "$path/type" 2>/dev/null)|$(cat "$path/flags" 2>/dev/null)|$([ -d "$path/bridge" ] && echo bridge)|$([ -d "$path/bonding" ] && echo bonding)"
done
if command -v ip >/dev/null 2>&1; then
put addresses "$(ip -o addr show 2>/dev/null)"
put route4 "$(ip -o -4 route get 8.8.8.8 2>/dev/null | head -n 1)"
put route6 "$(ip -o -6 route get 2404:6800:400a:800::1012 2>/dev/null | head -n 1)"
else
put all_addresses "$(hostname -I 2>/dev/null || hostname -i 2>/dev/null)"
show routes /proc/net/route
fi`

const VIRTUAL = `put virt "$(systemd-detect-virt 2>/dev/null)"
show product /sys/class/dmi/id/product_name
show vendor /sys/class/dmi/id/sys_vendor
if [ -e /.dockerenv ]; then put container docker; fi
if [ -e /run/.containerenv ]; then put container podman; fi
put container_env "$(tr '\\0' '\\n' </proc/1/environ 2>/dev/null | sed -n 's/^container=//p')"
if grep -q '^flags.* hypervisor' /proc/cpuinfo 2>/dev/null; then put hypervisor yes; fi
if [ -e /dev/kvm ]; then put kvm yes; fi
if [ -d /proc/xen ]; then put xen yes; fi`

const PARTS: Readonly<Record<FactGroup, string>> = { min: MIN, hardware: HARDWARE, network: NETWORK, virtual: VIRTUAL }

/** One script for all facts of some groups; every command that a host may lack is allowed to fail. */
export const factsScript = (groups: ReadonlySet<FactGroup>, factPath: string, timeout: number): string =>
  sh`${PUT}
show() { if [ -r "$2" ]; then put "$1" "$(cat "$2" 2>/dev/null)"; fi; }
put env "$(env)"
LC_ALL=C
export LC_ALL
gather_timeout=${timeout}
${raw([...groups].map((group) => PARTS[group]).join('\n'))}
facts=${hostPath(factPath)}
for path in "$facts"/*.fact; do
[ -e "$path" ] || continue
name=\${path##*/}
if [ -x "$path" ]; then put "local.\${name%.fact}" "$("$path" 2>/dev/null || printf '\\001')"
else show "local.\${name%.fact}" "$path"; fi
done
exit 0`.text
