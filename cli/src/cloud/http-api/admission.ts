// The HTTP API: the result of authorizing one request.
import type { FrontResponse } from './http-response.ts';

/** The caller's identity for the event, or the response instead of the function's answer. */
export type Admission =
  | { readonly admitted: true; readonly authorizer?: object }
  | { readonly admitted: false; readonly answer: FrontResponse };
