#!/usr/bin/env bash
# Installs the real services that tests run against, where they are missing: redis-server, consul, etcd and zookeeper.
#
#   scripts/install-test-services.sh [--with-chromium] [--with-wrk]
#
# For Debian and its relatives, as root or through sudo; asks nothing; a second run does nothing. All but consul
# come from the machine's own release. Consul has left Debian's newer releases, so its package is downloaded from the suite `bullseye`
# of the mirror that the machine already uses, checked by apt against Debian's archive keys, and installed as a file: nothing
# else can come from that suite, and /etc/apt stays as it is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/apt-source.sh
. "$here/apt-source.sh"

fail () { printf 'install-test-services: %s\n' "$*" >&2; exit 1; }
say () { printf 'install-test-services: %s\n' "$*"; }

with_chromium=no
with_wrk=no
for argument in "$@"; do
  case $argument in
    --with-chromium) with_chromium=yes ;;
    --with-wrk) with_wrk=yes ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown argument $argument (known: --with-chromium, --with-wrk)" ;;
  esac
done

missing=()
command -v redis-server > /dev/null || missing+=(redis-server)
command -v etcd > /dev/null || missing+=(etcd-server)
[ -e /usr/share/java/zookeeper.jar ] && command -v java > /dev/null || missing+=(zookeeper default-jre-headless)
[ "$with_chromium" = no ] || command -v chromium > /dev/null || missing+=(chromium)
[ "$with_wrk" = no ] || command -v wrk > /dev/null || missing+=(wrk)
consul_missing=no
command -v consul > /dev/null || consul_missing=yes

if [ ${#missing[@]} -eq 0 ] && [ "$consul_missing" = no ]; then
  say 'nothing to do: everything is installed'
  exit 0
fi

command -v apt-get > /dev/null || fail "needs apt-get; install ${missing[*]:-} $([ "$consul_missing" = no ] || echo consul) by hand"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || fail 'needs root: run it as root, or install sudo'
  sudo -n true 2> /dev/null || fail 'needs root: sudo asks for a password; run "sudo scripts/install-test-services.sh"'
  as_root=(sudo -n)
fi

# Quiet unless it fails; waits for another apt instead of failing at its lock.
apt () {
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" > "$log" 2>&1 < /dev/null; then
    cat "$log" >&2
    rm -f "$log"
    fail "apt-get $* failed"
  fi
  rm -f "$log"
}

apt update
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  apt install --no-install-recommends "${missing[@]}"
fi

if [ "$consul_missing" = yes ]; then
  say 'installing consul'
  entry=$(apt_main_entry) || fail 'no apt source of this machine carries its own release; is this Debian?'
  IFS=$'\t' read -r uri _ signed_by <<< "$entry"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  # apt drops its rights while it downloads; it must be able to enter this directory.
  chmod 755 "$work"
  {
    printf 'Types: deb\nURIs: %s\nSuites: bullseye\nComponents: main\n' "$uri"
    [ -z "$signed_by" ] || printf 'Signed-By: %s\n' "$signed_by"
  } > "$work/bullseye.sources"
  private=(
    -o "Dir::Etc::SourceList=$work/bullseye.sources" -o Dir::Etc::SourceParts=-
    -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root
  )
  apt "${private[@]}" update
  (cd "$work" && apt "${private[@]}" download consul) || exit 1
  apt install --no-install-recommends "$work"/consul_*.deb
fi

# What was asked for must now be there.
for program in redis-server etcd java consul $([ "$with_chromium" = no ] || echo chromium) $([ "$with_wrk" = no ] || echo wrk); do
  command -v "$program" > /dev/null || fail "$program is still missing after the installation"
done
say "done: $(redis-server --version | cut -d ' ' -f 1-3), $(consul version 2> /dev/null | head -n 1)"
