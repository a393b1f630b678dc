// Which block of Terraform code declares a function of a state, and what the function is called.
import type { FoundBlock } from './found-function.ts';
import type { TerraformResource } from './terraform-json.ts';

/** Names that say nothing: the module's or the key is better. */
const plainNames = /^(?:this|main|lambda|lambda_function|function|fn|default|handler)$/;

/** The key to propose for livectl.json. */
export function nameOf({ index, module, name }: TerraformResource): string {
  const modules = [...module.matchAll(/module\.([\w-]{1,128})(?:\["([^"\\]{1,128})"\])?/g)].map(
    ([, label = '', key]) => key ?? label,
  );
  const own = typeof index === 'string' ? index : plainNames.test(name) ? undefined : name;
  const words = own ?? modules.findLast((each) => !plainNames.test(each)) ?? name;
  const count = typeof index === 'number' && index > 0 ? `-${index + 1}` : '';
  return `${words.replace(/[^a-zA-Z0-9_-]/g, '-').slice(0, 60)}${count}`;
}

/** The block of Terraform code that declares a function, by its address. */
export function blockOf({ index, module, name }: TerraformResource): FoundBlock {
  const repeated = typeof index === 'string' ? 'for_each' : typeof index === 'number' ? 'count' : undefined;
  const at = lastModule(module);
  const last = /^module\.([\w-]{1,128})(\[[\s\S]{1,300}\])?$/.exec(module.slice(at));
  if (last === null || !plainNames.test(name)) {
    const itsKey = index === undefined ? undefined : String(index);
    return { kind: 'resource', label: name, inModule: module, repeated, key: itsKey };
  }
  const outer = module.slice(0, Math.max(0, at - 1));
  const [, label = '', key] = last;
  const outerRepeated = key === undefined ? undefined : key.startsWith('["') ? 'for_each' : 'count';
  return {
    kind: 'module',
    label,
    inModule: outer,
    repeated: outerRepeated,
    key: key === undefined ? undefined : keyOfIndex(key.slice(1, -1)),
  };
}

/** Where the last module of an address begins: keys may have dots and brackets in them. */
function lastModule(address: string): number {
  let last = 0;
  let isQuoted = false;
  for (let at = 0; at < address.length; at++) {
    if (isQuoted && address[at] === '\\') at += 1;
    else if (address[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && address.startsWith('.module.', at)) last = at + 1;
  }
  return last;
}

function keyOfIndex(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}
