#!/bin/sh
# Installs livectl @VERSION@, a single executable, for Linux or macOS. Needs curl or wget, tar, and sha256sum, shasum or openssl.
#   sh install.sh [--dir DIR] [--base-url URL]
# DIR (or LIVECTL_INSTALL_DIR) is where livectl goes; default: ~/.local/bin. Nothing else is written, and nothing needs root.
# URL (or LIVECTL_BASE_URL) has the archives and SHA256SUMS of this version, e.g. on a mirror.
set -eu

# All is in functions that the last line calls: a script that was cut off on its way does nothing.

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

usage() {
  cat << 'EOF'
Usage: sh install.sh [--dir DIR] [--base-url URL]
  --dir DIR        where livectl goes; default: LIVECTL_INSTALL_DIR, else ~/.local/bin
  --base-url URL   where the archives and SHA256SUMS of livectl @VERSION@ are; default: LIVECTL_BASE_URL, else
                   @BASE_URL@
EOF
}

has() {
  command -v "$1" > /dev/null 2>&1
}

# The name of this machine in the archives' names.
target() {
  system=$(uname -s)
  machine=$(uname -m)
  # A shell that Rosetta translates reports an Intel processor.
  if [ "$system" = Darwin ] && [ "$machine" = x86_64 ] &&
    [ "$(sysctl -n sysctl.proc_translated 2> /dev/null || true)" = 1 ]; then
    machine=arm64
  fi
  case "$machine" in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) ;;
  esac
  case "$system-$machine" in
    Linux-x64 | Linux-arm64) printf 'linux-%s\n' "$machine" ;;
    Darwin-x64 | Darwin-arm64) printf 'darwin-%s\n' "$machine" ;;
    MINGW* | MSYS* | CYGWIN*) fail 'for Windows, unpack the archive for windows-x64, or: npm install --global livectl' ;;
    *) fail "there is no executable for $system $machine; with Node.js 20 or later: npm install --global livectl" ;;
  esac
}

# Plain HTTP only from this machine: nothing on the way could be trusted.
check_url() {
  case "$1" in
    https://*) ;;
    http://127.0.0.1:* | http://localhost:*) ;;
    *) fail "the base URL must begin with https://, not \"$1\"" ;;
  esac
}

# download URL FILE
download() {
  if has curl; then
    case "$1" in https:*) protocols='=https' ;; *) protocols='=http,https' ;; esac
    curl --fail --silent --show-error --location --proto "$protocols" --proto-redir "$protocols" \
      --connect-timeout 30 --retry 2 --output "$2" "$1" || fail "could not download $1"
  elif has wget; then
    wget --quiet --tries 3 --timeout 30 --output-document "$2" "$1" || fail "could not download $1"
  else
    fail 'curl or wget is needed'
  fi
}

sha256() {
  if has sha256sum; then
    sum=$(sha256sum < "$1")
  elif has shasum; then
    sum=$(shasum -a 256 < "$1")
  elif has openssl; then
    sum=$(openssl dgst -sha256 -r < "$1")
  else
    fail 'sha256sum, shasum or openssl is needed'
  fi
  printf '%s\n' "${sum%% *}"
}

# The checksum in FILE of the archive NAME; exactly one line must have it.
listed() {
  awk -v name="$2" '$2 == name && NF == 2 { count++; sum = $1 } END { if (count == 1) print sum }' "$1"
}

install_livectl() {
  dir=${LIVECTL_INSTALL_DIR-}
  base=${LIVECTL_BASE_URL:-@BASE_URL@}
  while [ $# -gt 0 ]; do
    case "$1" in
      --dir | --base-url)
        [ $# -gt 1 ] || fail "$1 needs a value"
        if [ "$1" = --dir ]; then dir=$2; else base=$2; fi
        shift 2
        ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unexpected argument \"$1\"; --help shows what there is" ;;
    esac
  done
  if [ -z "$dir" ]; then
    [ -n "${HOME-}" ] || fail 'HOME is not set: pass --dir'
    dir=$HOME/.local/bin
  fi
  case "$dir" in /*) ;; *) dir=$PWD/$dir ;; esac
  base=${base%/}
  check_url "$base"
  has tar || fail 'tar is needed'
  machine_name=$(target)
  archive="livectl-@VERSION@-$machine_name.tar.gz"

  mkdir -p "$dir" 2> /dev/null || fail "$dir cannot be created: pass another --dir"
  [ -w "$dir" ] || fail "$dir is not yours to write: pass another --dir"
  [ ! -d "$dir/livectl" ] || fail "$dir/livectl is a folder: pass another --dir"
  work=$(mktemp -d "$dir/.livectl-install.XXXXXX") || fail "$dir cannot be written: pass another --dir"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  printf 'Downloading %s/%s\n' "$base" "$archive"
  download "$base/SHA256SUMS" "$work/SHA256SUMS"
  download "$base/$archive" "$work/$archive"
  expected=$(listed "$work/SHA256SUMS" "$archive")
  [ -n "$expected" ] || fail "$base/SHA256SUMS has no checksum of $archive: nothing was installed"
  actual=$(sha256 "$work/$archive")
  [ "$actual" = "$expected" ] ||
    fail "the checksum of $archive is $actual, not $expected: nothing was installed"

  tar -xzf "$work/$archive" -C "$work" livectl || fail "$archive could not be unpacked: nothing was installed"
  chmod 755 "$work/livectl"
  # E.g. a Linux without glibc.
  found=$("$work/livectl" --version 2> /dev/null) ||
    fail "livectl does not start on this machine (it needs glibc 2.28 or later, or macOS 13.5 or later): nothing was installed; with Node.js 20 or later: npm install --global livectl"
  mv -f "$work/livectl" "$dir/livectl"

  printf 'Installed livectl %s: %s\n' "$found" "$dir/livectl"
  case ":${PATH-}:" in
    *":$dir:"*) ;;
    *)
      # shellcheck disable=SC2016 # $PATH is for the user's shell.
      printf 'Add it to the PATH, e.g. in ~/.profile: export PATH="%s:$PATH"\n' "$dir"
      ;;
  esac
}

install_livectl "$@"
