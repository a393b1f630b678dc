// Files that scripts/build.mjs puts inside dist/livectl.mjs.
declare module 'embedded:stub.zip' {
  const bytes: Uint8Array;
  export default bytes;
}
declare module 'embedded:beside.zip' {
  const bytes: Uint8Array;
  export default bytes;
}
declare module 'embedded:wrapper.zip' {
  const bytes: Uint8Array;
  export default bytes;
}
declare module 'embedded:tunnel.zip' {
  const bytes: Uint8Array;
  export default bytes;
}
declare module 'embedded:nat-program.mjs' {
  const text: string;
  export default text;
}
declare module 'embedded:node-runtime.mjs' {
  const text: string;
  export default text;
}
declare module 'embedded:node-tunnel.cjs' {
  const text: string;
  export default text;
}
declare module 'embedded:python-libpq.py' {
  const text: string;
  export default text;
}
declare module 'embedded:python-tunnel.py' {
  const text: string;
  export default text;
}
declare module 'embedded:python-runtime.py' {
  const text: string;
  export default text;
}
declare module 'embedded:aws-calls.cjs' {
  const text: string;
  export default text;
}
declare module 'embedded:aws-credentials.cjs' {
  const text: string;
  export default text;
}
/** Unpacks the page: JSON of its files, name to text. */
declare module 'embedded:inspector-page' {
  const unpack: () => string;
  export default unpack;
}
declare module 'embedded:package.json' {
  /** `commit`: of the build; absent if it was made outside a repository. */
  const manifest: { readonly version: string; readonly commit?: string };
  export default manifest;
}
/** The help of every command, which the build reads from their definitions. */
declare module 'embedded:commands' {
  const commands: readonly import('../cli/src/commands/help-text.ts').CommandHelp[];
  export default commands;
}
