#!/usr/bin/env bash
# Builds the image, with Docker where an engine answers and with buildah where none does, and prints its size.
#
#   scripts/build-image.sh [name]            default: localhost/sallyport:<version>
#
#   NODE_IMAGE    the base, default node:24-slim; without Docker a stand-in is made by scripts/make-base-image.sh if need be
#   NPM_SETTINGS  an npmrc for the build, for a private registry; default: one line with the registry npm uses here
#   ENGINE        docker or buildah; default: whichever works
#
# npm's settings and a private CA (NODE_EXTRA_CA_CERTS) reach the build as secrets: they are in no layer of the image.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

fail () { printf 'build-image: %s\n' "$*" >&2; exit 1; }

version=$(cd "$root" && node -p "require('./package.json').version")
revision=$(git -C "$root" rev-parse --short=12 HEAD 2> /dev/null || echo unknown)
name=${1:-localhost/sallyport:$version}

engine=${ENGINE:-}
if [ -z "$engine" ]; then
  if docker info > /dev/null 2>&1; then engine=docker
  elif command -v buildah > /dev/null; then engine=buildah
  else fail 'needs a running Docker engine, or buildah'
  fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "${NPM_SETTINGS:-}" ]; then cat "$NPM_SETTINGS" > "$work/npmrc"
else printf 'registry=%s\n' "$(cd "$root" && npm config get registry 2> /dev/null)" > "$work/npmrc"
fi
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
  printf '\ncafile=/run/secrets/ca\n' >> "$work/npmrc"
  cp "$NODE_EXTRA_CA_CERTS" "$work/ca"
else
  : > "$work/ca"
fi

started=$(date +%s)
arguments=(
  --build-arg "VERSION=$version" --build-arg "REVISION=$revision"
  --secret "id=npmrc,src=$work/npmrc" --secret "id=ca,src=$work/ca"
  --tag "$name" --file "$root/Dockerfile"
)
case $engine in
  docker)
    [ -z "${NODE_IMAGE:-}" ] || arguments+=(--build-arg "NODE_IMAGE=$NODE_IMAGE")
    DOCKER_BUILDKIT=1 docker build "${arguments[@]}" "$root"
    bytes=$(docker image inspect --format '{{.Size}}' "$name")
    ;;
  buildah)
    base=${NODE_IMAGE:-localhost/node:24-slim}
    [ -n "${NODE_IMAGE:-}" ] || buildah inspect --type image "$base" > /dev/null 2>&1 || "$here/make-base-image.sh" "$base"
    # --format docker keeps HEALTHCHECK, which the OCI format does not know.
    buildah bud --isolation chroot --network host --format docker --layers=false --build-arg "NODE_IMAGE=$base" "${arguments[@]}" "$root"
    container=$(buildah from --pull-never "$name")
    bytes=$(du --summarize --bytes "$(buildah mount "$container")" | cut -f 1)
    buildah rm "$container" > /dev/null
    ;;
  *) fail "unknown ENGINE $engine (known: docker, buildah)" ;;
esac

printf 'build-image: %s built with %s in %d s, %d MB unpacked\n' "$name" "$engine" $(($(date +%s) - started)) $((bytes / 1000000))
