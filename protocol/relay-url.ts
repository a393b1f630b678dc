// The relay's stage URL in the one form that requests are made and signed for.

/** `https://…/live` of `https://…/live/` or `wss://…/live`; `http` likewise of an emulator's. */
export function relayHttpUrl(url: string): string {
  return url.replace(/^ws/, 'http').replace(/\/$/, '');
}
