import { handler as nested } from './folder/deeper/app.js';
export const handler = nested;
