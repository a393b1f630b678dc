import { greeting } from './greeting.ts';

/** The part of API Gateway's HTTP event (payload format 2.0) that this function reads. */
interface HttpEvent {
  readonly queryStringParameters?: Readonly<Record<string, string>>;
}

export async function handler(event: HttpEvent) {
  const name = event.queryStringParameters?.name ?? 'world';
  console.log(`greeting ${name}`);
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: greeting(name), time: new Date().toISOString() }),
  };
}
