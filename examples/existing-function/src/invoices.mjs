// The function of the module in lambda/: deployed from invoices.zip, or answered by livectl while live.
export async function handler(event) {
  return { invoice: event.invoice ?? 'none', currency: process.env.CURRENCY };
}
