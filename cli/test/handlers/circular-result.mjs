export const handler = async () => {
  const result = {};
  result.self = result;
  return result;
};
