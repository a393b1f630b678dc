// Requests the deployed code of a wrapped function while somebody serves it: an entry in the client context, which only
// callers of Lambda's Invoke can set. `livectl invoke --deployed` writes it, the wrapper reads it.

/** The entry in `custom` of the client context. */
const deployedKey = 'LIVE_DEBUG_DEPLOYED';

/** The client context, as JSON text, of an invocation for the deployed code. */
export const deployedClientContext = JSON.stringify({ custom: { [deployedKey]: 'true' } });

/** What the wrapper does with an invocation. */
export interface DeployedRequest {
  /** The deployed code answers, even if somebody serves. */
  readonly isDeployed: boolean;
  /** JSON text for the function, without our entry; undefined if the caller sent nothing else. */
  readonly clientContext: string | undefined;
}

/** Reads a client context and removes our entry. Any other text is returned unchanged, including text that is not JSON. */
export function takeDeployedRequest(clientContext: string | undefined): DeployedRequest {
  const asItIs = { isDeployed: false, clientContext };
  if (!clientContext?.includes(deployedKey)) return asItIs;
  const parsed = parse(clientContext);
  if (!isObject(parsed) || !isObject(parsed.custom) || !Object.hasOwn(parsed.custom, deployedKey))
    return asItIs;
  const { [deployedKey]: _, ...custom } = parsed.custom;
  const rest = { ...parsed, custom };
  if (Object.keys(custom).length > 0) return { isDeployed: true, clientContext: JSON.stringify(rest) };
  const { custom: __, ...others } = rest;
  return {
    isDeployed: true,
    clientContext: Object.keys(others).length > 0 ? JSON.stringify(others) : undefined,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
