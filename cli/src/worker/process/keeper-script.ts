// [5] The shell script behind `process-keeper.ts`: a shell costs a tenth of a Node.js process.

/**
 * Reads commands from stdin until livectl is gone for any reason. POSIX sh; on Linux it reads /proc, elsewhere it runs ps. MARK
 * is the address of the worker's Runtime API, which everything that the worker starts inherits as AWS_LAMBDA_RUNTIME_API, or
 * `-`.
 *   add PID MARK   a process was started that leads a group of the same number
 *   end PID MARK   it has exited: kills what carries its mark, then answers `ended PID`
 * At the end of stdin, kills everything left: groups, descendants, and what carries a mark.
 */
export const keeperScript = `
name=AWS_LAMBDA_RUNTIME_API
if [ -r /proc/self/stat ]; then proc=1; else proc=; fi

# When a process was started, in ticks since boot; empty if it is gone.
began() {
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  set -- \${stat##*) }
  echo "\${20}"
}

descendants() {
  if [ -n "$proc" ]; then
    for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
      echo "$child"
      descendants "$child"
    done
  else
    ps -axo pid=,ppid= | awk -v top="$1" '
      { parent[$1] = $2 }
      END { for (pid in parent) { p = pid; for (n = 0; n < 99 && p in parent; n++) { p = parent[p]; if (p == top) { print pid; break } } } }'
  fi
}

# Only on this machine's network: a container may have another process at the same address.
marked() {
  if [ -n "$proc" ]; then
    for file in $(grep -laF "$name=$1" /proc/[0-9]*/environ 2>/dev/null); do
      pid=\${file#/proc/}
      pid=\${pid%/environ}
      [ "/proc/$pid/ns/net" -ef /proc/self/ns/net ] || continue
      [ "$(began "$pid")" -ge "$2" ] 2>/dev/null || continue
      tr '\\0' '\\n' <"$file" 2>/dev/null | grep -Fxq "$name=$1" && echo "$pid"
    done
  else
    ps -xEwwo pid=,command= | grep -F " $name=$1 " | while read -r pid rest; do echo "$pid"; done
  fi
}

sweep() {
  [ "$1" = - ] && return
  # Repeated, since it may have started more in the meantime.
  for round in 1 2 3 4 5; do
    found=$(marked "$1" "$2")
    [ -n "$found" ] || return
    kill -9 $found 2>/dev/null
  done
}

live=
while read -r command pid mark; do
  if [ "$command" = add ]; then
    live="$live $pid,$mark,$([ -n "$proc" ] && began "$pid")"
  else
    rest= since=0
    for entry in $live; do
      case $entry in
        "$pid,"*) since=\${entry##*,} ;;
        *) rest="$rest $entry" ;;
      esac
    done
    live=$rest
    sweep "$mark" "$since"
    echo "ended $pid"
  fi
done

for entry in $live; do
  pid=\${entry%%,*}
  # A stopped process starts nothing more.
  kill -STOP -"$pid" 2>/dev/null
  kill -9 $(descendants "$pid") 2>/dev/null
  kill -9 -"$pid" 2>/dev/null
done
for entry in $live; do
  rest=\${entry#*,}
  sweep "\${rest%,*}" "\${entry##*,}"
done
`;
