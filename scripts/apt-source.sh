# shellcheck shell=bash
# Sourced by other scripts. Reads the machine's own apt sources, so that no script names a mirror.

# Prints the apt source entries of this machine, one a line: <uri><TAB><suites><TAB><signed-by file or nothing>.
# Understands deb822 files (`*.sources`) and one-line files (`*.list`); disabled and source-code entries are left out.
apt_entries () {
  local etc=${APT_ETC:-/etc/apt} file
  for file in "$etc"/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    # One stanza per record: comments out, continuation lines joined, then `Key: value`.
    awk '
      function flush(   u, n, i) {
        if (types ~ /(^| )deb( |$)/ && uris != "" && tolower(enabled) != "no") {
          n = split(uris, u, " ")
          for (i = 1; i <= n; i++) print u[i] "\t" suites "\t" signed
        }
        types = uris = suites = signed = enabled = ""; key = ""
      }
      /^#/ { next }
      /^[ \t]*$/ { flush(); next }
      /^[ \t]/ { if (key == "uris") uris = uris " " trim($0); if (key == "suites") suites = suites " " trim($0); next }
      {
        at = index($0, ":"); key = tolower(substr($0, 1, at - 1)); value = trim(substr($0, at + 1))
        if (key == "types") types = value
        else if (key == "uris") uris = value
        else if (key == "suites") suites = value
        else if (key == "signed-by" && value ~ /^\//) signed = value
        else if (key == "enabled") enabled = value
      }
      END { flush() }
      function trim(s) { gsub(/^[ \t]+|[ \t\r]+$/, "", s); return s }
    ' "$file"
  done
  for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    awk '
      $1 == "deb" {
        line = $0; sub(/^[ \t]*deb[ \t]+/, "", line); signed = ""
        if (line ~ /^\[/) {
          options = line; sub(/\].*$/, "", options); sub(/^[^]]*\][ \t]*/, "", line)
          if (match(options, /signed-by=[^ \]]+/)) signed = substr(options, RSTART + 10, RLENGTH - 10)
        }
        split(line, part, /[ \t]+/)
        print part[1] "\t" part[2] "\t" signed
      }
    ' "$file"
  done
}

# The entry that carries the release this machine runs: <uri><TAB><suites><TAB><signed-by>. Fails when there is none.
apt_main_entry () {
  local codename
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  apt_entries | awk -F '\t' -v name="$codename" '
    { n = split($2, suite, " "); for (i = 1; i <= n; i++) if (suite[i] == name || suite[i] == "stable") { print; found = 1; exit } }
    END { exit !found }
  '
}
