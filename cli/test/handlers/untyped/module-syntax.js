// Nothing says that this is a module, but its syntax does.
export const handler = async () => 'a module by its syntax';
