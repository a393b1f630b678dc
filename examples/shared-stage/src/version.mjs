// Shows whose code has answered.
export const version = 'deployed';
