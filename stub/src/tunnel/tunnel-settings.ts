// [1] The tunnel function's settings from the module's environment variables, parsed once in the init phase.
import * as v from 'valibot';
import { parseJson } from '../../../protocol/json.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { type Allow, allowMistakes, parseAllow } from '../../../protocol/tunnel/allow.ts';
import { type CommonSettings, commonSettings, commonVariables, parseVariables } from '../variables.ts';

const variable = 'LIVE_DEBUG_TUNNEL_ALLOW';

const owner = {
  name: 'the tunnel function',
  remedy: 'set `tunnel` of module.live_debug and apply: the module sets these variables',
};

const environmentSchema = v.object({
  ...commonVariables,
  /** The destinations that the tunnel may reach: a JSON array of entries as in allow.ts. */
  [variable]: v.pipe(
    v.string(),
    v.transform((text) => parseJson(text)),
    v.array(v.string()),
  ),
});

export interface TunnelSettings extends CommonSettings {
  readonly allow: Allow;
}

/** Throws LD_STUB_CONFIG with every variable that is missing or invalid, or with every invalid entry of `allow`. */
export function readTunnelSettings(environment: NodeJS.ProcessEnv): TunnelSettings {
  const variables = parseVariables(environmentSchema, environment, owner);
  const entries = variables[variable];
  const mistakes = allowMistakes(entries);
  if (mistakes.length > 0) {
    const message = `${owner.name}'s environment variable ${variable} is invalid: ${mistakes.join('; ')}`;
    throw new LiveDebugError('LD_STUB_CONFIG', message, { remedy: owner.remedy });
  }
  return { ...commonSettings(variables), allow: parseAllow(entries) };
}
