export const handler = async () => 'nested';
