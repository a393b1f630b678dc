// The answers of AWS's query protocol are XML; of these only single texts are needed.

/** The text of the first element `name` that has no attributes and no children; undefined without one. */
export function elementOf(name: string, xml: string): string | undefined {
  const begin = xml.indexOf(`<${name}>`);
  const end = begin < 0 ? -1 : xml.indexOf('<', begin + 1);
  return end < 0 || !xml.startsWith(`</${name}>`, end) ? undefined : xml.slice(begin + name.length + 2, end);
}
