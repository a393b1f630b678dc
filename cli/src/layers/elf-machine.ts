// Recognizes Linux programs and libraries by the ELF header, and the processor they are for.

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html (e_machine) */
const machines = new Map([
  [0x03, 'x86'],
  [0x3e, 'x64'],
  [0x28, 'arm'],
  [0xb7, 'arm64'],
]);

/** The processor in the words of `process.arch`, from how a file begins; undefined for other files. */
export function machineOfElf(head: Buffer): string | undefined {
  if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const isLittle = head[5] === 1;
  const code = isLittle ? head.readUInt16LE(18) : head.readUInt16BE(18);
  return machines.get(code) ?? 'another processor';
}
