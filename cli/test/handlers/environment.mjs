// Some variables as they are now, and those the handler itself has set.
process.env.SET_BY_HANDLER = 'stays';
export const handler = async ({ names }) => {
  const all = process.env;
  return names ? Object.fromEntries(names.map((name) => [name, all[name] ?? null])) : { ...all };
};
