// `livectl vpn`: the guide.
import type { VpnPlace } from './vpn-place.ts';

export interface VpnGuideOptions {
  readonly place: VpnPlace;
  readonly functions: readonly string[] | undefined;
  readonly format: 'pretty' | 'json';
  readonly verbose: boolean;
}

export async function showVpnGuide(_options: VpnGuideOptions): Promise<number> {
  return 0;
}
