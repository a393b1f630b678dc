// Texts in Terraform code that `init` writes.

/** A quoted text; `${` and `%{` in it stay what they are. */
export function hclString(text: string): string {
  return JSON.stringify(text)
    .replace(/\\[bf]/g, (found) => (found === '\\b' ? '\\u0008' : '\\u000c'))
    .replace(/[$%](?=\{)/g, (sign) => sign + sign);
}
