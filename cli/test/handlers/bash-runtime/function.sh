echo "init with $GREETING" >&2

handler() {
  echo "event: $1" >&2
  printf '{"greeting":"%s","pid":%d,"handler":"%s","event":%s}' "$GREETING" "$$" "$_HANDLER" "$1"
}
