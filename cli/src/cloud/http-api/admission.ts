// The HTTP API: what its door says of one request.
import type { FrontResponse } from './http-response.ts';

/** Who calls, as the event says it, or what the caller gets instead of the function's answer. */
export type Admission =
  | { readonly admitted: true; readonly authorizer?: object }
  | { readonly admitted: false; readonly answer: FrontResponse };
