Promise.reject(new Error('nobody catches this'));
await new Promise((resolve) => setTimeout(resolve, 10_000));
export const handler = async () => 'never';
