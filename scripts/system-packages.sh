#!/usr/bin/env bash
# Installs the Debian packages of system-packages.txt that are missing; without root, says the command.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system: the tests expect $(sed '/^#/d' system-packages.txt | paste -sd' ')." >&2
    exit 0
fi

missing=()
while read -r package; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done < <(sed '/^#/d;/^$/d' system-packages.txt)
[ "${#missing[@]}" -eq 0 ] && exit 0

install=(apt-get install --yes --no-install-recommends "${missing[@]}")
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need: sudo ${install[*]}" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for pause in 0 5 15; do
    sleep "$pause"
    "${install[@]}" >"$log" 2>&1 && exit 0
    apt-get update >>"$log" 2>&1 || true  # the lists may be missing or old: only now are they needed
done
"${install[@]}" >>"$log" 2>&1 && exit 0
cat "$log" >&2
exit 1
