/** Change a word here, save, and call the function again: the next answer has it. */
export function greeting(name: string): string {
  const greet = process.env.GREETING ?? 'hello';
  return `${greet}, ${name}!`;
}
