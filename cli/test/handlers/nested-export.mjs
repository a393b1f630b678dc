export const api = { users: { list: async () => ['ada', 'grace'] }, version: 2 };
