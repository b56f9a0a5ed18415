# A systemd of its own, as process 1 of its own namespaces, on a copy of this system that is forgotten with them.
# Usage (root): unshare --mount --pid --fork --uts --ipc --cgroup bash service.sh FOLDER
set -e
top=$1
mount --make-rprivate /
mount -t tmpfs -o size=3g tmpfs "$top"
mkdir "$top/changes" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/changes,workdir=$top/work" "$top/root"
cd "$top/root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
umount -l sys/fs/cgroup 2> /dev/null || true
mount -t cgroup2 cgroup2 sys/fs/cgroup
echo > etc/fstab
rm -f etc/systemd/system/*.wants/* # the services of this machine are none of it
mkdir -p mnt/old
pivot_root . mnt/old
umount -l /mnt/old
cd /
container=other exec /lib/systemd/systemd --system --unit=basic.target --show-status=no
