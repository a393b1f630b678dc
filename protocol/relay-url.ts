// The relay's stage URL in the form in which requests are sent and signed.

/** Turns `https://…/live/` or `wss://…/live` into `https://…/live`; for an emulator likewise with `http`. */
export function relayHttpUrl(url: string): string {
  return url.replace(/^ws/, 'http').replace(/\/$/, '');
}
