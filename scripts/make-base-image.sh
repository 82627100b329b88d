#!/usr/bin/env bash
# Makes a stand-in for the public image `node:24-slim`, for machines that can reach a Debian mirror but no image registry.
#
#   scripts/make-base-image.sh [name]        default: localhost/node:24-slim
#
# A minimal Debian by debootstrap from the mirror that this machine's own apt uses, Node 24 from this checkout's node_modules,
# npm as found on PATH, and the user `node` (1000). Needs root, buildah, debootstrap and a finished `npm ci`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/apt-source.sh
. "$here/apt-source.sh"

fail () { printf 'make-base-image: %s\n' "$*" >&2; exit 1; }

name=${1:-localhost/node:24-slim}
[ "$(id -u)" -eq 0 ] || fail 'needs root'
for program in buildah debootstrap npm; do
  command -v "$program" > /dev/null || fail "$program is missing"
done
node=$(readlink -f "$here/../node_modules/.bin/node") || fail 'node_modules/.bin/node is missing: run npm ci first'
[ -x "$node" ] || fail 'node_modules/.bin/node is missing: run npm ci first'
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
[ -f "$npm/bin/npm-cli.js" ] || fail "cannot find npm's own folder from $(command -v npm)"

entry=$(apt_main_entry) || fail 'no apt source of this machine carries its own release; is this Debian?'
IFS=$'\t' read -r uri _ signed_by <<< "$entry"
suite=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")

work=$(mktemp -d)
container=
cleanup () {
  [ -z "$container" ] || buildah rm "$container" > /dev/null
  rm -rf "$work"
}
trap cleanup EXIT

root=$work/root
log=$work/debootstrap.log
keyring=()
[ -z "$signed_by" ] || keyring=(--keyring="$signed_by")
debootstrap --variant=minbase ${keyring[@]+"${keyring[@]}"} --include=ca-certificates,libstdc++6 "$suite" "$root" "$uri" > "$log" 2>&1 || {
  tail -n 20 "$log" >&2
  fail 'debootstrap failed'
}

# What the slim images leave out as well.
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*
find "$root/usr/share/doc" -mindepth 1 ! -name copyright ! -type d -delete
rm -rf "$root"/usr/share/man/* "$root"/usr/share/info/* "$root"/usr/share/locale/* "$root"/usr/share/groff/*
# The mirror is this machine's business, not the image's.
: > "$root/etc/apt/sources.list"
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"

install -m 755 "$node" "$root/usr/local/bin/node"
mkdir -p "$root/usr/local/lib/node_modules"
cp -r "$npm" "$root/usr/local/lib/node_modules/npm"
# A packager's or an operator's own npm settings do not belong in the image.
rm -f "$root/usr/local/lib/node_modules/npm/npmrc"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
echo 'node:x:1000:' >> "$root/etc/group"
echo 'node:x:1000:1000::/home/node:/bin/sh' >> "$root/etc/passwd"
install -d -o 1000 -g 1000 "$root/home/node"

container=$(buildah from scratch)
buildah add --quiet "$container" "$root" / > /dev/null
buildah config --env "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" --env "NODE_VERSION=$("$node" -p process.versions.node)" --cmd '["node"]' "$container"
buildah commit --quiet --format docker "$container" "$name" > /dev/null
printf 'make-base-image: %s is ready (%s, Debian %s)\n' "$name" "$("$node" --version)" "$suite"
