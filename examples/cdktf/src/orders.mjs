// Deployed as it is, or answered by livectl while live.
export async function handler(event) {
  return { order: event.order ?? 'none', currency: process.env.CURRENCY };
}
